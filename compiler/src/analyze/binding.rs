//! `let*`, `loop*`, `recur`, `if`, `set!`, `var`.

use batuta_lang::form::Form;

use super::unit::{Ctx, Head, RecurCtx, Unit, core, if_, let_, local, nil};
use crate::core_tree::{Core, CoreKind, LocalId, RecurTarget};
use crate::messages;

impl Unit<'_> {
    pub(crate) fn if_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let (2 | 3) = args.len() else {
            let wanted = "it wants a test, a form, and perhaps another one";
            return self.fail(messages::malformed(form.span, "if", wanted));
        };
        let test = self.expr(&args[0], ctx.value());
        let then = self.expr(&args[1], ctx.branch());
        let otherwise = match args.get(2) {
            Some(otherwise) => self.expr(otherwise, ctx.branch()),
            None => nil(form.span),
        };
        if_(test, then, otherwise, form.span)
    }

    pub(crate) fn let_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let mark = self.scopes.current().mark();
        let bindings = self.bindings(form, "let*", args, ctx);
        let body = self.body(args.get(1..).unwrap_or_default(), form.span, ctx);
        self.scopes.current().leave(mark);
        let_(bindings, body, form.span)
    }

    /// `(let-cells* [name cell…] body…)`
    pub(crate) fn let_cells(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let mark = self.scopes.current().mark();
        let bindings = self.bindings(form, "let-cells*", args, ctx);
        for (id, _) in &bindings {
            self.scopes.current().mark_cell(*id);
        }
        let body = self.body(args.get(1..).unwrap_or_default(), form.span, ctx);
        self.scopes.current().leave(mark);
        let_(bindings, body, form.span)
    }

    pub(crate) fn loop_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let mark = self.scopes.current().mark();
        let bindings = self.bindings(form, "loop*", args, ctx);
        let label = self.scopes.current().label();
        let inside = Ctx {
            recur: RecurCtx::Loop {
                label,
                count: bindings.len(),
            },
            actor: None,
            ..ctx
        };
        let body = self.body(args.get(1..).unwrap_or_default(), form.span, inside);
        self.scopes.current().leave(mark);
        let body = Box::new(body);
        let kind = CoreKind::Loop {
            label,
            bindings,
            body,
        };
        core(kind, form.span)
    }

    /// `[name value …]`: each value sees the names before it.
    fn bindings(
        &mut self,
        form: &Form,
        head: &str,
        args: &[Form],
        ctx: Ctx,
    ) -> Vec<(LocalId, Core)> {
        let pairs = args.first().and_then(Form::as_vector).unwrap_or_default();
        let is_vector = args
            .first()
            .is_some_and(|first| first.as_vector().is_some());
        if !is_vector || !pairs.len().is_multiple_of(2) {
            let wanted = "it wants a vector of names and values";
            self.fail(messages::malformed(form.span, head, wanted));
            return Vec::new();
        }
        let mut bindings = Vec::with_capacity(pairs.len() / 2);
        for pair in pairs.chunks_exact(2) {
            let value = self.expr(&pair[1], ctx.value());
            match pair[0].as_plain_symbol() {
                Some(name) => bindings.push((self.bind(name), value)),
                None => {
                    let wanted = "names must be symbols without namespace";
                    self.fail(messages::malformed(pair[0].span, head, wanted));
                }
            }
        }
        bindings
    }

    pub(crate) fn recur(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        if ctx.guard {
            return self.fail(messages::in_guard(span, "recur"));
        }
        let arguments = self.exprs(args, ctx);
        let (target, name, wanted) = match ctx.recur {
            RecurCtx::Nowhere => return self.fail(messages::recur_nowhere(span)),
            RecurCtx::NotTail => return self.fail(messages::recur_not_tail(span)),
            RecurCtx::AcrossTry => return self.fail(messages::recur_across_try(span)),
            RecurCtx::Function { count } => (Some(RecurTarget::Function), "function", count),
            RecurCtx::Loop { label, count } => (Some(RecurTarget::Loop(label)), "loop", count),
            RecurCtx::Actor { count, .. } => (None, "actor's state", count),
        };
        if arguments.len() != wanted {
            let got = arguments.len();
            return self.fail(messages::recur_arity(span, name, wanted, got));
        }
        match (target, ctx.recur) {
            (Some(target), _) => core(CoreKind::Recur(target, arguments), span),
            (None, RecurCtx::Actor { depth, .. }) => self.actor_recur(depth, arguments, span),
            (None, _) => nil(span),
        }
    }

    pub(crate) fn set_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let [target, value] = args else {
            let wanted = "it wants a dynamic var and a value";
            return self.fail(messages::malformed(form.span, "set!", wanted));
        };
        let cell = target
            .as_plain_symbol()
            .and_then(|name| self.scopes.resolve(name))
            .filter(|id| self.scopes.current().is_cell(*id));
        if let Some(id) = cell {
            let value = self.expr(value, ctx.value());
            return self.core_call("vreset!", vec![local(id, form.span), value], form.span);
        }
        let var = self.var_form(form, std::slice::from_ref(target));
        let value = self.expr(value, ctx.value());
        self.core_call("set-dynamic-value", vec![var, value], form.span)
    }

    /// `(var name)`, also written `#'name`.
    pub(crate) fn var_form(&mut self, form: &Form, args: &[Form]) -> Core {
        let named = match args {
            [written] => written.as_symbol().map(|name| (name, written.span)),
            _ => None,
        };
        let Some((name, span)) = named else {
            return self.fail(messages::malformed(form.span, "var", "it wants a name"));
        };
        match self.global_var(name, span) {
            Head::Global(var) | Head::Macro(var) => core(CoreKind::Var(var), form.span),
            Head::Local(id) => local(id, form.span),
            Head::Special(_) | Head::CoreMacro(_) => {
                self.fail(messages::special_as_value(span, &name.to_string()))
            }
            Head::Broken => nil(form.span),
        }
    }
}
