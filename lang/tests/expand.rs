//! What the core macros and templates expand to.

use batuta_lang::diagnostic::{Diagnostic, RenderStyle};
use batuta_lang::expand::MacroContext;
use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::expand::hygiene::Gensyms;
use batuta_lang::expand::syntax_quote::expand_syntax_quote;
use batuta_lang::form::{Form, Name};
use batuta_lang::reader::{ReadOptions, read};
use batuta_lang::source::{SourceId, SourceMap};

fn form(text: &str) -> Form {
    let (mut forms, diagnostics) = read(SourceId(0), text, &ReadOptions::default());
    assert!(
        diagnostics.is_empty() && forms.len() == 1,
        "{text}: {diagnostics:?}"
    );
    forms.remove(0)
}

fn expand_form(form: &Form) -> Result<Form, Diagnostic> {
    let gensyms = Gensyms::new();
    let mut cx = MacroContext::new(&gensyms, "user", &|_| false);
    let head = form
        .as_list()
        .and_then(<[Form]>::first)
        .and_then(Form::as_symbol);
    let name = head.expect("a call of a macro");
    let found = core_macro(&name.name).unwrap_or_else(|| panic!("no macro {name}"));
    (found.expand)(form, &mut cx)
}

/// The expansion, with the library's namespace written `c`.
fn expand(text: &str) -> String {
    match expand_form(&form(text)) {
        Ok(expansion) => expansion.to_string().replace("batuta.core/", "c/"),
        Err(error) => panic!("{text}: {error}"),
    }
}

fn error(text: &str) -> String {
    let sources = SourceMap::new();
    sources.add("t.bat", text);
    let style = RenderStyle {
        width: 90,
        ..RenderStyle::PLAIN
    };
    let error = expand_form(&form(text)).expect_err("a wrong call");
    error.render(&sources, style)
}

fn template(text: &str) -> String {
    let form = form(text);
    let body = &form.as_list().expect("a template is `(syntax-quote x)`")[1];
    let mut resolve = |name: &Name| match &name.ns {
        Some(_) => name.clone(),
        None if &*name.name == "map" => Name::qualified("clojure.core", "map"),
        None => Name::qualified("user", name.name.clone()),
    };
    expand_syntax_quote(body, &mut resolve, &Gensyms::new())
        .map(|form| form.to_string().replace("batuta.core/", "c/"))
        .unwrap_or_else(|error| format!("error: {error}"))
}

