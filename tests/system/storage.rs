//! What a program may ask of the storage: refusals name what is wrong and the way out, and what was
//! agreed holds after the process has ended.

use std::path::Path;

use crate::process::{Ended, batuta, script};

fn run(data: &Path, program: &str) -> Ended {
    let data = data.to_str().expect("temporary paths are UTF-8");
    batuta(&["--data", data, "-e", program])
}

/// Forms that are refused, with what the report says.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "(create-log :a {:keys :id})",
        &["no option :keys", ":key :schema :partitions"],
    ),
    (
        "(create-log :a {:retention {:days 7}})",
        &["no option :days", ":age :bytes"],
    ),
    (
        "(create-log :a {:retention {:age \"7d\"}})",
        &["milliseconds", "\"7d\""],
    ),
    ("(create-log :a {:partitions 0})", &["1 to 1024 partitions"]),
    ("(create-log :a [:key])", &["a map of options"]),
    (
        "(alter-log :a {:durability :disk})",
        &[":memory, :process or :power"],
    ),
    (
        "(alter-log :a {:key :id})",
        &["no option :key", ":durability :limit :retention"],
    ),
    (
        "(do (create-log :events) (alter-log :evnts {}))",
        &["no log :evnts", "did you mean :events?"],
    ),
    (
        "(do (create-log :events) (rename-log :evnts :b))",
        &["no log :evnts", "did you mean :events?"],
    ),
    (
        "(do (create-log :a) (create-log :b) (rename-log :a :b))",
        &["there is a log b already"],
    ),
    (
        "(do (create-log :a) (rename-log :a \"no good\"))",
        &["cannot name a log"],
    ),
    ("(rename-log :a 7)", &["a log's keyword"]),
    ("(do (create-log :a) (purge :a 1))", &["no key to purge by"]),
    (
        "(do (create-log :a) (compact :a))",
        &["no key to compact by"],
    ),
    ("(compact :nosuch)", &["no log :nosuch"]),
    ("(compact :a {:until 3})", &["no option :until", ":before"]),
    (
        "(append :a {:n 1} {:expected 1})",
        &["no option :expected", ":expect"],
    ),
    ("(append :a {:n 1} {:expect -1})", &["the expected offset"]),
    (
        "(append :a {:n 1} {:if-absent 1})",
        &["true or false for :if-absent"],
    ),
    (
        "(append :a {:n 1} {:if-absent true})",
        &["only rows of keyed logs"],
    ),
    (
        "(append :a {:n 1} {:partition 1})",
        &["no partition 1; use 0 to 0"],
    ),
    (
        "(append :a {:n 1} {:producer {:id 1}})",
        &["{:id :epoch :sequence}"],
    ),
    (
        "(append :a {:n 1} {:producer {:id 1 :seq 1}})",
        &["no option :seq"],
    ),
    (
        "(append-all {:a [{:n 1}] :b [{:n 1}]} {:expect 0})",
        &["one partition only"],
    ),
    ("(read-log :nosuch)", &["no log :nosuch"]),
    (
        "(do (create-log :a) (read-log :a {:from :now}))",
        &[":start, :end, an offset or an instant"],
    ),
    (
        "(do (create-log :a {:partitions 2}) (read-log :a {:from 3}))",
        &["none is named", "add :partition"],
    ),
    (
        "(do (create-log :a) (read-log :a {:partition 4}))",
        &["no partition 4", "use 0 to 0"],
    ),
    ("(vec (stream/from-log :nosuch))", &["no log :nosuch"]),
    (
        "(stream/from-log :a {:tail true})",
        &["no option :tail", ":follow :from :partition"],
    ),
    ("(dlog/join-group \"g\" [:nosuch])", &["no log :nosuch"]),
    ("(dlog/commit 7 {})", &["a member of a group"]),
    (
        "(do (create-log :a) (dlog/commit (dlog/join-group \"g\" :a) {:a 1}))",
        &["[log partition]"],
    ),
    (
        "(do (create-log :a) (let [m (dlog/join-group \"g\" :a)] (dlog/leave-group m) (dlog/assignment m)))",
        &["has left", "join again"],
    ),
    ("(backup \"\")", &["a directory"]),
    ("(backup \"spec\")", &["spec is there already"]),
    (
        "(restore \"spec\" \"/tmp/batuta-no-such-store\")",
        &["there is no store in spec", "name the directory"],
    ),
    (
        "(backup \"/dev/null/copy\")",
        &["the backup", "it was to be made in /dev/null/copy"],
    ),
    (
        "(do (create-log :a) (snapshot :a :b {:as-of 99}))",
        &["there is no commit 99 yet"],
    ),
    (
        "(do (create-log :a) (clone-log :a :a))",
        &["there is a log a already", "another name"],
    ),
    ("(dlog/limit-size -1)", &["a number of bytes"]),
    (
        "(dlog/sequencer \"s\" {:durability :memory})",
        &[":process or :power"],
    ),
    (
        "(dlog/sequencer \"s\" {:block 3})",
        &["no option :block", ":durability :strict"],
    ),
];

