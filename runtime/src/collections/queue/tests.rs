//! Random operations against a standard deque, with every version kept and checked at the end.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::number::{as_i64, int};

#[derive(Clone, Debug)]
enum Operation {
    Push(i64),
    Pop,
    /// Go on from an older version.
    Return(u16),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        5 => any::<i64>().prop_map(Operation::Push),
        4 => Just(Operation::Pop),
        1 => any::<u16>().prop_map(Operation::Return),
    ];
    proptest::collection::vec(one, 1..200)
}

fn check(queue: &Value, model: &VecDeque<i64>) {
    assert_eq!(len(queue), Some(model.len()));
    assert_eq!(as_i64(&peek(queue)), model.front().copied());
    let items = items(queue).expect("a queue");
    let items: Vec<_> = vector::iter(&items).filter_map(as_i64).collect();
    assert!(items.iter().eq(model.iter()));
}

proptest! {
    #[test]
    fn agrees_with_a_deque(operations in operations()) {
        let mut versions = Vec::new();
        let (mut queue, mut model) = (empty(), VecDeque::new());
        for operation in operations {
            match operation {
                Operation::Push(item) => {
                    queue = push(queue, int(item));
                    model.push_back(item);
                }
                Operation::Pop => {
                    queue = pop(queue);
                    model.pop_front();
                }
                Operation::Return(to) => {
                    versions.push((queue.clone(), model.clone()));
                    (queue, model) = versions[usize::from(to) % versions.len()].clone();
                }
            }
            check(&queue, &model);
        }
        for (queue, model) in &versions {
            check(queue, model);
        }
    }
}
