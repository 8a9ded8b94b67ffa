//! `try`, and the operators `!` and `?`.

use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::types::names;
use batuta_runtime::value::Value;

use super::scope::FnKind;
use super::unit::{Ctx, RecurCtx, Unit, constant_value, core, if_, let_, local};
use crate::core_tree::{Core, CoreKind, LocalId};
use crate::messages;
use crate::patterns::clauses::{Clause, parse_clauses};
use crate::patterns::{CatchKinds, Pattern};

/// Names that take everything thrown.
const CATCH_ALL: [&str; 7] = [
    "Any",
    "Error",
    "Exception",
    "Object",
    "RuntimeException",
    "Throwable",
    "default",
];

/// The kinds of faults that `(catch Name e …)` takes; none for everything thrown.
fn caught_kinds(name: &str) -> Option<&'static [&'static str]> {
    if CATCH_ALL.contains(&name) {
        return Some(&[]);
    }
    names::exception_kinds(name)
}

struct TryParts<'f> {
    body: Vec<Form>,
    catches: Vec<&'f Form>,
    finally: Option<&'f Form>,
}

impl Unit<'_> {
    pub(super) fn try_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let Some(parts) = self.try_parts(args) else {
            return super::unit::nil(form.span);
        };
        let inside = Ctx {
            recur: match ctx.recur {
                RecurCtx::Nowhere => RecurCtx::Nowhere,
                _ => RecurCtx::AcrossTry,
            },
            actor: None,
            ..ctx
        };
        let body_ctx = Ctx {
            guarded: !parts.catches.is_empty() || ctx.guarded,
            ..inside
        };
        let body = self.body(&parts.body, form.span, body_ctx);
        if parts.catches.is_empty() && parts.finally.is_none() {
            return body;
        }
        let clauses = self.catch_clauses(&parts.catches);
        let catch = (!clauses.is_empty()).then(|| {
            let thrown = self.fresh("thrown");
            let otherwise = core(CoreKind::Rethrow, form.span);
            let handler = self.clause_tree(&[thrown], &clauses, &otherwise, form.span, inside);
            (thrown, Box::new(handler))
        });
        let finally = parts.finally.map(|finally| {
            let items = finally.as_list().unwrap_or_default();
            Box::new(self.body(&items[1..], finally.span, inside))
        });
        let kind = CoreKind::Try {
            body: Box::new(body),
            catch,
            finally,
        };
        core(kind, form.span)
    }

    fn try_parts<'f>(&mut self, args: &'f [Form]) -> Option<TryParts<'f>> {
        let is_part = |form: &Form, word: &str| {
            let head = form.as_list().and_then(<[Form]>::first);
            head.is_some_and(|head| head.is_word(word))
        };
        let mut parts = TryParts {
            body: Vec::new(),
            catches: Vec::new(),
            finally: None,
        };
        for form in args {
            let misplaced = if is_part(form, "catch") {
                parts.catches.push(form);
                parts.finally.is_some()
            } else if is_part(form, "finally") {
                parts.finally.replace(form).is_some()
            } else {
                parts.body.push(form.clone());
                !parts.catches.is_empty() || parts.finally.is_some()
            };
            if misplaced {
                let wanted = "body first, then `catch`es, then at most one `finally`";
                self.fail(messages::malformed(form.span, "try", wanted));
                return None;
            }
        }
        Some(parts)
    }

    fn catch_clauses(&mut self, catches: &[&Form]) -> Vec<Clause> {
        let mut clauses = Vec::new();
        for catch in catches {
            let args = &catch.as_list().unwrap_or_default()[1..];
            if args.iter().any(|form| form.is_word("->")) {
                match parse_clauses(self, "catch", args) {
                    Some(parsed) => clauses.extend(parsed),
                    None => continue,
                }
            } else if let Some(clause) = self.named_catch(catch, args) {
                clauses.push(clause);
            }
        }
        clauses
    }

    /// `(catch Name e body…)`
    fn named_catch(&mut self, catch: &Form, args: &[Form]) -> Option<Clause> {
        let [class, binder, body @ ..] = args else {
            let wanted = "write `(catch pattern -> …)` or `(catch Name e …)`";
            self.fail(messages::malformed(catch.span, "catch", wanted));
            return None;
        };
        let name = class.as_symbol().or_else(|| class.as_keyword());
        let short = name.map_or("", |name| name.name.rsplit('.').next().unwrap_or_default());
        let (Some(kinds), Some(binder)) = (caught_kinds(short), binder.as_plain_symbol()) else {
            let known = names::EXCEPTIONS.iter().map(|(known, _)| *known);
            let all = CATCH_ALL.into_iter().chain(known);
            let hint = batuta_lang::suggest::did_you_mean(short, all);
            let shown = class.to_string();
            self.fail(messages::unknown_catch(class.span, &shown, hint));
            return None;
        };
        let named = match &**binder {
            "_" => Pattern::Wild,
            _ => Pattern::Bind(binder.clone()),
        };
        let pattern = match kinds {
            [] => named,
            kinds => Pattern::Fault(CatchKinds(kinds), Box::new(named)),
        };
        Some(Clause {
            patterns: vec![pattern],
            guard: None,
            body: body.to_vec(),
            span: class.span,
            warns: false,
        })
    }

    /// `(! r)`
    pub(super) fn unwrap_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let [result] = args else {
            return self.fail(messages::malformed(form.span, "!", "it wants one result"));
        };
        let result = self.expr(result, ctx.value());
        self.core_call("unwrap", vec![result], form.span)
    }

    /// `(? r)` and `(? r default)`
    pub(super) fn question(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        if ctx.guard {
            return self.fail(messages::in_guard(span, "?"));
        }
        let (result, default) = match args {
            [result] => (result, None),
            [result, default] => (result, Some(default)),
            _ => {
                let wanted = "it wants a result and perhaps a default";
                return self.fail(messages::malformed(span, "?", wanted));
            }
        };
        if default.is_none() {
            match self.scopes.kind().clone() {
                FnKind::Written => {}
                FnKind::TopLevel | FnKind::Actor => return self.unwrap_form(form, args, ctx),
                FnKind::Generated(construct) => {
                    return self.fail(messages::question_in_generated(span, &construct));
                }
            }
        }
        let result = self.expr(result, ctx.value());
        let id = self.fresh("result");
        let otherwise = match default {
            Some(default) => self.expr(default, ctx),
            None => core(CoreKind::Return(Box::new(local(id, span))), span),
        };
        self.result_or(id, result, otherwise, span)
    }

    fn result_or(&mut self, id: LocalId, result: Core, otherwise: Core, span: Span) -> Core {
        let test = self.core_call("result-ok", vec![local(id, span)], span);
        let key = constant_value(Value::keyword("ok"), span);
        let value = self.core_call("get", vec![local(id, span), key], span);
        let_(vec![(id, result)], if_(test, value, otherwise, span), span)
    }
}
