//! Random operations against a standard set.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::number::int;

proptest! {
    #[test]
    fn behaves_like_the_model(operations in proptest::collection::vec((0u16..60, any::<bool>()), 1..300)) {
        let (mut set, mut model) = (empty(), HashSet::new());
        let mut old = Vec::new();
        for (number, adds) in operations {
            let member = Value::str(&number.to_string());
            if adds {
                set = conj(set, member);
                model.insert(number);
            } else {
                set = disj(set, &member);
                model.remove(&number);
            }
            if number % 7 == 0 {
                old.push((set.clone(), model.clone()));
            }
        }
        old.push((set, model));
        for (set, model) in &old {
            prop_assert_eq!(len(set), Some(model.len()));
            prop_assert_eq!(iter(set).count(), model.len());
            for number in 0u16..60 {
                let member = Value::str(&number.to_string());
                prop_assert_eq!(contains(set, &member), model.contains(&number));
            }
        }
    }
}

#[test]
fn the_member_that_is_there_stays() {
    let set = from_iter([crate::collections::vector::from_vec(vec![int(1)])]);
    let before = iter(&set).next().map(Value::word);
    let set = conj(set, crate::collections::list::from_vec(vec![int(1)]));
    assert_eq!(
        (len(&set), iter(&set).next().map(Value::word)),
        (Some(1), before)
    );
}
