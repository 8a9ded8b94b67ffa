//! What `pr` writes of a value reads back as an equal value; NaN counts as equal to itself.

use batuta_lang::reader::{ReadOptions, read};
use batuta_lang::source::SourceId;
use batuta_runtime::collections::{list, map, set, vector};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use batuta_runtime::value::equality::keys_equal;
use batuta_runtime::value::form::{FormSpans, from_form};
use batuta_runtime::value::print::readable;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    let part = "[a-zλ*!?<>=_][a-zλ0-9*!?<>=_'.-]{0,6}";
    (proptest::option::of(part), part)
        .prop_filter("has a meaning of its own", |(_, name)| {
            !["nil", "true", "false"].contains(&name.as_str())
        })
        .prop_map(|(ns, name)| match ns {
            Some(ns) => format!("{ns}/{name}"),
            None => name,
        })
}

fn atom() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::NIL),
        any::<bool>().prop_map(Value::bool),
        any::<i128>().prop_map(number::from_i128),
        any::<i16>().prop_map(|n| number::int(i64::from(n))),
        (any::<i64>(), 1..i64::MAX).prop_map(|(top, bottom)| {
            number::ratio(top.into(), bottom.into()).expect("the divisor is not zero")
        }),
        any::<f64>()
            .prop_filter("NaN equals nothing", |f| !f.is_nan())
            .prop_map(Value::float),
        any::<String>().prop_map(|text| Value::str(&text)),
        any::<char>().prop_map(Value::char),
        name().prop_map(|name| Value::keyword(&name)),
        name().prop_map(Value::symbol),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    atom().prop_recursive(4, 40, 6, |inner| {
        let items = || proptest::collection::vec(inner.clone(), 0..6);
        let pairs = proptest::collection::vec((inner.clone(), inner.clone()), 0..12);
        prop_oneof![
            items().prop_map(list::from_vec),
            items().prop_map(vector::from_vec),
            items().prop_map(set::from_iter),
            pairs.prop_map(map::from_pairs),
        ]
    })
}

fn read_back(text: &str) -> Value {
    let (forms, diagnostics) = read(SourceId::NONE, text, &ReadOptions::default());
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    assert_eq!(forms.len(), 1, "{text}");
    from_form(&forms[0], &mut FormSpans::new()).expect("what is printed is a form")
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(value in value()) {
        let text = readable(&value);
        let again = read_back(&text);
        prop_assert!(keys_equal(&value, &again), "{text} reads back as {}", readable(&again));
        prop_assert_eq!(&readable(&again), &text);
    }
}

#[test]
fn numbers_that_equal_nothing_read_back_too() {
    assert_eq!(readable(&read_back("##NaN")), "##NaN");
    assert_eq!(
        readable(&read_back("[##Inf ##-Inf -0.0]")),
        "[##Inf ##-Inf -0.0]"
    );
}
