//! Running later: `lazy-seq`, `lazy-cat`, `delay`, `future`.

use super::Expanded;
use crate::expand::MacroContext;
use crate::expand::maker::{Maker, arguments};
use crate::form::Form;

/// `(function (fn* [] body))`
fn run_later(call: &Form, owner: &str, function: &str) -> Form {
    let make = Maker::of(call);
    let body = make.body(arguments(call));
    make.core(function, [make.thunk(owner, Vec::new(), body)])
}

pub(crate) fn lazy_seq(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    Ok(run_later(call, "lazy-seq", "lazy-seq*"))
}

pub(crate) fn delay(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    Ok(run_later(call, "delay", "delay*"))
}

pub(crate) fn future(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    Ok(run_later(call, "future", "future*"))
}

pub(crate) fn lazy_cat(call: &Form, _: &mut MacroContext<'_>) -> Expanded {
    let make = Maker::of(call);
    let mut items = vec![make.core_name("concat")];
    for sequence in arguments(call) {
        let thunk = make.thunk("lazy-cat", Vec::new(), sequence.clone());
        items.push(make.core("lazy-seq*", [thunk]));
    }
    Ok(make.list(items))
}
