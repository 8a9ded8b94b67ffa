//! Code that a builtin calls is ordinary code: inside a sort comparator, a lazy cell that `=`
//! meets, and a macro, an actor may wait for a message, be preempted, be killed, and overflow.

use crate::process::{Ended, command, feed, script};

/// On one worker, where only preemption lets another actor run.
fn on_one_worker(text: &str) -> Ended {
    let mut command = command(&["run", "-"]);
    command.env("BATUTA_WORKERS", "1");
    feed(command, text)
}

/// `%` stands for what runs inside the builtin, an expression whose value does not matter.
struct Inside {
    name: &'static str,
    program: &'static str,
    value: &'static str,
}

const PLACES: [Inside; 2] = [
    Inside {
        name: "a sort comparator",
        program: "(vec (sort (fn [a b] % (< a b)) [3 1 2]))",
        value: "[1 2 3]",
    },
    Inside {
        name: "a lazy cell met by =",
        program: "(= [1 2 3] (map (fn [x] % x) '(1 2 3)))",
        value: "true",
    },
];

fn at(place: &Inside, inside: &str) -> String {
    place.program.replace('%', inside)
}

#[test]
fn it_may_wait_for_a_message() {
    for place in &PLACES {
        let inside = "(do (send helper (self)) (receive :go -> nil))";
        let program = format!(
            "(defactor helping [] (receive pid -> (do (send pid :go) (recur))))\n\
             (def helper (spawn helping))\n(println {})",
            at(place, inside)
        );
        assert_eq!(
            script(&program).output(),
            format!("{}\n", place.value),
            "{}",
            place.name
        );
    }
}

#[test]
fn it_may_be_preempted() {
    for place in &PLACES {
        let program = format!(
            "(def go (atom false))\n(spawn (fn [] (reset! go true)))\n(println {})",
            at(place, "(loop [] (when-not @go (recur)))")
        );
        assert_eq!(
            on_one_worker(&program).output(),
            format!("{}\n", place.value),
            "{}",
            place.name
        );
    }
}

#[test]
fn it_may_be_killed() {
    for place in &PLACES {
        let program = format!(
            "(def me (self))\n\
             (def p (spawn (fn [] {})))\n\
             (receive :inside -> nil)\n(exit p :kill)\n(println (wait p) (alive? p))",
            at(place, "(do (send me :inside) (receive :never -> nil))")
        );
        assert_eq!(
            script(&program).output(),
            ":killed false\n",
            "{}",
            place.name
        );
    }
}

#[test]
fn it_may_overflow() {
    for place in &PLACES {
        let program = format!(
            "(defn deep [n] (+ 1 (deep (+ n 1))))\n\
             (println (try {} (catch {{:kind k}} -> k)))\n(println :alive)",
            at(place, "(deep 0)")
        );
        let ended = feed(command(&["--max-stack", "4M", "run", "-"]), &program);
        assert_eq!(ended.output(), ":stack\n:alive\n", "{}", place.name);
    }
}

#[test]
fn a_macro_may_wait_for_a_message() {
    let program = "(defmacro answer []\n\
                     (let [me (self)]\n\
                       (spawn (fn [] (send me 42)))\n\
                       (receive x -> x)))\n\
                   (println (answer))";
    assert_eq!(script(program).output(), "42\n");
}

#[test]
fn a_macro_may_be_preempted() {
    let program = "(defmacro answer []\n\
                     (let [go (atom false)]\n\
                       (spawn (fn [] (reset! go true)))\n\
                       (loop [] (when-not @go (recur)))\n\
                       42))\n\
                   (println (answer))";
    assert_eq!(on_one_worker(program).output(), "42\n");
}

#[test]
fn a_macro_may_be_killed() {
    let program = "(defmacro answer []\n\
                     (let [me (self)]\n\
                       (spawn (fn [] (exit me :kill)))\n\
                       (receive :never -> 1)))\n\
                   (println (answer))";
    let told = script(program).failed(1);
    assert!(
        told.contains("answer") && told.contains("<stdin>:5"),
        "{told}"
    );
}

#[test]
fn a_macro_may_overflow() {
    let program = "(defn deep [n] (+ 1 (deep (+ n 1))))\n\
                   (defmacro answer [] (deep 0))\n\
                   (println (answer))";
    let told = feed(command(&["--max-stack", "4M", "run", "-"]), program).failed(1);
    assert!(told.contains("answer") && told.contains("stack"), "{told}");
}