fn check(cases: &[(&str, &str)], of: fn(&str) -> String) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(text, expected)| (text, expected, of(text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(text, expected, found)| format!("{text}\n  wanted {expected}\n  found  {found}\n"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn conditions() {
    check(
        &[
            ("(when a b c)", "(if a (do b c))"),
            ("(unless a b)", "(if a nil (do b))"),
            ("(if-not a b c)", "(if a c b)"),
            ("(cond a 1 b 2 :else 3)", "(if a 1 (if b 2 3))"),
            (
                "(cond a -> (f) (g) b -> 2)",
                "(if a (do (f) (g)) (if b 2 nil))",
            ),
            (
                "(condp = x 1 :a 2 :>> f :none)",
                "(let* [predicate__1 = value__2 x] (if (predicate__1 1 value__2) :a (let* [found__3 (predicate__1 2 value__2)] (if found__3 (f found__3) :none))))",
            ),
            (
                "(condp = x 1 :a)",
                "(let* [predicate__1 = value__2 x] (if (predicate__1 1 value__2) :a (c/no-match* value__2)))",
            ),
            ("(and) ", "true"),
            (
                "(and a b c)",
                "(let* [value__2 a] (if value__2 (let* [value__1 b] (if value__1 c value__1)) value__2))",
            ),
            ("(or a b)", "(let* [value__1 a] (if value__1 value__1 b))"),
            (
                "(case x 1 :a (2 3) :b [4] :c)",
                "(let* [value__1 x] (case* value__1 (c/no-match* value__1) [[1] :a] [[2 3] :b] [[[4]] :c]))",
            ),
            (
                "(case x a :b :none)",
                "(let* [value__1 x] (case* value__1 :none [[a] :b]))",
            ),
        ],
        expand,
    );
}

#[test]
fn bindings() {
    check(
        &[
            ("(let [] 1)", "(let* [] 1)"),
            (
                "(let [a 1 b :: Int 2] (f) a)",
                "(let* [a 1 b 2] (do (f) a))",
            ),
            (
                "(let [[a [b] & r :as all] v] a)",
                "(let* [vec__1 v seq__2 (c/seq vec__1) a (c/first seq__2) seq__3 (c/next seq__2) vec__4 (c/first seq__3) b (c/nth vec__4 0 nil) seq__5 (c/next seq__3) r seq__5 all vec__1] a)",
            ),
            (
                "(let [[a b] v] a)",
                "(let* [vec__1 v a (c/nth vec__1 0 nil) b (c/nth vec__1 1 nil)] a)",
            ),
            (
                "(let [{:keys [a :b x/c] :strs [d] y :yy :or {a 1 y 2} :as m} v] a)",
                "(let* [map__1 v map__2 (if (c/seq? map__1) (c/seq-to-map* map__1) map__1) m map__2 a (c/get map__2 :a 1) b (c/get map__2 :b) c (c/get map__2 :x/c) d (c/get map__2 \"d\") y (c/get map__2 :yy 2)] a)",
            ),
            (
                "(let [{:user/keys [a] :syms [s]} v] a)",
                "(let* [map__1 v map__2 (if (c/seq? map__1) (c/seq-to-map* map__1) map__1) a (c/get map__2 :user/a) s (c/get map__2 (quote s))] a)",
            ),
            (
                "(let [a 1 {:k p} a [c] p] (f) c)",
                "(let* [a 1] (match a {:k p} -> (let* [vec__1 p c (c/nth vec__1 0 nil)] (do (f) c))))",
            ),
            ("(let [[:ok v] (f)] v)", "(match (f) [:ok v] -> v)"),
            (
                "(let [~x 1 (list a) b] 1)",
                "(match 1 (clojure.core/unquote x) -> (match b (list a) -> 1))",
            ),
            (
                "(loop [i 0 acc []] (recur i acc))",
                "(loop* [i 0 acc []] (recur i acc))",
            ),
            (
                "(loop [[a b] v i a] (recur b i))",
                "(let* [loop__1 v vec__3 loop__1 a (c/nth vec__3 0 nil) b (c/nth vec__3 1 nil) i a] (loop* [loop__1 loop__1 i i] (let* [vec__2 loop__1 a (c/nth vec__2 0 nil) b (c/nth vec__2 1 nil)] (recur b i))))",
            ),
            (
                "(letfn [(f [x] (g x)) (g ([x] x))] (f 1))",
                "(letfn* [f (fn* f ([x] (g x))) g (fn* g ([x] x))] (f 1))",
            ),
            (
                "(if-let [x (f)] x 2)",
                "(let* [value__1 (f)] (if value__1 (let* [x value__1] x) 2))",
            ),
            (
                "(if-let [{:k p} (f)] p)",
                "(match (f) {:k p} -> p _ -> nil)",
            ),
            (
                "(if-let [(n :: Int) (f)] n 0)",
                "(match (f) (n :: Int) -> n _ -> 0)",
            ),
            (
                "(when-let [[a] (f)] (g) a)",
                "(let* [value__1 (f)] (if value__1 (let* [vec__2 value__1 a (c/nth vec__2 0 nil)] (do (g) a)) nil))",
            ),
            (
                "(if-some [x (f)] x)",
                "(let* [value__1 (f)] (if (c/nil? value__1) nil (let* [x value__1] x)))",
            ),
            (
                "(when-some [x (f)] 1 x)",
                "(let* [value__1 (f)] (if (c/nil? value__1) nil (let* [x value__1] (do 1 x))))",
            ),
            (
                "(when-first [x xs] x)",
                "(let* [seq__1 (c/seq xs)] (if seq__1 (let* [x (c/first seq__1)] x) nil))",
            ),
        ],
        expand,
    );
}

#[test]
fn functions() {
    check(
        &[
            ("(fn [x y] (f) x)", "(fn* ([x y] (do (f) x)))"),
            (
                "(fn self ([] 0) ([x & more] more))",
                "(fn* self ([] 0) ([x & more] more))",
            ),
            (
                "(fn [[a b] {:keys [c]} & [d]] a)",
                "(fn* ([param__1 param__2 & param__3] (let* [vec__4 param__1 a (c/nth vec__4 0 nil) b (c/nth vec__4 1 nil) map__5 param__2 map__6 (if (c/seq? map__5) (c/seq-to-map* map__5) map__5) c (c/get map__6 :c) vec__7 param__3 d (c/nth vec__7 0 nil)] a)))",
            ),
            ("(fn [x :: Int] :: Int x)", "(fn* ([x] x))"),
            (
                "(fn [0 x] x)",
                "(fn* ([param__1 x] (match param__1 0 -> x)))",
            ),
            (
                "(fn [x] {:pre [(pos? x)] :post [(int? %)]} (f) x)",
                "(fn* ([x] (do (if (pos? x) nil (c/assert-fault* \"(pos? x)\" nil)) (let* [% (do (f) x)] (do (if (int? %) nil (c/assert-fault* \"(int? %)\" nil)) %)))))",
            ),
            ("(fn [x] {:pre 1})", "(fn* ([x] {:pre 1}))"),
            (
                "(fn [p] -> p)",
                "(fn* ([arg__1] (match-args* [arg__1] [p] -> p)))",
            ),
            (
                "(fn [0] -> 1 [n] when (> n 0) -> (f) n [a b] -> 2)",
                "(fn* ([arg__1] (match-args* [arg__1] [0] -> 1 [n] when (> n 0) -> (f) n)) ([arg__2 arg__3] (match-args* [arg__2 arg__3] [a b] -> 2)))",
            ),
            (
                "(fn [] -> 0 [x & r] -> x)",
                "(fn* ([& args__1] (match (c/vec args__1) [] -> 0 [x & r] -> x)))",
            ),
            (
                "(defn f \"doc\" {:private true} [x] x)",
                "(def f (fn* ([x] x)))",
            ),
            (
                "(defn f [0] -> 1 [n] -> 2)",
                "(def f (fn* ([arg__1] (match-args* [arg__1] [0] -> 1 [n] -> 2))))",
            ),
            (
                "(defmacro m [x & body] x)",
                "(def m (fn* ([&form &env x & body] x)))",
            ),
            (
                "(defmacro m ([] 1) ([x] x))",
                "(def m (fn* ([&form &env] 1) ([&form &env x] x)))",
            ),
            (
                "(defmacro m [0] -> 1 [x] -> x)",
                "(def m (fn* ([arg__1 arg__2 arg__3] (match-args* [arg__1 arg__2 arg__3] [&form &env 0] -> 1 [&form &env x] -> x))))",
            ),
            ("(declare a b)", "(do (def a) (def b))"),
            (
                "(defonce a 1)",
                "(do (def a) (if (c/bound?* (var a)) (var a) (def a 1)))",
            ),
        ],
        expand,
    );
}

#[test]
fn threading() {
    check(
        &[
            ("(-> x f (g 1) :k)", "(:k (g (f x) 1))"),
            ("(->> x f (g 1))", "(g 1 (f x))"),
            ("(|> x inc)", "(inc x)"),
            ("(as-> 1 x (f x) (g x 2))", "(let* [x 1 x (f x)] (g x 2))"),
            (
                "(some-> x f (g 1))",
                "(let* [value__1 x value__1 (if (c/nil? value__1) nil (f value__1))] (if (c/nil? value__1) nil (g value__1 1)))",
            ),
            (
                "(some->> x (g 1))",
                "(let* [value__1 x] (if (c/nil? value__1) nil (g 1 value__1)))",
            ),
            (
                "(cond-> x a f b (g 1))",
                "(let* [value__1 x value__1 (if a (f value__1) value__1)] (if b (g value__1 1) value__1))",
            ),
            (
                "(cond->> x a (f 1))",
                "(let* [value__1 x] (if a (f 1 value__1) value__1))",
            ),
            (
                "(doto x (f 1) g)",
                "(let* [value__1 x] (do (f value__1 1) (g value__1) value__1))",
            ),
        ],
        expand,
    );
}

#[test]
fn loops() {
    check(
        &[
            (
                "(for [x xs] (f x))",
                "((fn* step__1 [items__2] (c/lazy-seq* (fn* [] (loop* [left__3 items__2] (let* [seq__4 (c/seq left__3)] (if seq__4 (let* [x (c/first seq__4)] (c/cons (f x) (step__1 (c/rest seq__4)))) nil)))))) xs)",
            ),
            (
                "(for [x xs :when (f x) [a] x :let [b a] :while b] b)",
                "((fn* step__1 [items__2] (c/lazy-seq* (fn* [] (loop* [left__3 items__2 turns__5 64] (let* [seq__4 (c/seq left__3)] (if seq__4 (let* [x (c/first seq__4)] (if (f x) (let* [found__6 (c/seq ((fn* step__7 [items__8] (c/lazy-seq* (fn* [] (loop* [left__9 items__8] (let* [seq__10 (c/seq left__9)] (if seq__10 (let* [vec__11 (c/first seq__10) a (c/nth vec__11 0 nil)] (let* [b a] (if b (c/cons b (step__7 (c/rest seq__10))) nil))) nil)))))) x))] (if found__6 (c/concat found__6 (step__1 (c/rest seq__4))) (if (c/pos? turns__5) (recur (c/rest seq__4) (c/dec turns__5)) (step__1 (c/rest seq__4))))) (if (c/pos? turns__5) (recur (c/rest seq__4) (c/dec turns__5)) (step__1 (c/rest seq__4))))) nil)))))) xs)",
            ),
            (
                "(doseq [x xs] (f x) (g x))",
                "(let* [seq__7 (c/seq xs)] (if seq__7 (let* [chunk__8 (c/chunk-items* seq__7)] (loop* [seq__1 seq__7 chunk__2 chunk__8 place__3 (c/chunk-start* seq__7) end__4 (c/chunk-count* chunk__8)] (if (c/< place__3 end__4) (let* [x (c/chunk-nth* chunk__2 place__3)] (do (do (f x) (g x)) (recur seq__1 chunk__2 (c/inc place__3) end__4))) (let* [seq__5 (c/chunk-next* seq__1 chunk__2)] (if seq__5 (let* [chunk__6 (c/chunk-items* seq__5)] (recur seq__5 chunk__6 (c/chunk-start* seq__5) (c/chunk-count* chunk__6))) nil))))) nil))",
            ),
            (
                "(doseq [x xs :when x y x] y)",
                "(let* [seq__15 (c/seq xs)] (if seq__15 (let* [chunk__16 (c/chunk-items* seq__15)] (loop* [seq__1 seq__15 chunk__2 chunk__16 place__3 (c/chunk-start* seq__15) end__4 (c/chunk-count* chunk__16)] (if (c/< place__3 end__4) (let* [x (c/chunk-nth* chunk__2 place__3)] (if x (do (let* [seq__11 (c/seq x)] (if seq__11 (let* [chunk__12 (c/chunk-items* seq__11)] (loop* [seq__5 seq__11 chunk__6 chunk__12 place__7 (c/chunk-start* seq__11) end__8 (c/chunk-count* chunk__12)] (if (c/< place__7 end__8) (let* [y (c/chunk-nth* chunk__6 place__7)] (do y (recur seq__5 chunk__6 (c/inc place__7) end__8))) (let* [seq__9 (c/chunk-next* seq__5 chunk__6)] (if seq__9 (let* [chunk__10 (c/chunk-items* seq__9)] (recur seq__9 chunk__10 (c/chunk-start* seq__9) (c/chunk-count* chunk__10))) nil))))) nil)) (recur seq__1 chunk__2 (c/inc place__3) end__4)) (recur seq__1 chunk__2 (c/inc place__3) end__4))) (let* [seq__13 (c/chunk-next* seq__1 chunk__2)] (if seq__13 (let* [chunk__14 (c/chunk-items* seq__13)] (recur seq__13 chunk__14 (c/chunk-start* seq__13) (c/chunk-count* chunk__14))) nil))))) nil))",
            ),
            (
                "(dotimes [i 3] (f i))",
                "(let* [count__1 3] (loop* [i 0] (if (c/< i count__1) (do (f i) (recur (c/inc i))) nil)))",
            ),
            ("(while a (f))", "(loop* [] (if a (do (f) (recur)) nil))"),
            ("(lazy-seq (f) xs)", "(c/lazy-seq* (fn* [] (do (f) xs)))"),
            (
                "(lazy-cat a b)",
                "(c/concat (c/lazy-seq* (fn* [] a)) (c/lazy-seq* (fn* [] b)))",
            ),
            ("(delay 1)", "(c/delay* (fn* [] 1))"),
            ("(future (f) 1)", "(c/future* (fn* [] (do (f) 1)))"),
        ],
        expand,
    );
}

#[test]
fn effects() {
    check(
        &[
            ("(comment a b)", "nil"),
            (
                "(assert (= a 1))",
                "(if (= a 1) nil (c/assert-fault* \"(= a 1)\" nil))",
            ),
            (
                "(assert a \"no\")",
                "(if a nil (c/assert-fault* \"a\" \"no\"))",
            ),
            (
                "(binding [*a* 1 n/*b* 2] (f) 1)",
                "(let* [] (c/push-bindings* {(var *a*) 1, (var n/*b*) 2}) (try (do (f) 1) (finally (c/pop-bindings*))))",
            ),
            (
                "(with-open [a (f) b (g a)] b)",
                "(let* [a (f)] (try (let* [b (g a)] (try b (finally (c/close b)))) (finally (c/close a))))",
            ),
            (
                "(attempt (f) (g))",
                "(try {:ok (do (f) (g))} (catch reason__1 -> {:error reason__1}))",
            ),
            (
                "(time (f))",
                "(let* [start__1 (c/nano-time*) value__2 (f)] (do (c/report-time* start__1) value__2))",
            ),
            ("(dbg (+ 1 2))", "(c/dbg* \"(+ 1 2)\" (+ 1 2))"),
            (
                "(ns a.b \"doc\" (:require [c.d :as d] e.f) (:use g.h) (:refer-clojure :exclude [map]))",
                "(do (ns* a.b \"doc\" (:exclude [map]) {}) (c/require (quote [c.d :as d])) (c/require (quote e.f)) (c/use (quote g.h)) nil)",
            ),
            ("(ns a)", "(do (ns* a nil () {}) nil)"),
        ],
        expand,
    );
}

#[test]
fn templates() {
    check(
        &[
            ("`x", "(quote user/x)"),
            ("`(f :a 1 nil)", "(quote (user/f :a 1 nil))"),
            (
                "`(if ~x (map y# ~@zs) [y# ~x])",
                "(c/list (quote if) x (c/seq (c/concat (c/list (quote clojure.core/map) (quote y__auto__1)) zs)) [(quote y__auto__1) x])",
            ),
            ("`(a ~b)", "(c/list (quote user/a) b)"),
            ("`[1 ~@xs 2]", "(c/vec (c/concat (c/list 1) xs (c/list 2)))"),
            ("`{:a ~x}", "{:a x}"),
            ("`#{~@xs}", "(c/apply c/hash-set (c/concat xs))"),
            ("`~x", "x"),
            (
                "`~@x",
                "error: there is nothing here to splice into (`~@` stands inside a list, vector, map or set of the template)",
            ),
            ("`'~x", "(c/list (quote quote) x)"),
            ("`~'x", "(quote x)"),
            (
                "`(let* [a# 1] (a/b & _ -> a#))",
                "(quote (let* [a__auto__1 1] (a/b & _ user/-> a__auto__1)))",
            ),
            (
                "`(a `(b ~~c))",
                "(c/list (quote user/a) (c/list (quote c/list) (quote (quote user/b)) c))",
            ),
            (
                "`(map #(f % ~x) [])",
                "(c/list (quote clojure.core/map) (c/list (quote fn*) (quote [p1__1__auto__1]) (c/list (quote user/f) (quote p1__1__auto__1) x)) (quote []))",
            ),
            (
                "`(def ^:private ~x ^{:doc ~d} y)",
                "(c/list (quote def) x (c/with-meta (quote user/y) {:doc d}))",
            ),
            ("`()", "(quote ())"),
        ],
        template,
    );
}

#[test]
fn metadata_reaches_the_definition() {
    let expansion = expand_form(&form(
        "(defn add :: [Int Int -> Int] \"Adds.\" {:added 1} [x :: Int y] :: Int (+ x y))",
    ))
    .expect("a well-formed defn");
    let parts = expansion.as_list().expect("a def");
    let meta = parts[1].meta.as_deref().expect("metadata of the name");
    assert_eq!(
        meta.to_string(),
        "{:type (quote [Int Int -> Int]), :doc \"Adds.\", :added 1, :arglists (quote ([(x :: Int) y]))}"
    );
    let arity = parts[2].as_list().expect("fn*")[1]
        .as_list()
        .expect("an arity");
    assert_eq!(
        arity[0].meta_value("type").map(Form::to_string).as_deref(),
        Some("Int")
    );
    let param = &arity[0].as_vector().expect("parameters")[0];
    assert_eq!(param.to_string(), "x");
    assert_eq!(
        param.meta_value("type").map(Form::to_string).as_deref(),
        Some("Int")
    );
}

#[test]
fn made_functions_are_marked_and_spans_kept() {
    let call = form("(lazy-seq (f x))");
    let expansion = expand_form(&call).expect("a well-formed call");
    let thunk = &expansion.as_list().expect("a call")[1];
    assert!(
        thunk
            .meta_value("thunk")
            .is_some_and(|owner| owner.is_keyword("lazy-seq"))
    );
    assert_eq!(thunk.span, call.span);
    let body = &thunk.as_list().expect("fn*")[2];
    assert_eq!((body.span.start, body.span.end), (10, 15));
}

#[test]
fn wrong_calls_are_explained() {
    let cases = [
        (
            "(let [a 1 b] a)",
            "`let` needs an even number of forms in its binding vector",
        ),
        ("(let (a 1) a)", "write `(let [form value …] & body)`"),
        (
            "(if-let [a 1 b 2] a)",
            "`if-let` takes exactly one name and one value",
        ),
        ("(defn f (x) x)", "`defn` needs a vector of parameters"),
        ("(defn [x] x)", "`defn` needs a plain name"),
        ("(fn [& a b] a)", "exactly one form stands after `&`"),
        ("(cond a)", "write `:else` before the last form"),
        ("(cond a -> 1 x b -> 2)", "is a `->` missing behind it?"),
        ("(fn [a] -> [b] -> 1)", "this `->` has no body behind it"),
        (
            "(-> x #(f %))",
            "put the function in parentheses of its own",
        ),
        ("(for [x xs :wen x] x)", "did you mean :when?"),
        ("(for [:when x] x)", "nothing is bound yet"),
        ("(case x 1 :a (2 1) :b)", "stands twice in this `case`"),
        ("(ns a (:import [1 Date]))", "this names no type to import"),
        ("(let [{:keys a} m] a)", "`:keys` needs a vector of names"),
        ("(when)", "`when` needs a test"),
        ("(dotimes [1 2] x)", "`dotimes` needs a plain name"),
    ];
    for (text, expected) in cases {
        let shown = error(text);
        assert!(
            shown.contains(expected),
            "{text}: no {expected:?} in\n{shown}"
        );
    }
    insta::assert_snapshot!(error("(let [a 1\n      b]\n  a)"), @"
    expand::odd-bindings

      × `let` needs an even number of forms in its binding vector
       ╭─[t.bat:2:7]
     1 │ (let [a 1
     2 │       b]
       ·       ┬
       ·       ╰── has no value
     3 │   a)
       ╰────
      help: write `(let [form value …] & body)`
    ");
}
