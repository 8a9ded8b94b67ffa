//! `receive` and `defactor`.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn the_loop_of_an_actor_is_parked() {
    assert_snapshot!(
        analyzed("(defactor counter [n] (receive [:inc] -> (recur (inc n)) [:get] -> (reply n) :halt -> :stop))"),
        @r##"
    (def user/counter
     (actor-definition "user/counter" 1 nil
      (fn user/counter/body self=self.1
       ([n.0]
        (%Park
         (fn user/counter/body/receive self=self.1 (captures n.2=.0 self.3=.1)
          ([message.0]
           (join@0 [value.9]
            (if (%WordEq value.9 :stop) :stop
             (if (%WordEq value.9 :terminate) :stop (%Park self.1 nil)))
            (join@3 [] (jump@0 :stop)
             (join@2 []
              (jump@0 (reply n.2))
              (join@1 []
               (return (call self.3 (%Inc n.2)))
               (if (%IsVector message.0)
                (if
                 (%WordEq (%VectorCount message.0) 1)
                 (let
                  [element.4 (%VectorNth message.0 0)]
                  (if (%WordEq element.4 :inc) (jump@1)
                   (if (%WordEq element.4 :get) (jump@2) (%NoMatch message.0))))
                 (%NoMatch message.0))
                (if (%IsClass message.0 :list)
                 (let
                  [cell.5 (seq message.0)]
                  (if (%WordEq cell.5 nil) (%NoMatch message.0)
                   (let
                    [rest.6 (rest cell.5) cell.7 (seq rest.6)]
                    (if (%WordEq cell.7 nil)
                     (let
                      [element.8 (first cell.5)]
                      (if (%WordEq element.8 :inc) (jump@1)
                       (if (%WordEq element.8 :get) (jump@2) (%NoMatch message.0))))
                     (%NoMatch message.0)))))
                 (if (%WordEq message.0 :halt) (jump@3) (%NoMatch message.0))))))))))
         nil)))
      nil))
    "##);
}