#[test]
fn wrong_names_types_and_logs_are_told_with_the_way_out() {
    for (form, parts) in REFUSED {
        let told = batuta(&["-e", form]).failed(1);
        for part in *parts {
            assert!(told.contains(part), "{form}: {part} is missing in\n{told}");
        }
    }
}

#[test]
fn retries_groups_and_settings_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let data = folder.path().join("db");
    let first = "(create-log :jobs {:partitions 2 :retention {:bytes 5000}})
        (alter-log :jobs {:durability :process})
        (append :jobs {:n 1} {:partition 1 :producer {:id 3 :sequence 0}})
        (let [m (dlog/join-group \"workers\" :jobs)] (dlog/commit m {[:jobs 1] 1}))
        (rename-log :jobs :tasks)";
    run(&data, first).output();
    let again =
        "(prn (dissoc (append :tasks {:n 1} {:partition 1 :producer {:id 3 :sequence 0}}) :commit)
             (count (from :tasks))
             (mapv :position (dlog/group-lag \"workers\" :tasks))
             (select-keys (log-info :tasks) [:durability :retention]))";
    assert_eq!(
        run(&data, again).output(),
        "{:partition 1, :offset 0} 1 [0 1] {:durability :process, :retention {:bytes 5000}}\n"
    );
}

#[test]
fn a_copy_is_restored_and_read_by_another_process() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let program = format!(
        "(append-all :a [{{:n 1}} {{:n 2}}])
         (dlog/increment (dlog/sequencer \"s\"))
         (backup {:?})
         (append :a {{:n 3}})
         (println (= (restore {:?} {:?}) (restore {:?} {:?})))",
        path("copy"),
        path("copy"),
        path("one"),
        path("copy"),
        path("two")
    );
    assert_eq!(run(&folder.path().join("db"), &program).output(), "true\n");
    for name in ["copy", "one", "two"] {
        let data = folder.path().join(name);
        let read = "(prn (mapv :n (from :a)) (< 1 (dlog/increment (dlog/sequencer \"s\"))))";
        assert_eq!(run(&data, read).output(), "[1 2] true\n", "{name}");
    }
    // Damage is found before anything is written.
    let segments = folder.path().join("copy/segments");
    let entries = std::fs::read_dir(&segments).expect("it is there");
    let mut files = entries.map(|entry| entry.expect("it can be read").path());
    let parquet = files.find(|path| path.extension().is_some_and(|end| end == "parquet"));
    let parquet = parquet.expect("the copy is sealed");
    let mut bytes = std::fs::read(&parquet).expect("it can be read");
    bytes[50] ^= 1;
    std::fs::write(&parquet, bytes).expect("it can be written");
    let restore = format!("(restore {:?} {:?})", path("copy"), path("three"));
    let told = run(&folder.path().join("db"), &restore).failed(1);
    assert!(
        told.contains("is damaged at 0") && told.contains("batuta log repair"),
        "{told}"
    );
    assert!(!folder.path().join("three").exists());
}

#[test]
fn followers_are_woken_in_order_and_keep_no_program_alive() {
    let program = "
        (create-log :ticks {:partitions 3})
        (defactor counter [seen total]
          (receive
            [:item {:n n}] -> (recur (conj seen n) total)
            [:seen] -> (do (reply seen) (recur seen total))))
        (def counters (mapv (fn [_] (spawn counter [] 0)) (range 3)))
        (def feeders (mapv (fn [c] (stream/send-to c (stream/from-log :ticks {:follow true}))) counters))
        (dotimes [n 50] (append :ticks {:n n}))
        (defn all-of [c] (let [seen (call c [:seen])] (if (= 50 (count seen)) seen (do (sleep 1) (all-of c)))))
        (println (every? (fn [c] (= (range 50) (all-of c))) counters))
        (println (:_offset (first (stream/from-log :ticks {:follow true :from 2 :partition 1}))))";
    // It ends, though three feeders wait for the next record.
    assert_eq!(script(program).output(), "true\n2\n");
    let waits = "(create-log :a) (println (first (stream/from-log :a {:follow true})))";
    let told = script(waits).failed(1);
    assert!(told.contains("deadlock"), "{told}");
    let dropped = "(create-log :a)
        (async/task (sleep 20) (drop-log :a) (append :b {:n 1}))
        (first (stream/from-log :a {:follow true}))";
    let told = script(dropped).failed(1);
    assert!(told.contains("no log :a"), "{told}");
}

#[test]
fn members_leave_with_their_actor() {
    let program = "
        (create-log :jobs {:partitions 4})
        (def mine (dlog/join-group \"g\" :jobs))
        (defactor worker [member]
          (init [] (dlog/join-group \"g\" :jobs))
          (receive [:share] -> (do (reply (count (:partitions (dlog/assignment member)))) (recur member))))
        (def other (spawn worker))
        (println (call other [:share]) (count (:partitions (dlog/assignment mine))))
        (exit other :kill)
        (wait other)
        (defn whole [] (let [n (count (:partitions (dlog/assignment mine)))] (if (= n 4) n (do (sleep 1) (whole)))))
        (println (whole))";
    assert_eq!(script(program).output(), "2 2\n4\n");
}
