//! The `receive` family.
//!
//! In tail position of an actor's body a `receive` is the actor's loop: its clauses become a
//! function of one message, the *matcher*, and the body ends with `Park(matcher, timeout)`. Anywhere
//! else it waits where it stands, walking over the mailbox until a clause matches.

use std::sync::Arc;

use batuta_lang::expand::clauses::Clause as RawClause;
use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::value::Value;

use super::matching::is_timeout_word;
use super::scope::{FnKind, FnScope};
use super::unit::{
    ActorCtx, Ctx, RecurCtx, Unit, constant_value, core, do_, if_, let_, local, nil, primitive,
    small_int,
};
use crate::core_tree::{Core, CoreArity, CoreKind, LabelId, LocalId, Primitive, RecurTarget};
use crate::messages;
use crate::patterns::clauses::{Clause, read_clause, split_clauses};
use crate::patterns::tree::{Root, Setting, compile_clauses};

/// A `receive` form with its clauses read.
struct Parts {
    clauses: Vec<Clause>,
    timeout: Option<(Form, Vec<Form>)>,
    span: Span,
}

impl Unit<'_> {
    /// `(receive clause…)`
    pub(super) fn receive(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        if ctx.guard {
            return self.fail(messages::in_guard(span, "receive"));
        }
        let Some(raw) = split_clauses(self, "receive", args) else {
            return nil(span);
        };
        let parts = self.receive_parts(&raw, None, span);
        self.receive_of(&parts, ctx)
    }

    /// `(receive-timeout ms clause… timeout -> …)`
    pub(super) fn receive_timeout(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        if ctx.guard {
            return self.fail(messages::in_guard(span, "receive-timeout"));
        }
        let Some((duration, clauses)) = args.split_first() else {
            let wanted = "it wants milliseconds and clauses";
            return self.fail(messages::malformed(span, "receive-timeout", wanted));
        };
        let Some(raw) = split_clauses(self, "receive-timeout", clauses) else {
            return nil(span);
        };
        let is_last = |clause: &&RawClause<'_>| is_timeout_word(clause.pattern);
        let named = raw.iter().filter(is_last).count();
        let last = raw
            .last()
            .filter(is_last)
            .filter(|last| last.guard.is_none());
        let (Some(last), 1) = (last, named) else {
            let wanted = "its last clause, and no other, is `timeout -> …`";
            return self.fail(messages::malformed(span, "receive-timeout", wanted));
        };
        let timeout = (duration.clone(), last.body.to_vec());
        let parts = self.receive_parts(&raw[..raw.len() - 1], Some(timeout), span);
        self.receive_of(&parts, ctx)
    }

    fn receive_parts(
        &mut self,
        raw: &[RawClause<'_>],
        timeout: Option<(Form, Vec<Form>)>,
        span: Span,
    ) -> Parts {
        let clauses = raw.iter().map(|clause| read_clause(self, clause)).collect();
        Parts {
            clauses,
            timeout,
            span,
        }
    }

    fn receive_of(&mut self, parts: &Parts, ctx: Ctx) -> Core {
        match ctx.actor {
            Some(actor) => self.parked_receive(parts, actor, ctx),
            None => self.blocking_receive(parts, ctx),
        }
    }

    fn parked_receive(&mut self, parts: &Parts, actor: ActorCtx, ctx: Ctx) -> Core {
        let span = parts.span;
        let (timeout, bindings) = match &parts.timeout {
            Some((duration, _)) => {
                let duration = self.expr(duration, ctx.value());
                let (id, bindings) = self.held(duration, "timeout");
                (Some(id), bindings)
            }
            None => (None, Vec::new()),
        };
        let depth = self.scopes.depth();
        let name: Arc<str> = format!("{}/receive", self.scopes.current().name).into();
        self.scopes.push(FnScope::new(name, FnKind::Actor, None));
        let message = self.fresh("message");
        let self_id = self.scopes.current().self_local();
        self.capture_state(actor);
        let inside = timeout.map(|id| self.scopes.import(depth, id));
        let waiting = |id: Option<LocalId>| id.map_or_else(|| nil(span), |id| local(id, span));
        let again = vec![local(self_id, span), waiting(inside)];
        let again = primitive(Primitive::Park, again, span);
        let body = self.matcher_body(parts, actor, message, ctx, again);
        let arity = CoreArity {
            params: vec![message],
            rest: None,
            declared: Vec::new(),
            body,
        };
        let matcher = self.scopes.pop().finish(span, vec![arity]);
        let matcher = core(CoreKind::Fn(Arc::new(matcher)), span);
        let park = primitive(Primitive::Park, vec![matcher, waiting(timeout)], span);
        let_(bindings, park, span)
    }

    /// A matcher holds the state first, where the runtime finds it to show it and to give it to
    /// newer code.
    fn capture_state(&mut self, actor: ActorCtx) {
        let Some(first) = actor.first else { return };
        for number in 0..actor.count as u32 {
            self.scopes.import(actor.depth, LocalId(first.0 + number));
        }
    }

    /// The clauses as a function of the message: `again` waits once more with the same bindings.
    fn matcher_body(
        &mut self,
        parts: &Parts,
        actor: ActorCtx,
        message: LocalId,
        ctx: Ctx,
        again: Core,
    ) -> Core {
        let span = parts.span;
        let inside = Ctx {
            recur: RecurCtx::Actor {
                depth: actor.depth,
                count: actor.count,
            },
            actor: None,
            ..ctx
        };
        let done = self.scopes.current().label();
        let refuse = primitive(Primitive::NoMatch, vec![local(message, span)], span);
        let setting = Setting {
            otherwise: &refuse,
            before_body: None,
            span,
            ctx: inside,
        };
        let body = &mut |unit: &mut Unit<'_>, clause: &Clause| {
            let body = unit.body(&clause.body, clause.span, inside);
            leave_by_jump(body, done)
        };
        let roots = [Root::Value(message)];
        let mut tree = compile_clauses(self, &roots, &parts.clauses, &setting, body);
        if let Some((_, on_timeout)) = &parts.timeout {
            let body = self.body(on_timeout, span, inside);
            let is_timeout = primitive(Primitive::IsTimeout, vec![local(message, span)], span);
            tree = if_(is_timeout, leave_by_jump(body, done), tree, span);
        }
        let value = self.fresh("value");
        let after = self.stop_or(value, again, span);
        join(done, vec![value], after, tree, span)
    }

    /// `:stop` and `:terminate` end the actor; anything else goes on with `again`.
    fn stop_or(&mut self, value: LocalId, again: Core, span: Span) -> Core {
        let stop = || constant_value(Value::keyword("stop"), span);
        let is = |name: &str| {
            let wanted = constant_value(Value::keyword(name), span);
            primitive(Primitive::WordEq, vec![local(value, span), wanted], span)
        };
        let not_stopped = if_(is("terminate"), stop(), again, span);
        if_(is("stop"), stop(), not_stopped, span)
    }

    /// `recur` inside an actor's `receive`: the body once more, with new state.
    pub(super) fn actor_recur(&mut self, depth: usize, state: Vec<Core>, span: Span) -> Core {
        let body = self.scopes.at(depth).self_local();
        let body = local(self.scopes.import(depth, body), span);
        let call = core(CoreKind::Call(Box::new(body), state), span);
        core(CoreKind::Return(Box::new(call)), span)
    }

    fn blocking_receive(&mut self, parts: &Parts, ctx: Ctx) -> Core {
        let span = parts.span;
        let (deadline, bindings) = match &parts.timeout {
            Some((duration, _)) => {
                let duration = self.expr(duration, ctx.value());
                let deadline = primitive(Primitive::DeadlineIn, vec![duration], span);
                let (id, bindings) = self.held(deadline, "deadline");
                (local(id, span), bindings)
            }
            None => (nil(span), Vec::new()),
        };
        let again = self.scopes.current().label();
        let message = self.fresh("message");
        let next = core(CoreKind::Recur(RecurTarget::Loop(again), Vec::new()), span);
        let accept = primitive(Primitive::ReceiveAccept, Vec::new(), span);
        let setting = Setting {
            otherwise: &next,
            before_body: Some(&accept),
            span,
            ctx,
        };
        let timed_out = parts.timeout.as_ref().map(|(_, body)| {
            let label = self.scopes.current().label();
            (label, self.body(body, span, ctx))
        });
        let late = timed_out.as_ref().map(|(label, _)| *label);
        let scan = self.walk(again, message, deadline, late, &setting, &parts.clauses);
        let waited = match timed_out {
            Some((label, body)) => join(label, Vec::new(), body, scan, span),
            None => scan,
        };
        let_(bindings, waited, span)
    }

    /// A walk over the mailbox, and the clauses' bodies around it.
    fn walk(
        &mut self,
        again: LabelId,
        message: LocalId,
        deadline: Core,
        late: Option<LabelId>,
        setting: &Setting<'_>,
        clauses: &[Clause],
    ) -> Core {
        let span = setting.span;
        let ctx = setting.ctx;
        let body =
            &mut |unit: &mut Unit<'_>, clause: &Clause| unit.body(&clause.body, clause.span, ctx);
        let tree = compile_clauses(self, &[Root::Value(message)], clauses, setting, body);
        // The bodies' joins go around the loop, so that what they do is not part of it.
        wrap_innermost(tree, clauses.len(), |tree| {
            let tree = match late {
                Some(label) => {
                    let is_timeout =
                        primitive(Primitive::IsTimeout, vec![local(message, span)], span);
                    if_(
                        is_timeout,
                        core(CoreKind::Jump(label, Vec::new()), span),
                        tree,
                        span,
                    )
                }
                None => tree,
            };
            let next = primitive(Primitive::ReceiveNext, vec![deadline], span);
            let turn = let_(vec![(message, next)], tree, span);
            let kind = CoreKind::Loop {
                label: again,
                bindings: Vec::new(),
                body: Box::new(turn),
            };
            let start = primitive(Primitive::ReceiveStart, Vec::new(), span);
            do_(vec![start, core(kind, span)], span)
        })
    }

    /// `(receive-with-priority clause…)`
    ///
    /// Rounds: each clause in turn walks over the whole mailbox without waiting. A round in which
    /// the last clause saw more messages than the first is followed by another, for the first
    /// clause has not seen those; otherwise one message is waited for before the next round.
    pub(super) fn receive_with_priority(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        if ctx.guard {
            return self.fail(messages::in_guard(span, "receive-with-priority"));
        }
        let Some(raw) = split_clauses(self, "receive-with-priority", args) else {
            return nil(span);
        };
        let parts = self.receive_parts(&raw, None, span);
        let Some(_) = ctx.actor else {
            return self.priority_rounds(&parts.clauses, span, ctx);
        };
        // As an actor's loop it waits again unless the value ends the actor. The body's function
        // is the one it stands in, so `recur` keeps its meaning.
        let again = self.scopes.current().label();
        let done = self.scopes.current().label();
        let inside = Ctx { actor: None, ..ctx };
        let rounds = self.priority_rounds(&parts.clauses, span, inside);
        let rounds = leave_by_jump(rounds, done);
        let value = self.fresh("value");
        let recur = core(CoreKind::Recur(RecurTarget::Loop(again), Vec::new()), span);
        let after = self.stop_or(value, recur, span);
        let kind = CoreKind::Loop {
            label: again,
            bindings: Vec::new(),
            body: Box::new(join(done, vec![value], after, rounds, span)),
        };
        core(kind, span)
    }

    fn priority_rounds(&mut self, clauses: &[Clause], span: Span, ctx: Ctx) -> Core {
        let round = self.scopes.current().label();
        let restart = core(CoreKind::Recur(RecurTarget::Loop(round), Vec::new()), span);
        let now = primitive(Primitive::DeadlineIn, vec![small_int(0, span)], span);
        let now_id = self.fresh("now");
        let seen: Vec<LocalId> = clauses.iter().map(|_| self.fresh("seen")).collect();
        let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
            return nil(span);
        };
        let missed = vec![local(*last, span), local(*first, span)];
        let wait = primitive(Primitive::ReceiveNext, vec![nil(span)], span);
        let wait = do_(vec![wait, restart.clone()], span);
        let missed = primitive(Primitive::Gt, missed, span);
        let mut inner = if_(missed, restart, wait, span);
        let mut bodies = Vec::new();
        for (clause, seen) in clauses.iter().zip(&seen).rev() {
            inner = self.priority_pass(clause, *seen, now_id, inner, ctx, &mut bodies);
        }
        let kind = CoreKind::Loop {
            label: round,
            bindings: Vec::new(),
            body: Box::new(let_(vec![(now_id, now)], inner, span)),
        };
        bodies
            .into_iter()
            .fold(core(kind, span), |inner, (label, params, body)| {
                join(label, params, body, inner, span)
            })
    }

    /// One clause's walk over the mailbox, which goes on in `then` with the count of messages seen.
    fn priority_pass(
        &mut self,
        clause: &Clause,
        seen: LocalId,
        now: LocalId,
        then: Core,
        ctx: Ctx,
        bodies: &mut Vec<(LabelId, Vec<LocalId>, Core)>,
    ) -> Core {
        let span = clause.span;
        let (pass, finished) = (self.scopes.current().label(), self.scopes.current().label());
        let (message, count) = (self.fresh("message"), self.fresh("count"));
        let more = primitive(Primitive::Inc, vec![local(count, span)], span);
        let next = core(CoreKind::Recur(RecurTarget::Loop(pass), vec![more]), span);
        let accept = primitive(Primitive::ReceiveAccept, Vec::new(), span);
        let setting = Setting {
            otherwise: &next,
            before_body: Some(&accept),
            span,
            ctx,
        };
        let body =
            &mut |unit: &mut Unit<'_>, clause: &Clause| unit.body(&clause.body, clause.span, ctx);
        let roots = [Root::Value(message)];
        let tree = compile_clauses(self, &roots, std::slice::from_ref(clause), &setting, body);
        let tree = match tree.kind {
            CoreKind::Join {
                label,
                params,
                body,
                inner,
            } => {
                bodies.push((label, params, *body));
                *inner
            }
            _ => tree,
        };
        let is_timeout = primitive(Primitive::IsTimeout, vec![local(message, span)], span);
        let end = core(CoreKind::Jump(finished, vec![local(count, span)]), span);
        let next = primitive(Primitive::ReceiveNext, vec![local(now, span)], span);
        let turn = let_(
            vec![(message, next)],
            if_(is_timeout, end, tree, span),
            span,
        );
        let kind = CoreKind::Loop {
            label: pass,
            bindings: vec![(count, small_int(0, span))],
            body: Box::new(turn),
        };
        let start = primitive(Primitive::ReceiveStart, Vec::new(), span);
        let walk = do_(vec![start, core(kind, span)], span);
        join(finished, vec![seen], then, walk, span)
    }
}

