//! Types that programs define, and protocols, in `batuta.core`: what `defrecord`, `deftype`,
//! `reify`, `defprotocol` and their like expand to.

use std::sync::Arc;

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::support::{position, take_all, text};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::types::protocol::{Extension, Protocol, as_protocol};
use crate::types::{self, DefinedType, Shape, instance, protocol};
use crate::value::object::Kind;
use crate::value::{Value, class_name, print};

fn items(who: &str, value: &Value) -> Result<Vec<Value>, Fault> {
    match vector::len(value) {
        Some(_) => Ok(vector::iter(value).cloned().collect()),
        None => Err(Fault::wrong_type(who, "a vector", value)),
    }
}

/// `(define-type* "ns.Name" :record [:field …])`: the keyword of the type.
fn define_type(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = text("define-type*", &args[0])?;
    let shape = if args[1].is_keyword("record") {
        Shape::Record
    } else {
        Shape::Object
    };
    let fields = items("define-type*", &args[2])?;
    Ok(types::define(name, shape, fields).keyword.clone())
}

fn expect_defined(who: &str, type_: &Value) -> Result<&'static DefinedType, Fault> {
    types::of_keyword(type_).ok_or_else(|| Fault::wrong_type(who, "a type that was defined", type_))
}

fn new_record(_: &mut Cx, args: &mut [Value]) -> Flow {
    let type_ = expect_defined("new-record*", &args[0])?;
    let values = args[1..].iter_mut().map(std::mem::take);
    let fields = type_.fields.iter().cloned().zip(values);
    Ok(map::new_record(type_, fields))
}

/// The record with the entries of a map; fields that it lacks are nil.
pub(crate) fn record_of(type_: &'static DefinedType, entries: &Value) -> Value {
    let field = |name: &Value| {
        let value = map::get(entries, name).cloned();
        (name.clone(), value.unwrap_or_default())
    };
    let further = map::iter(entries).filter(|(key, _)| !type_.has_field(key));
    let further = further.map(|(key, value)| (key.clone(), value.clone()));
    map::new_record(type_, type_.fields.iter().map(field).chain(further))
}

fn map_to_record(_: &mut Cx, args: &mut [Value]) -> Flow {
    let type_ = expect_defined("map->record*", &args[0])?;
    if args[1].is_nil() {
        return Ok(record_of(type_, &map::empty()));
    }
    if !map::is_map(&args[1]) {
        let who = format!("map->{}", type_.name.rsplit('.').next().unwrap_or_default());
        return Err(Fault::wrong_type(&who, "a map", &args[1]).into());
    }
    Ok(record_of(type_, &args[1]))
}

/// What `#ns.Name{…}` and `#ns.Name[…]` stand for.
fn record_literal(_: &mut Cx, args: &mut [Value]) -> Flow {
    let tag = args[0].as_symbol().map_or("", |symbol| symbol.text());
    match types::find(tag) {
        Some(type_) => Ok(from_literal(type_, &args[1])?),
        None => {
            let message = format!("no reader for the tag #{tag}, and no type of this name");
            Err(Fault::new(FaultKind::Syntax, message).into())
        }
    }
}

/// The value that a literal of a defined type stands for.
pub(crate) fn from_literal(type_: &'static DefinedType, data: &Value) -> Result<Value, Fault> {
    let by_place = vector::len(data);
    match type_.shape {
        Shape::Record if data.kind() == Some(Kind::Map) => Ok(record_of(type_, data)),
        _ if by_place == Some(type_.fields.len()) => {
            let values = vector::iter(data).cloned();
            Ok(match type_.shape {
                Shape::Object => instance::make(type_, values.collect()),
                Shape::Record => map::new_record(type_, type_.fields.iter().cloned().zip(values)),
            })
        }
        _ => {
            let wanted = format!("the fields of {} as a map or a vector", type_.name);
            Err(Fault::wrong_type("a literal", &wanted, data))
        }
    }
}

fn new_object(_: &mut Cx, args: &mut [Value]) -> Flow {
    let type_ = expect_defined("new-object*", &args[0])?;
    Ok(instance::make(type_, take_all(args, 1)))
}

