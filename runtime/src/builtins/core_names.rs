//! Keywords, symbols, and strings as sequences of characters, in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::{out_of_bounds, position, text};
use crate::context::Cx;
use crate::failure::Fault;
use crate::function::VarBody;
use crate::value::Value;
use crate::value::text::Text;
use crate::{namespace, number};

fn name(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(keyword) = args[0].as_keyword() {
        return Ok(keyword.name_value().clone());
    }
    if let Some(symbol) = args[0].as_symbol() {
        return Ok(Value::str(symbol.name()));
    }
    text("name", &args[0])
        .map_err(|_| Fault::wrong_type("name", "a keyword, symbol or string", &args[0]))?;
    Ok(args[0].clone())
}

fn namespace_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    let namespace = if let Some(keyword) = args[0].as_keyword() {
        keyword.namespace()
    } else if let Some(symbol) = args[0].as_symbol() {
        symbol.namespace()
    } else {
        return Err(Fault::wrong_type("namespace", "a keyword or symbol", &args[0]).into());
    };
    Ok(namespace.map(Value::str).unwrap_or_default())
}

/// The text of a name to be made: of one argument, or namespace and name.
fn name_text(who: &str, args: &[Value]) -> Result<String, Fault> {
    match args {
        [one] => Ok(if let Some(keyword) = one.as_keyword() {
            keyword.text().to_owned()
        } else if let Some(symbol) = one.as_symbol() {
            symbol.text().to_owned()
        } else if let Some(text) = one.as_str() {
            text.to_owned()
        } else if let Some(var) = one.as_object::<VarBody>().filter(|_| who == "symbol") {
            format!(
                "{}/{}",
                namespace::shown(&var.namespace, &var.name),
                var.name
            )
        } else {
            return Err(Fault::wrong_type(who, "a string, keyword or symbol", one));
        }),
        [namespace, name, ..] if namespace.is_nil() => Ok(text(who, name)?.to_owned()),
        [namespace, name, ..] => Ok(format!("{}/{}", text(who, namespace)?, text(who, name)?)),
        [] => Ok(String::new()),
    }
}

/// Nil for what names nothing, as in Clojure.
fn keyword(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let [one] = args
        && one.as_str().is_none()
        && one.as_symbol().is_none()
        && one.as_keyword().is_none()
    {
        return Ok(Value::NIL);
    }
    Ok(Value::keyword(&name_text("keyword", args)?))
}

fn symbol(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let [one] = args
        && one.as_symbol().is_some()
    {
        return Ok(one.clone());
    }
    Ok(Value::symbol(name_text("symbol", args)?))
}

fn subs(_: &mut Cx, args: &mut [Value]) -> Flow {
    text("subs", &args[0])?;
    let Some(body) = args[0].as_object::<Text>() else {
        return Ok(Value::NIL);
    };
    let count = body.code_points();
    let start = position("subs", &args[1])?;
    let end = if args.len() > 2 {
        position("subs", &args[2])?
    } else {
        count
    };
    match body.slice(start, end) {
        Some(part) => Ok(Value::str(part)),
        None => Err(out_of_bounds("subs", if end > count { end } else { start }, count).into()),
    }
}

fn parse_int(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(number::text::parse_int(text("parse-long", &args[0])?).unwrap_or_default())
}

fn parse_float(_: &mut Cx, args: &mut [Value]) -> Flow {
    let parsed = number::text::parse_float(text("parse-double", &args[0])?);
    Ok(parsed.map(Value::float).unwrap_or_default())
}

fn parse_boolean(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(match text("parse-boolean", &args[0])? {
        "true" => Value::TRUE,
        "false" => Value::FALSE,
        _ => Value::NIL,
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "keyword",
        "[name] [ns name]",
        between(1, 2),
        keyword,
        "The keyword of this name; nil for what is no string, symbol or keyword.",
    ),
    row(
        "name",
        "[x]",
        exactly(1),
        name,
        "The name of a keyword or symbol without its namespace; a string itself.",
    ),
    row(
        "namespace",
        "[x]",
        exactly(1),
        namespace_of,
        "The namespace of a keyword or symbol, or nil.",
    ),
    row(
        "parse-boolean",
        "[s]",
        exactly(1),
        parse_boolean,
        "True, false, or nil if the text is neither.",
    ),
    row(
        "parse-double",
        "[s]",
        exactly(1),
        parse_float,
        "The float that the text writes, or nil.",
    ),
    row(
        "parse-long",
        "[s]",
        exactly(1),
        parse_int,
        "The integer that the text writes, of any size, or nil.",
    ),
    row(
        "subs",
        "[s start] [s start end]",
        between(2, 3),
        subs,
        "The code points of a string from start up to end.",
    ),
    row(
        "symbol",
        "[name] [ns name]",
        between(1, 2),
        symbol,
        "The symbol of this name.",
    ),
];
