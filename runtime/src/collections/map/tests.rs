//! Random operations against a standard map, with every version kept and checked at the end.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::collections::{champ, list, vector};
use crate::number::{as_i64, int};

#[derive(Clone, Debug)]
enum Operation {
    Assoc(u16, i64),
    Dissoc(u16),
    Return(u16),
}

fn operations(keys: u16) -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        5 => (0..keys, any::<i64>()).prop_map(|(k, v)| Operation::Assoc(k, v)),
        4 => (0..keys).prop_map(Operation::Dissoc),
        1 => any::<u16>().prop_map(Operation::Return),
    ];
    proptest::collection::vec(one, 1..400)
}

/// Keys of many kinds, a new object each time.
fn key(number: u16) -> Value {
    let n = i64::from(number);
    match number % 6 {
        0 => Value::keyword(&format!("k{n}")),
        1 => int(n),
        2 => Value::str(&format!("key {n}")),
        3 => vector::from_vec(vec![int(n), Value::str("x")]),
        4 => Value::float(n as f64),
        _ => Value::symbol(format!("s{n}")),
    }
}

fn check(map: &Value, model: &HashMap<u16, i64>, keys: u16) {
    assert_eq!(len(map), Some(model.len()));
    assert_eq!(iter(map).count(), model.len());
    for number in 0..keys {
        let found = get(map, &key(number)).and_then(as_i64);
        assert_eq!(found, model.get(&number).copied());
    }
}

fn run(operations: Vec<Operation>, keys: u16) {
    let mut versions = vec![(empty(), HashMap::new())];
    let (mut map, mut model) = (empty(), HashMap::new());
    for operation in operations {
        match operation {
            Operation::Assoc(k, v) => {
                map = assoc(map, key(k), int(v));
                model.insert(k, v);
            }
            Operation::Dissoc(k) => {
                map = dissoc(map, &key(k));
                model.remove(&k);
            }
            Operation::Return(at) => {
                versions.push((map.clone(), model.clone()));
                (map, model) = versions[usize::from(at) % versions.len()].clone();
            }
        }
    }
    versions.push((map, model));
    for (map, model) in &versions {
        check(map, model, keys);
    }
}

proptest! {
    #[test]
    fn small_maps_behave_like_the_model(operations in operations(14)) {
        run(operations, 14);
    }

    #[test]
    fn large_maps_behave_like_the_model(operations in operations(300)) {
        run(operations, 300);
    }
}

#[test]
fn small_maps_keep_the_order_of_insertion() {
    let map = from_pairs((0..8).rev().map(|n| (int(n), int(n))));
    let map = dissoc(map, &int(5));
    let keys: Vec<i64> = iter(&map).filter_map(|(k, _)| as_i64(k)).collect();
    assert_eq!(keys, [7, 6, 4, 3, 2, 1, 0]);
}

#[test]
fn a_sole_owner_is_changed_in_place() {
    let mut map = from_pairs((0..1000).map(|n| (int(n), int(n))));
    let before = map.word();
    map = assoc(map, int(7), int(-7));
    map = dissoc(map, &int(8));
    assert_eq!(map.word(), before);
    let shared = map.clone();
    let changed = assoc(map, int(7), int(0));
    assert_eq!(get(&shared, &int(7)).and_then(as_i64), Some(-7));
    assert_eq!(get(&changed, &int(7)).and_then(as_i64), Some(0));
}

#[test]
fn equal_keys_of_other_kinds_are_found() {
    let map = from_pairs([(list::from_vec(vec![int(1), int(2)]), Value::TRUE)]);
    assert!(contains(&map, &vector::from_vec(vec![int(1), int(2)])));
    assert!(contains(
        &from_pairs([(Value::float(0.0), Value::TRUE)]),
        &Value::float(-0.0)
    ));
    assert!(!contains(
        &from_pairs([(int(1), Value::TRUE)]),
        &Value::float(1.0)
    ));
}

#[test]
fn keys_with_one_hash_live_side_by_side() {
    use champ::Entry;
    // At the last shift all hashes have been used up.
    let mut node = champ::node::empty();
    for n in 0..5 {
        let entry = Entry {
            key: int(n),
            value: int(n * 10),
        };
        assert!(champ::node::insert::<MapBody>(&mut node, 60, 0, entry));
    }
    let again = Entry {
        key: int(3),
        value: int(0),
    };
    assert!(!champ::node::insert::<MapBody>(&mut node, 60, 0, again));
    champ::node::remove::<MapBody>(&mut node, 60, 0, &int(1));
    let find = |n| champ::node::find::<MapBody>(&node, 0, &int(n)).map(|e| as_i64(&e[1]));
    assert_eq!(find(3), Some(Some(0)));
    assert_eq!(find(4), Some(Some(40)));
    assert_eq!(find(1), None);
}
