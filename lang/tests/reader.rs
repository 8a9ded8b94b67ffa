//! What text reads as, and what is said when it does not.

use batuta_lang::diagnostic::RenderStyle;
use batuta_lang::form::Form;
use batuta_lang::reader::{Completeness, ReadOptions, is_complete, read, read_one};
use batuta_lang::source::SourceMap;

fn forms(text: &str) -> String {
    let (forms, diagnostics) = read(SourceMap::new().add("t", ""), text, &ReadOptions::default());
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    let shown: Vec<String> = forms.iter().map(Form::to_string).collect();
    shown.join(" ")
}

/// Code and marked text of each diagnostic's first label.
fn errors(text: &str) -> Vec<(&'static str, &str)> {
    let (_, diagnostics) = read(SourceMap::new().add("t", ""), text, &ReadOptions::default());
    diagnostics
        .iter()
        .map(|diagnostic| {
            let span = diagnostic.span();
            (
                diagnostic.code,
                &text[span.start as usize..span.end as usize],
            )
        })
        .collect()
}

fn rendered(text: &str) -> String {
    let sources = SourceMap::new();
    let id = sources.add("t.bat", text);
    let (_, diagnostics) = read(id, text, &ReadOptions::default());
    let style = RenderStyle {
        width: 80,
        ..RenderStyle::PLAIN
    };
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(&sources, style))
        .collect()
}

#[test]
fn numbers() {
    for (text, expected) in [
        ("42 -7 +7 1_000_000", "42 -7 7 1000000"),
        (
            "0x1A 0XffN 0b1010 0o17 017 36rZ -2r101",
            "26 255 10 15 15 35 -5",
        ),
        (
            "9223372036854775807 9223372036854775808",
            "9223372036854775807 9223372036854775808",
        ),
        (
            "-9223372036854775808 99999999999999N 0N",
            "-9223372036854775808 99999999999999 0",
        ),
        ("1/3 -2/4 6/3 0/5", "1/3 -1/2 2 0"),
        (
            "3.14 1e9 1. 1.5e-7 -0.0 1e999",
            "3.14 1.0E9 1.0 1.5E-7 -0.0 ##Inf",
        ),
        ("##Inf ##-Inf ##NaN", "##Inf ##-Inf ##NaN"),
        ("1.50M 2M 1e3M 1e-9M -0.5M", "1.50M 2M 1E+3M 1E-9M -0.5M"),
    ] {
        assert_eq!(forms(text), expected, "{text}");
    }
}

#[test]
fn malformed_numbers_are_shown_whole() {
    for text in [
        "1x",
        "1__0",
        "1_",
        "0x",
        "0xG",
        "0b12",
        "08",
        "1/0",
        "1/x",
        "1.2.3",
        "1e",
        "1eM",
        "37r1",
        "1r0",
        "2r2",
        "12abc",
        "1.5N",
        "1e99999999999M",
        "##Foo",
        "-1-",
    ] {
        assert_eq!(errors(text), [("read::number", text)], "{text}");
    }
}

