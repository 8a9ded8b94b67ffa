use proptest::prelude::*;

use super::*;
use crate::collections::meta::{meta, with_meta};

/// Keywords of the namespace `outside` stand for something else here.
struct Keywords;

impl Outside for Keywords {
    fn number(&self, value: &Value) -> Option<u64> {
        let keyword = value.as_keyword()?;
        (keyword.namespace() == Some("outside")).then(|| keyword.name().len() as u64)
    }

    fn note_regex(&self) {}
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut writer = Writer::default();
    write(&mut writer, value, &Keywords).expect("every sample can be written");
    writer.into_bytes()
}

fn read_again(value: &Value) -> Value {
    let bytes = bytes_of(value);
    let mut reader = Reader::new(&bytes);
    let outside = |number: u64| Value::keyword(&format!("outside/{}", "x".repeat(number as usize)));
    let makers = Makers {
        outside: &outside,
        regex: &|text| Value::regex(text).expect("an expression that compiled was written"),
    };
    let value = read(&mut reader, &makers);
    assert!(reader.is_at_end());
    value
}

fn atoms() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::NIL),
        any::<bool>().prop_map(Value::bool),
        any::<i64>().prop_map(number::int),
        any::<i128>().prop_map(number::from_i128),
        any::<f64>()
            .prop_filter("NaN equals nothing", |f| !f.is_nan())
            .prop_map(Value::float),
        any::<char>().prop_map(Value::char),
        ".*".prop_map(|text| Value::str(&text)),
        "[a-z]{1,4}(/[a-z]{1,4})?".prop_map(|text| Value::keyword(&text)),
        "[a-z]{1,4}".prop_map(Value::symbol),
        (any::<i128>(), -9i32..9).prop_map(|(unscaled, scale)| make_decimal(Decimal {
            unscaled: unscaled.into(),
            scale
        })),
        (any::<i64>(), 1..i64::MAX).prop_map(
            |(n, d)| number::ratio(n.into(), d.into()).expect("the denominator is not zero")
        ),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    atoms().prop_recursive(4, 60, 12, |inner| {
        let items = || prop::collection::vec(inner.clone(), 0..12);
        prop_oneof![
            items().prop_map(list::from_vec),
            items().prop_map(vector::from_vec),
            items().prop_map(set::from_iter),
            prop::collection::vec((inner.clone(), inner.clone()), 0..12).prop_map(map::from_pairs),
        ]
    })
}

proptest! {
    #[test]
    fn values_come_back(value in values()) {
        let again = read_again(&value);
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(again.kind(), value.kind());
        prop_assert_eq!(bytes_of(&again), bytes_of(&value));
    }
}

#[test]
fn metadata_and_tagged_values_come_back() {
    let metadata = map::from_pairs([(Value::keyword("line"), number::int(3))]);
    for value in [
        Value::symbol("s"),
        vector::empty(),
        list::empty(),
        map::empty(),
    ] {
        let value = with_meta(value, metadata.clone()).expect("these have metadata");
        assert_eq!(meta(&read_again(&value)), metadata);
    }
    let uuid = Value::str("b6883c0a-0342-4007-9966-bc2dfa6b109e");
    let uuid = literal::read("uuid", &uuid).and_then(Result::ok);
    let uuid = uuid.expect("it is one");
    let tagged = make_tagged(Value::symbol("t"), vector::from_vec(vec![uuid]));
    assert_eq!(read_again(&tagged), tagged);
    let regex = Value::regex("a+").expect("it compiles");
    let again = read_again(&regex);
    assert_eq!(again.as_regex().map(|regex| regex.source()), Some("a+"));
}

#[test]
fn what_stands_outside_goes_by_number() {
    let value = vector::from_vec(vec![Value::keyword("outside/xxx"), Value::TRUE]);
    assert_eq!(read_again(&value), value);
}

#[test]
fn small_maps_keep_their_order() {
    let keys = ["z", "b", "y", "a"].map(Value::keyword);
    let map = map::from_pairs(keys.iter().map(|key| (key.clone(), Value::NIL)));
    let again = read_again(&map);
    let found: Vec<Value> = map::iter(&again).map(|(key, _)| key.clone()).collect();
    assert_eq!(found, keys);
}

#[test]
fn what_has_no_text_is_refused() {
    let atom = crate::namespace::create("image-test");
    let value = vector::from_vec(vec![atom.clone()]);
    let refused = write(&mut Writer::default(), &value, &Keywords).err();
    assert!(refused.is_some_and(|part| part.is_identical(&atom)));
}
