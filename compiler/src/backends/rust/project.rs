//! The files of an emitted project.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::mem::offset_of;
use std::path::Path;

use batuta_runtime::collections::array::{ArrayBody, Element};
use batuta_runtime::collections::vector::{BITS, VectorBody, WIDTH};
use batuta_runtime::context;
use batuta_runtime::function::{FnCode, FunctionBody, VarBody};
use batuta_runtime::value::object::{
    BODY_OFFSET, HEADER_COUNT_OFFSET, HEADER_KIND_OFFSET, Kind, unique_header,
};
use batuta_runtime::value::{Control, TAG_CONTROL, TAG_POINTER, WORD_FALSE, WORD_NIL, WORD_TRUE};

use super::adapters::TAIL;
use super::var_symbol;

/// The prelude, file by file.
const PRELUDE: [(&str, &str); 6] = [
    ("src/runtime.rs", include_str!("prelude/runtime.rs")),
    ("src/runtime/calls.rs", include_str!("prelude/calls.rs")),
    (
        "src/runtime/collections.rs",
        include_str!("prelude/collections.rs"),
    ),
    ("src/runtime/numbers.rs", include_str!("prelude/numbers.rs")),
    ("src/runtime/plain.rs", include_str!("prelude/plain.rs")),
    ("src/runtime/words.rs", include_str!("prelude/words.rs")),
];

/// A Cargo project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Text by path inside the project.
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// The file that `rustc` is given.
    pub const ROOT: &'static str = "src/lib.rs";

    /// Writes all files into a folder, which is made if there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, text) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, text)?;
        }
        Ok(())
    }
}

pub(super) fn files(
    program: &str,
    modules: &BTreeMap<String, String>,
    vars: &BTreeMap<String, String>,
) -> Project {
    let prelude = PRELUDE.iter();
    let mut files: BTreeMap<String, String> = prelude
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    files.insert("Cargo.toml".to_owned(), manifest(program));
    files.insert(Project::ROOT.to_owned(), root(program, modules));
    files.insert("src/runtime/layout.rs".to_owned(), layout());
    files.insert("src/vars.rs".to_owned(), var_statics(vars));
    for (module, text) in modules {
        let text = format!("use crate::runtime::*;\nuse crate::*;\n{text}");
        files.insert(format!("src/{module}.rs"), text);
    }
    Project { files }
}

/// The name of a package for a program.
fn package(program: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = program.chars().filter(|c| plain(*c)).collect();
    match name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        true => name,
        false => format!("program-{name}"),
    }
}

fn manifest(program: &str) -> String {
    format!(
        r#"# Written by `batuta compile --emit rust`.
[package]
name = "{}"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[profile.dev]
panic = "abort"

[profile.release]
panic = "abort"
"#,
        package(program)
    )
}

fn root(program: &str, modules: &BTreeMap<String, String>) -> String {
    let mut out = format!(
        "//! `{}` as Rust. A module for each namespace; `runtime` is what their functions are made of,\n\
         //! `vars` are the names that the program defines or uses. `batuta compile --backend rust`\n\
         //! makes an executable of it.\n\n\
         #![no_std]\n\
         #![allow(unsafe_op_in_unsafe_fn, unused, non_snake_case, non_upper_case_globals)]\n\
         #![allow(clippy::all)]\n\n\
         #[macro_use]\nmod runtime;\nmod vars;\n\n",
        program.replace(['\n', '\r'], " ")
    );
    for module in modules.keys() {
        let _ = writeln!(out, "pub mod {module};");
    }
    out
}

fn var_statics(vars: &BTreeMap<String, String>) -> String {
    let mut out =
        "//! The vars: places of the program's names.\n\nuse crate::runtime::Var;\n\nunsafe extern \"C\" {\n"
            .to_owned();
    for (name, ident) in vars {
        let _ = writeln!(out, "    #[link_name = {:?}]", var_symbol(name));
        let _ = writeln!(out, "    pub static {ident}: Var;");
    }
    out.push_str("}\n");
    out
}

/// Where things lie, as the runtime of this build has them.
fn layout() -> String {
    let tag = TAG_POINTER as i64;
    let body = |offset: usize| i64::from(BODY_OFFSET) + offset as i64 - tag;
    let in_var = |offset: usize| (BODY_OFFSET as usize + offset) / 8;
    let mut out = "//! Where things lie in this build's runtime, and what its words look like.\n\n\
                   use super::words::Word;\n\n"
        .to_owned();
    let words = [
        ("NIL", WORD_NIL),
        ("FALSE", WORD_FALSE),
        ("TRUE", WORD_TRUE),
        ("FAILED", Control::Failed.word()),
        ("NO_MATCH", Control::NoMatch.word()),
        ("UNBOUND", Control::Unbound.word()),
        ("TAIL", TAIL),
        ("TAG_POINTER", TAG_POINTER),
        ("TAG_CONTROL", TAG_CONTROL),
        ("UNIQUE_VECTOR", unique_header(Kind::Vector)),
        ("WIDTH", WIDTH as u64),
        ("BITS", u64::from(BITS)),
    ];
    for (name, word) in words {
        let _ = writeln!(out, "pub const {name}: Word = {word:#x};");
    }
    let offsets = [
        ("STACK_LIMIT", i64::from(context::STACK_LIMIT_OFFSET)),
        ("SPILL", i64::from(context::SPILL_OFFSET)),
        ("SPILL_COUNT", i64::from(context::SPILL_COUNT_OFFSET)),
        ("CALLEE", i64::from(context::CALLEE_OFFSET)),
        ("ENTRY", i64::from(context::ENTRY_OFFSET)),
        ("COUNT", i64::from(HEADER_COUNT_OFFSET) - tag),
        ("KIND", i64::from(HEADER_KIND_OFFSET) - tag),
        ("BODY", body(0)),
        ("NODE_SLOTS", body(0)),
        ("CAPTURED", body(size_of::<FunctionBody>())),
        ("ENTRIES", offset_of!(FnCode, entries) as i64),
        ("VECTOR_LEN", body(VectorBody::LEN)),
        ("VECTOR_ROOT", body(VectorBody::ROOT)),
        ("TAIL_SLOTS", body(size_of::<VectorBody>())),
        ("ARRAY_LEN", body(ArrayBody::LEN)),
        ("ARRAY_WORDS", body(ArrayBody::WORDS)),
        ("ARRAY_ELEMENT", body(ArrayBody::ELEMENT)),
    ];
    for (name, offset) in offsets {
        let _ = writeln!(out, "pub const {name}: i64 = {offset};");
    }
    let places = [
        ("VAR_VALUE", in_var(offset_of!(VarBody, value))),
        ("VAR_CALLEE", in_var(offset_of!(VarBody, callee))),
    ];
    for (name, place) in places {
        let _ = writeln!(out, "pub const {name}: usize = {place};");
    }
    let bytes = [
        ("KIND_FUNCTION", Kind::Function as u8),
        ("KIND_VECTOR", Kind::Vector as u8),
        ("KIND_ARRAY", Kind::Array as u8),
        ("KIND_REDUCED", Kind::Reduced as u8),
        ("ELEMENT_LONG", Element::Long as u8),
        ("ELEMENT_DOUBLE", Element::Double as u8),
    ];
    for (name, byte) in bytes {
        let _ = writeln!(out, "pub const {name}: u8 = {byte};");
    }
    out
}