#[test]
fn texts_and_characters() {
    for (text, expected) in [
        (
            r#""a\n\t\"\\" "two
lines""#,
            r#""a\n\t\"\\" "two\nlines""#,
        ),
        (r#""\u{1F600}\u03BB\uD83D\uDE00\101""#, "\"😀λ😀A\""),
        (
            r"\a \newline \space \u03BB \u{1F600} \o101 \( \) \\ \; \é \😀",
            r"\a \newline \space \λ \😀 \A \( \) \\ \; \é \😀",
        ),
        (r#"#"\s+\"" #"""#, r#"#"\s+\"" #"""#),
    ] {
        assert_eq!(forms(text), expected, "{text}");
    }
    assert_eq!(errors(r#""a\qb""#), [("read::escape", r"\q")]);
    assert_eq!(errors(r#""\u12" "\uD800" "\u{110000}""#).len(), 3);
    assert_eq!(errors(r"\nwline"), [("read::character", r"\nwline")]);
    assert!(rendered(r"\nweline").contains("did you mean `newline`?"));
}

#[test]
fn names() {
    assert_eq!(
        forms(":a :user/email :1 ::b :a.b/c :/"),
        ":a :user/email :1 :user/b :a.b/c :/"
    );
    assert_eq!(
        forms("a a/b / clojure.core// x' x# a.b/c% -> &form"),
        "a a/b / clojure.core// x' x# a.b/c% -> &form"
    );
    assert_eq!(forms("nil true false nilly"), "nil true false nilly");
    assert_eq!(
        forms("(ns my.app (:require [my.lib :as l])) ::x ::l/y"),
        "(ns my.app (:require [my.lib :as l])) :my.app/x :my.lib/y"
    );
    assert_eq!(errors("::l/y"), [("read::alias", "::l/y")]);
    assert_eq!(
        errors(": :a/ :::a a/ /a"),
        [
            ("read::keyword", ":"),
            ("read::keyword", ":a/"),
            ("read::keyword", ":::a"),
            ("read::symbol", "a/"),
            ("read::symbol", "/a"),
        ]
    );
}

#[test]
fn marks_and_comments() {
    for (text, expected) in [
        (
            "'x `x ~x ~@x @x #'x",
            "(quote x) (syntax-quote* x) (clojure.core/unquote x) (clojure.core/unquote-splicing x) (clojure.core/deref x) (var x)",
        ),
        ("'#_a x ''y", "(quote x) (quote (quote y))"),
        ("#_a b #_ #_ c d e ; f\n g", "b e g"),
        ("#! /usr/bin/env batuta\n1 #| a #| b |# c |# 2", "1 2"),
        ("[a, b,,c]\u{a0}d", "[a b c] d"),
        (
            "#?(:clj 1 :batuta 2) #?(:clj 1) [#?@(:batuta [1 2])] #?(:clj 1 :default 3)",
            "2 1 [1 2] 1",
        ),
        (
            "#inst \"2024\" #my/tag [1] #actor<0.1.2> #ref<7>",
            "#inst \"2024\" #my/tag [1] #actor<0.1.2> #ref<7>",
        ),
        (
            "#:a{:b 1, c 2, :_/d 3} #::{:b 1}",
            "{:a/b 1, a/c 2, :d 3} {:user/b 1}",
        ),
    ] {
        assert_eq!(forms(text), expected, "{text}");
    }
}

#[test]
fn function_literals() {
    assert_eq!(
        forms("#(+ %1 %2)"),
        "(fn* [p1__1# p2__1#] (+ p1__1# p2__1#))"
    );
    assert_eq!(
        forms("#(f % [%3] {:a %&})"),
        "(fn* [p1__1# p2__1# p3__1# & rest__1#] (f p1__1# [p3__1#] {:a rest__1#}))"
    );
    assert_eq!(forms("#()"), "(fn* [] ())");
    assert_eq!(errors("#(a #(b))"), [("read::nested-fn-literal", "#(")]);
    assert_eq!(
        errors("#(a %0 %x)"),
        [("read::fn-literal", "%0"), ("read::fn-literal", "%x")]
    );
}

#[test]
fn metadata_is_kept_beside_the_form() {
    let text = "^:private ^{:doc \"d\"} ^Int x";
    let (forms, diagnostics) = read(SourceMap::new().add("t", ""), text, &ReadOptions::default());
    assert!(diagnostics.is_empty());
    assert!(forms[0].is_sym("x") && forms[0].has_meta_flag("private"));
    let meta = forms[0]
        .meta
        .as_deref()
        .expect("the form was given metadata");
    assert_eq!(meta.to_string(), "{:tag Int, :doc \"d\", :private true}");
    assert_eq!(errors("^1 x"), [("read::metadata", "1")]);
    assert_eq!(errors("^:a 1"), [("read::metadata", "1")]);
}

#[test]
fn braces() {
    assert_eq!(
        forms("{:a 1 :b 2} {} {:compute x y} {:stop}"),
        "{:a 1, :b 2} {} [:compute x y] [:stop]"
    );
    assert_eq!(errors("{:a 1 :b}"), [("read::ambiguous-braces", ":b")]);
    assert_eq!(errors("{a 1 b}"), [("read::odd-map", "{a 1 b}")]);
    assert_eq!(
        errors("{:a 1 :a 2} #{1 2 1} {[1 \"x\"] 1 [1 \"x\"] 2}").len(),
        3
    );
    assert_eq!(
        errors("#{1 2 3 4 5 6 7 8 9 10 3}"),
        [("read::duplicate", "3")]
    );
    assert_eq!(forms("#{(rand) (rand)}"), "#{(rand) (rand)}");
}

#[test]
fn ascriptions() {
    assert_eq!(
        forms("[x :: Int y :: iso Buffer z]"),
        "[(x :: Int) (y :: iso Buffer) z]"
    );
    assert_eq!(
        forms("{x :: Int y :: Int} (f [x] :: Int)"),
        "{(x :: Int) (y :: Int)} (f [x] :: Int)"
    );
    assert_eq!(forms("[A -> (A | B)!T]"), "[A -> ((A | B) ! T)]");
    // Behind the `!` stands what is a symbol by itself.
    assert_eq!(forms("{}!#$"), "{} !#$");
    assert_eq!(forms("()!nil"), "() !nil");
    assert_eq!(forms("[]!5"), "[] !5");
    assert_eq!(errors("x::T"), [("read::ascription", "x::T")]);
    assert_eq!(
        errors("[:: T] [x ::]"),
        [("read::ascription", "::"), ("read::ascription", "::")]
    );
}

#[test]
fn several_errors_are_found_in_one_pass() {
    assert_eq!(
        errors("(a 1x ']) (b \"\\q\" {:a 1 :b}) ) (c"),
        [
            ("read::number", "1x"),
            ("read::missing-form", "'"),
            ("read::mismatched", "]"),
            ("read::escape", "\\q"),
            ("read::ambiguous-braces", ":b"),
            ("read::unexpected-closer", ")"),
            ("read::unclosed", "("),
        ]
    );
    assert_eq!(errors("(a [b (c d)"), [("read::unclosed", "[")]);
    assert_eq!(errors("(a \"b"), [("read::unterminated", "\"")]);
    assert_eq!(errors("(a #| b"), [("read::unterminated", "#|")]);
    assert_eq!(
        errors("(^:a) '"),
        [("read::missing-form", "^"), ("read::missing-form", "'")]
    );
    assert_eq!(
        errors("#<Foo bar> #"),
        [("read::unreadable", "#<Foo bar>"), ("read::unknown", "#")]
    );
}

#[test]
fn an_unclosed_form_points_at_its_brackets_and_the_next_form() {
    let text = "(defn f [x]\n  (let [y 1]\n    (+ x y))\n\n(defn g [] 1)\n";
    insta::assert_snapshot!(rendered(text), @"
    read::unclosed

      × this `(` is never closed
       ╭─[t.bat:1:1]
     1 │ (defn f [x]
       · ┬
       · ╰── opened here
     2 │   (let [y 1]
       ╰────
       ╭─[t.bat:5:1]
     4 │ 
     5 │ (defn g [] 1)
       · ┬
       · ╰── the next form seems to begin here
       ╰────
      help: add `)`
    ");
    insta::assert_snapshot!(rendered("(let [a 1)\n  a)"), @"
    read::mismatched

      × `[` is closed by `)`
       ╭─[t.bat:1:10]
     1 │ (let [a 1)
       ·      ┬   ┬
       ·      │   ╰── `]` was expected here
       ·      ╰── opened here
     2 │   a)
       ╰────
    ");
}

#[test]
fn nesting_is_bounded() {
    for opening in ["(", "[", "#{", "'", "#_", "^", "#a ", "{:a ", "'("] {
        let text = opening.repeat(200_000);
        let found = errors(&text).into_iter().map(|(code, _)| code);
        assert_eq!(
            found
                .filter(|code| *code == "read::nested-too-deeply")
                .count(),
            1,
            "{opening}"
        );
    }
    let deep = format!("{}{}", "(".repeat(1_000), ")".repeat(1_000));
    assert_eq!(forms(&deep), deep);
    assert_eq!(
        forms(&"'x ".repeat(5_000)).len(),
        "(quote x) ".len() * 5_000 - 1
    );
}

#[test]
fn the_prompt_knows_when_to_go_on() {
    for (text, expected) in [
        ("(+ 1 2)", Completeness::Complete),
        ("", Completeness::Complete),
        ("1x", Completeness::Complete),
        ("(+ 1", Completeness::Incomplete),
        ("\"abc", Completeness::Incomplete),
        ("#\"abc", Completeness::Incomplete),
        ("(a #| b", Completeness::Incomplete),
        ("'", Completeness::Incomplete),
        ("^:a", Completeness::Incomplete),
        ("(a))", Completeness::Invalid),
        ("(a]", Completeness::Invalid),
    ] {
        assert_eq!(is_complete(text), expected, "{text}");
    }
}

#[test]
fn read_one_stops_behind_the_first_form() {
    let id = SourceMap::new().add("t", "");
    let options = ReadOptions::default();
    let one = |text: &str, start| {
        read_one(id, text, start, &options)
            .map(|found| found.map(|(form, end)| (form.to_string(), end)))
    };
    assert_eq!(one("1 )", 0), Ok(Some(("1".into(), 1))));
    assert_eq!(one("1 (a b) c", 1), Ok(Some(("(a b)".into(), 7))));
    assert_eq!(one("#_a ^:b 'c d", 0), one("    ^:b 'c d", 0));
    assert_eq!(one("#?(:cljs 1) 2", 0), Ok(Some(("2".into(), 13))));
    assert_eq!(one(" ; none", 0), Ok(None));
    assert_eq!(
        one("(a", 0).map_err(|error| error.code),
        Err("read::unclosed")
    );
    assert_eq!(
        one("' ", 0).map_err(|error| error.code),
        Err("read::missing-form")
    );
}
