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

const SUPERVISED: &str = "(defn main [] (spawn app) (println (mapv :id (supervisor/which-children (first (supervisors*))))))\n\
    (defactor worker [name]\n\
      (init [name] name)\n\
      (terminate [reason] (println name \"ends with\" reason))\n\
      (receive :never -> nil))\n\
    (defsupervisor app\n\
      :children [{:id :a :start (spawn worker :a)}\n\
                 {:id :b :start (spawn worker :b)}])\n\
    (defactor plain [] (terminate [reason] (println \"plain ends with\" reason)) (receive :never -> nil))\n\
    (spawn plain)\n";

#[test]
fn at_the_end_of_the_program_supervisors_stop_their_children_in_order_first() {
    let expected =
        "[:a :b]\n:b ends with :shutdown\n:a ends with :shutdown\nplain ends with :shutdown\n";
    assert_eq!(script(SUPERVISED).output(), expected);
}

#[test]
fn a_wrong_specification_of_a_supervisor_is_refused_before_anything_runs() {
    let cases = [
        (":strategy :one-for-al", "did you mean :one-for-all?"),
        (":max-restart 3", "did you mean :max-restarts?"),
        (":children [{:id :a}]", "child :a has no :start"),
        (
            ":children [{:id :a :start (spawn f) :restrat :permanent}]",
            "did you mean :restart?",
        ),
        (":strategy", "options are pairs"),
    ];
    for (options, complaint) in cases {
        let program =
            format!("(println \"ran\")\n(defn f [] nil)\n(defsupervisor app {options})\n");
        let ended = script(&program);
        assert_eq!(ended.stdout, "", "{options}");
        let error = ended.failed(1);
        assert!(error.contains(complaint), "{options}: {error}");
        assert!(
            error.contains("supervisor `user/app`"),
            "{options}: {error}"
        );
    }
}

#[test]
fn a_supervisor_that_gives_up_says_so() {
    let program = "(defactor worker [] (receive :fail -> (exit :broken)))\n\
                   (defsupervisor app :max-restarts 0 :children [{:id :w :start (spawn worker) :name :w}])\n\
                   (def s (spawn app))\n\
                   (send :w :fail)\n\
                   (println (wait s))";
    let ended = script(program);
    let told = "supervisor user/app: child :w ended with :broken; more than 0 restarts within 5 s";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert_eq!(ended.output(), ":shutdown\n");
}

#[test]
fn a_full_mailbox_blocks_its_senders_or_ends_its_actor() {
    let program = "(defn taker [policy] (spawn (fn [me] (limit-mailbox 2 policy) (send me :ready)\n\
                     (receive :go -> nil)\n\
                     (send me (loop [seen [] left 9] (if (zero? left) seen (recur (conj seen (receive n -> n)) (dec left)))))) (self)))\n\
                   (def blocking (taker :block))\n\
                   (receive :ready -> nil)\n\
                   (def sender (spawn (fn [] (dotimes [n 9] (send blocking n)))))\n\
                   (while (< (mailbox-size blocking) 2) nil)\n\
                   (println (alive? sender) (mailbox-size blocking))\n\
                   (send-after 0 blocking :go)\n\
                   (println (receive [& all] -> all))\n\
                   (def crashing (taker :crash))\n\
                   (receive :ready -> nil)\n\
                   (def ref (monitor crashing))\n\
                   (dotimes [n 3] (send crashing n))\n\
                   (println (receive [:down ~ref _ reason] -> reason))";
    assert_eq!(
        script(program).output(),
        "true 2\n(0 1 2 3 4 5 6 7 8)\n:mailbox-full\n"
    );
}

#[test]
fn a_task_ends_with_who_started_it_but_not_the_other_way_round() {
    let program = "(def me (self))\n\
                   (def parent (spawn (fn []\n\
                     (future (do (send me (self)) (receive :never -> nil)))\n\
                     (receive :end -> (exit :over)))))\n\
                   (def child (receive pid -> pid))\n\
                   (def ref (monitor child))\n\
                   (send parent :end)\n\
                   (println (receive [:down ~ref _ reason] -> reason))\n\
                   (def failing (future (exit :alone)))\n\
                   (println (attempt @failing) (:links (inspect (self))))";
    assert_eq!(script(program).output(), ":over\n{:error :alone} []\n");
}
