//! Random operations against a standard tree map, with every version kept and checked at the end.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::search::place_at_once;
use super::*;
use crate::collections::{map, set};
use crate::number::{as_i64, int};

type Model = BTreeMap<i64, i64>;

#[derive(Clone, Debug)]
enum Operation {
    Assoc(i64, i64),
    Dissoc(i64),
    /// Go on from an older version.
    Return(u16),
}

fn operations(keys: i64) -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        6 => (0..keys, any::<i64>()).prop_map(|(k, v)| Operation::Assoc(k, v)),
        4 => (0..keys).prop_map(Operation::Dissoc),
        1 => any::<u16>().prop_map(Operation::Return),
    ];
    proptest::collection::vec(one, 1..400)
}

fn place(collection: &Value, key: i64) -> Place {
    place_at_once(collection, &int(key))
        .expect("integers are comparable")
        .expect("`compare` asks nothing")
}

fn assoc(map: Value, key: i64, value: i64) -> Value {
    let place = place(&map, key);
    insert(map, place, int(key), int(value))
}

fn check(map: &Value, set: &Value, model: &Model) {
    for (collection, stride) in [(map, 2), (set, 1)] {
        let head = head(collection).expect("a sorted collection");
        tree::check(&head.root, stride, true);
        assert_eq!(len(collection), Some(model.len()));
        let keys: Vec<_> = iter(collection).map(|entry| as_i64(&entry[0])).collect();
        let wanted: Vec<_> = model.keys().copied().map(Some).collect();
        assert_eq!(keys, wanted);
        let backwards: Vec<_> = iter(collection)
            .rev()
            .map(|entry| as_i64(&entry[0]))
            .collect();
        assert!(backwards.iter().eq(wanted.iter().rev()));
    }
    for (rank, (key, value)) in model.iter().enumerate() {
        assert_eq!(place(map, *key), Place::Found(rank));
        assert_eq!(map::get(map, &int(*key)).and_then(as_i64), Some(*value));
        assert!(set::contains(set, &int(*key)));
    }
}

fn run(operations: Vec<Operation>, mut map: Value, mut model: Model) {
    let mut set = model.keys().fold(empty_set(Value::NIL), |set, key| {
        let place = place(&set, *key);
        insert(set, place, int(*key), Value::NIL)
    });
    let mut versions = vec![(map.clone(), set.clone(), model.clone())];
    for operation in operations {
        match operation {
            Operation::Assoc(key, value) => {
                map = assoc(map, key, value);
                let place = place(&set, key);
                set = insert(set, place, int(key), Value::NIL);
                model.insert(key, value);
            }
            Operation::Dissoc(key) => {
                let place = place(&map, key);
                (map, set) = (remove(map, place), remove(set, place));
                model.remove(&key);
            }
            Operation::Return(to) => {
                let at = usize::from(to) % versions.len();
                let (old_map, old_set, old_model) = versions[at].clone();
                versions.push((map, set, model));
                (map, set, model) = (old_map, old_set, old_model);
            }
        }
    }
    versions.push((map, set, model));
    for (map, set, model) in &versions {
        check(map, set, model);
    }
}

proptest! {
    #[test]
    fn small_ones_agree_with_a_tree_map(operations in operations(40)) {
        run(operations, empty_map(Value::NIL), Model::new());
    }

    #[test]
    fn a_range_is_what_lies_between(from in 0usize..130, to in 0usize..130) {
        let map = (0..100).fold(empty_map(Value::NIL), |map, key| assoc(map, key, key));
        let keys: Vec<_> = range(&map, from, to).filter_map(|entry| as_i64(&entry[0])).collect();
        prop_assert_eq!(keys, (from as i64..to.min(100) as i64).collect::<Vec<_>>());
    }
}

proptest! {
    // Each case checks large trees from end to end.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn large_ones_agree_with_a_tree_map(operations in operations(3000)) {
        let model: Model = (0..2500).map(|key| (key, -key)).collect();
        let map = model
            .iter()
            .fold(empty_map(Value::NIL), |map, (k, v)| assoc(map, *k, *v));
        run(operations, map, model);
    }
}

#[test]
fn everything_can_be_taken_out_again() {
    let mut map = (0..5000).fold(empty_map(Value::NIL), |map, key| assoc(map, key, key));
    for key in (0..5000).rev().step_by(2).chain((0..5000).step_by(2)) {
        let place = place(&map, key);
        map = remove(map, place);
        tree::check(&head(&map).expect("a sorted map").root, 2, true);
    }
    assert_eq!(len(&map), Some(0));
    assert!(entry_at(&map, 0).is_none());
}

#[test]
fn equals_a_map_by_hash_in_either_direction() {
    let sorted = (0..40).fold(empty_map(Value::NIL), |map, key| assoc(map, key, key));
    let hashed = map::from_pairs((0..40).map(|key| (int(key), int(key))));
    assert_eq!(sorted, hashed);
    assert_eq!(hashed, sorted);
    let words = map::from_pairs((0..40).map(|key| (Value::keyword(&format!("k{key}")), int(key))));
    assert_ne!(sorted, words);
    assert_ne!(words, sorted);
}
