//! Naming values: `let`, `loop`, `letfn`, `if-let` and its relatives.

use super::{Expanded, function};
use crate::diagnostic::Diagnostic;
use crate::expand::MacroContext;
use crate::expand::destructure::{Bindings, bind_all, is_pattern, pairs, plain_binder};
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;
use crate::messages::expand as messages;

pub(crate) fn let_(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let bindings = pairs("let", vector)?;
    if bindings.is_empty() {
        return Ok(make.let_(Vec::new(), make.body(body)));
    }
    bind_all(bindings, make.body(body), make, cx)
}

/// Plain names go straight to `loop*`. Otherwise `recur` sets fresh names, taken apart on every
/// round; around the loop they are taken apart once more for the first values that use them.
pub(crate) fn loop_(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let bindings = pairs("loop", vector)?;
    let plain: Option<Vec<Form>> = bindings
        .iter()
        .map(|(form, _)| plain_binder(form))
        .collect();
    let body = make.body(body);
    if let Some(names) = plain {
        let values = bindings.into_iter().map(|(_, value)| value);
        let bound = names.into_iter().zip(values);
        let bound = bound.flat_map(|(name, value)| [name, value]).collect();
        return Ok(make.special("loop*", [make.vector(bound), body]));
    }
    let mut first_values: Bindings = Vec::new();
    let mut loop_names = Vec::new();
    let mut each_round: Bindings = Vec::new();
    for (form, value) in bindings {
        match plain_binder(&form) {
            Some(name) => {
                loop_names.extend([name.clone(), name.clone()]);
                first_values.push((name, value));
            }
            None => {
                let name = make.fresh("loop", cx);
                first_values.push((name.clone(), value));
                first_values.push((form.clone(), name.clone()));
                loop_names.extend([name.clone(), name.clone()]);
                each_round.push((form, name));
            }
        }
    }
    let round = bind_all(each_round, body, make, cx)?;
    let looping = make.special("loop*", [make.vector(loop_names), round]);
    bind_all(first_values, looping, make, cx)
}

pub(crate) fn letfn(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a vector of functions"));
    };
    let Some(functions) = vector.as_vector() else {
        return Err(messages::needs_binding_vector("letfn", vector));
    };
    let mut bound = Vec::with_capacity(functions.len() * 2);
    for written in functions {
        let name = match written.as_list() {
            Some([name, ..]) if name.as_plain_symbol().is_some() => name.clone(),
            _ => return Err(messages::letfn_function(written)),
        };
        let parts = written.as_list().unwrap_or(&[]);
        bound.push(name.clone());
        bound.push(function::function(written, Some(name), &parts[1..], cx)?.form);
    }
    Ok(make.special("letfn*", [make.vector(bound), make.body(body)]))
}

/// The one binding of `if-let` and its relatives.
fn single_binding(call: &Form, vector: &Form) -> Result<(Form, Form), Diagnostic> {
    match vector.as_vector() {
        Some([form, value]) => Ok((form.clone(), value.clone())),
        _ => Err(messages::one_binding(call, vector)),
    }
}

/// How a value decides between the two branches.
#[derive(Clone, Copy)]
enum Decides {
    Truth,
    NotNil,
}

fn branch_on_binding(
    call: &Form,
    vector: &Form,
    then: Form,
    otherwise: Form,
    decides: Decides,
    cx: &mut MacroContext<'_>,
) -> Expanded {
    let make = Maker::of(call);
    let (form, value) = single_binding(call, vector)?;
    // Here a type decides, as any pattern does: there is another way to go.
    if is_pattern(&form) || form.as_list().is_some() {
        let clauses = [
            value,
            form,
            make.sym("->"),
            then,
            make.sym("_"),
            make.sym("->"),
            otherwise,
        ];
        return Ok(make.special("match", clauses));
    }
    let tested = make.fresh("value", cx);
    let bound = bind_all(vec![(form, tested.clone())], then, make, cx)?;
    let branch = match decides {
        Decides::Truth => make.if_(tested.clone(), bound, otherwise),
        Decides::NotNil => make.if_(make.core("nil?", [tested.clone()]), otherwise, bound),
    };
    Ok(make.let_(vec![tested, value], branch))
}

fn if_binding(call: &Form, decides: Decides, cx: &mut MacroContext<'_>) -> Expanded {
    let (vector, then, otherwise) = match arguments(call) {
        [vector, then] => (vector, then, Maker::of(call).nil()),
        [vector, then, otherwise] => (vector, then, otherwise.clone()),
        _ => {
            return Err(messages::shape(
                call,
                "takes a binding vector and one or two forms",
            ));
        }
    };
    branch_on_binding(call, vector, then.clone(), otherwise, decides, cx)
}

fn when_binding(call: &Form, decides: Decides, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    branch_on_binding(call, vector, make.body(body), make.nil(), decides, cx)
}

pub(crate) fn if_let(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    if_binding(call, Decides::Truth, cx)
}

pub(crate) fn if_some(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    if_binding(call, Decides::NotNil, cx)
}

pub(crate) fn when_let(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    when_binding(call, Decides::Truth, cx)
}

pub(crate) fn when_some(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    when_binding(call, Decides::NotNil, cx)
}

pub(crate) fn when_first(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [vector, body @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a binding vector"));
    };
    let (form, items) = single_binding(call, vector)?;
    let seq = make.fresh("seq", cx);
    let first = make.core("first", [seq.clone()]);
    let bound = bind_all(vec![(form, first)], make.body(body), make, cx)?;
    let branch = make.if_(seq.clone(), bound, make.nil());
    Ok(make.let_(vec![seq, make.core("seq", [items])], branch))
}
