//! Macro expansion: the macros that come with the language, and templates.
//!
//! The compiler drives expansion, since it alone knows whether a head is a local, a special form, a
//! user's macro or one of [`core_macros`]. What is here goes from form to form and runs no code.
//! A macro leaves the user's forms as they are, spans included; what it adds carries the span of
//! the call, and names of the library are qualified with [`CORE_NS`].

use crate::diagnostic::Diagnostic;
use crate::form::{Form, Name};

pub mod clauses;
pub mod core_macros;
mod destructure;
pub mod hygiene;
mod macros;
mod maker;
pub mod syntax_quote;

use hygiene::Gensyms;

/// The namespace of the library's own names.
pub const CORE_NS: &str = "batuta.core";

/// What a macro may ask about the place it is called from.
pub struct MacroContext<'a> {
    gensyms: &'a Gensyms,
    current_ns: &'a str,
    is_local: &'a dyn Fn(&Name) -> bool,
}

impl<'a> MacroContext<'a> {
    /// A context for calls in `current_ns`, where `is_local` knows the names bound around the call.
    pub fn new(
        gensyms: &'a Gensyms,
        current_ns: &'a str,
        is_local: &'a dyn Fn(&Name) -> bool,
    ) -> MacroContext<'a> {
        MacroContext {
            gensyms,
            current_ns,
            is_local,
        }
    }

    /// A symbol name not used before.
    pub fn gensym(&mut self, prefix: &str) -> Name {
        self.gensyms.fresh(prefix)
    }

    /// The namespace the call stands in.
    pub fn current_ns(&self) -> &str {
        self.current_ns
    }

    /// True for a name bound around the call.
    pub fn is_local(&self, name: &Name) -> bool {
        (self.is_local)(name)
    }
}

/// From the whole call to what it stands for.
pub type ExpandFn = fn(&Form, &mut MacroContext<'_>) -> Result<Form, Diagnostic>;
