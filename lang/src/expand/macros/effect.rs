//! What is run for its effect, or guarded: `assert`, `binding`, `with-open`, `attempt`, `time`, `dbg`.

use super::Expanded;
use crate::expand::MacroContext;
use crate::expand::destructure::{bind_all, pairs};
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;
use crate::messages::expand as messages;

pub(crate) fn comment(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    Ok(Maker::of(call).nil())
}

pub(crate) fn assert(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    match arguments(call) {
        [test] => Ok(assertion(make, test, None)),
        [test, message] => Ok(assertion(make, test, Some(message.clone()))),
        _ => Err(messages::shape(call, "takes a test and perhaps a message")),
    }
}

/// `(if test nil (assert-fault* "test" message))`
pub(crate) fn assertion(make: Maker, test: &Form, message: Option<Form>) -> Form {
    let text = Form::str(test.span, test.to_string());
    let message = message.unwrap_or_else(|| make.nil());
    let fault = make.core("assert-fault*", [text, message]);
    make.if_(test.clone(), make.nil(), fault)
}

/// `(do x (do body…))`
pub(crate) fn locking(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    match arguments(call) {
        [lock, body @ ..] => Ok(make.special("do", [lock.clone(), make.body(body)])),
        [] => Err(messages::shape(call, "needs an object")),
    }
}

pub(crate) fn binding(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let mut entries = Vec::new();
    for (name, value) in pairs("binding", vector)? {
        if name.as_symbol().is_none() {
            return Err(messages::needs_name(call, &name));
        }
        entries.push((make.special("var", [name]), value));
    }
    let push = make.core("push-bindings*", [Form::map(make.span, entries)]);
    let pop = make.special("finally", [make.core("pop-bindings*", [])]);
    let guarded = make.special("try", [make.body(body), pop]);
    // A `do` at top level would be taken apart, and its forms evaluated one by one.
    Ok(make.special("let*", [make.vector(Vec::new()), push, guarded]))
}

pub(crate) fn with_open(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let mut form = make.body(body);
    for (name, value) in pairs("with-open", vector)?.into_iter().rev() {
        if name.as_plain_symbol().is_none() {
            return Err(messages::needs_name(call, &name));
        }
        let close = make.special("finally", [make.core("close", [name.clone()])]);
        let guarded = make.special("try", [form, close]);
        form = bind_all(vec![(name, value)], guarded, make, cx)?;
    }
    Ok(form)
}

pub(crate) fn attempt(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let reason = make.fresh("reason", cx);
    let error = Form::map(make.span, [(make.keyword("error"), reason.clone())]);
    let ok = Form::map(
        make.span,
        [(make.keyword("ok"), make.body(arguments(call)))],
    );
    let catch = make.special("catch", [reason, make.sym("->"), error]);
    Ok(make.special("try", [ok, catch]))
}

pub(crate) fn time(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let start = make.fresh("start", cx);
    let value = make.fresh("value", cx);
    let report = make.core("report-time*", [start.clone()]);
    let bindings = vec![
        start,
        make.core("nano-time*", []),
        value.clone(),
        make.body(arguments(call)),
    ];
    Ok(make.let_(bindings, make.special("do", [report, value])))
}

pub(crate) fn dbg(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [form] = arguments(call) else {
        return Err(messages::shape(call, "takes one form"));
    };
    let text = Form::str(form.span, form.to_string());
    Ok(make.core("dbg*", [text, form.clone()]))
}
