//! Calls, and the check of argument counts that are known to be wrong.

use batuta_lang::form::{Form, FormKind, Name};
use batuta_lang::source::Span;
use batuta_runtime::function::var_flags;
use batuta_runtime::namespace::{self, Lookup};

use super::namespaces::Foresight;
use super::unit::{Ctx, Head, Unit, core, nil};
use crate::core_tree::{Core, CoreKind, VarRef};
use crate::messages;
use crate::resolve;

/// Functions of Batuta's core that a guard must not call.
const NOT_IN_GUARDS: [&str; 5] = ["call", "send", "spawn", "spawn-link", "spawn-monitor"];

impl Unit<'_> {
    /// A list whose head is no symbol.
    pub(super) fn call_of_form(
        &mut self,
        form: &Form,
        head: &Form,
        args: &[Form],
        ctx: Ctx,
    ) -> Core {
        match &head.kind {
            FormKind::Keyword(_) if matches!(args.len(), 1 | 2) => {
                let key = self.expr(head, ctx.value());
                let mut arguments = self.exprs(args, ctx);
                arguments.insert(1, key);
                self.core_call("get", arguments, form.span)
            }
            FormKind::Keyword(_)
            | FormKind::List(_)
            | FormKind::Vector(_)
            | FormKind::Map(_)
            | FormKind::Set(_)
            | FormKind::Tagged(..) => {
                let callee = self.expr(head, ctx.value());
                self.call_value(callee, args, form.span, ctx)
            }
            FormKind::Nil
            | FormKind::Bool(_)
            | FormKind::Int(_)
            | FormKind::BigInt(_)
            | FormKind::Ratio(..)
            | FormKind::Float(_)
            | FormKind::Decimal { .. }
            | FormKind::Str(_)
            | FormKind::Char(_)
            | FormKind::Regex(_)
            | FormKind::Symbol(_) => self.fail(messages::not_callable(head.span, head.kind_name())),
        }
    }

    pub(super) fn call_value(&mut self, callee: Core, args: &[Form], span: Span, ctx: Ctx) -> Core {
        let arguments = self.exprs(args, ctx);
        core(CoreKind::Call(Box::new(callee), arguments), span)
    }

    pub(super) fn call_global(
        &mut self,
        var: VarRef,
        form: &Form,
        args: &[Form],
        ctx: Ctx,
    ) -> Core {
        let span = form.span;
        if let Some(name) = resolve::core_name(&var.0) {
            if ctx.guard && NOT_IN_GUARDS.contains(&name) {
                return self.fail(messages::in_guard(span, name));
            }
            if name == "error" {
                self.check_error_member(args);
            }
            if let Some(operation) = self.operator(name, args, span, ctx) {
                return operation;
            }
            if let Foresight::Done = self.foresee(name, args, ctx) {
                return nil(span);
            }
        }
        let operation = match resolve::math_name(&var.0) {
            Some(name) => self.operator(name, args, span, ctx),
            None => None,
        };
        if let Some(operation) = operation {
            return operation;
        }
        if resolve::has_flag(&var.0, var_flags::DYNAMIC) {
            let callee = self.global_value(var, span);
            return self.call_value(callee, args, span, ctx);
        }
        self.check_arity(&var, args.len(), span, ctx);
        let arguments = self.exprs(args, ctx);
        core(CoreKind::CallGlobal(var, arguments), span)
    }

    fn check_arity(&mut self, var: &VarRef, count: usize, span: Span, ctx: Ctx) {
        // Inside a `try` the fault may be what is wanted.
        if ctx.guarded {
            return;
        }
        match self.session.signature(&var.0) {
            None => self.session.note_late_call(&var.0, count, span),
            Some(signature) if signature.arities.accept(count) => {}
            Some(signature) => {
                let name = match var.0.as_object::<batuta_runtime::function::VarBody>() {
                    Some(body) => body.name.to_string(),
                    None => String::new(),
                };
                let arglists = &signature.arglists;
                self.errors
                    .push(messages::arity_mismatch(span, &name, count, arglists));
            }
        }
    }

    /// A global under its name, whether or not it holds a macro.
    pub(super) fn global_var(&mut self, name: &Name, span: Span) -> Head {
        let namespace = self.session.namespace();
        match resolve::find(&namespace, name) {
            Lookup::Var(var) | Lookup::Private(var) => Head::Global(VarRef(var)),
            Lookup::Unknown | Lookup::UnknownNamespace => match self.head(name, span) {
                Head::Local(_) => Head::Global(VarRef(namespace::intern(&namespace, &name.name))),
                other => other,
            },
        }
    }
}