fn join(label: LabelId, params: Vec<LocalId>, body: Core, inner: Core, span: Span) -> Core {
    let (body, inner) = (Box::new(body), Box::new(inner));
    let kind = CoreKind::Join {
        label,
        params,
        body,
        inner,
    };
    core(kind, span)
}

/// Applies `wrap` to what stands inside the outermost joins, at most `joins` of them.
fn wrap_innermost(tree: Core, joins: usize, wrap: impl FnOnce(Core) -> Core) -> Core {
    match tree.kind {
        CoreKind::Join {
            label,
            params,
            body,
            inner,
        } if joins > 0 => {
            let inner = wrap_innermost(*inner, joins - 1, wrap);
            join(label, params, *body, inner, tree.span)
        }
        _ => wrap(tree),
    }
}

/// Takes the value of every way through `node` to a join point; ways that end otherwise (`recur`,
/// a return, a jump) stay as they are.
fn leave_by_jump(node: Core, label: LabelId) -> Core {
    let span = node.span;
    let leave = |node: Box<Core>| Box::new(leave_by_jump(*node, label));
    let kind = match node.kind {
        CoreKind::If(test, then, otherwise) => CoreKind::If(test, leave(then), leave(otherwise)),
        CoreKind::Let(bindings, body) => CoreKind::Let(bindings, leave(body)),
        CoreKind::LetFn(functions, body) => CoreKind::LetFn(functions, leave(body)),
        CoreKind::Do(mut items) => {
            let last = items.pop().unwrap_or_else(|| nil(span));
            items.push(leave_by_jump(last, label));
            CoreKind::Do(items)
        }
        CoreKind::Loop {
            label: own,
            bindings,
            body,
        } => CoreKind::Loop {
            label: own,
            bindings,
            body: leave(body),
        },
        CoreKind::Join {
            label: own,
            params,
            body,
            inner,
        } => CoreKind::Join {
            label: own,
            params,
            body: leave(body),
            inner: leave(inner),
        },
        ended @ (CoreKind::Jump(..)
        | CoreKind::Recur(..)
        | CoreKind::Return(_)
        | CoreKind::Rethrow) => ended,
        value => CoreKind::Jump(label, vec![core(value, span)]),
    };
    core(kind, span)
}