fn field(_: &mut Cx, args: &mut [Value]) -> Flow {
    let index = position("field*", &args[1])?;
    let found = instance::as_instance(&args[0]).and_then(|object| object.field(index));
    match found {
        Some(value) => Ok(value.clone()),
        None => Err(Fault::wrong_type("field*", "an object with this field", &args[0]).into()),
    }
}

fn instance_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].kind() == Some(Kind::Set) {
        let known = crate::collections::set::contains(&args[0], &types::class_of(&args[1]));
        return Ok(Value::bool(known));
    }
    if let Some(protocol) = as_protocol(&args[0]) {
        return Ok(Value::bool(protocol.is_satisfied_by(&args[1])));
    }
    match types::type_of_designator(&args[0]) {
        Some(type_) if !args[0].is_nil() => Ok(Value::bool(types::is_instance(&type_, &args[1]))),
        _ => {
            let wanted = "a type (such as Int or :int)";
            Err(Fault::wrong_type("instance?", wanted, &args[0]).into())
        }
    }
}

fn is_subtype(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(types::is_subtype(&args[0], &args[1])))
}

/// The types wider than a type.
fn wider_types(_: &mut Cx, args: &mut [Value]) -> Flow {
    let all = types::wider_than(&args[0]);
    Ok(crate::collections::set::from_iter(all))
}

fn expect_type(who: &str, designator: &Value) -> Result<Value, Fault> {
    types::type_of_designator(designator).ok_or_else(|| {
        Fault::wrong_type(
            who,
            "a type (such as Int, a record's name or nil)",
            designator,
        )
    })
}

fn expect_protocol<'a>(who: &str, value: &'a Value) -> Result<&'a Protocol, Fault> {
    as_protocol(value).ok_or_else(|| Fault::wrong_type(who, "a protocol", value))
}

/// `(protocol* "ns/Name" ["method" …] via-metadata?)`
fn make_protocol(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = text("protocol*", &args[0])?;
    let methods = items("protocol*", &args[1])?;
    let methods: Vec<Arc<str>> = methods
        .iter()
        .map(|method| Arc::from(method.as_str().unwrap_or_default()))
        .collect();
    Ok(protocol::make(name, &methods, args[2].is_truthy()))
}

fn extend_with(how: Extension, args: &mut [Value]) -> Flow {
    let type_ = expect_type("extend", &args[0])?;
    if args.len().is_multiple_of(2) {
        let message = "`extend` takes a type, and pairs of protocol and map of functions";
        return Err(Fault::new(FaultKind::Arity, message).into());
    }
    for pair in args[1..].chunks_exact(2) {
        let (target, functions) = (&pair[0], &pair[1]);
        if !functions.is_nil() && functions.kind() != Some(Kind::Map) {
            let wanted = "a map from method to function";
            return Err(Fault::wrong_type("extend", wanted, functions).into());
        }
        let functions = if functions.is_nil() {
            map::empty()
        } else {
            functions.clone()
        };
        match as_protocol(target) {
            Some(protocol) => protocol.extend(&type_, functions, how)?,
            None => implement_interface(&type_, target, &functions)?,
        }
    }
    Ok(Value::NIL)
}

/// The methods of an interface such as `Object` or `IFn`, for a type of the program.
fn implement_interface(type_: &Value, interface: &Value, methods: &Value) -> Result<(), Fault> {
    let Some(interface) = interface
        .as_keyword()
        .and_then(|_| types::type_of_designator(interface))
    else {
        return Err(Fault::wrong_type("extend", "a protocol", interface));
    };
    let Some(defined) = types::of_keyword(type_) else {
        let message = format!(
            "{} is no protocol: only types that a program defines can have its methods",
            print::short(&interface)
        );
        return Err(Fault::new(FaultKind::Type, message));
    };
    defined.add_interface(&interface);
    for (name, function) in map::iter(methods) {
        defined.set_method(name, function.clone());
    }
    Ok(())
}

fn dispatch(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (Some(protocol), Some(index)) = (as_protocol(&args[0]), args[1].as_small_int()) else {
        return Err(Fault::wrong_type("dispatch*", "a protocol", &args[0]).into());
    };
    Ok(protocol.dispatch(index as usize, &args[2])?)
}

