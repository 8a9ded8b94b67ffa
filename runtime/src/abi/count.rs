//! Counts of published objects, and small looks at values that patterns make.

use crate::collections::vector;
use crate::context::Cx;
use crate::function::VarBody;
use crate::value::object::{self, Kind};
use crate::value::{Value, class_name};

/// Takes another count.
///
/// # Safety
/// `word` is a live value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_dup(_cx: *mut Cx, word: u64) -> u64 {
    // SAFETY: the caller's word is alive; the clone is the count asked for.
    unsafe { Value::borrow_word(&word) }.clone().into_word()
}

/// Gives a count back.
///
/// # Safety
/// `word` is a live value, given up by the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_drop(_cx: *mut Cx, word: u64, _b: u64, _c: u64) -> u64 {
    // SAFETY: the caller owned the word.
    drop(unsafe { Value::from_word(word) });
    0
}

/// Frees an object whose last count was given back just now.
///
/// # Safety
/// `word` is the word of a published object that nobody has any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_free(_cx: *mut Cx, word: u64, _b: u64, _c: u64) -> u64 {
    // SAFETY: passed on from the caller; the word itself owns nothing any more.
    unsafe {
        let gone = std::mem::ManuallyDrop::new(Value::from_word(word));
        object::free_shared(gone.header_pointer());
    }
    0
}

/// Is the value of the class that the keyword names? A record is a map too.
pub fn is_class(class: &Value, value: &Value) -> bool {
    class.is_keyword(class_name(value))
        || class.is_keyword("map") && crate::collections::map::is_map(value)
}

/// Is the value of the class that the keyword names?
///
/// # Safety
/// Live words, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_is_class(_cx: *mut Cx, class: u64, value: u64) -> u64 {
    // SAFETY: the caller keeps both words alive.
    let (class, value) = unsafe { (Value::borrow_word(&class), Value::borrow_word(&value)) };
    Value::bool(is_class(class, value)).into_word()
}

/// Does a map pattern look into it? Maps, and errors as `{:kind :message :data :cause}`.
pub fn is_map_like(value: &Value) -> bool {
    matches!(
        value.kind(),
        Some(Kind::Map | Kind::SortedMap | Kind::Error)
    )
}

/// May a map pattern look into it?
///
/// # Safety
/// A live word, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_is_map(_cx: *mut Cx, word: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    Value::bool(is_map_like(unsafe { Value::borrow_word(&word) })).into_word()
}

/// Number of elements of a vector.
///
/// # Safety
/// A live vector, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_vector_count(_cx: *mut Cx, word: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    let value = unsafe { Value::borrow_word(&word) };
    let count = vector::len(value).unwrap_or(0);
    crate::number::int(count as i64).into_word()
}

/// Element of a vector.
///
/// # Safety
/// A live vector and a small integer inside it, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_vector_nth(_cx: *mut Cx, word: u64, index: u64) -> u64 {
    // SAFETY: the caller keeps the word alive; an integer word is its own value.
    let (value, index) = unsafe { (Value::borrow_word(&word), Value::borrow_word(&index)) };
    let index = index.as_small_int().unwrap_or(0) as usize;
    vector::nth(value, index)
        .cloned()
        .unwrap_or_default()
        .into_word()
}

/// Where an element of a vector lies, as the small integer whose word is the address: the word of
/// the element behind it is that of the next integer, up to the end of the leaf.
///
/// # Safety
/// As for [`bt_vector_nth`]. The address is good while the vector lives and is not changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_slot_address(_cx: *mut Cx, word: u64, index: u64) -> u64 {
    // SAFETY: the caller keeps the word alive; an integer word is its own value.
    let (value, index) = unsafe { (Value::borrow_word(&word), Value::borrow_word(&index)) };
    vector::slot_address(value, index.as_small_int().unwrap_or(0) as usize) as u64
}

/// The index behind the leaf that an element of a vector stands in.
///
/// # Safety
/// As for [`bt_vector_nth`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_leaf_end(_cx: *mut Cx, word: u64, index: u64) -> u64 {
    // SAFETY: the caller keeps the word alive; an integer word is its own value.
    let (value, index) = unsafe { (Value::borrow_word(&word), Value::borrow_word(&index)) };
    let end = vector::leaf_end(value, index.as_small_int().unwrap_or(0) as usize);
    crate::number::int(end as i64).into_word()
}

/// Is it the mark of an early end of a reduction? Gives 0 or 1.
///
/// # Safety
/// A live word, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_is_reduced(_cx: *mut Cx, word: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    let value = unsafe { Value::borrow_word(&word) };
    u64::from(value.kind() == Some(Kind::Reduced))
}

/// Does every var that compiled code relies on have the value it was defined with? Gives 0 or 1.
///
/// # Safety
/// Looks at nothing of the caller's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_core_unchanged(_cx: *mut Cx) -> u64 {
    u64::from(crate::function::core_is_unchanged())
}

/// Sets the root of a var; gives the var.
///
/// # Safety
/// A live var (immortal) and an owned value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_define_var(_cx: *mut Cx, var: u64, value: u64) -> u64 {
    // SAFETY: vars are immortal; the value is owned by this call.
    let (place, value) = unsafe { (Value::borrow_word(&var), Value::from_word(value)) };
    if let Some(body) = place.as_object::<VarBody>() {
        body.set_root(place, value);
    }
    var
}
