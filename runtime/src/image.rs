//! Programs compiled ahead of time: what their object file holds besides machine code, and how it
//! becomes a running program.
//!
//! An object file has one [`Program`]: tables of addresses that the linker fills in, and the
//! *image*, a text of bytes that says what is to be made of them at start ([`install`]). Sections
//! of the image, in order: sources, sites, vars, namespaces, names in them, codes, constants, roots of vars, metadata of
//! vars, tables of literals, top-level forms, `main`. [`bytes`] has the primitives, [`value`] the
//! constants. To add a section: a row here, its writer in the compiler's `ahead::image`, its
//! reader in [`install`], at the same place of the order.

pub mod bytes;
pub mod install;
pub mod value;

use std::mem::offset_of;

use crate::abi;
use crate::builtin::BuiltinTable;
use crate::function::{ENTRIES, Entry, FnCode, VAR_BYTES, VarBody};
use crate::value::Value;

/// Addresses of stubs in [`Program::stubs`]: two tables of entries, then the two ways in.
pub const STUBS: usize = 2 * ENTRIES + 2;

/// What the object file of a program refers to. Every field is one word.
#[repr(C)]
pub struct Program {
    /// [`fingerprint`] of the compiler that made it.
    pub fingerprint: u64,
    /// The image.
    pub image: *const u8,
    /// Bytes of the image.
    pub image_bytes: usize,
    /// The stubs: `resolve` and `native` by index, `run_entry`, `enter`.
    pub stubs: *const Entry,
    /// Machine code, in the order in which the image names entries.
    pub entries: *const Entry,
    /// Room for vars, in the order of the image.
    pub vars: *const *mut u8,
    /// Tables of literals to fill, in the order of the image.
    pub literals: *const *mut u64,
    /// The tables of builtins that the program names.
    pub tables: *const *const &'static BuiltinTable,
    /// Starts what the program holds besides the runtime, once its vars are there.
    pub start: Option<extern "C" fn()>,
    /// [`MAKE_REGEX`], if the program has a regular expression among its constants.
    pub regex: Option<unsafe extern "C" fn(*const u8, usize) -> u64>,
}

/// Symbol of what makes a regular expression of a text. Only programs that have one name it, so
/// that the linker leaves the machinery out of all others.
pub const MAKE_REGEX: &str = "bt_make_regex";

/// The word of a regular expression, owned by the caller.
///
/// # Safety
/// `text` points at so many bytes of UTF-8, the source of an expression that compiles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_make_regex(text: *const u8, bytes: usize) -> u64 {
    // SAFETY: the caller says so.
    let text = unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(text, bytes)) };
    let regex = Value::regex(text);
    regex
        .expect("an expression that compiled was written")
        .into_word()
}

/// Builtins besides the runtime's, for programs that reach one of them, and what starts them. Such a
/// program is linked with a library of its own.
pub struct Extension {
    /// Their tables under their symbols.
    pub symbols: &'static [(&'static str, &'static BuiltinTable)],
    /// Functions of the core that builtins look for by name, behind the builtin's qualified name.
    pub beside: &'static [(&'static str, &'static [&'static str])],
    /// Special forms that come to them.
    pub forms: &'static [&'static str],
    /// Symbol of the function that starts them.
    pub start: &'static str,
    /// Symbol of the function that starts them and the compiler.
    pub start_with_compiler: &'static str,
}

/// Words of a [`Program`].
pub const PROGRAM_WORDS: usize = size_of::<Program>() / 8;

/// A number that differs where object files and runtime do not fit together.
pub fn fingerprint() -> u64 {
    let layout = [
        VAR_BYTES,
        size_of::<FnCode>(),
        offset_of!(FnCode, entries),
        offset_of!(VarBody, callee),
        ENTRIES,
        abi::ENTRIES.len(),
    ];
    let bytes = env!("CARGO_PKG_VERSION").bytes().map(u64::from);
    let words = layout.into_iter().map(|word| word as u64).chain(bytes);
    // FNV-1a.
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        (hash ^ word).wrapping_mul(0x0100_0000_01b3)
    })
}

/// How the image names a code's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// For this number of arguments.
    Count(usize),
    /// The rest comes as a sequence.
    Variadic,
    /// All arguments come as a list; this many parameters.
    Wide(usize),
}

impl EntryKind {
    /// As a number.
    pub fn number(self) -> u64 {
        match self {
            EntryKind::Count(count) => count as u64,
            EntryKind::Variadic => ENTRIES as u64,
            EntryKind::Wide(count) => (ENTRIES + count) as u64,
        }
    }

    /// From its number.
    pub fn from_number(number: u64) -> EntryKind {
        match number as usize {
            count if count < ENTRIES => EntryKind::Count(count),
            ENTRIES => EntryKind::Variadic,
            wide => EntryKind::Wide(wide - ENTRIES),
        }
    }
}

/// What a var holds at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The function of the code with this index.
    Code(usize),
    /// The builtin with this index of the table with this index.
    Builtin(usize, usize),
    /// The constant with this index.
    Constant(usize),
}

/// What a word of a literal table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The constant with this index.
    Constant(usize),
    /// The var with this index.
    Var(usize),
    /// The code with this index.
    Code(usize),
    /// The function that a call through the var with this index enters at start.
    Held(usize),
}
