//! Actors in numbers.

use crate::process::script;

#[test]
fn a_hundred_thousand_actors_each_answer_a_call_and_end() {
    let program = "(defactor echo [n] (receive [:ask x] -> (do (reply (+ n x)) :stop)))\n\
                   (def pids (mapv (fn [n] (spawn echo n)) (range 100000)))\n\
                   (println (reduce + (map (fn [pid] (call pid [:ask 1])) pids)))\n\
                   (doseq [pid pids] (wait pid))\n\
                   (println (count (filter alive? pids)))";
    assert_eq!(script(program).output(), "5000050000\n0\n");
}

#[test]
fn a_busy_actor_does_not_starve_the_others() {
    let program = "(def stop (atom false))\n\
                   (def busy (spawn (fn [] (loop [] (when-not @stop (recur))))))\n\
                   (defactor echo [] (receive x -> (do (reply x) (recur))))\n\
                   (println (call (spawn echo) 7))\n\
                   (monitor busy)\n\
                   (reset! stop true)\n\
                   (println (receive [:down _ _ reason] -> reason))";
    let mut command = crate::process::command(&["run", "-"]);
    command.env("BATUTA_WORKERS", "1");
    assert_eq!(
        crate::process::feed(command, program).output(),
        "7\n:normal\n"
    );
}
