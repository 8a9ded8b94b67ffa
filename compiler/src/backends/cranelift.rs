//! IR to Cranelift's IR, for any `cranelift_module::Module`.
//!
//! All Batuta code uses `CallConv::Tail` with the signature `(context, self, arguments…) -> word`.
//! Cold paths go through stubs with `CallConv::PreserveAll`: they keep every register, so a hot
//! loop keeps its values in registers; their result lies in the context.

pub mod stubs;
pub mod symbols;
pub mod translate;

use batuta_lang::source::Span;
use batuta_runtime::failure_state::SiteId;
use cranelift_codegen::ir::{AbiParam, Function, Signature, types};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_module::{FuncId, Module};

use crate::ir::function::IrFunction;

use translate::leaf::leaf;
use translate::{Declared, translate};

/// Gives places in the source their ids.
pub(crate) type Sites<'s> = dyn FnMut(&str, Span) -> SiteId + 's;

/// The machine that code is made for: this one, in code that lies where it is linked.
pub(crate) fn target() -> OwnedTargetIsa {
    let mut flags = settings::builder();
    for (name, value) in [
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
        ("opt_level", "speed"),
        ("unwind_info", "false"),
        // The tail calls of Cranelift 0.135 rely on them.
        ("preserve_frame_pointers", "true"),
        (
            "enable_verifier",
            if cfg!(debug_assertions) {
                "true"
            } else {
                "false"
            },
        ),
    ] {
        flags
            .set(name, value)
            .expect("the names and values are Cranelift's own");
    }
    let triple = target_lexicon::Triple::host();
    isa::lookup(triple)
        .and_then(|builder| {
            builder
                .finish(settings::Flags::new(flags))
                .map_err(|_| isa::LookupError::Unsupported)
        })
        .expect("the runtime refuses to build for targets that Cranelift does not know")
}

/// Cranelift's functions for one of ours: the full one, and its quick entry if it has one.
pub(crate) fn translated(
    ir: &IrFunction,
    module: &mut dyn Module,
    declared: Declared,
    sites: &mut Sites<'_>,
) -> Vec<(FuncId, Function)> {
    let mut scratch = FunctionBuilderContext::new();
    let mut full = Function::new();
    translate(ir, module, declared, sites, &mut full, &mut scratch);
    let mut functions = vec![(declared.body, full)];
    if let Some(leaf) = leaf(ir) {
        let mut quick = Function::new();
        leaf.translate(module, declared, &mut quick, &mut scratch);
        functions.push((declared.entry, quick));
    }
    functions
}

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
