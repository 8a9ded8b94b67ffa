//! Actors in great numbers, for long: nobody is lost, nothing grows.
//!
//! The sizes here are those of an ordinary test run. `BATUTA_SOAK="200000 300"` (workers, seconds)
//! and `BATUTA_LEAK=10000000` (actors) ask for more.

use std::env;

use crate::process::{Ended, batuta, command, finish, wait};

fn runs_well(program: &str, arguments: &str) {
    let mut words = vec!["run", program];
    words.extend(arguments.split(' '));
    let child = command(&words).spawn().expect("the binary can be started");
    let told = wait(child).output();
    assert!(told.ends_with("all is well\n"), "{told}");
}

#[test]
fn under_random_kills_every_call_ends_and_nothing_grows() {
    let sizes = env::var("BATUTA_SOAK").unwrap_or_else(|_| "2000 12".to_owned());
    runs_well("tests/system/soak.bat", &sizes);
}

#[test]
fn actors_that_come_and_go_leave_nothing() {
    let actors = env::var("BATUTA_LEAK").unwrap_or_else(|_| "200000".to_owned());
    runs_well("tests/system/leak.bat", &actors);
}

#[test]
fn a_hundred_busy_actors_do_not_keep_another_from_answering() {
    let program = "(defn spin [n] (if (neg? n) n (recur (inc n))))\n\
      (def busy (mapv (fn [_] (spawn (fn [] (spin 0)))) (range 100)))\n\
      (defactor echo [] (receive x -> (do (reply x) (recur))))\n\
      (def pid (spawn echo))\n\
      (println (reduce + (map (fn [n] (call pid n 60000)) (range 50))))\n\
      (println (every? (fn [pid] (= :running (:status (inspect pid)))) busy))\n\
      (doseq [pid busy] (exit pid :kill))";
    assert_eq!(crate::process::script(program).output(), "1225\ntrue\n");
}

/// One worker, kept by a builtin that cannot stop: another thread takes its place.
#[test]
fn a_long_builtin_holds_nobody_up() {
    let program = "(def me (self))\n\
      (def texts (mapv str (shuffle (range 200000))))\n\
      (defactor echo [] (receive x -> (do (reply x) (recur))))\n\
      (def pid (spawn echo))\n\
      (spawn (fn [] (send me :begins) (send me [:sorted (count (sort texts))])))\n\
      (receive :begins -> nil)\n\
      (println (call pid 7 60000))\n\
      (println (receive first-message -> first-message))\n\
      (println (pos? (:handed-over (runtime/stats))))";
    let mut command = command(&["run", "-"]);
    command.env("BATUTA_WORKERS", "1");
    let told = crate::process::feed(command, program).output();
    assert_eq!(told, "7\n[:sorted 200000]\ntrue\n");
}

#[test]
fn what_workers_are_kept_for_can_be_measured() {
    let program = "(runtime/measure true)\n\
      (defactor echo [] (receive x -> (do (reply x) (recur))))\n\
      (def pid (spawn echo))\n\
      (dotimes [n 1000] (call pid n))\n\
      (runtime/measure false)\n\
      (def stats (runtime/stats))\n\
      (println (< 1000 (reduce + (vals (:kept-us stats)))) (pos? (:longest-us stats)))";
    assert_eq!(crate::process::script(program).output(), "true true\n");
}

fn tested(seed: &str, file: &str) -> Ended {
    finish(command(&["test", "--seed", seed, file]))
}

#[test]
fn a_planted_race_is_found_again_with_its_seed() {
    let is_found = |seed: &String| tested(seed, "tests/seeded/race.bat").code == Some(1);
    let seed = (1..=60).map(|n: u32| n.to_string()).find(is_found);
    let seed = seed.expect("one of sixty orders shows the race");
    let first = tested(&seed, "tests/seeded/race.bat");
    assert!(
        first.stdout.contains("FAIL in (nothing-is-lost)"),
        "{first:?}"
    );
    first.assert_same(
        &tested(&seed, "tests/seeded/race.bat"),
        "tests/seeded/race.bat",
    );
}

#[test]
fn what_must_hold_holds_in_thousands_of_orders() {
    for seed in ["1", "2", "3"] {
        let told = tested(seed, "tests/seeded/interleavings.bat").output();
        assert!(
            told.contains("0 failures, 0 errors."),
            "seed {seed}: {told}"
        );
    }
}

#[test]
fn time_under_a_seed_passes_only_for_actors() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("times_test.bat");
    let text = "(ns times-test)\n\
      (deftest hours-pass-at-once\n\
        (let [before (inst-ms (now))]\n\
          (sleep 36000000)\n\
          (is (= 36000000 (- (inst-ms (now)) before)))\n\
          (is (= :late (receive-timeout 7200000 :never -> :early timeout -> :late)))))";
    std::fs::write(&file, text).expect("it is writable");
    let path = file.to_str().expect("temporary paths are UTF-8");
    let told = batuta(&["test", "--seed", "1", path]).output();
    assert!(told.contains("0 failures, 0 errors."), "{told}");
}
