//! Batuta's front end: text to expanded forms.
//!
//! Text goes in through [`reader`], which gives forms with spans and a list of diagnostics. Nothing
//! here reads a file or runs code.

pub mod diagnostic;
pub mod form;
pub mod lexer;
mod messages;
pub mod printer;
pub mod reader;
pub mod source;
pub mod suggest;
pub mod token;