#[test]
fn parts_and_destructured_state() {
    assert_snapshot!(
        analyzed("(defactor a [[x y]] (init [] [1 2]) (terminate [reason] (println reason x)) (receive m -> (recur [m x])))"),
        @r##"
    (def user/a
     (actor-definition "user/a" 1 (fn user/a/init ([] [1 2]))
      (fn user/a/body self=self.4
       ([state--0.0]
        (do
         (actor-state state--0.0)
         (let
          [vec.1
           state--0.0
           x.2
           (nth vec.1 0 nil)
           y.3
           (nth vec.1 1 nil)]
          (%Park
           (fn user/a/body/receive self=self.1
            (captures state--0.2=.0 x.4=.2 self.5=.4)
            ([message.0]
             (join@0 [value.6]
              (if (%WordEq value.6 :stop) :stop
               (if (%WordEq value.6 :terminate) :stop (%Park self.1 nil)))
              (join@1 [m.3]
               (return (call self.5 (vector m.3 x.4)))
               (jump@1 message.0)))))
           nil)))))
      (fn user/a/terminate
       ([reason.0 state--1.1]
        (let
         [vec.2
          state--1.1
          x.3
          (nth vec.2 0 nil)
          y.4
          (nth vec.2 1 nil)]
         (println reason.0 x.3))))))
    "##);
}

#[test]
fn a_receive_elsewhere_waits_where_it_stands() {
    assert_snapshot!(analyzed("(defn f [] (inc (receive [:a x] -> x)))"), @r##"
    (top-fn user/f
     ([]
      (%Inc
       (join@1 [x.1] x.1
        (do (%ReceiveStart)
         (loop@0 []
          (let [message.0 (%ReceiveNext nil)]
           (if (%IsVector message.0)
            (if
             (%WordEq (%VectorCount message.0) 2)
             (let
              [element.2 (%VectorNth message.0 0)]
              (if (%WordEq element.2 :a)
               (let
                [element.3 (%VectorNth message.0 1)]
                (do (%ReceiveAccept) (jump@1 element.3)))
               (recur@0)))
             (recur@0))
            (if (%IsClass message.0 :list)
             (let
              [cell.4 (seq message.0)]
              (if (%WordEq cell.4 nil) (recur@0)
               (let
                [element.5 (first cell.4)]
                (if (%WordEq element.5 :a)
                 (let
                  [rest.6 (rest cell.4) cell.7 (seq rest.6)]
                  (if (%WordEq cell.7 nil) (recur@0)
                   (let
                    [rest.8 (rest cell.7) cell.9 (seq rest.8)]
                    (if (%WordEq cell.9 nil)
                     (let
                      [element.10 (first cell.7)]
                      (do (%ReceiveAccept) (jump@1 element.10)))
                     (recur@0)))))
                 (recur@0)))))
             (recur@0))))))))))
    "##);
    assert_snapshot!(
        analyzed("(defn f [] (receive-timeout 100 [:a x] -> x timeout -> :late))"), @r##"
    (top-fn user/f
     ([]
      (let [deadline.0 (%DeadlineIn 100)]
       (join@1 [] :late
        (join@2 [x.2] x.2
         (do (%ReceiveStart)
          (loop@0 []
           (let
            [message.1 (%ReceiveNext deadline.0)]
            (if (%IsTimeout message.1) (jump@1)
             (if (%IsVector message.1)
              (if
               (%WordEq (%VectorCount message.1) 2)
               (let
                [element.3 (%VectorNth message.1 0)]
                (if (%WordEq element.3 :a)
                 (let
                  [element.4 (%VectorNth message.1 1)]
                  (do (%ReceiveAccept) (jump@2 element.4)))
                 (recur@0)))
               (recur@0))
              (if (%IsClass message.1 :list)
               (let
                [cell.5 (seq message.1)]
                (if (%WordEq cell.5 nil) (recur@0)
                 (let
                  [element.6 (first cell.5)]
                  (if (%WordEq element.6 :a)
                   (let
                    [rest.7 (rest cell.5) cell.8 (seq rest.7)]
                    (if (%WordEq cell.8 nil) (recur@0)
                     (let
                      [rest.9 (rest cell.8) cell.10 (seq rest.9)]
                      (if (%WordEq cell.10 nil)
                       (let
                        [element.11 (first cell.8)]
                        (do (%ReceiveAccept) (jump@2 element.11)))
                       (recur@0)))))
                   (recur@0)))))
               (recur@0))))))))))))
    "##);
}

#[test]
fn a_timeout_of_an_actor() {
    assert_snapshot!(
        analyzed("(defactor t [n] (receive-timeout 10 :x -> (recur n) timeout -> :stop))"), @r##"
    (def user/t
     (actor-definition "user/t" 1 nil
      (fn user/t/body self=self.2
       ([n.0]
        (let [timeout.1 10]
         (%Park
          (fn user/t/body/receive self=self.1
           (captures n.2=.0 timeout.3=.1 self.4=.2)
           ([message.0]
            (join@0 [value.5]
             (if (%WordEq value.5 :stop) :stop
              (if (%WordEq value.5 :terminate) :stop (%Park self.1 timeout.3)))
             (if (%IsTimeout message.0) (jump@0 :stop)
              (join@1 [] (return (call self.4 n.2))
               (if (%WordEq message.0 :x) (jump@1) (%NoMatch message.0)))))))
          timeout.1))))
      nil))
    "##);
}

#[test]
fn priorities_walk_clause_by_clause() {
    assert_snapshot!(
        analyzed("(defn f [] (receive-with-priority [:hi x] -> x [:lo x] -> x))"), @r##"
    (top-fn user/f
     ([]
      (join@6 [x.17] x.17
       (join@3 [x.5] x.5
        (loop@0 []
         (let [now.0 (%DeadlineIn 0)]
          (join@5 [seen.1]
           (join@2 [seen.2]
            (if (%Gt seen.2 seen.1) (recur@0) (do (%ReceiveNext nil) (recur@0)))
            (do (%ReceiveStart)
             (loop@1 [count.4 0]
              (let
               [message.3 (%ReceiveNext now.0)]
               (if (%IsTimeout message.3) (jump@2 count.4)
                (if (%IsVector message.3)
                 (if
                  (%WordEq (%VectorCount message.3) 2)
                  (let
                   [element.6 (%VectorNth message.3 0)]
                   (if (%WordEq element.6 :lo)
                    (let
                     [element.7 (%VectorNth message.3 1)]
                     (do (%ReceiveAccept) (jump@3 element.7)))
                    (recur@1 (%Inc count.4))))
                  (recur@1 (%Inc count.4)))
                 (if (%IsClass message.3 :list)
                  (let
                   [cell.8 (seq message.3)]
                   (if (%WordEq cell.8 nil) (recur@1 (%Inc count.4))
                    (let
                     [element.9 (first cell.8)]
                     (if (%WordEq element.9 :lo)
                      (let
                       [rest.10 (rest cell.8) cell.11 (seq rest.10)]
                       (if (%WordEq cell.11 nil) (recur@1 (%Inc count.4))
                        (let
                         [rest.12
                          (rest cell.11)
                          cell.13
                          (seq rest.12)]
                         (if (%WordEq cell.13 nil)
                          (let
                           [element.14 (first cell.11)]
                           (do (%ReceiveAccept) (jump@3 element.14)))
                          (recur@1 (%Inc count.4))))))
                      (recur@1 (%Inc count.4))))))
                  (recur@1 (%Inc count.4)))))))))
           (do (%ReceiveStart)
            (loop@4 [count.16 0]
             (let
              [message.15 (%ReceiveNext now.0)]
              (if (%IsTimeout message.15) (jump@5 count.16)
               (if (%IsVector message.15)
                (if
                 (%WordEq (%VectorCount message.15) 2)
                 (let
                  [element.18 (%VectorNth message.15 0)]
                  (if (%WordEq element.18 :hi)
                   (let
                    [element.19 (%VectorNth message.15 1)]
                    (do (%ReceiveAccept) (jump@6 element.19)))
                   (recur@4 (%Inc count.16))))
                 (recur@4 (%Inc count.16)))
                (if (%IsClass message.15 :list)
                 (let
                  [cell.20 (seq message.15)]
                  (if (%WordEq cell.20 nil) (recur@4 (%Inc count.16))
                   (let
                    [element.21 (first cell.20)]
                    (if (%WordEq element.21 :hi)
                     (let
                      [rest.22 (rest cell.20) cell.23 (seq rest.22)]
                      (if (%WordEq cell.23 nil) (recur@4 (%Inc count.16))
                       (let
                        [rest.24 (rest cell.23) cell.25 (seq rest.24)]
                        (if (%WordEq cell.25 nil)
                         (let
                          [element.26 (first cell.23)]
                          (do (%ReceiveAccept) (jump@6 element.26)))
                         (recur@4 (%Inc count.16))))))
                     (recur@4 (%Inc count.16))))))
                 (recur@4 (%Inc count.16)))))))))))))))
    "##);
}

#[test]
fn migrate_is_a_function_of_the_old_state() {
    let text = analyzed("(defactor m [n] (migrate [old] [old 1]) (receive :x -> (reply n)))");
    assert!(text.contains("(fn user/m/migrate"), "{text}");
}
