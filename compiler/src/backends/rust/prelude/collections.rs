//! Collections where they lie: vectors and arrays. What is not at hand is left to the runtime.

use super::layout::*;
use super::numbers::*;
use super::words::*;

unsafe extern "C" {
    fn bt_array_get(cx: Cx, array: Word, index: Word, c: Word) -> Word;
    fn bt_array_set(cx: Cx, array: Word, index: Word, element: Word) -> Word;
    fn bt_array_length(cx: Cx, array: Word, b: Word, c: Word) -> Word;
    fn bt_look_nth(cx: Cx, coll: Word, index: Word) -> Word;
    fn bt_look_equal(cx: Cx, a: Word, b: Word) -> Word;
}

/// How many elements stand in the trie; of an empty vector a whole leaf less than none.
fn in_trie(len: Word) -> Word {
    len.wrapping_sub(1) & !(WIDTH - 1)
}

/// The element of a vector, or `NO_MATCH` if it is none that has it.
pub unsafe fn nth_in_vector(cx: Cx, coll: Word, index: Word) -> Word {
    if index & 0b111 != 0 || !is_kind(coll, KIND_VECTOR) {
        return NO_MATCH;
    }
    let place = (index as i64 >> 3) as Word;
    let len = load(coll, VECTOR_LEN);
    if place >= len {
        return NO_MATCH;
    }
    let before = in_trie(len);
    let word = if place >= before {
        load(coll, TAIL_SLOTS + 8 * (place - before) as i64)
    } else {
        in_leaf(load(coll, VECTOR_ROOT), before, place)
    };
    dup(cx, word);
    word
}

unsafe fn in_leaf(root: Word, before: Word, place: Word) -> Word {
    let mut left = (63 - (before - 1).leading_zeros() as u64) / BITS * BITS;
    let mut node = root;
    while left > 0 {
        node = load(node, NODE_SLOTS + 8 * (place >> left & WIDTH - 1) as i64);
        left -= BITS;
    }
    load(node, NODE_SLOTS + 8 * (place & WIDTH - 1) as i64)
}

/// `(nth coll index)`, or `NO_MATCH`.
#[inline(always)]
pub unsafe fn nth(cx: Cx, coll: Word, index: Word) -> Word {
    match nth_in_vector(cx, coll, index) {
        NO_MATCH => bt_look_nth(cx, coll, index),
        word => word,
    }
}

/// The word of the truth value of `(= a b)`, or `NO_MATCH`.
#[inline(always)]
pub unsafe fn look_equal(cx: Cx, a: Word, b: Word) -> Word {
    bt_look_equal(cx, a, b)
}

/// Number of elements of what is known to be a vector.
#[inline(always)]
pub unsafe fn vector_count(vector: Word) -> Word {
    load(vector, VECTOR_LEN) << 3
}

/// The element that lies at an address.
#[inline(always)]
pub unsafe fn load_slot(cx: Cx, address: Word) -> Word {
    let word = load(address, 0);
    dup(cx, word);
    word
}

#[inline(always)]
pub unsafe fn is_reduced(word: Word) -> bool {
    is_kind(word, KIND_REDUCED)
}

/// The number of slots of a vector with one owner.
unsafe fn own_slots(vector: Word) -> Option<Word> {
    if !is_pointer(vector) {
        return None;
    }
    let header = load(vector, COUNT);
    if header << 16 == UNIQUE_VECTOR << 16 { Some(header >> 48) } else { None }
}

/// Adds an element to a vector with one owner that has room for it.
pub unsafe fn push_in_place(vector: Word, item: Word) -> bool {
    let Some(slots) = own_slots(vector) else { return false };
    let len = load(vector, VECTOR_LEN);
    let in_tail = len.wrapping_sub(in_trie(len));
    if in_tail >= slots {
        return false;
    }
    store(vector, TAIL_SLOTS + 8 * in_tail as i64, item);
    store(vector, VECTOR_LEN, len + 1);
    true
}

/// Replaces an element in the tail of a vector with one owner.
pub unsafe fn assoc_in_place(cx: Cx, vector: Word, index: Word, item: Word) -> bool {
    if index & 0b111 != 0 || own_slots(vector).is_none() {
        return false;
    }
    let place = (index as i64 >> 3) as Word;
    let len = load(vector, VECTOR_LEN);
    let in_trie = in_trie(len);
    let in_tail = place.wrapping_sub(in_trie);
    if in_tail >= len.wrapping_sub(in_trie) {
        return false;
    }
    let slot = TAIL_SLOTS + 8 * in_tail as i64;
    let before = load(vector, slot);
    store(vector, slot, item);
    release(cx, before);
    true
}

/// The address of an element of an array of words, and the kind of its elements.
#[inline(always)]
unsafe fn element(array: Word, index: Word) -> Option<(Word, u8)> {
    if !is_kind(array, KIND_ARRAY) || index & 0b111 != 0 || index >= load(array, ARRAY_LEN) << 3 {
        return None;
    }
    let kind = *((array as i64 + ARRAY_ELEMENT) as *const u8);
    if kind != ELEMENT_LONG && kind != ELEMENT_DOUBLE {
        return None;
    }
    Some((load(array, ARRAY_WORDS) + index, kind))
}

/// The element of an array.
#[inline(always)]
pub unsafe fn array_get(cx: Cx, array: Word, index: Word) -> Option<Word> {
    let (address, kind) = element(array, index)?;
    let bits = load(address, 0);
    if kind == ELEMENT_DOUBLE {
        return Some(from_float(cx, f64::from_bits(bits)));
    }
    let word = bits << 3;
    if word as i64 >> 3 == bits as i64 { Some(word) } else { None }
}

/// The element of any array.
#[inline(always)]
pub unsafe fn array_get_slow(cx: Cx, array: Word, index: Word) -> Word {
    on_native(cx, array, index, 0, bt_array_get)
}

/// Puts an element into an array.
#[inline(always)]
pub unsafe fn array_set(array: Word, index: Word, value: Word) -> Option<Word> {
    let (address, kind) = element(array, index)?;
    if kind == ELEMENT_DOUBLE && (value ^ 0b100) & 0b110 == 0 {
        store(address, 0, value.wrapping_sub(1).rotate_right(4));
        return Some(value);
    }
    if kind == ELEMENT_LONG && value & 0b111 == 0 {
        store(address, 0, (value as i64 >> 3) as Word);
        return Some(value);
    }
    None
}

/// Puts an element into any array.
#[inline(always)]
pub unsafe fn array_set_slow(cx: Cx, array: Word, index: Word, value: Word) -> Word {
    on_native(cx, array, index, value, bt_array_set)
}

/// Number of elements of an array.
#[inline(always)]
pub unsafe fn array_length(array: Word) -> Option<Word> {
    if is_kind(array, KIND_ARRAY) { Some(load(array, ARRAY_LEN) << 3) } else { None }
}

/// Number of elements of what may be no array.
#[inline(always)]
pub unsafe fn array_length_slow(cx: Cx, array: Word) -> Word {
    on_native(cx, array, 0, 0, bt_array_length)
}
