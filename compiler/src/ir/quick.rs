//! Calls of core functions that have a quick way: looks that take nothing, and changes in place.
//!
//! To add a look: a variant with its name here, a leaf `bt_look_NAME` in `batuta_runtime::abi::look`
//! and a row for the Rust back end in `rust/prelude/calls.rs`.

/// Looks into a collection or a cell that take nothing from it. Each has a quick way for what is at hand;
/// all else goes through the var of the core function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Look {
    /// `(nth coll index)`
    Nth,
    /// `(nth coll index default)`
    NthOr,
    /// `(get coll key)`
    Get,
    /// `(count coll)`
    Count,
    /// `(first coll)`
    First,
    /// `(rest coll)`
    Rest,
    /// `(next coll)`
    Next,
    /// `(seq coll)`
    Seq,
    /// `(deref cell)`
    Deref,
    /// `(dispatch* protocol method value)`
    Dispatch,
}

impl Look {
    /// What a call of the core function with so many arguments is.
    pub fn of(name: &str, arguments: usize) -> Option<Look> {
        match (name, arguments) {
            ("nth", 2) => Some(Look::Nth),
            ("nth", 3) => Some(Look::NthOr),
            ("get", 2) => Some(Look::Get),
            ("count", 1) => Some(Look::Count),
            ("first", 1) => Some(Look::First),
            ("rest", 1) => Some(Look::Rest),
            ("next", 1) => Some(Look::Next),
            ("seq", 1) => Some(Look::Seq),
            ("deref", 1) => Some(Look::Deref),
            ("dispatch*", 3) => Some(Look::Dispatch),
            _ => None,
        }
    }

    /// Its name in the text of the IR; that of its leaf ends with it.
    pub fn name(self) -> &'static str {
        match self {
            Look::Nth => "nth",
            Look::NthOr => "nth_or",
            Look::Get => "get",
            Look::Count => "count",
            Look::First => "first",
            Look::Rest => "rest",
            Look::Next => "next",
            Look::Seq => "seq",
            Look::Deref => "deref",
            Look::Dispatch => "dispatch",
        }
    }
}

/// Changes of collections. Each has a quick way for a vector with one owner, as long as the var of
/// the core function holds what it held; all else goes through the var.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// `(conj coll item)`
    Conj,
    /// `(assoc coll key value)`
    Assoc,
}

impl Change {
    /// What a call of the core function with so many arguments is.
    pub fn of(name: &str, arguments: usize) -> Option<Change> {
        match (name, arguments) {
            ("conj", 2) => Some(Change::Conj),
            ("assoc", 3) => Some(Change::Assoc),
            _ => None,
        }
    }

    /// Its name in the text of the IR.
    pub fn name(self) -> &'static str {
        match self {
            Change::Conj => "conj",
            Change::Assoc => "assoc",
        }
    }
}
