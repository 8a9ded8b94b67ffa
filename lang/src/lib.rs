//! Batuta's front end: text to expanded forms.
//!
//! Text goes in through [`reader`], which gives forms with spans and a list of diagnostics;
//! [`expand`] holds the core macros and templates. Nothing here reads a file or runs code.

pub mod diagnostic;
pub mod expand;
pub mod form;
pub mod lexer;
mod messages;
pub mod printer;
pub mod reader;
pub mod source;
pub mod special_forms;
pub mod suggest;
pub mod token;
