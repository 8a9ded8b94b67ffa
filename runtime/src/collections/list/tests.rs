//! Random operations against a standard vector, with every version kept and checked at the end.

use proptest::prelude::*;

use super::*;
use crate::collections::seq::{Cursor, Step};
use crate::number::{as_i64, int};

#[derive(Clone, Debug)]
enum Operation {
    Conj(i64),
    Rest,
    /// Go on from an older version.
    Return(u16),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        5 => any::<i64>().prop_map(Operation::Conj),
        4 => Just(Operation::Rest),
        1 => any::<u16>().prop_map(Operation::Return),
    ];
    proptest::collection::vec(one, 1..200)
}

/// The model is in reverse order: its end is the front of the list.
fn check(list: &Value, model: &[i64]) {
    assert_eq!(known_count(list), Some(model.len()));
    let mut cursor = Cursor::new("check", list.clone()).expect("a list");
    let mut items = Vec::new();
    while let Step::Item(item) = cursor.next() {
        items.extend(as_i64(&item));
    }
    assert!(items.iter().eq(model.iter().rev()));
}

proptest! {
    #[test]
    fn agrees_with_a_stack(operations in operations()) {
        let mut versions = Vec::new();
        let (mut list, mut model) = (empty(), Vec::new());
        for operation in operations {
            match operation {
                Operation::Conj(item) => {
                    list = cons(int(item), list);
                    model.push(item);
                }
                Operation::Rest => {
                    list = take_apart(list).map_or_else(empty, |(_, rest)| rest);
                    model.pop();
                }
                Operation::Return(to) => {
                    versions.push((list.clone(), model.clone()));
                    (list, model) = versions[usize::from(to) % versions.len()].clone();
                }
            }
            check(&list, &model);
        }
        for (list, model) in &versions {
            check(list, model);
        }
    }
}
