//! Choosing: `when`, `if-not`, `cond`, `condp`, `and`, `or`.

use super::Expanded;
use crate::expand::MacroContext;
use crate::expand::clauses::split_clauses;
use crate::expand::maker::{Maker, arguments};
use crate::form::{Form, FormKind};
use crate::messages::expand as messages;

pub(crate) fn when(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    match arguments(call) {
        [test, body @ ..] => Ok(make.special("if", [test.clone(), make.do_(body)])),
        [] => Err(messages::shape(call, "needs a test")),
    }
}

pub(crate) fn when_not(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    match arguments(call) {
        [test, body @ ..] => Ok(make.if_(test.clone(), make.nil(), make.do_(body))),
        [] => Err(messages::shape(call, "needs a test")),
    }
}

pub(crate) fn if_not(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    match arguments(call) {
        [test, then] => Ok(make.if_(test.clone(), make.nil(), then.clone())),
        [test, then, otherwise] => Ok(make.if_(test.clone(), otherwise.clone(), then.clone())),
        _ => Err(messages::shape(call, "takes a test and one or two forms")),
    }
}

pub(crate) fn cond(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let args = arguments(call);
    if args.get(1).is_some_and(|form| form.is_word("->")) {
        return arrow_cond(call, args);
    }
    let make = Maker::of(call);
    if let (false, Some(last)) = (args.len().is_multiple_of(2), args.last()) {
        return Err(messages::odd_clauses("cond", last));
    }
    let branches = args.chunks_exact(2).rev();
    Ok(branches.fold(make.nil(), |otherwise, branch| {
        choose(make, &branch[0], branch[1].clone(), otherwise)
    }))
}

fn arrow_cond(call: &Form, args: &[Form]) -> Expanded {
    let make = Maker::of(call);
    let clauses = split_clauses("cond", args)?;
    if let Some(guard) = clauses.iter().find_map(|clause| clause.guard) {
        return Err(messages::guard_in_cond(guard));
    }
    Ok(clauses.iter().rev().fold(make.nil(), |otherwise, clause| {
        choose(make, clause.pattern, make.body(clause.body), otherwise)
    }))
}

/// An `if`, unless the test is a keyword such as `:else` or `true` itself.
fn choose(make: Maker, test: &Form, then: Form, otherwise: Form) -> Form {
    match test.kind {
        FormKind::Keyword(_) | FormKind::Bool(true) => then,
        _ => make.if_(test.clone(), then, otherwise),
    }
}

pub(crate) fn condp(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [predicate, value, clauses @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a predicate and a value"));
    };
    let test_with = make.fresh("predicate", cx);
    let tested = make.fresh("value", cx);
    let mut branches: Vec<(Form, Form, bool)> = Vec::new();
    let mut rest = clauses;
    let default = loop {
        rest = match rest {
            [] => break make.core("no-match*", [tested.clone()]),
            [default] => break default.clone(),
            [test, arrow, function, rest @ ..] if arrow.is_keyword(">>") => {
                branches.push((test.clone(), function.clone(), true));
                rest
            }
            [test, result, rest @ ..] => {
                branches.push((test.clone(), result.clone(), false));
                rest
            }
        };
    };
    let chosen =
        branches
            .into_iter()
            .rev()
            .fold(default, |otherwise, (test, result, calls_result)| {
                let holds = make.list(vec![test_with.clone(), test, tested.clone()]);
                if !calls_result {
                    return make.if_(holds, result, otherwise);
                }
                let found = make.fresh("found", cx);
                let passed_on = make.list(vec![result, found.clone()]);
                let branch = make.if_(found.clone(), passed_on, otherwise);
                make.let_(vec![found, holds], branch)
            });
    let bindings = vec![test_with, predicate.clone(), tested, value.clone()];
    Ok(make.let_(bindings, chosen))
}

pub(crate) fn and(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    Ok(short_circuit(
        call,
        cx,
        Form::bool(call.span, true),
        |value, rest| make.if_(value.clone(), rest, value),
    ))
}

pub(crate) fn or(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    Ok(short_circuit(call, cx, make.nil(), |value, rest| {
        make.if_(value.clone(), value, rest)
    }))
}

fn short_circuit(
    call: &Form,
    cx: &mut MacroContext<'_>,
    of_nothing: Form,
    decide: impl Fn(Form, Form) -> Form,
) -> Form {
    let make = Maker::of(call);
    let Some((last, before)) = arguments(call).split_last() else {
        return of_nothing;
    };
    before.iter().rev().fold(last.clone(), |rest, form| {
        let value = make.fresh("value", cx);
        let decision = decide(value.clone(), rest);
        make.let_(vec![value, form.clone()], decision)
    })
}
