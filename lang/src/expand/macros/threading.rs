//! Passing a value through steps: `->` and its relatives.

use super::Expanded;
use super::function::is_function_literal;
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::destructure::bind_all;
use crate::expand::maker::{Maker, arguments, with_items};
use crate::form::Form;
use crate::messages::expand as messages;

/// Where the value goes in a step.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
}

/// One step with the value in its place.
fn step(form: &Form, value: Form, place: Place) -> Result<Form, Diagnostic> {
    let items = match form.as_list() {
        None => return Ok(Form::list(form.span, [form.clone(), value])),
        Some([]) => return Err(messages::empty_step(form)),
        Some(_) if is_function_literal(form) => {
            return Err(messages::function_as_step(form));
        }
        Some(items) => items,
    };
    let mut threaded = Vec::with_capacity(items.len() + 1);
    match place {
        Place::First => {
            threaded.push(items[0].clone());
            threaded.push(value);
            threaded.extend_from_slice(&items[1..]);
        }
        Place::Last => {
            threaded.extend_from_slice(items);
            threaded.push(value);
        }
    }
    Ok(with_items(form, threaded))
}

fn thread(call: &Form, place: Place) -> Expanded {
    let [value, steps @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value to start with"));
    };
    let mut steps = steps.iter();
    steps.try_fold(value.clone(), |value, form| step(form, value, place))
}

pub(crate) fn thread_first(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    thread(call, Place::First)
}

pub(crate) fn thread_last(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    thread(call, Place::Last)
}

pub(crate) fn thread_as(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [value, name, steps @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value and a name for it"));
    };
    let Some((last, steps)) = steps.split_last() else {
        return Ok(value.clone());
    };
    let values = std::iter::once(value).chain(steps);
    let bindings = values.map(|value| (name.clone(), value.clone())).collect();
    bind_all(bindings, last.clone(), make, cx)
}

fn thread_some(call: &Form, place: Place, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [value, steps @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value to start with"));
    };
    in_turn(call, value, steps.len(), cx, |turn, so_far| {
        let next = step(&steps[turn], so_far.clone(), place)?;
        Ok(make.if_(make.core("nil?", [so_far]), make.nil(), next))
    })
}

fn thread_cond(call: &Form, place: Place, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [value, clauses @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value to start with"));
    };
    if let (false, Some(last)) = (clauses.len().is_multiple_of(2), clauses.last()) {
        return Err(messages::odd_clauses("cond->", last));
    }
    in_turn(call, value, clauses.len() / 2, cx, |turn, so_far| {
        let next = step(&clauses[turn * 2 + 1], so_far.clone(), place)?;
        Ok(make.if_(clauses[turn * 2].clone(), next, so_far))
    })
}

/// One local that takes the value of each turn; the last turn is the value of the whole.
fn in_turn(
    call: &Form,
    value: &Form,
    turns: usize,
    cx: &mut MacroContext<'_>,
    make_turn: impl Fn(usize, Form) -> Expanded,
) -> Expanded {
    let make = Maker::of(call);
    let Some(last) = turns.checked_sub(1) else {
        return Ok(value.clone());
    };
    let so_far = make.fresh("value", cx);
    let mut bindings = vec![so_far.clone(), value.clone()];
    for turn in 0..last {
        bindings.extend([so_far.clone(), make_turn(turn, so_far.clone())?]);
    }
    let result = make_turn(last, so_far)?;
    Ok(make.let_(bindings, result))
}

pub(crate) fn some_first(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    thread_some(call, Place::First, cx)
}

pub(crate) fn some_last(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    thread_some(call, Place::Last, cx)
}

pub(crate) fn cond_first(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    thread_cond(call, Place::First, cx)
}

pub(crate) fn cond_last(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    thread_cond(call, Place::Last, cx)
}

pub(crate) fn doto(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [value, forms @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value"));
    };
    let name = make.fresh("value", cx);
    let mut body = Vec::with_capacity(forms.len() + 1);
    for form in forms {
        body.push(step(form, name.clone(), Place::First)?);
    }
    body.push(name.clone());
    Ok(make.let_(vec![name, value.clone()], make.body(&body)))
}
