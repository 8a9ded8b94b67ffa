//! IR to Cranelift's IR, for any `cranelift_module::Module`.
//!
//! All Batuta code uses `CallConv::Tail` with the signature `(context, self, arguments…) -> word`.
//! Cold paths go through stubs with `CallConv::PreserveAll`: they keep every register, so a hot
//! loop keeps its values in registers; their result lies in the context.

pub mod stubs;
pub mod symbols;
pub mod translate;

use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::isa::CallConv;

/// Signature of a function with so many arguments: context, `self`, arguments.
pub(crate) fn entry_signature(arguments: usize) -> Signature {
    words(CallConv::Tail, arguments + 2, true)
}

/// Signature over words.
pub(crate) fn words(convention: CallConv, params: usize, returns: bool) -> Signature {
    let mut signature = Signature::new(convention);
    signature
        .params
        .extend((0..params).map(|_| AbiParam::new(types::I64)));
    if returns {
        signature.returns.push(AbiParam::new(types::I64));
    }
    signature
}
