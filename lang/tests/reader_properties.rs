//! Laws of the reader: no text makes it panic, and what is printed reads back.

use std::sync::Arc;

use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::reader::{ReadOptions, is_complete, read, read_one};
use batuta_lang::source::{SourceId, Span};
use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = Name> {
    let part = "[a-zλ*!?<>=_][a-zλ0-9*!?<>=_'.-]{0,6}";
    (proptest::option::of(part), part)
        .prop_filter("has a meaning of its own", |(_, name)| {
            !["nil", "true", "false"].contains(&name.as_str())
        })
        .prop_map(|(ns, name)| match ns {
            Some(ns) => Name::qualified(ns, name),
            None => Name::new(name),
        })
}

fn atom() -> impl Strategy<Value = FormKind> {
    prop_oneof![
        Just(FormKind::Nil),
        any::<bool>().prop_map(FormKind::Bool),
        any::<i64>().prop_map(FormKind::Int),
        any::<i128>()
            .prop_filter("fits a word", |value| i64::try_from(*value).is_err())
            .prop_map(|value| FormKind::BigInt(BigInt::from(value))),
        (any::<i64>(), 2..i64::MAX)
            .prop_map(|(top, bottom)| {
                let common = i128::from(top).gcd(&i128::from(bottom));
                (i128::from(top) / common, i128::from(bottom) / common)
            })
            .prop_filter("whole", |(_, bottom)| *bottom > 1)
            .prop_map(|(top, bottom)| FormKind::Ratio(top.into(), bottom.into())),
        any::<f64>().prop_map(|value| FormKind::Float(if value.is_nan() {
            f64::NAN
        } else {
            value
        })),
        (any::<i128>(), -40..40_i32).prop_map(|(unscaled, scale)| FormKind::Decimal {
            unscaled: unscaled.into(),
            scale
        }),
        any::<String>().prop_map(|text| FormKind::Str(text.into())),
        any::<char>().prop_map(FormKind::Char),
        name().prop_map(FormKind::Keyword),
        name().prop_map(FormKind::Symbol),
        "([a-z.*]|\\\\\"|\\\\s){0,8}".prop_map(|source| FormKind::Regex(source.into())),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    let atom = atom().prop_map(|kind| Form::new(Span::NONE, kind));
    atom.prop_recursive(5, 60, 6, |inner| {
        let items = || proptest::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            items().prop_map(|items| Form::list(Span::NONE, items)),
            items().prop_map(|items| Form::vector(Span::NONE, items)),
            items().prop_map(|items| Form::set(Span::NONE, distinct(items, |item| item.clone()))),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(|entries| {
                Form::map(Span::NONE, distinct(entries, |entry| entry.0.clone()))
            }),
            (name(), inner.clone())
                .prop_filter("a handle", |(tag, _)| {
                    tag.to_string().starts_with(char::is_alphabetic)
                        && !tag.to_string().contains('<')
                })
                .prop_map(|(tag, form)| Form::new(
                    Span::NONE,
                    FormKind::Tagged(tag, Arc::new(form))
                )),
        ]
    })
}

fn distinct<T>(items: Vec<T>, key: impl Fn(&T) -> Form) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items
        .into_iter()
        .filter(|item| seen.insert(key(item)))
        .collect()
}

/// Text in which brackets, marks and quotes are much more likely than in noise.
fn lispy() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[()\\[\\]{}#'`~@^\"\\\\;|_?:%&!0-9a-zN/. \n-]{0,6}",
        Just("#?(:batuta ".to_string()),
        Just("#?@(:batuta [".to_string()),
        Just("#(".to_string()),
        Just("#_".to_string()),
        Just("#:a{".to_string()),
        Just(" :: ".to_string()),
        Just("\\u{1F600}".to_string()),
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check_total(text: &str) {
    let options = ReadOptions::default();
    let (forms, diagnostics) = read(SourceId(0), text, &options);
    for span in forms
        .iter()
        .map(|form| form.span)
        .chain(diagnostics.iter().map(|it| it.span()))
    {
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?}"
        );
    }
    let _ = is_complete(text);
    let _ = read_one(SourceId(0), text, 0, &options);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check_total(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_lispy_text_makes_the_reader_panic(text in lispy()) {
        check_total(&text);
    }

    #[test]
    fn what_is_printed_reads_back(form in form()) {
        let text = form.to_string();
        let (forms, diagnostics) = read(SourceId(0), &text, &ReadOptions::default());
        prop_assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        prop_assert_eq!(forms, vec![form]);
    }
}
