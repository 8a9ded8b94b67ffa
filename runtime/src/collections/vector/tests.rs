//! Random operations against imbl's vector, with every version kept and checked at the end.

use im::Vector as Model;
use proptest::prelude::*;

use super::*;
use crate::number::{as_i64, int};

#[derive(Clone, Debug)]
enum Operation {
    Push(u8),
    Pop(u8),
    Assoc(u16),
    /// Goes back to an earlier version, so that nodes are shared.
    Return(u16),
    Slice(u16, u16),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        4 => any::<u8>().prop_map(Operation::Push),
        2 => any::<u8>().prop_map(Operation::Pop),
        3 => any::<u16>().prop_map(Operation::Assoc),
        2 => any::<u16>().prop_map(Operation::Return),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(a, b)| Operation::Slice(a, b)),
    ];
    proptest::collection::vec(one, 1..40)
}

fn check(vector: &Value, model: &Model<i64>) {
    assert_eq!(len(vector), Some(model.len()));
    let items: Vec<i64> = iter(vector).filter_map(as_i64).collect();
    assert!(items.iter().eq(model.iter()));
    for index in (0..model.len()).step_by(7) {
        assert_eq!(
            nth(vector, index).and_then(as_i64),
            model.get(index).copied()
        );
    }
    assert!(nth(vector, model.len()).is_none());
}

proptest! {
    #[test]
    fn behaves_like_the_model(operations in operations()) {
        let mut versions = vec![(empty(), Model::new())];
        let (mut vector, mut model) = (empty(), Model::new());
        for (number, operation) in operations.into_iter().enumerate() {
            match operation {
                Operation::Push(count) => {
                    for item in 0..i64::from(count) * 9 {
                        vector = push(vector, int(item));
                        model.push_back(item);
                    }
                }
                Operation::Pop(count) => {
                    for _ in 0..usize::from(count) * 9 {
                        vector = pop(vector);
                        model.pop_back();
                    }
                }
                Operation::Assoc(at) if !model.is_empty() => {
                    let index = usize::from(at) % model.len();
                    vector = assoc(vector, index, int(number as i64));
                    model.set(index, number as i64);
                }
                Operation::Slice(a, b) if !model.is_empty() => {
                    let (a, b) = (usize::from(a) % model.len(), usize::from(b) % model.len());
                    let (a, b) = (a.min(b), a.max(b));
                    vector = slice(&vector, a, b);
                    model = model.clone().slice(a..b);
                }
                Operation::Return(at) => {
                    versions.push((vector.clone(), model.clone()));
                    (vector, model) = versions[usize::from(at) % versions.len()].clone();
                }
                Operation::Assoc(_) | Operation::Slice(..) => {}
            }
        }
        versions.push((vector, model));
        for (vector, model) in &versions {
            check(vector, model);
        }
    }
}

#[test]
fn a_sole_owner_is_changed_in_place() {
    let mut vector = from_iter((0..100).map(int));
    let before = vector.word();
    vector = assoc(vector, 3, int(-1));
    vector = assoc(vector, 99, int(-1));
    assert_eq!(vector.word(), before);
    let shared = vector.clone();
    let changed = assoc(vector, 3, int(-2));
    assert_eq!(nth(&shared, 3).and_then(as_i64), Some(-1));
    assert_eq!(nth(&changed, 3).and_then(as_i64), Some(-2));
}

#[test]
fn bulk_and_pushed_vectors_are_alike_at_every_edge() {
    for count in [
        0,
        1,
        31,
        32,
        33,
        64,
        65,
        1024,
        1056,
        1057,
        32 * 1024 + 32,
        32 * 1024 + 33,
    ] {
        let bulk = from_iter((0..count).map(int));
        let pushed = (0..count).map(int).fold(empty(), push);
        assert!(iter(&bulk).eq(iter(&pushed)));
        assert_eq!(len(&bulk), Some(count as usize));
        let popped = (0..count).fold(bulk, |vector, _| pop(vector));
        assert_eq!(len(&popped), Some(0));
    }
}
