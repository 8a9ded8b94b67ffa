//! Names and signatures of what compiled code refers to: ABI entries in Rust and the stubs.

use batuta_runtime::function::VarBody;
use cranelift_codegen::ir::Signature;
use cranelift_codegen::isa::CallConv;

use super::words;
use crate::ir::function::Literal;
use crate::ir::instruction::{Look, RuntimeEntry};
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

/// Something compiled code calls by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// The name, in the ABI table or among the stubs.
    pub name: String,
    convention: Convention,
    params: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Convention {
    SystemV,
    PreserveAll,
    Tail,
}

impl Symbol {
    /// A Rust entry of the ABI table: `(context, …) -> word`.
    pub fn rust(name: impl Into<String>, params: usize) -> Symbol {
        Symbol {
            name: name.into(),
            convention: Convention::SystemV,
            params,
        }
    }

    /// A stub for a cold path: keeps all registers, result in the context.
    pub fn cold(name: impl Into<String>, params: usize) -> Symbol {
        Symbol {
            name: name.into(),
            convention: Convention::PreserveAll,
            params,
        }
    }

    /// A stub that is called like a function.
    pub fn tail(name: impl Into<String>, params: usize) -> Symbol {
        Symbol {
            name: name.into(),
            convention: Convention::Tail,
            params,
        }
    }

    /// Its signature.
    pub fn signature(&self) -> Signature {
        match self.convention {
            Convention::SystemV => words(CallConv::SystemV, self.params, true),
            Convention::PreserveAll => words(CallConv::PreserveAll, self.params, false),
            Convention::Tail => words(CallConv::Tail, self.params, true),
        }
    }
}

/// Prefix of the symbols of vars.
pub const VAR_PREFIX: &str = "var ";

/// The symbol of a var's object: its address in this process, or its name in an object file.
pub fn var(literal: &Literal) -> String {
    let name = match literal {
        Literal::Var(var) => var.as_object::<VarBody>().map(VarBody::qualified),
        Literal::Value(_) | Literal::Code(_) | Literal::Held { .. } => None,
    };
    format!(
        "{VAR_PREFIX}{}",
        name.expect("calls through a var name a literal that is one")
    )
}

/// Slow path of arithmetic: `(context, a, b, consumed)`.
pub fn arith(op: ArithOp) -> Symbol {
    Symbol::cold(format!("{STUB_PREFIX}{}", op.name()), 4)
}

/// Slow path of arithmetic of one number: `(context, a, consumed)`.
pub fn unary(op: UnaryOp) -> Symbol {
    Symbol::cold(format!("{STUB_PREFIX}{}", op.name()), 3)
}

/// Slow path of a comparison: `(context, a, b, consumed)`; the result is 0, 1 or the sentinel.
pub fn compare(op: CompareOp) -> Symbol {
    Symbol::cold(format!("{STUB_PREFIX}{}", op.name()), 4)
}

/// Slow path of reading an array: `(context, array, index)`.
pub fn array_get() -> Symbol {
    Symbol::cold("stub_array_get", 3)
}

/// Slow path of changing an array: `(context, array, index, element)`.
pub fn array_set() -> Symbol {
    Symbol::cold("stub_array_set", 4)
}

/// The number of elements of what may be no array: `(context, array)`.
pub fn array_length() -> Symbol {
    Symbol::cold("stub_array_length", 2)
}

/// A word for a float that is rarely inline: `(context, bits)`.
pub fn box_float() -> Symbol {
    Symbol::cold("stub_box_float", 2)
}

/// Takes another count of a pointer word: `(context, word)`.
pub fn dup() -> Symbol {
    Symbol::cold("stub_dup", 2)
}

/// Gives a count of a pointer word back: `(context, word)`.
pub fn drop() -> Symbol {
    Symbol::cold("stub_drop", 2)
}

/// A loop's poll: `(context)`; the result is nil or the sentinel.
pub fn poll() -> Symbol {
    Symbol::cold("stub_poll", 1)
}

/// Notes the site a failure passes: `(context, site)`.
pub fn trace() -> Symbol {
    Symbol::cold("stub_trace", 2)
}

/// Raises the fault of an unbound var: `(context, var)`.
pub fn unbound() -> Symbol {
    Symbol::cold("stub_unbound", 2)
}

/// Entry check that failed: like the function itself, which it re-enters.
pub fn check(arguments: usize) -> Symbol {
    Symbol::tail(format!("stub_check_{arguments}"), arguments + 2)
}

/// Calls a builtin, or a value that is no function: like a function's entry.
pub fn native(arguments: usize) -> Symbol {
    Symbol::tail(format!("stub_native_{arguments}"), arguments + 2)
}

/// What names of stubs begin with.
pub const STUB_PREFIX: &str = "stub_";

/// The quick way of an equality: `(context, a, b)`, or the mark that it is none.
pub fn equal() -> Symbol {
    Symbol::rust("bt_look_equal", 3)
}

/// The leaf for a look, if there is one: `(context, operands…)`; gives the mark for what it leaves
/// to others.
pub fn look(look: Look, operands: usize) -> Option<Symbol> {
    let has_leaf = look != Look::NthOr;
    has_leaf.then(|| Symbol::rust(format!("bt_look_{}", look.name()), operands + 1))
}

/// Calls an ABI entry on the worker's own stack: `(context, a, b, c, entry)`.
pub fn on_native() -> Symbol {
    Symbol::rust("bt_on_native", 5)
}

/// The quick road to a builtin: `(context, function, arguments, count)`, on the worker's stack.
pub fn quick() -> Symbol {
    Symbol::rust("bt_quick", 4)
}

/// Does what a builtin asked for until it gives a value or fails: `(context, word)`.
pub fn drive() -> Symbol {
    Symbol::tail("stub_drive", 2)
}

/// Calls of so many arguments at most have a stub for where they are made hardly ever.
pub const RARE_ARGUMENTS: usize = 4;

/// A call that keeps all registers: `(context, callee, entry, arguments…)`.
pub fn rare_call(arguments: usize) -> Symbol {
    Symbol::cold(format!("stub_rare_call_{arguments}"), arguments + 3)
}

/// The quick road to a builtin, keeping all registers: `(context, callee, arguments' place, count)`.
pub fn rare_quick() -> Symbol {
    Symbol::cold("stub_rare_quick", 4)
}

/// As [`drive`], keeping all registers.
pub fn rare_drive() -> Symbol {
    Symbol::cold("stub_rare_drive", 2)
}

/// Where the leaf of a vector is, asked by a loop that comes here once a leaf: `(context, vector,
/// index)`.
pub fn leaf(entry: RuntimeEntry) -> Option<Symbol> {
    match entry {
        RuntimeEntry::SlotAddress => Some(Symbol::cold("stub_slot_address", 3)),
        RuntimeEntry::LeafEnd => Some(Symbol::cold("stub_leaf_end", 3)),
        _ => None,
    }
}

/// A runtime entry that an instruction calls.
pub fn runtime(entry: RuntimeEntry, arguments: usize) -> Symbol {
    Symbol::rust(entry.symbol(), arguments + 1)
}

/// `(code, captured values, count) -> closure`.
pub fn make_closure() -> Symbol {
    Symbol::rust("bt_make_closure", 3)
}

/// `(context) -> failure`, or the sentinel for an exit signal.
pub fn catch_take() -> Symbol {
    Symbol::rust("bt_catch_take", 1)
}

/// `(context, failure)`: the failure is under way again.
pub fn rethrow() -> Symbol {
    Symbol::rust("bt_rethrow", 2)
}
