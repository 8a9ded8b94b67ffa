//! Definitions of the library whose text was not read yet: vars that are there by name only.
//!
//! The compiler knows the texts and implements [`Definitions`]. A var's flags say what is still to
//! be read: its metadata ([`var_flags::UNREAD_META`]), or its value ([`var_flags::UNREAD_VALUE`]).
//! Whoever gives the var metadata or a value of his own clears the flag, and the text is not asked.

use std::sync::OnceLock;

use crate::failure::Fault;
use crate::function::{VarBody, var_flags};
use crate::value::Value;

/// Who reads definitions.
pub trait Definitions: Send + Sync {
    /// The metadata that the definition gives its var.
    fn meta(&self, var: &VarBody) -> Value;

    /// Gives the var its value and waits for it. Not for worker threads.
    ///
    /// # Errors
    /// The definition fails.
    fn define(&self, var: &VarBody) -> Result<(), Fault>;
}

static DEFINITIONS: OnceLock<Box<dyn Definitions>> = OnceLock::new();

/// Tells who reads definitions. The first call counts.
pub fn install(definitions: Box<dyn Definitions>) {
    DEFINITIONS.get_or_init(|| definitions);
}

/// The metadata of the var's definition.
pub(crate) fn meta(var: &VarBody) -> Value {
    let definitions = DEFINITIONS.get();
    definitions.map_or(Value::NIL, |definitions| definitions.meta(var))
}

/// Gives the var its value, if its definition was not read. Not for worker threads.
///
/// # Errors
/// The definition fails.
pub fn define(var: &Value) -> Result<(), Fault> {
    match (DEFINITIONS.get(), var.as_object::<VarBody>()) {
        (Some(definitions), Some(body)) if body.has(var_flags::UNREAD_VALUE) => {
            definitions.define(body)
        }
        _ => Ok(()),
    }
}
