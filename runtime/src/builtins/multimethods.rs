//! Multimethods and hierarchies in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, between, call_then, exactly, row, tail_call};
use crate::builtins::support::{take, text};
use crate::collections::walk;
use crate::context::Cx;
use crate::failure::Fault;
use crate::function::VarBody;
use crate::types::hierarchy;
use crate::types::multimethod::{self, Multimethod, as_multimethod};
use crate::value::Value;

fn expect<'a>(who: &str, value: &'a Value) -> Result<&'a Multimethod, Fault> {
    as_multimethod(value).ok_or_else(|| Fault::wrong_type(who, "a multimethod", value))
}

/// `(multimethod* var name dispatch default hierarchy)`: a multimethod that the var holds stays.
fn make(_: &mut Cx, args: &mut [Value]) -> Flow {
    let present = args[0].as_object::<VarBody>().and_then(VarBody::root);
    if let Some(present) = present.filter(|present| as_multimethod(present).is_some()) {
        return Ok(present);
    }
    let name = text("multimethod*", &args[1])?.to_owned();
    let (dispatch, default, hierarchy) = (take(args, 2), take(args, 3), take(args, 4));
    Ok(multimethod::make(&name, dispatch, default, hierarchy))
}

/// Calls a multimethod: first its dispatch function, then the method.
pub(super) fn invoke(callee: Value, arguments: Vec<Value>) -> Flow {
    let Some(multi) = as_multimethod(&callee) else {
        return Err(Fault::wrong_type("invoke", "a multimethod", &callee).into());
    };
    let dispatch = multi.dispatch().clone();
    call_then(dispatch, arguments.clone(), move |cx, value| {
        walk::realise(cx, value, move |_, value| {
            let multi = expect("invoke", &callee)?;
            match multi.find(&value)? {
                Some(method) => tail_call(method, arguments),
                None => Err(multi.no_method(&value).into()),
            }
        })
    })
}

fn add_method(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (multi, function) = (take(args, 0), take(args, 2));
    expect("defmethod", &multi)?;
    walk::realise(cx, take(args, 1), move |_, value| {
        expect("defmethod", &multi)?.add(value, function);
        Ok(multi)
    })
}

fn get_method(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let multi = take(args, 0);
    walk::realise(cx, take(args, 1), move |_, value| {
        Ok(expect("get-method", &multi)?
            .find(&value)?
            .unwrap_or_default())
    })
}

fn remove_method(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let multi = take(args, 0);
    walk::realise(cx, take(args, 1), move |_, value| {
        expect("remove-method", &multi)?.remove(&value);
        Ok(multi)
    })
}

fn remove_all_methods(_: &mut Cx, args: &mut [Value]) -> Flow {
    expect("remove-all-methods", &args[0])?.remove_all();
    Ok(take(args, 0))
}

fn prefer_method(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (multi, value, other) = (take(args, 0), take(args, 1), take(args, 2));
    walk::realise_all(cx, vec![value, other], move |_, mut values| {
        let other = values.pop().unwrap_or_default();
        let value = values.pop().unwrap_or_default();
        expect("prefer-method", &multi)?.prefer(value, other)?;
        Ok(multi)
    })
}

fn is_a(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let hierarchy = match args.len() {
        2 => hierarchy::global(),
        _ => take(args, 0),
    };
    let first = args.len() - 2;
    let tags = vec![take(args, first), take(args, first + 1)];
    walk::realise_all(cx, tags, move |_, tags| {
        let is_a = hierarchy::is_a(&hierarchy, &tags[0], &tags[1]);
        Ok(Value::bool(is_a))
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "add-method*",
        "[multimethod value f]",
        exactly(3),
        add_method,
        "Gives a multimethod a function for a dispatch value.",
    ),
    row(
        "get-method",
        "[multimethod value]",
        exactly(2),
        get_method,
        "The function a multimethod calls for a dispatch value, or nil.",
    ),
    row(
        "global-hierarchy*",
        "[]",
        exactly(0),
        |_, _| Ok(hierarchy::global_cell()),
        "The atom that holds the global hierarchy.",
    ),
    row(
        "isa?",
        "[child parent] [hierarchy child parent]",
        between(2, 3),
        is_a,
        "Is the one tag the other, or derived from it? Vectors are compared item by item.",
    ),
    row(
        "methods",
        "[multimethod]",
        exactly(1),
        |_, a| Ok(expect("methods", &a[0])?.methods()),
        "The functions of a multimethod by dispatch value.",
    ),
    row(
        "multimethod*",
        "[var name dispatch default hierarchy]",
        exactly(5),
        make,
        "A multimethod, unless the var holds one already.",
    ),
    row(
        "prefer-method",
        "[multimethod value other]",
        exactly(3),
        prefer_method,
        "Lets the method of a dispatch value win over that of another where both fit.",
    ),
    row(
        "prefers",
        "[multimethod]",
        exactly(1),
        |_, a| Ok(expect("prefers", &a[0])?.preferences()),
        "The preferences of a multimethod: from dispatch value to the set of those it wins over.",
    ),
    row(
        "remove-all-methods",
        "[multimethod]",
        exactly(1),
        remove_all_methods,
        "Takes all methods away.",
    ),
    row(
        "remove-method",
        "[multimethod value]",
        exactly(2),
        remove_method,
        "Takes the method of a dispatch value away.",
    ),
];
