//! `match`, `match-args*` and `case*`.

use batuta_lang::form::{Form, FormKind};
use batuta_lang::source::Span;

use super::operators::{is_immediate, is_trivial};
use super::unit::{Ctx, Unit, core, if_, let_, local, nil, primitive};
use crate::core_tree::{Core, CoreKind, LocalId, Primitive};
use crate::messages;
use crate::patterns::clauses::{Clause, clause_of, parse_clauses, split_clauses};
use crate::patterns::parse::parse_pattern;
use crate::patterns::tree::{Root, Setting, compile_clauses};
use crate::patterns::{Pattern, SequenceKind};

impl Unit<'_> {
    /// Clauses whose bodies are ordinary forms.
    pub(super) fn clause_tree(
        &mut self,
        values: &[LocalId],
        clauses: &[Clause],
        otherwise: &Core,
        span: Span,
        ctx: Ctx,
    ) -> Core {
        let roots: Vec<Root> = values.iter().map(|id| Root::Value(*id)).collect();
        self.clause_tree_of(&roots, clauses, otherwise, span, ctx)
    }

    fn clause_tree_of(
        &mut self,
        roots: &[Root],
        clauses: &[Clause],
        otherwise: &Core,
        span: Span,
        ctx: Ctx,
    ) -> Core {
        let setting = Setting {
            otherwise,
            before_body: None,
            span,
            ctx,
        };
        let body =
            &mut |unit: &mut Unit<'_>, clause: &Clause| unit.body(&clause.body, clause.span, ctx);
        compile_clauses(self, roots, clauses, &setting, body)
    }

    /// `(match v clause…)`
    pub(super) fn match_form(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        let Some((value, clauses)) = args.split_first() else {
            return self.fail(messages::malformed(
                span,
                "match",
                "it wants a value and clauses",
            ));
        };
        let value_core = self.expr(value, ctx.value());
        let Some(clauses) = parse_clauses(self, "match", clauses) else {
            return nil(span);
        };
        self.warn_of_unhandled(value, &clauses);
        let (id, bindings) = self.held(value_core, "matched");
        let otherwise = self.core_call("no-match*", vec![local(id, span)], value.span);
        let tree = self.clause_tree(&[id], &clauses, &otherwise, span, ctx);
        let_(bindings, tree, span)
    }

    /// A local that holds the value: the one it already is in, or a new one.
    pub(super) fn held(&mut self, value: Core, name: &str) -> (LocalId, Vec<(LocalId, Core)>) {
        if let CoreKind::Local(id) = value.kind {
            return (id, Vec::new());
        }
        let id = self.fresh(name);
        (id, vec![(id, value)])
    }

    /// `(match-args* [a b & r] [pattern…] -> body …)`: the arguments of a function.
    pub(super) fn match_args(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        let names = args.first().and_then(Form::as_vector).unwrap_or_default();
        let mut fixed = Vec::new();
        let mut rest = None;
        for (at, name) in names.iter().enumerate() {
            let resolved = name
                .as_plain_symbol()
                .and_then(|name| self.scopes.resolve(name));
            match resolved {
                Some(id) if at > 0 && names[at - 1].is_sym("&") => rest = Some(id),
                Some(id) => fixed.push(id),
                None if name.is_sym("&") => {}
                None => {
                    let wanted = "it wants a vector of parameters";
                    return self.fail(messages::malformed(span, "match-args*", wanted));
                }
            }
        }
        let Some(raw) = split_clauses(self, "fn", &args[1..]) else {
            return nil(span);
        };
        let mut clauses = Vec::with_capacity(raw.len());
        for clause in &raw {
            let Some(items) = clause.pattern.as_vector() else {
                let what = "the clauses of a function match a vector of arguments";
                self.fail(messages::bad_pattern(clause.pattern.span, what));
                continue;
            };
            match self.argument_patterns(items, fixed.len(), rest.is_some()) {
                Some(patterns) => clauses.push(clause_of(clause, patterns)),
                None => {
                    let what = "this clause takes another number of arguments";
                    self.fail(messages::bad_pattern(clause.pattern.span, what));
                }
            }
        }
        let roots: Vec<Root> = fixed
            .iter()
            .map(|id| Root::Value(*id))
            .chain(rest.map(Root::Rest))
            .collect();
        let otherwise = self.arguments_fault(&fixed, rest, span);
        self.clause_tree_of(&roots, &clauses, &otherwise, span, ctx)
    }

    fn arguments_fault(&mut self, fixed: &[LocalId], rest: Option<LocalId>, span: Span) -> Core {
        let mut arguments: Vec<Core> = fixed.iter().map(|id| local(*id, span)).collect();
        let all = match rest {
            None => self.core_call("vector", arguments, span),
            Some(rest) => {
                arguments.push(local(rest, span));
                self.core_call("list*", arguments, span)
            }
        };
        self.core_call("no-match*", vec![all], span)
    }

    /// One pattern for each parameter, and one for the rest parameter if there is one.
    fn argument_patterns(
        &mut self,
        items: &[Form],
        fixed: usize,
        has_rest: bool,
    ) -> Option<Vec<Pattern>> {
        let ampersand = items.iter().position(|item| item.is_word("&"));
        let single = ampersand.unwrap_or(items.len());
        let wrong_count = match (has_rest, ampersand) {
            (false, None) => single != fixed,
            (false, Some(_)) => true,
            (true, _) => single < fixed,
        };
        if wrong_count {
            return None;
        }
        let mut patterns: Vec<Pattern> = items[..fixed]
            .iter()
            .map(|item| parse_pattern(self, item))
            .collect();
        if has_rest {
            let further = items[fixed..single].iter();
            let further: Vec<Pattern> = further.map(|item| parse_pattern(self, item)).collect();
            let rest = ampersand.and_then(|at| items.get(at + 1));
            let rest = rest.map(|rest| Box::new(parse_pattern(self, rest)));
            patterns.push(Pattern::Sequence {
                kind: SequenceKind::List,
                items: further,
                rest,
            });
        }
        Some(patterns)
    }

    /// `(case* symbol default [[constant…] body]…)`
    pub(super) fn case(&mut self, form: &Form, args: &[Form], ctx: Ctx) -> Core {
        let span = form.span;
        let [subject, default, rows @ ..] = args else {
            return self.fail(messages::malformed(
                span,
                "case",
                "it wants a value and clauses",
            ));
        };
        let subject = self.expr(subject, ctx.value());
        let (id, bindings) = self.held(subject, "case");
        let mut branches: Vec<(Vec<Core>, Core)> = Vec::with_capacity(rows.len());
        for row in rows {
            let Some([constants, body]) = row.as_vector() else {
                continue;
            };
            let constants = constants.as_vector().unwrap_or_default();
            let tests = constants
                .iter()
                .map(|constant| self.case_test(id, constant))
                .collect();
            let body = self.expr(body, ctx);
            branches.push((tests, body));
        }
        let default = self.expr(default, ctx);
        let chain = branches
            .into_iter()
            .rev()
            .fold(default, |otherwise, (tests, body)| {
                self.case_branch(tests, body, otherwise, span)
            });
        let_(bindings, chain, span)
    }

    fn case_test(&mut self, subject: LocalId, constant: &Form) -> Core {
        let span = constant.span;
        let operands = vec![local(subject, span), self.constant(constant)];
        if is_immediate(constant) {
            return primitive(Primitive::WordEq, operands, span);
        }
        self.core_call("=", operands, span)
    }

    fn case_branch(&mut self, tests: Vec<Core>, body: Core, otherwise: Core, span: Span) -> Core {
        let mut tests = tests.into_iter();
        let (Some(first), more) = (tests.next(), tests) else {
            return otherwise;
        };
        let more: Vec<Core> = more.collect();
        if more.is_empty() || is_trivial(&body) {
            let chain = more.into_iter().rev().fold(otherwise, |otherwise, test| {
                if_(test, body.clone(), otherwise, span)
            });
            return if_(first, body, chain, span);
        }
        let label = self.scopes.current().label();
        let jump = || core(CoreKind::Jump(label, Vec::new()), span);
        let chain = more.into_iter().rev().fold(otherwise, |otherwise, test| {
            if_(test, jump(), otherwise, span)
        });
        let inner = Box::new(if_(first, jump(), chain, span));
        let kind = CoreKind::Join {
            label,
            params: Vec::new(),
            body: Box::new(body),
            inner,
        };
        core(kind, span)
    }
}

/// Is the form this word as a clause's whole pattern?
pub(super) fn is_timeout_word(form: &Form) -> bool {
    matches!(form.kind, FormKind::Symbol(_)) && form.is_word("timeout")
}
