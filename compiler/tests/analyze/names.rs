//! Namespaces and what names mean.

use insta::assert_snapshot;

use crate::analyzed;

#[test]
fn what_namespace_forms_do_is_foreseen() {
    assert_snapshot!(analyzed("(ns a.b (:require [c.d :as d :refer [x]]))\n[x d/x]\n(in-ns 'user)"), @r##"
    (ns* a.b nil {})
    nil
    nil
    (vector c.d/x c.d/x)
    (in-ns user)
    "##);
    assert_snapshot!(analyzed("(do (require '[e.f :rename {x y} :refer [x]]) (do (alias 'g 'e.f) [y g/x]))"), @r##"
    nil
    (alias g e.f)
    (vector e.f/x e.f/x)
    "##);
}

#[test]
fn own_definitions_win_over_core() {
    assert_snapshot!(analyzed("(defn f [] (map 1))\n(map 1 2)\n(defn map [x] x)\n(map 3)"), @r##"
    (top-fn user/f ([] (user/map 1)))
    (map 1 2)
    (top-fn user/map ([x.0] x.0))
    (user/map 3)
    warning resolve::shadows: `map` hides Clojure's function (`clojure.core/map` still names the other)
      at map
    "##);
    assert_snapshot!(analyzed("(defn match [x] x)\n(match 1)\n(clojure.core/map 1 2)"), @r##"
    (top-fn user/match ([x.0] x.0))
    (user/match 1)
    (map 1 2)
    "##);
}

#[test]
fn locals_win_over_everything_but_what_macros_use() {
    assert_snapshot!(analyzed("(fn [when receive] (when receive))"), @"(fn user/fn ([when.0 receive.1] (call when.0 receive.1)))");
    assert_snapshot!(analyzed("(fn [if] (when if 1))"), @"(fn user/fn ([if.0] (if if.0 1 nil)))");
}