fn satisfies(_: &mut Cx, args: &mut [Value]) -> Flow {
    let protocol = expect_protocol("satisfies?", &args[0])?;
    Ok(Value::bool(protocol.is_satisfied_by(&args[1])))
}

fn extends(_: &mut Cx, args: &mut [Value]) -> Flow {
    let protocol = expect_protocol("extends?", &args[0])?;
    let type_ = expect_type("extends?", &args[1])?;
    Ok(Value::bool(protocol.is_extended_to(&type_)))
}

fn extenders(_: &mut Cx, args: &mut [Value]) -> Flow {
    let all = expect_protocol("extenders", &args[0])?.extenders();
    Ok(crate::collections::list::from_vec(all))
}

fn find_protocol_impl(_: &mut Cx, args: &mut [Value]) -> Flow {
    let protocol = expect_protocol("find-protocol-impl", &args[0])?;
    let found = protocol.implementation_for(&args[1]);
    Ok(found.unwrap_or_default())
}

fn find_protocol_method(_: &mut Cx, args: &mut [Value]) -> Flow {
    let protocol = expect_protocol("find-protocol-method", &args[0])?;
    let found = protocol.implementation_for(&args[2]);
    Ok(found
        .and_then(|functions| map::get(&functions, &args[1]).cloned())
        .unwrap_or_default())
}

/// The class of a value that a fault names, for `class`.
fn class(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(match types::defined_type(&args[0]) {
        Some(defined) => defined.keyword.clone(),
        None => Value::keyword(class_name(&args[0])),
    })
}

