//! Cells that change (atoms, volatiles), delays, and the mark that ends a reduction early.
//!
//! Invariant: a cell that is published holds published values only; what a store replaces is
//! retired, so that another worker that has just loaded the word can still count it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Value;
use super::object::{Body, Kind, make};

/// What a cell is to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellClass {
    /// Changed by compare-and-set.
    Atom,
    /// Changed by plain stores.
    Volatile,
    /// Holds a lazy sequence of one item: the value, computed at the first look.
    Delay,
    /// Holds a collection that `conj!` and its like change; unbound once it was taken out.
    Transient,
}

/// The body of a cell.
pub struct CellBody {
    word: AtomicU64,
    /// What stands beside the value: a map of `:validator`, `:watches` and `:meta`, or nil.
    beside: AtomicU64,
    class: CellClass,
}

// SAFETY: the kind is this type's alone and both values are shown.
unsafe impl Body for CellBody {
    const KIND: Kind = Kind::Cell;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        for word in [&mut self.word, &mut self.beside] {
            let word = std::ptr::from_mut(word.get_mut()).cast::<Value>();
            // SAFETY: the cell owns the word, and `Value` is a transparent wrapper of it.
            visitor(unsafe { &mut *word });
        }
    }
}

impl Drop for CellBody {
    fn drop(&mut self) {
        self.visit(&mut |value| drop(std::mem::take(value)));
    }
}

impl CellBody {
    /// What it is to a program.
    pub fn class(&self) -> CellClass {
        self.class
    }

    /// The present value, owned.
    pub fn load(&self) -> Value {
        owned(&self.word)
    }

    /// What stands beside the value, owned: a map of `:validator`, `:watches`, `:meta`, or nil.
    pub fn beside(&self) -> Value {
        owned(&self.beside)
    }

    /// Does nothing stand beside the value?
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.beside.load(Ordering::Acquire) == Value::NIL.word()
    }
}

fn owned(word: &AtomicU64) -> Value {
    let word = word.load(Ordering::Acquire);
    // SAFETY: a replaced value is released only after every worker has passed a scheduling point,
    // and there is none between this load and the clone.
    unsafe { Value::borrow_word(&word) }.clone()
}

/// Makes a cell.
pub fn make_cell(class: CellClass, value: Value) -> Value {
    make(CellBody {
        word: AtomicU64::new(value.into_word()),
        beside: AtomicU64::new(Value::NIL.word()),
        class,
    })
}

/// The cell, if `value` is one.
pub fn as_cell(value: &Value) -> Option<&CellBody> {
    value.as_object()
}

fn prepare(cell: &Value, value: &Value) {
    if cell.header().is_some_and(|header| header.is_published()) {
        value.publish();
    }
}

/// Replaces the value of `cell`. False if `cell` is none.
pub fn store(cell: &Value, value: Value) -> bool {
    let Some(body) = as_cell(cell) else {
        return false;
    };
    prepare(cell, &value);
    let old = body.word.swap(value.into_word(), Ordering::AcqRel);
    give_up(cell, old);
    true
}

/// Takes the value out and leaves the mark of an empty slot. That itself for what is no cell.
pub fn take_out(cell: &Value) -> Value {
    match as_cell(cell) {
        // SAFETY: the cell owned one count of the word, and the caller gets it.
        Some(body) => unsafe {
            Value::from_word(body.word.swap(Value::UNBOUND.word(), Ordering::AcqRel))
        },
        None => Value::UNBOUND,
    }
}

/// Replaces the value if it still is `expected` (the same object or an equal word). False if not,
/// or if `cell` is none.
pub fn compare_and_set(cell: &Value, expected: &Value, value: Value) -> bool {
    match as_cell(cell) {
        Some(body) => exchange(cell, &body.word, expected, value),
        None => false,
    }
}

/// As [`compare_and_set`], for what stands beside the value.
pub fn compare_and_set_beside(cell: &Value, expected: &Value, value: Value) -> bool {
    match as_cell(cell) {
        Some(body) => exchange(cell, &body.beside, expected, value),
        None => false,
    }
}

fn exchange(cell: &Value, word: &AtomicU64, expected: &Value, value: Value) -> bool {
    prepare(cell, &value);
    let exchanged = word.compare_exchange(
        expected.word(),
        value.word(),
        Ordering::AcqRel,
        Ordering::Acquire,
    );
    match exchanged {
        Ok(old) => {
            // The cell owns it now.
            value.into_word();
            give_up(cell, old);
            true
        }
        Err(_) => false,
    }
}

fn give_up(cell: &Value, old: u64) {
    // SAFETY: the cell owned one count of the word it held.
    let old = unsafe { Value::from_word(old) };
    if cell.header().is_some_and(|header| header.is_published()) {
        crate::quiescence::retire(old);
    }
}

/// The body of `(reduced x)`.
pub struct ReducedBody(Value);

// SAFETY: the kind is this type's alone and the one value is shown.
unsafe impl Body for ReducedBody {
    const KIND: Kind = Kind::Reduced;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.0);
    }
}

/// Marks a value as the end of a reduction.
pub fn make_reduced(value: Value) -> Value {
    make(ReducedBody(value))
}

/// The value in the mark.
pub fn as_reduced(value: &Value) -> Option<&Value> {
    value.as_object::<ReducedBody>().map(|body| &body.0)
}
