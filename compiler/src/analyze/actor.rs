//! `defactor`: an actor's definition as a value.
//!
//! The body becomes a function of the state. A `recur` in its `receive` calls that very function,
//! so an actor keeps the code it was spawned with when its definition changes.

use std::sync::Arc;

use batuta_lang::form::{Form, Name};
use batuta_lang::source::Span;
use batuta_runtime::namespace;
use batuta_runtime::value::Value;

use super::scope::{FnKind, FnScope};
use super::unit::{
    ActorCtx, Ctx, RecurCtx, Unit, constant_value, core, do_, local, nil, small_int,
};
use crate::core_tree::{Core, CoreArity, CoreKind, LocalId, VarRef};
use crate::messages;

#[derive(Default)]
struct ActorParts<'f> {
    init: Option<&'f Form>,
    terminate: Option<&'f Form>,
    migrate: Option<&'f Form>,
    body: Vec<Form>,
}

impl Unit<'_> {
    /// `(defactor name [state…] part… body…)`
    pub(super) fn defactor(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        let name = args.first().and_then(Form::as_plain_symbol);
        let mut rest = args.get(1..).unwrap_or_default();
        if rest.first().is_some_and(|first| first.is_word("::")) {
            rest = rest.get(2..).unwrap_or_default();
        }
        if rest.first().is_some_and(|first| first.as_str().is_some()) {
            rest = &rest[1..];
        }
        let state = rest.first().and_then(Form::as_vector);
        let (Some(name), Some(state)) = (name, state) else {
            let wanted = "it wants a name and a vector of state parameters";
            return self.fail(messages::malformed(span, "defactor", wanted));
        };
        let Some(parts) = self.actor_parts(&rest[1..]) else {
            return nil(span);
        };
        let here = self.session.namespace();
        let var = namespace::intern(&here, name);
        namespace::declare(&var);
        self.session.set_signature(&var, None);
        let definition = self.value_of(&var, |unit| {
            unit.actor_definition(name, state, &parts, span, ctx.value())
        });
        core(CoreKind::Def(VarRef(var), Some(Box::new(definition))), span)
    }

    fn actor_parts<'f>(&mut self, forms: &'f [Form]) -> Option<ActorParts<'f>> {
        let mut parts = ActorParts::default();
        for form in forms {
            let items = form.as_list().unwrap_or_default();
            let takes = items
                .get(1)
                .is_some_and(|params| params.as_vector().is_some());
            let head = items
                .first()
                .and_then(Form::as_plain_symbol)
                .map(|head| &**head);
            let slot = match head {
                Some("init") if takes => &mut parts.init,
                Some("terminate") if takes => &mut parts.terminate,
                Some("migrate") if takes => &mut parts.migrate,
                _ => {
                    parts.body.push(form.clone());
                    continue;
                }
            };
            if slot.replace(form).is_some() {
                let wanted = "each part may stand there once";
                self.fail(messages::malformed(form.span, "defactor", wanted));
                return None;
            }
        }
        Some(parts)
    }

    fn actor_definition(
        &mut self,
        name: &Arc<str>,
        state: &[Form],
        parts: &ActorParts<'_>,
        span: Span,
        ctx: Ctx,
    ) -> Core {
        let init = match parts.init {
            Some(init) => self.actor_function(
                name,
                "init",
                &part_params(init),
                part_body(init),
                init.span,
                ctx,
            ),
            None => nil(span),
        };
        let body = self.actor_body(name, state, parts, span, ctx);
        let terminate = match parts.terminate {
            Some(part) => {
                let mut params = part_params(part);
                if params.is_empty() {
                    params.push(Form::sym(part.span, "_"));
                }
                params.extend_from_slice(state);
                self.actor_function(name, "terminate", &params, part_body(part), part.span, ctx)
            }
            None => nil(span),
        };
        let full = format!("{}/{name}", self.session.namespace());
        let text = Value::str(&full);
        text.publish();
        let arity = small_int(state.len(), span);
        let mut arguments = vec![constant_value(text, span), arity, init, body, terminate];
        if let Some(part) = parts.migrate {
            let params = part_params(part);
            if params.len() != 1 {
                let wanted = "`migrate` takes the old state, one parameter";
                self.fail(messages::malformed(part.span, "defactor", wanted));
            }
            let body = part_body(part);
            arguments.push(self.actor_function(name, "migrate", &params, body, part.span, ctx));
        }
        self.core_call("actor-definition", arguments, span)
    }

    fn actor_function(
        &mut self,
        name: &str,
        part: &str,
        params: &[Form],
        body: &[Form],
        span: Span,
        ctx: Ctx,
    ) -> Core {
        self.push_part(name, part);
        let (locals, destructured) = self.actor_params(params, body, span);
        let inside = Ctx {
            recur: RecurCtx::Function {
                count: locals.len(),
            },
            actor: None,
            guard: false,
            ..ctx
        };
        let body = self.body(&destructured, span, inside);
        self.finish_part(locals, body, span)
    }

    fn actor_body(
        &mut self,
        name: &str,
        state: &[Form],
        parts: &ActorParts<'_>,
        span: Span,
        ctx: Ctx,
    ) -> Core {
        self.push_part(name, "body");
        let (locals, destructured) = self.actor_params(state, &parts.body, span);
        let inside = Ctx {
            recur: RecurCtx::Function {
                count: locals.len(),
            },
            actor: Some(ActorCtx {
                depth: self.scopes.depth(),
                count: locals.len(),
                first: locals.first().copied(),
            }),
            guard: false,
            ..ctx
        };
        let mut body = self.body(&destructured, span, inside);
        if parts.terminate.is_some() {
            // Kept until the next state is known, so that `terminate` has the one before a crash.
            let state = locals.iter().map(|id| local(*id, span)).collect();
            let note = self.core_call("actor-state", state, span);
            body = do_(vec![note, body], span);
        }
        self.finish_part(locals, body, span)
    }

    fn push_part(&mut self, name: &str, part: &str) {
        let full = format!("{}/{name}/{part}", self.scopes.current().name);
        self.scopes
            .push(FnScope::new(full.into(), FnKind::Actor, None));
    }

    fn finish_part(&mut self, params: Vec<LocalId>, body: Core, span: Span) -> Core {
        let arity = CoreArity {
            params,
            rest: None,
            declared: Vec::new(),
            body,
        };
        let function = self.scopes.pop().finish(span, vec![arity]);
        core(CoreKind::Fn(Arc::new(function)), span)
    }

    /// Binds the parameters; those that are no plain names are taken apart by a `let` around the
    /// body.
    fn actor_params(
        &mut self,
        params: &[Form],
        body: &[Form],
        span: Span,
    ) -> (Vec<LocalId>, Vec<Form>) {
        let mut locals = Vec::with_capacity(params.len());
        let mut taken_apart = Vec::new();
        for (index, param) in params.iter().enumerate() {
            let name = match param.as_plain_symbol() {
                Some(name) => name.clone(),
                None => {
                    let name: Arc<str> = format!("state--{index}").into();
                    taken_apart.push(param.clone());
                    taken_apart.push(Form::symbol(param.span, Name::new(name.clone())));
                    name
                }
            };
            locals.push(self.bind(&name));
        }
        if taken_apart.is_empty() {
            return (locals, body.to_vec());
        }
        let mut items = vec![
            Form::sym(span, "batuta.core/let"),
            Form::vector(span, taken_apart),
        ];
        items.extend_from_slice(body);
        (locals, vec![Form::list(span, items)])
    }
}

fn part_params(part: &Form) -> Vec<Form> {
    let params = part
        .as_list()
        .and_then(|items| items.get(1))
        .and_then(Form::as_vector);
    params.unwrap_or_default().to_vec()
}

fn part_body(part: &Form) -> &[Form] {
    part.as_list()
        .and_then(|items| items.get(2..))
        .unwrap_or_default()
}
