//! Batuta's front end: text to expanded forms.
//!
//! Text goes in through [`reader`], which gives forms with spans and a list of diagnostics;
//! the core macros and syntax-quote expand them. Nothing here reads a file or runs code.

pub mod diagnostic;
pub mod form;
pub mod printer;
pub mod source;
pub mod suggest;
