//! Texts of values.

use super::*;
use crate::collections::{lazy_seq, list, range};
use crate::number::int;
use crate::value::cell::make_cell;

fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(&mut out, value);
    out
}

#[test]
fn collections_print_as_clojure_prints_them() {
    let vector = vector::from_vec(vec![int(1), Value::str("a\"b\n"), Value::char(' ')]);
    assert_eq!(readable(&vector), r#"[1 "a\"b\n" \space]"#);
    assert_eq!(plain(&vector), "[1 a\"b\n  ]");
    let map = map::from_pairs([
        (Value::keyword("a/b"), Value::NIL),
        (
            Value::symbol("x"),
            list::from_vec(vec![Value::TRUE, vector]),
        ),
    ]);
    assert_eq!(
        readable(&map),
        r#"{:a/b nil, x (true [1 "a\"b\n" \space])}"#
    );
    assert_eq!(readable(&set::from_iter([int(1), int(2)])), "#{1 2}");
    assert_eq!(readable(&list::empty()), "()");
    assert_eq!(
        readable(&range::range(0, 3, 1).unwrap_or_default()),
        "(0 1 2)"
    );
    assert_eq!(
        readable(&Value::regex(r"\d+").unwrap_or_default()),
        r#"#"\d+""#
    );
}

#[test]
fn str_takes_texts_as_they_are_at_the_top_only() {
    let mut out = String::new();
    for value in [
        Value::NIL,
        Value::str("a"),
        Value::char('b'),
        Value::keyword("c"),
    ] {
        write_str(&mut out, &value);
    }
    write_str(
        &mut out,
        &vector::from_vec(vec![Value::str("d"), Value::NIL]),
    );
    assert_eq!(out, r#"ab:c["d" nil]"#);
}

#[test]
fn short_is_bounded_and_forces_nothing() {
    let lazy = lazy_seq::make_lazy(Value::NIL);
    assert_eq!(short(&list::cons(int(1), lazy)), "(1 …)");
    let long = vector::from_iter((0..100_000).map(int));
    assert!(short(&long).len() < 100 && short(&long).ends_with('…'));
    assert!(short(&Value::str(&"λ".repeat(1000))).chars().count() < 50);
}

#[test]
fn a_cell_that_holds_itself_prints() {
    let cell = make_cell(CellClass::Atom, Value::NIL);
    crate::value::cell::store(&cell, vector::from_vec(vec![cell.clone()]));
    assert_eq!(readable(&cell), "#atom<[#atom<…>]>");
    crate::value::cell::store(&cell, Value::NIL);
}
