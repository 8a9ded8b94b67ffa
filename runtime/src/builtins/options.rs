//! Options behind fixed arguments: `:key value …`, or one map.

use crate::collections::map;
use crate::failure::{Fault, FaultKind};
use crate::value::{Value, print};

/// The options as pairs, in the order given.
pub(super) fn pairs(who: &str, args: &[Value]) -> Result<Vec<(Value, Value)>, Fault> {
    match args {
        [] => Ok(Vec::new()),
        [single] if single.is_nil() => Ok(Vec::new()),
        [single] if map::is_map(single) => Ok(map::iter(single)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()),
        [single] => Err(Fault::wrong_type(who, "options in pairs", single)),
        pairs if pairs.len() % 2 == 0 => Ok(pairs
            .chunks(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()),
        _ => {
            let message = format!("`{who}` takes options in pairs");
            Err(Fault::new(FaultKind::Arity, message))
        }
    }
}

/// The name of an option's keyword; empty for anything else.
pub(super) fn name(option: &Value) -> &str {
    option.as_keyword().map_or("", |keyword| keyword.text())
}

/// For an option that the function does not have.
#[cold]
pub(super) fn unknown(who: &str, option: &Value) -> Fault {
    let shown = print::short(option);
    Fault::new(FaultKind::Type, format!("`{who}` has no option {shown}"))
}
