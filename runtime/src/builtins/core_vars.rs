//! Vars as values in `batuta.core`: their values, bindings and metadata.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::core_namespaces::set_flags;
use crate::builtins::core_state::{bound_value, bound_vars, set_dynamic_value, value_of_var};
use crate::builtins::support::take;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::Fault;
use crate::function::{VarBody, make_var, var_flags};
use crate::namespace::as_namespace;
use crate::value::Value;

fn var_body<'a>(who: &str, value: &'a Value) -> Result<&'a VarBody, Fault> {
    value
        .as_object::<VarBody>()
        .ok_or_else(|| Fault::wrong_type(who, "a var", value))
}

fn var_get(cx: &mut Cx, args: &mut [Value]) -> Flow {
    var_body("var-get", &args[0])?;
    value_of_var(cx, &args[0])
}

fn root(_: &mut Cx, args: &mut [Value]) -> Flow {
    let body = var_body("alter-var-root", &args[0])?;
    Ok(body.root().unwrap_or(Value::UNBOUND))
}

/// The value `#unbound` takes the var's value away.
fn set_root(_: &mut Cx, args: &mut [Value]) -> Flow {
    let value = take(args, 1);
    let body = var_body("alter-var-root", &args[0])?;
    body.set_root(&args[0], value.clone());
    Ok(value)
}

fn all_vars(
    who: &str,
    args: &[Value],
    holds: impl Fn(&Value, &VarBody) -> bool,
) -> Result<bool, Fault> {
    let mut all = true;
    for var in args {
        all &= holds(var, var_body(who, var)?);
    }
    Ok(all)
}

fn is_bound(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let holds = |var: &Value, body: &VarBody| body.is_bound() || bound_value(cx, var).is_some();
    Ok(Value::bool(all_vars("bound?", args, holds)?))
}

fn is_thread_bound(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let holds = |var: &Value, _: &VarBody| bound_value(cx, var).is_some();
    Ok(Value::bool(all_vars("thread-bound?", args, holds)?))
}

fn local_var(_: &mut Cx, _: &mut [Value]) -> Flow {
    let var = make_var("", "--unnamed--");
    if let Some(body) = var.as_object::<VarBody>() {
        body.set(var_flags::DYNAMIC);
    }
    Ok(var)
}

fn reset_meta(_: &mut Cx, args: &mut [Value]) -> Flow {
    let meta = take(args, 1);
    if !meta.is_nil() && !map::is_map(&meta) {
        return Err(Fault::wrong_type("reset-meta!", "metadata as a map or nil", &meta).into());
    }
    if let Some(namespace) = as_namespace(&args[0]) {
        namespace.set_meta(meta.clone());
        return Ok(meta);
    }
    let body = args[0]
        .as_object::<VarBody>()
        .ok_or_else(|| Fault::wrong_type("reset-meta!", "a var or namespace", &args[0]))?;
    set_flags(body, &meta);
    body.set_meta(meta.clone());
    Ok(meta)
}

/// Adds metadata that the definition of a var computes.
fn add_meta(_: &mut Cx, args: &mut [Value]) -> Flow {
    let body = var_body("def", &args[0])?;
    let own = match body.own_meta() {
        own if own.is_nil() => map::empty(),
        own => own,
    };
    let all = map::iter(&args[1]).fold(own, |all, (k, v)| map::assoc(all, k.clone(), v.clone()));
    set_flags(body, &all);
    body.set_meta(all);
    Ok(take(args, 0))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "add-meta*",
        "[var meta]",
        exactly(2),
        add_meta,
        "Adds metadata that a definition computes.",
    ),
    row(
        "bound?",
        "[& vars]",
        at_least(0),
        is_bound,
        "Have all the vars a value?",
    ),
    row(
        "bound?*",
        "[var]",
        exactly(1),
        is_bound,
        "Has the var a value?",
    ),
    row(
        "get-thread-bindings",
        "[]",
        exactly(0),
        |cx, _| Ok(bound_vars(cx)),
        "A map from the dynamic vars bound in this actor to their values.",
    ),
    row(
        "local-var*",
        "[]",
        exactly(0),
        local_var,
        "A var without a name. It is never freed.",
    ),
    row(
        "reset-own-meta*",
        "[ref meta]",
        exactly(2),
        reset_meta,
        "Replaces the metadata of a var or namespace.",
    ),
    row(
        "set-var-root*",
        "[var x]",
        exactly(2),
        set_root,
        "Sets the value a var has where nothing binds it.",
    ),
    row(
        "set-var-watches*",
        "[var watches]",
        exactly(2),
        |_, a| {
            let watches = take(a, 1);
            var_body("add-watch", &a[0])?.set_watches(watches);
            Ok(take(a, 0))
        },
        "Replaces the functions that are told of a var's values, by their keys.",
    ),
    row(
        "thread-bound?",
        "[& vars]",
        at_least(0),
        is_thread_bound,
        "Are all the vars bound in this actor?",
    ),
    row(
        "var-get",
        "[var]",
        exactly(1),
        var_get,
        "The value of a var in this actor.",
    ),
    row(
        "var-root*",
        "[var]",
        exactly(1),
        root,
        "The value a var has where nothing binds it.",
    ),
    row(
        "var-set",
        "[var x]",
        exactly(2),
        set_dynamic_value,
        "Changes the innermost binding of a dynamic var in this actor.",
    ),
    row(
        "var-watches*",
        "[var]",
        exactly(1),
        |_, a| Ok(var_body("add-watch", &a[0])?.watches()),
        "The functions that are told of a var's values, by their keys; nil if there are none.",
    ),
];
