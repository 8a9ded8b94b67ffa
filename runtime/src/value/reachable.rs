//! How much memory values take with all they refer to.
//!
//! Each object counts once. What other actors may change meanwhile (atoms, arrays, lazy sequences)
//! counts with its own size only, and what lives for ever, such as literals, not at all.

use std::collections::HashSet;

use super::Value;
use super::object::measure;
use crate::number::BigIntBox;

/// Bytes of the objects that are reached from these values, which are published or the calling
/// actor's own; after so many objects it does not look further.
pub(crate) fn reachable_bytes<'a>(
    roots: impl IntoIterator<Item = &'a Value>,
    most: usize,
) -> usize {
    let mut seen: HashSet<u64> = HashSet::new();
    let mut pending: Vec<u64> = Vec::new();
    let note = |pending: &mut Vec<u64>, value: &Value| {
        if value.header().is_some() {
            pending.push(value.word());
        }
    };
    roots.into_iter().for_each(|root| note(&mut pending, root));
    let mut bytes = 0;
    while let Some(word) = pending.pop().filter(|_| seen.len() < most) {
        if seen.insert(word) {
            // SAFETY: the word is that of an object which a root keeps alive.
            let value = unsafe { Value::borrow_word(&word) };
            // SAFETY: as above; it is published or this actor's, as the caller says.
            let own = unsafe {
                measure(value.header_pointer(), &mut |child| {
                    note(&mut pending, child)
                })
            };
            if own > 0 {
                bytes += own + beside(value);
            }
        }
    }
    bytes
}

/// Bytes that an object has allocated besides its own.
fn beside(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    let digits = value.as_object::<BigIntBox>();
    digits.map_or(0, |number| number.0.bits().div_ceil(8) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::vector;

    #[test]
    fn shared_parts_count_once_and_texts_with_their_letters() {
        let text = Value::string("x".repeat(1000));
        let alone = reachable_bytes([&text], 10);
        assert!((1000..1100).contains(&alone), "{alone}");
        let twice = vector::from_iter([text.clone(), text.clone()]);
        let both = reachable_bytes([&twice, &text], 10);
        assert!((alone + 16..alone + 300).contains(&both), "{both}");
        assert_eq!(reachable_bytes([&Value::TRUE], 10), 0);
    }
}
