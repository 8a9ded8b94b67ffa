//! Closures: making them, and what they have captured.

use std::sync::Arc;

use crate::context::Cx;
use crate::function::{CodeRef, FnCode, FunctionBody};
use crate::value::object::make_with_slots;
use crate::value::{Value, WORD_NIL};

/// Makes a closure.
///
/// # Safety
/// `code` points at live code, `captured` at `count` owned words.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_make_closure(
    code: *const FnCode,
    captured: *const u64,
    count: u64,
) -> u64 {
    // SAFETY: compiled code keeps the code alive through its literals.
    let code = unsafe {
        Arc::increment_strong_count(code);
        CodeRef::new(Arc::from_raw(code))
    };
    make_with_slots(FunctionBody { code }, count as u16, |index| {
        // SAFETY: `index` is below `count`; each word is given up once.
        unsafe { Value::from_word(*captured.add(index)) }
    })
    .into_word()
}

/// A closure that has one owner gives up what it has captured, as far as somebody else has it too.
///
/// # Safety
/// `closure` is a live word, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_vacate(_cx: *mut Cx, closure: u64) -> u64 {
    // SAFETY: the caller keeps the word alive; it is not dropped here.
    let mut closure = std::mem::ManuallyDrop::new(unsafe { Value::from_word(closure) });
    if let Some((_, captured)) = closure.as_unique_with_slots::<FunctionBody>() {
        // What nobody else has would be freed here, on a small stack.
        let is_held = |value: &&mut Value| value.header().is_some_and(|it| it.owners() > 1);
        captured
            .iter_mut()
            .filter(is_held)
            .for_each(|value| drop(std::mem::take(value)));
    }
    WORD_NIL
}
