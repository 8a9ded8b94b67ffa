//! `=`: by value, across kinds of sequence, by category among numbers.
//!
//! The walk keeps its own stack and meets at an unrealised lazy sequence by asking for it, so it
//! may be suspended and ended there; it realises no more than it needs to find a difference.

use super::Value;
use super::object::Kind;
use crate::actor::identity::{PidBody, ReferenceBody};
use crate::builtin::{Flow, call_then};
use crate::collections::seq::{Cursor, Step};
use crate::collections::{is_sequential, known_count, map, set, sorted};
use crate::context::Cx;
use crate::number;
use crate::types;

/// The answer, if it takes no walk.
#[inline]
pub(crate) fn at_once(a: &Value, b: &Value) -> Option<bool> {
    if a.is_identical(b) {
        // Only a float can differ from itself.
        return Some(!a.as_float().is_some_and(f64::is_nan));
    }
    let (Some(kind), Some(other)) = (a.kind(), b.kind()) else {
        // What is no pointer equals its own word only; an object may say that it equals one.
        return own_equality(a).is_none().then_some(false);
    };
    match kind {
        Kind::WideInt | Kind::BigInt | Kind::Ratio | Kind::Decimal | Kind::Float => {
            Some(number::equal(a, b) == Some(true))
        }
        Kind::Str => Some(a.as_str() == b.as_str()),
        Kind::Symbol => Some(match (a.as_symbol(), b.as_symbol()) {
            (Some(a), Some(b)) => a.text() == b.text(),
            _ => false,
        }),
        Kind::Pid => Some(match (a.as_object::<PidBody>(), b.as_object::<PidBody>()) {
            (Some(a), Some(b)) => a.key() == b.key(),
            _ => false,
        }),
        Kind::Reference => Some(
            match (
                a.as_object::<ReferenceBody>(),
                b.as_object::<ReferenceBody>(),
            ) {
                (Some(a), Some(b)) => a.key() == b.key(),
                _ => false,
            },
        ),
        Kind::Map | Kind::SortedMap | Kind::Set | Kind::SortedSet => {
            if map::is_map(a) != map::is_map(b)
                || !matches!(
                    other,
                    Kind::Map | Kind::SortedMap | Kind::Set | Kind::SortedSet
                )
                || known_count(a) != known_count(b)
                || !same_record(a, b)
            {
                Some(false)
            } else {
                None
            }
        }
        _ if is_sequential(a) && is_sequential(b) => match (known_count(a), known_count(b)) {
            (Some(m), Some(n)) if m != n => Some(false),
            _ => None,
        },
        Kind::Native if own_equality(a).is_some() => None,
        Kind::Native => Some(match (a.native_key(), b.native_key()) {
            (Some((class, a)), Some((other, b))) => class == other && keys_equal(&a, &b),
            _ => false,
        }),
        // Functions, atoms, errors, regular expressions: by identity.
        _ => Some(false),
    }
}

/// Are both plain maps, or records of one type?
fn same_record(a: &Value, b: &Value) -> bool {
    match (map::record(a), map::record(b)) {
        (None, None) => true,
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

/// The method of `a`'s type that says what equals it.
fn own_equality(a: &Value) -> Option<Value> {
    let defined = types::instance::as_instance(a)?.type_of();
    defined.method("equiv").or_else(|| defined.method("equals"))
}

/// Pairs still to be compared.
enum Task {
    Pair(Value, Value),
    Items(Cursor, Cursor),
}

/// Where a comparison stands.
enum Progress {
    Known(bool),
    /// The first (or second, if true) cursor of the top task must be realised.
    Ask {
        left: Cursor,
        right: Cursor,
        second: bool,
    },
    /// The type of the one value must be asked whether it equals the other.
    Method {
        function: Value,
        values: Vec<Value>,
    },
}

struct Comparison {
    tasks: Vec<Task>,
}

impl Comparison {
    fn run(&mut self) -> Progress {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Pair(a, b) if !a.is_identical(&b) && own_equality(&a).is_some() => {
                    return Progress::Method {
                        function: own_equality(&a).unwrap_or_default(),
                        values: vec![a, b],
                    };
                }
                Task::Pair(a, b) => {
                    let same = match at_once(&a, &b) {
                        Some(answer) => answer,
                        None => self.open(a, b),
                    };
                    if !same {
                        return Progress::Known(false);
                    }
                }
                Task::Items(left, right) => match self.items(left, right) {
                    Some(progress) => return progress,
                    None => continue,
                },
            }
        }
        Progress::Known(true)
    }

    /// Goes through two sequences side by side, up to a pair that must be walked itself.
    fn items(&mut self, mut left: Cursor, mut right: Cursor) -> Option<Progress> {
        loop {
            let mut before = left.next();
            if matches!(before, Step::Ask) {
                return Some(Progress::Ask {
                    left,
                    right,
                    second: false,
                });
            }
            match (&mut before, right.next()) {
                (Step::End, Step::End) => return None,
                (Step::Item(a), Step::Item(b)) => match at_once(a, &b) {
                    Some(true) => {}
                    Some(false) => return Some(Progress::Known(false)),
                    None => {
                        let a = std::mem::take(a);
                        self.tasks.push(Task::Items(left, right));
                        self.tasks.push(Task::Pair(a, b));
                        return None;
                    }
                },
                (Step::Item(a), Step::Ask) => {
                    left.put_back(std::mem::take(a));
                    return Some(Progress::Ask {
                        left,
                        right,
                        second: true,
                    });
                }
                (Step::End, Step::Ask) => {
                    return Some(Progress::Ask {
                        left,
                        right,
                        second: true,
                    });
                }
                _ => return Some(Progress::Known(false)),
            }
        }
    }

    /// Begins with a pair that takes a walk. False if a difference shows already.
    fn open(&mut self, a: Value, b: Value) -> bool {
        match a.kind() {
            Some(Kind::Map | Kind::SortedMap) => {
                let (a, b) = by_hash_second(a, b);
                for (key, value) in map::iter(&a) {
                    let Some(other) = map::get(&b, key) else {
                        return false;
                    };
                    match at_once(value, other) {
                        Some(true) => {}
                        Some(false) => return false,
                        None => self.tasks.push(Task::Pair(value.clone(), other.clone())),
                    }
                }
                true
            }
            Some(Kind::Set | Kind::SortedSet) => {
                let (a, b) = by_hash_second(a, b);
                set::iter(&a).all(|member| set::contains(&b, member))
            }
            _ => match (Cursor::new("=", a), Cursor::new("=", b)) {
                (Ok(left), Ok(right)) => {
                    self.tasks.push(Task::Items(left, right));
                    true
                }
                _ => false,
            },
        }
    }
}

