//! `case`: choosing by constant.

use std::collections::HashSet;

use super::Expanded;
use crate::expand::MacroContext;
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;
use crate::messages::expand as messages;

/// `(let* [v value] (case* v default [[constant …] body] …))`
pub(crate) fn case(call: &Form, cx: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let [value, clauses @ ..] = arguments(call) else {
        return Err(messages::shape(call, "needs a value"));
    };
    let name = make.fresh("value", cx);
    let pairs = clauses.chunks_exact(2);
    let default = match pairs.remainder() {
        [default] => default.clone(),
        _ => make.core("no-match*", [name.clone()]),
    };
    let mut items = vec![make.sym("case*"), name.clone(), default];
    let mut seen: HashSet<&Form> = HashSet::new();
    for pair in pairs {
        // A list stands for any of its items.
        let constants = match pair[0].as_list() {
            Some(several) => several,
            None => std::slice::from_ref(&pair[0]),
        };
        for constant in constants {
            if let Some(first) = seen.get(constant) {
                return Err(messages::duplicate_constant(first, constant));
            }
            seen.insert(constant);
        }
        let constants = Form::vector(pair[0].span, constants.to_vec());
        items.push(make.vector(vec![constants, pair[1].clone()]));
    }
    Ok(make.let_(vec![name, value.clone()], make.list(items)))
}
