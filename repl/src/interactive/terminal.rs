//! The prompt's face: rustyline with what it asks while the user types.

pub mod complete;
pub mod editor;
pub mod highlight;
pub mod validate;