/// Two maps or sets with one by hash as the second, in which the keys of the first are looked up.
fn by_hash_second(a: Value, b: Value) -> (Value, Value) {
    match (sorted::is_sorted(&a), sorted::is_sorted(&b)) {
        (_, false) => (a, b),
        (false, true) => (b, a),
        (true, true) if map::is_map(&b) => {
            let pairs = map::iter(&b).map(|(k, v)| (k.clone(), v.clone()));
            let hashed = map::from_pairs(pairs);
            (a, hashed)
        }
        (true, true) => {
            let hashed = set::from_iter(set::iter(&b).cloned());
            (a, hashed)
        }
    }
}

/// `(= a b)`, then `then` with the answer.
#[inline]
pub fn equal(
    cx: &mut Cx,
    a: &Value,
    b: &Value,
    then: impl FnOnce(&mut Cx, bool) -> Flow + Send + 'static,
) -> Flow {
    match at_once(a, b) {
        Some(answer) => then(cx, answer),
        None => {
            let tasks = vec![Task::Pair(a.clone(), b.clone())];
            go_on(cx, Comparison { tasks }, then)
        }
    }
}

/// Whether each value equals the next, then `then` with the answer.
pub fn all_equal(
    cx: &mut Cx,
    values: &[Value],
    then: impl FnOnce(&mut Cx, bool) -> Flow + Send + 'static,
) -> Flow {
    let pairs = values.windows(2).rev();
    let tasks = pairs
        .map(|pair| Task::Pair(pair[0].clone(), pair[1].clone()))
        .collect();
    go_on(cx, Comparison { tasks }, then)
}

fn go_on(
    cx: &mut Cx,
    mut comparison: Comparison,
    then: impl FnOnce(&mut Cx, bool) -> Flow + Send + 'static,
) -> Flow {
    match comparison.run() {
        Progress::Known(answer) => then(cx, answer),
        Progress::Method { function, values } => call_then(function, values, move |cx, same| {
            if same.is_truthy() {
                go_on(cx, comparison, then)
            } else {
                then(cx, false)
            }
        }),
        Progress::Ask {
            left,
            right,
            second: false,
        } => left.realise(cx, move |cx, left| {
            comparison.tasks.push(Task::Items(left, right));
            go_on(cx, comparison, then)
        }),
        Progress::Ask {
            left,
            right,
            second: true,
        } => right.realise(cx, move |cx, right| {
            comparison.tasks.push(Task::Items(left, right));
            go_on(cx, comparison, then)
        }),
    }
}

/// Equality of two realised values: keys and members, constants, values from Rust. An unrealised
/// place makes them different.
#[inline]
pub fn keys_equal(a: &Value, b: &Value) -> bool {
    match at_once(a, b) {
        Some(answer) => answer,
        None => {
            let mut comparison = Comparison {
                tasks: vec![Task::Pair(a.clone(), b.clone())],
            };
            matches!(comparison.run(), Progress::Known(true))
        }
    }
}

impl PartialEq for Value {
    /// As [`keys_equal`].
    fn eq(&self, other: &Value) -> bool {
        keys_equal(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::object::{Native, make_native};
    use crate::value::{hash, order};

    struct Moment(i64);

    impl Native for Moment {
        fn class(&self) -> &'static str {
            "moment"
        }

        fn print(&self) -> String {
            self.0.to_string()
        }

        fn key(&self) -> Option<Value> {
            Some(number::int(self.0))
        }
    }

    #[test]
    fn objects_with_a_key_are_values() {
        let (a, b, later) = (Moment(1), Moment(1), Moment(2));
        let (a, b, later) = (make_native(a), make_native(b), make_native(later));
        assert!(a == b && a != later && a != number::int(1));
        assert_eq!(hash::key_hash(&a), hash::key_hash(&b));
        assert_eq!(hash::clojure_hash(&a), hash::clojure_hash(&b));
        assert_eq!(
            order::compare(&a, &later).ok(),
            Some(std::cmp::Ordering::Less)
        );
        assert!(order::compare(&a, &number::int(1)).is_err());
    }
}
