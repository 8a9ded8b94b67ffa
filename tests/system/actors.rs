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

/// Teams under a supervisor lose members at random while others call them. Every call ends in one of
/// the ways that there are, and in the end everybody is there again.
#[test]
fn under_random_kills_every_call_ends_and_every_child_is_started_again() {
    let program = "(defactor worker [n] (init [n] n) (receive :ask -> (reply n) :crash -> (exit :crashed)))\n\
      (defn team [t]\n\
        {:id t :start (fn [] (supervisor/start-link\n\
          {:max-restarts 100000\n\
           :strategy (nth [:one-for-one :one-for-all :rest-for-one] (mod t 3))\n\
           :children (mapv (fn [n] {:id n :start (fn [] (spawn-link worker n))}) (range 10))}))})\n\
      (def top (supervisor/start-link {:max-restarts 100000 :children (mapv team (range 12))}))\n\
      (defn members [] (vec (mapcat (fn [team] (map :pid (supervisor/which-children (:pid team)))) (supervisor/which-children top))))\n\
      (def before (count (actors)))\n\
      (defn attack [pids]\n\
        (frequencies (for [n (range 100) :let [pid (rand-nth pids)]]\n\
          (case (int (mod n 5))\n\
            0 (do (exit pid :kill) :kill)\n\
            1 (do (send pid :crash) :crash)\n\
            (match (try-call pid :ask 60000) {:ok _} -> :call {:error :noproc} -> :call other -> other)))))\n\
      (println (apply merge-with + (async/map (fn [_] (attack (members))) (range 20) :max 8)))\n\
      (while (not (every? (fn [pid] (and (pid? pid) (contains? (try-call pid :ask) :ok))) (members))) nil)\n\
      (println (count (members)) (= before (count (actors))))";
    let ended = script(program).output();
    assert_eq!(ended, "{:kill 400, :crash 400, :call 1200}\n120 true\n");
}

#[test]
fn items_of_members_that_end_go_to_others() {
    let program = "(defactor worker [left]\n\
        (receive [:square n] -> (if (zero? left) (exit :worn-out) (do (reply (* n n)) (recur (dec left))))))\n\
      (defsupervisor crew :max-restarts 1000 :children [{:id 1 :start (spawn worker 3)} {:id 2 :start (spawn worker 5)}])\n\
      (defflock workers :pattern {:kind :worker})\n\
      (def s (spawn crew))\n\
      (println (= (map (fn [n] (* n n)) (range 100))\n\
                  (deploy-map :workers (fn [pid n] (call pid [:square n])) (range 100))))\n\
      (println (attempt (deploy-map [(spawn worker 0)] (fn [pid n] (call pid [:square n])) [1])))\n\
      (println (attempt (deploy-map :workers (fn [_ n] (throw [:bad n])) [1])))\n\
      (println (keys (attempt (receive-all [(spawn (fn [] (exit :gone)))] inc))))";
    assert_eq!(
        script(program).output(),
        "true\n{:error :no-members}\n{:error [:bad 1]}\n(:error)\n"
    );
}

#[test]
fn the_other_tasks_of_a_failed_map_are_ended() {
    let program = "(def me (self))\n\
      (def outcome (attempt (async/map (fn [n]\n\
        (if (zero? n)\n\
          (do (send me [:task (self)]) (receive :never -> nil))\n\
          (do (receive-timeout 0 timeout -> nil) (throw :failed)))) [1 0] :max 2)))\n\
      (def other (receive-timeout 1000 [:task pid] -> pid timeout -> nil))\n\
      (when other (wait other))\n\
      (println outcome (or (nil? other) (not (alive? other))))\n\
      (println (attempt (async/map inc [1] :max 0)))";
    let ended = script(program).output();
    assert!(
        ended.starts_with("{:error :failed} true\n{:error "),
        "{ended}"
    );
    assert!(
        ended.contains("async/map wants a :max of 1 or more, not 0"),
        "{ended}"
    );
}

#[test]
fn newer_code_takes_the_state_of_older() {
    let program = "(defactor counter [n] (receive :up -> (recur (inc n)) :value -> (reply n)))\n\
      (def a (spawn counter 1))\n\
      (send a :up)\n\
      (def b (spawn counter 10))\n\
      (println (call a :value) (call b :value))\n\
      (eval '(defactor counter [n] (receive :up -> (recur (+ n 100)) :value -> (reply [:new n]))))\n\
      (println (eval '(reload-actor counter)))\n\
      (send a :up)\n\
      (println (call a :value) (call b :value))\n\
      (eval '(defactor counter [n m] (receive :value -> (reply [n m]))))\n\
      (println (try (eval '(reload-actor counter)) (catch {:message text} -> text)))\n\
      (eval '(defactor counter [n m] (migrate [old] [old :migrated]) (receive :value -> (reply [n m]))))\n\
      (println (reload-actor a) (call a :value) (call b :value) (:state (inspect a)))";
    assert_eq!(
        script(program).output(),
        "2 10\n2\n[:new 102] [:new 10]\n\
         `reload-actor`: the state of `user/counter` had 1 values and has 2 now\n\
         1 [102 :migrated] [:new 10] [102 :migrated]\n"
    );
}

#[test]
fn a_mailbox_that_grows_and_grows_is_told() {
    let program = "(defactor deaf [] (receive :never -> nil))\n\
                   (def pid (spawn deaf))\n\
                   (register :deaf pid)\n\
                   (dotimes [n 1100000] (send pid n))\n\
                   ; one of them may just be looked at\n\
                   (while (< (mailbox-size pid) 1100000) nil)\n\
                   (println \"all\")";
    let ended = script(program);
    assert!(
        ended.stderr.contains("(:deaf), which takes them slower"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.output(), "all\n");
}

#[test]
fn what_an_actor_costs_is_told() {
    let program = "(defn spin [n] (if (neg? n) n (recur (inc n))))\n\
      (def busy (spawn (fn [] (spin 0))))\n\
      (defactor keeper [texts] (receive [:keep text] -> (recur (conj texts text))))\n\
      (def pid (spawn keeper []))\n\
      (dotimes [n 1000] (send pid [:keep (str \"text number \" n)]))\n\
      (while (< (count (:state (inspect pid))) 1000) nil)\n\
      (while (zero? (:cpu-ms (inspect busy))) nil)\n\
      (println (:status (inspect busy)) (:function (inspect busy)))\n\
      (println (< 20000 (:memory (inspect pid :memory)) 200000) (:memory (inspect pid)))\n\
      (println (try (inspect pid :all) (catch {:message text} -> text)))\n\
      (println (set (map :kind (survey* 60000))))\n\
      (exit busy :kill)";
    let told = script(program).output();
    assert_eq!(
        told,
        ":running user/fn\ntrue nil\n`inspect` wants :memory, got :all (keyword)\n\
         #{nil :user/keeper}\n"
    );
}
