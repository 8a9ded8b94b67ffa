use proptest::prelude::*;

use super::*;

fn find(source: &str, text: &str) -> Option<String> {
    let regex = Value::regex(source).unwrap_or_else(|fault| panic!("{source}: {fault:?}"));
    let body = regex.as_regex().expect("a regular expression");
    body.match_from(text, 0)
        .map(|found| found.get_match().as_str().to_owned())
}

#[test]
fn a_wrong_regular_expression_is_a_fault() {
    for (source, wanted) in [
        ("a(b", "unclosed group"),
        ("a)b", "unopened group"),
        ("[a", "unclosed character class"),
        ("*a", "repetition operator"),
        ("a{x}", "a number of times"),
        (r"\p{Nope}", "Nope"),
        (r"\y", "unrecognized escape"),
        (r"a\", "middle of an escape"),
        (r"(.)\1", "a back-reference at character 4"),
        (r"(?<n>.)\k<n>", "a back-reference"),
        ("a(?=b)", "look-ahead at character 3"),
        ("(?<!b)a", "look-behind"),
        ("(?>a)", "atomic"),
        ("a?+a", "possessive"),
    ] {
        let fault = Value::regex(source).expect_err(source);
        assert!(
            fault.message.contains(wanted),
            "{source}: {}",
            fault.message
        );
    }
}

#[test]
fn deep_nesting_is_a_fault() {
    let open = "(".repeat(100_000);
    assert!(Value::regex(&open).is_err());
    assert!(Value::regex(&"[".repeat(100_000)).is_err());
}

#[test]
fn java_notation_is_understood() {
    for (source, text, wanted) in [
        (r"\Q.+*?\E", "abc.+*?def", Some(".+*?")),
        (r"\Qab\E+", "abbb", Some("abbb")),
        (r"a\>b\<", "a>b<", Some("a>b<")),
        (r"\h+", "a \t\u{a0}b", Some(" \t\u{a0}")),
        (r"\R", "a\r\nb", Some("\r\n")),
        (r"\p{Alpha}+", "1abcé", Some("abc")),
        (r"\P{Alpha}+", "1é-a", Some("1é-")),
        (r"[\p{Punct}]+", "a.,b", Some(".,")),
        (r"\p{IsLatin}+", "Ωabcé", Some("abcé")),
        (r"\w+", "éab_1é", Some("ab_1")),
        (r"(?U)\w+", "éab", Some("éab")),
        (r"\d+", "٣42", Some("42")),
        (r"[\w-_.]+", "a.b_c-d", Some("a.b_c-d")),
        (r"[&&x]", "x", Some("x")),
        (r"[x&&]", "x", Some("x")),
        (r"[%-&&&]", "%", Some("%")),
        (r"[a-z&&[^aeiou]]+", "aebcd", Some("bcd")),
        (r"[a-d[m-p]]+", "xbno", Some("bno")),
        (r"[]a]+", "]a", Some("]a")),
        (r"[~--]+", "a", None),
        (r"a.b", "a\rb", None),
        (r"(?s)a.b", "a\nb", Some("a\nb")),
        (r"(?m)^b$", "a\r\nb\r\nc", Some("b")),
        (r"(?x) a b # c", "ab", Some("ab")),
        (r"(?i:A)b", "ab", Some("ab")),
        (r"(?i:A)b", "aB", None),
        (r"a(?i)b|c", "C", Some("C")),
        (r"\x41\u0042\0103\x{44}", "ABCD", Some("ABCD")),
        (r"\uD83D\uDE00", "😀", Some("😀")),
        (r"(?<num>\d+)", "x42", Some("42")),
        (r"\bword\b", "a word", Some("word")),
        ("((?){0,0})", "", Some("")),
    ] {
        if source == "[~--]+" {
            assert!(Value::regex(source).is_err());
            continue;
        }
        assert_eq!(find(source, text).as_deref(), wanted, "{source} on {text}");
    }
}

#[test]
fn possessive_quantifiers_give_nothing_back() {
    for (source, text, wanted) in [
        ("a*+ab", "aaab", None),
        ("a*+b", "aaab", Some("aaab")),
        (r"\w++\s", "ab c", Some("ab ")),
        ("[ab]*+[bc]+", "abbcb", Some("abbcb")),
        ("a{2,3}+", "aaaa", Some("aaa")),
        ("a++$", "aaa", Some("aaa")),
    ] {
        assert_eq!(find(source, text).as_deref(), wanted, "{source} on {text}");
    }
}

#[test]
fn an_empty_match_may_follow_a_match() {
    let regex = Value::regex("a*").unwrap_or_default();
    let body = regex.as_regex().expect("a regular expression");
    let all: Vec<_> = body
        .matches("aba")
        .map(|found| found.get_match().as_str().to_owned())
        .collect();
    assert_eq!(all, ["a", "", "a", ""]);
    assert!(body.match_whole("aaa").is_some());
    assert!(body.match_whole("aab").is_none());
}

proptest! {
    #[test]
    fn no_notation_crashes(source in "[ab\\\\\\[\\](){}?*+|^$.&-~#<>:=!0-9dwshQEpxuiZ, ]{0,24}") {
        if let Ok(regex) = Value::regex(&source) {
            let body = regex.as_regex().expect("a regular expression");
            prop_assert!(body.matches("ab-a1 \n").count() <= 8);
            drop(body.match_whole("aab"));
        }
    }

    #[test]
    fn what_is_quoted_matches_itself(text in any::<String>()) {
        let quoted = format!("\\Q{}\\E", text.replace('\\', ""));
        let regex = Value::regex(&quoted).expect("quoted text");
        let body = regex.as_regex().expect("a regular expression");
        prop_assert!(body.match_whole(&text.replace('\\', "")).is_some());
    }
}
