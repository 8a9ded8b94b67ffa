//! Expanded forms to core, IR and machine code.
//!
//! Text becomes forms in `batuta-lang`; here a form becomes core ([`analyze`], [`patterns`]), core
//! becomes IR ([`lower`]), the [`passes`] make ownership explicit, and a back end ([`backends`])
//! makes machine code at the first call ([`code`]). [`session`] and [`evaluate`] drive it. This
//! crate writes no file and prints nothing.

pub mod ahead;
pub mod analyze;
pub mod backends;
pub mod builtins;
pub mod code;
pub mod core_text;
pub mod core_tree;
pub mod evaluate;
mod foreign;
mod fuse;
pub mod ir;
pub mod library;
pub mod load;
pub mod lower;
pub mod macro_run;
pub mod messages;
pub mod passes;
pub mod patterns;
pub mod resolve;
pub mod session;

use batuta_lang::diagnostic::{Diagnostic, RenderStyle};
use batuta_lang::expand::core_macros::CORE_MACROS;
use batuta_runtime::abi::call::{install_interpreter, install_invoke, install_resolver};
use batuta_runtime::builtin::BuiltinTable;
use batuta_runtime::dynamic;
use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::namespace;

/// Makes the process ready to compile: stubs, builtins, the resolver. Once, before anything else.
pub fn start(tables: &[&'static BuiltinTable]) {
    backends::jit::jit();
    for table in tables.iter().copied().chain([&builtins::TABLE]) {
        namespace::install(table);
    }
    dynamic::install();
    namespace::create("user");
    declare_core_macros();
    install_resolver(Box::new(code::FirstCall));
    install_interpreter(evaluate::interpreter());
    let invoke = namespace::intern(namespace::CORE, "invoke");
    if let Some(function) = invoke.as_object::<VarBody>().and_then(VarBody::root) {
        install_invoke(function);
    }
}

/// Gives the macros that come with the language their vars, for `resolve` and `#'when`.
pub fn declare_core_macros() {
    for known in CORE_MACROS {
        let var = namespace::intern(namespace::CORE, known.name);
        namespace::declare(&var);
        if let Some(body) = var.as_object::<VarBody>() {
            body.set(var_flags::MACRO);
        }
    }
}

/// Diagnostics as plain text, for the message of a fault.
fn diagnostics_text(diagnostics: &[Diagnostic]) -> String {
    let style = RenderStyle {
        color: false,
        width: 100,
    };
    match diagnostics {
        [one] if one.labels.iter().all(|label| label.span.is_none()) => one.message.clone(),
        _ => diagnostics
            .iter()
            .map(|d| d.render(session::sources(), style))
            .collect(),
    }
}