/// The type in the metadata of a value, or its class.
fn type_of(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let meta = crate::collections::meta::meta(&args[0]);
    match map::get_keyword(&meta, "type") {
        Some(declared) if !declared.is_nil() => Ok(declared.clone()),
        _ => class(cx, args),
    }
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "class",
        "[x]",
        exactly(1),
        class,
        "What kind of value it is, as a keyword such as `:int` or `:vector`; of a record the name of its type.",
    ),
    row(
        "define-type*",
        "[name shape fields]",
        exactly(3),
        define_type,
        "Defines a type; gives the keyword that stands for it.",
    ),
    row(
        "dispatch*",
        "[protocol index x]",
        exactly(3),
        dispatch,
        "The function that a method of a protocol is for x.",
    ),
    row(
        "extend",
        "[type & protocols-and-maps]",
        at_least(1),
        |_, a| extend_with(Extension::Outside, a),
        "Gives a type the methods of protocols, each a map from keyword to function.",
    ),
    row(
        "extend-inline*",
        "[type & protocols-and-maps]",
        at_least(1),
        |_, a| extend_with(Extension::Inline, a),
        "As `extend`, for methods written in the definition of the type.",
    ),
    row(
        "extenders",
        "[protocol]",
        exactly(1),
        extenders,
        "The types that were given the protocol outside of their definition.",
    ),
    row(
        "extends?",
        "[protocol type]",
        exactly(2),
        extends,
        "Has the type the protocol?",
    ),
    row(
        "field*",
        "[object index]",
        exactly(2),
        field,
        "The field of an object that `deftype` or `reify` made.",
    ),
    row(
        "find-protocol-impl",
        "[protocol x]",
        exactly(2),
        find_protocol_impl,
        "The map of functions that the protocol has for x, or nil.",
    ),
    row(
        "find-protocol-method",
        "[protocol method x]",
        exactly(3),
        find_protocol_method,
        "The function that the protocol has for x under the keyword of a method, or nil.",
    ),
    row(
        "instance?",
        "[type x]",
        exactly(2),
        instance_of,
        "Is x of this type: a name such as Int, a record's, or a keyword as `class` gives it?",
    ),
    row(
        "known-type*",
        "[type]",
        exactly(1),
        |_, a| Ok(Value::bool(types::of_keyword(&a[0]).is_some())),
        "Is the keyword that of a type that was defined?",
    ),
    row(
        "map->record*",
        "[type map]",
        exactly(2),
        map_to_record,
        "The record of this type with the entries of the map.",
    ),
    row(
        "new-object*",
        "[type & fields]",
        at_least(1),
        new_object,
        "An object of a type that `deftype` or `reify` defined.",
    ),
    row(
        "new-record*",
        "[type & fields]",
        at_least(1),
        new_record,
        "A record of this type.",
    ),
    row(
        "new-token*",
        "[]",
        exactly(0),
        |_, _| Ok(instance::token()),
        "An object that equals only itself.",
    ),
    row(
        "print-tag*",
        "[x]",
        exactly(1),
        |_, a| Ok(types::printing::tag_of(&a[0])),
        "What `print-method` dispatches on.",
    ),
    row(
        "protocol*",
        "[name methods via-metadata?]",
        exactly(3),
        make_protocol,
        "A protocol with methods of these names.",
    ),
    row(
        "record-literal*",
        "[tag x]",
        exactly(2),
        record_literal,
        "The record that a tagged literal stands for.",
    ),
    row(
        "record?",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::bool(map::record(&a[0]).is_some())),
        "Is it a record?",
    ),
    row(
        "reducer*",
        "[x]",
        exactly(1),
        |_, a| Ok(types::method_of(&a[0], "reduce").unwrap_or_default()),
        "The reduce method of IReduce or IReduceInit that the type of x has; nil if it has none.",
    ),
    row(
        "satisfies?",
        "[protocol x]",
        exactly(2),
        satisfies,
        "Has x the methods of the protocol?",
    ),
    row(
        "subtype?*",
        "[narrow wide]",
        exactly(2),
        is_subtype,
        "Is every value of the one type of the other too?",
    ),
    row(
        "type",
        "[x]",
        exactly(1),
        type_of,
        "The :type in the metadata of x, or its class.",
    ),
    row(
        "wider-types*",
        "[type]",
        exactly(1),
        wider_types,
        "The types that every value of the type is of too, as a set.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_lacks_no_field() {
        let fields = vec![Value::keyword("a"), Value::keyword("b")];
        let type_ = types::define("tests.types.Pair", Shape::Record, fields);
        let entries = map::from_pairs([
            (Value::keyword("b"), Value::TRUE),
            (Value::keyword("c"), Value::FALSE),
        ]);
        let record = record_of(type_, &entries);
        assert_eq!(
            print::readable(&record),
            "#tests.types.Pair{:a nil, :b true, :c false}"
        );
        assert!(map::record(&map::dissoc(record.clone(), &Value::keyword("c"))).is_some());
        assert!(map::record(&map::dissoc(record, &Value::keyword("a"))).is_none());
    }

    #[test]
    fn many_fields_keep_their_order() {
        let names: Vec<String> = (0..20).map(|n| format!("field{n}")).collect();
        let fields: Vec<Value> = names.iter().map(|name| Value::keyword(name)).collect();
        let type_ = types::define("tests.types.Wide", Shape::Record, fields.clone());
        let mut record = record_of(type_, &map::empty());
        record = map::assoc(record, fields[3].clone(), Value::TRUE);
        let keys: Vec<Value> = map::iter(&record).map(|(key, _)| key.clone()).collect();
        assert!(keys == fields && map::get(&record, &fields[3]) == Some(&Value::TRUE));
    }

    #[test]
    fn a_method_is_found_by_the_narrowest_type() {
        let protocol = protocol::make("tests/Shown", &["shown".into()], false);
        let protocol = as_protocol(&protocol).expect("made just now");
        let by = |value: &Value| protocol.dispatch(0, value).ok();
        let functions = |mark: i64| {
            let mark = crate::number::int(mark);
            map::from_pairs([(Value::keyword("shown"), mark)])
        };
        let one = crate::number::int(1);
        assert!(by(&one).is_none());
        let extend = |type_: &str, mark| {
            let type_ = Value::keyword(type_);
            protocol.extend(&type_, functions(mark), Extension::Outside)
        };
        assert!(extend("object", 1).is_ok());
        assert!(by(&one) == Some(crate::number::int(1)) && by(&Value::NIL).is_none());
        assert!(extend("num", 2).is_ok() && by(&one) == Some(crate::number::int(2)));
        assert!(extend("int", 3).is_ok() && by(&one) == Some(crate::number::int(3)));
        assert!(by(&Value::float(1.5)) == Some(crate::number::int(2)));
    }
}
