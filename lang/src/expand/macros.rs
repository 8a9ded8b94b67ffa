//! The core macros, grouped by subject. The table of them is [`super::core_macros`].

pub(super) mod binding;
pub(super) mod case;
pub(super) mod condition;
pub(super) mod definition;
pub(super) mod effect;
pub(super) mod function;
pub(super) mod laziness;
pub(super) mod looping;
pub(super) mod multimethod;
pub(super) mod namespace;
pub(super) mod protocol;
pub(super) mod threading;
pub(super) mod types;

use crate::diagnostic::Diagnostic;
use crate::form::Form;

/// What every macro gives.
type Expanded = Result<Form, Diagnostic>;
