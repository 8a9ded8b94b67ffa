//! Whole programs compiled ahead of time: analysed forms to an object file.
//!
//! [`record`] notes the forms of the files that a program loads, [`reach`] finds and compiles what
//! they reach, [`image`] writes down what the runtime makes of it at start. What the program does
//! not reach is not in it. One that evaluates forms or looks up names while it runs holds all of its
//! own definitions, the compiler and the library's text.
//!
//! The compiler knows nothing of the database: builtins besides the runtime's come as an
//! [`Extension`], and the outcome says whether the program holds it.

mod image;
mod quoted;
mod reach;
pub mod record;

use std::sync::Arc;

use batuta_runtime::failure::Fault;
use batuta_runtime::image::Extension;
use batuta_runtime::value::print;
use cranelift_module::ModuleError;

use crate::backends::rust::RustCode;
use crate::code::code_of;
use crate::core_tree::{CoreFunction, VarRef};

use reach::Reach;

/// A program to compile.
pub struct Program {
    /// Its top-level forms, those of the files it loads before its own.
    pub forms: Vec<Arc<CoreFunction>>,
    /// The function that is called after them, with its argument lists as text.
    pub main: Option<(VarRef, String)>,
    /// What it may hold besides the runtime.
    pub extension: Option<&'static Extension>,
    /// What becomes of its functions.
    pub back_end: BackEnd,
}

/// Who makes machine code of a program's functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackEnd {
    /// Cranelift.
    #[default]
    Cranelift,
    /// `rustc`, of Rust that is emitted for it.
    Rust,
}

/// A compiled program.
pub struct Compiled {
    /// Its object file; without the bodies of functions that are emitted as Rust.
    pub object: Vec<u8>,
    /// The functions as Rust, if that was asked for.
    pub rust: Option<RustCode>,
    /// Does it want the symbols of the extension too?
    pub has_extension: bool,
}

/// Why a program has no object file.
#[derive(Debug, thiserror::Error)]
pub enum AheadError {
    /// It reaches a builtin that is in no table with a symbol.
    #[error("`{name}` is in no library that a program is linked with; it is used in {user}")]
    Builtin {
        /// The builtin.
        name: String,
        /// Who names it.
        user: String,
    },
    /// A constant of its code is bound to this process.
    #[error("a constant of {user} cannot be put into a compiled program: {shown}")]
    Constant {
        /// Whose constant.
        user: String,
        /// The constant as text.
        shown: String,
    },
    /// A form of the library fails.
    #[error("{}", .0.message)]
    Library(Fault),
    /// A limit of the back end.
    #[error("{user} does not compile: {error}")]
    BackEnd {
        /// What it was at.
        user: String,
        /// What it says.
        error: Box<ModuleError>,
    },
}

impl AheadError {
    fn constant(user: &str, value: &batuta_runtime::value::Value) -> AheadError {
        AheadError::Constant {
            user: user.to_owned(),
            shown: print::short(value),
        }
    }
}

/// Compiles a program to an object file that has C's `main` and wants the runtime's symbols.
///
/// # Errors
/// The program needs what only `batuta run` has.
pub fn compile(program: &Program) -> Result<Compiled, AheadError> {
    let mut reach = Reach::new(program.extension, program.back_end)?;
    let forms = program.forms.iter();
    let forms: Vec<usize> = forms.map(|form| reach.code(&code_of(form))).collect();
    let main = match &program.main {
        Some((var, arglists)) => Some((reach.var(&var.0)?, arglists.as_str())),
        None => None,
    };
    reach.run()?;
    let has_extension = reach.needs_extension;
    let rust = reach.rust.take();
    let (object, tables) = image::written(reach, &forms, main)?;
    let object = object.finish(&tables);
    let object = object.map_err(|error| AheadError::BackEnd {
        user: "the object file".to_owned(),
        error,
    })?;
    Ok(Compiled {
        object,
        rust,
        has_extension,
    })
}
