//! Namespaces as values in `batuta.core`. Loading files is the compiler's business.

use std::sync::Arc;

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, between, exactly, row};
use crate::builtins::core_state::{bound_value, set_binding};
use crate::builtins::support::take;
use crate::collections::seq::{Cursor, Step};
use crate::collections::{list, map, set};
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::failure::{Fault, FaultKind};
use crate::function::{VarBody, var_flags};
use crate::namespace::{self, CORE, Lookup, as_namespace};
use crate::value::Value;

/// The namespace that this actor is in.
pub fn current(cx: &Cx) -> Arc<str> {
    let value = dynamic::value(cx, Dynamic::Ns);
    as_namespace(&value).map_or_else(|| "user".into(), |ns| ns.name.clone())
}

/// The name of a namespace that is given as itself or as a symbol.
fn name_of(who: &str, value: &Value) -> Result<Arc<str>, Fault> {
    if let Some(namespace) = as_namespace(value) {
        return Ok(namespace.name.clone());
    }
    match value.as_symbol() {
        Some(symbol) => Ok(namespace::canonical(symbol.text()).into()),
        None => Err(Fault::wrong_type(who, "a namespace or a symbol", value)),
    }
}

/// As [`name_of`], of a namespace that is there.
fn existing(who: &str, value: &Value) -> Result<Arc<str>, Fault> {
    let name = name_of(who, value)?;
    if namespace::exists(&name) {
        return Ok(name);
    }
    let message = format!("`{who}`: no namespace: {name} found");
    Err(Fault::new(FaultKind::Undefined, message))
}

fn symbol_text<'a>(who: &str, value: &'a Value) -> Result<&'a str, Fault> {
    let symbol = value.as_symbol().map(|symbol| symbol.text());
    symbol.ok_or_else(|| Fault::wrong_type(who, "a symbol", value))
}

fn symbol(name: &str) -> Value {
    Value::symbol(namespace::spelled(name))
}

/// Goes on in another namespace, made if it is new.
fn in_ns(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let object = namespace::create(symbol_text("in-ns", &args[0])?);
    let var = dynamic::var(Dynamic::Ns);
    if bound_value(cx, var).is_some() {
        set_binding(cx, var.clone(), object.clone());
    } else {
        dynamic::set_root(Dynamic::Ns, object.clone());
    }
    Ok(object)
}

/// `(ns* 'name doc attributes)`: what `ns` does before its clauses.
fn enter(cx: &mut Cx, args: &mut [Value]) -> Flow {
    namespace::set_loaded(symbol_text("ns", &args[0])?);
    let object = in_ns(cx, args)?;
    if let Some(namespace) = as_namespace(&object) {
        let mut meta = namespace.meta();
        if !args[1].is_nil() {
            let doc = (Value::keyword("doc"), take(args, 1));
            meta = merged(meta, [doc]);
        }
        let attributes = map::iter(&args[2]);
        meta = merged(meta, attributes.map(|(k, v)| (k.clone(), v.clone())));
        namespace.set_meta(meta);
    }
    Ok(Value::NIL)
}

fn merged(meta: Value, entries: impl IntoIterator<Item = (Value, Value)>) -> Value {
    entries.into_iter().fold(meta, |meta, (key, value)| {
        let meta = if meta.is_nil() { map::empty() } else { meta };
        map::assoc(meta, key, value)
    })
}

fn find_ns(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(namespace::object(symbol_text("find-ns", &args[0])?).unwrap_or_default())
}

fn the_ns(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = existing("the-ns", &args[0])?;
    Ok(namespace::object(&name).unwrap_or_default())
}

fn remove_ns(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = symbol_text("remove-ns", &args[0])?;
    if namespace::canonical(name) == CORE {
        let message = "`remove-ns`: the core library cannot be removed";
        return Err(Fault::new(FaultKind::Call, message).into());
    }
    let object = namespace::object(name);
    namespace::remove(name);
    Ok(object.unwrap_or_default())
}

fn var_map(vars: impl IntoIterator<Item = (Arc<str>, Value)>) -> Flow {
    let pairs = vars.into_iter();
    Ok(map::from_pairs(
        pairs.map(|(name, var)| (Value::symbol(name), var)),
    ))
}

fn ns_map(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = existing("ns-map", &args[0])?;
    let mut all = namespace::refers(&name);
    all.extend(namespace::vars(&name));
    var_map(all)
}

fn ns_publics(_: &mut Cx, args: &mut [Value]) -> Flow {
    let vars = namespace::vars(&existing("ns-publics", &args[0])?);
    var_map(
        vars.into_iter()
            .filter(|(_, var)| !namespace::is_private(var)),
    )
}

fn ns_aliases(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let name = match args {
        [] => current(cx),
        [given, ..] => existing("ns-aliases", given)?,
    };
    let aliases = namespace::aliases(&name).into_iter();
    Ok(map::from_pairs(aliases.map(|(alias, target)| {
        (Value::symbol(alias), namespace::create(&target))
    })))
}

fn ns_unalias(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = existing("ns-unalias", &args[0])?;
    namespace::remove_alias(&name, symbol_text("ns-unalias", &args[1])?);
    Ok(Value::NIL)
}

fn ns_unmap(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = existing("ns-unmap", &args[0])?;
    namespace::unmap(&name, symbol_text("ns-unmap", &args[1])?);
    Ok(Value::NIL)
}

fn alias(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let target = existing("alias", &args[1])?;
    namespace::add_alias(&current(cx), symbol_text("alias", &args[0])?, &target);
    Ok(Value::NIL)
}

fn resolved(current: &str, value: &Value) -> Result<Value, Fault> {
    let symbol = value
        .as_symbol()
        .ok_or_else(|| Fault::wrong_type("resolve", "a symbol", value))?;
    let found = namespace::find_visible(current, symbol.namespace(), symbol.name());
    Ok(match found {
        Lookup::Var(var) | Lookup::Private(var) => var,
        Lookup::Unknown | Lookup::UnknownNamespace => Value::NIL,
    })
}

fn resolve(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.len() == 2 && map::contains(&args[0], &args[1]) {
        return Ok(Value::NIL);
    }
    let name = &args[args.len() - 1];
    Ok(resolved(&current(cx), name)?)
}

fn ns_resolve(_: &mut Cx, args: &mut [Value]) -> Flow {
    let name = existing("ns-resolve", &args[0])?;
    if args.len() == 3 && map::contains(&args[1], &args[2]) {
        return Ok(Value::NIL);
    }
    Ok(resolved(&name, &args[args.len() - 1])?)
}

fn find_var(_: &mut Cx, args: &mut [Value]) -> Flow {
    let symbol = args[0].as_symbol();
    let qualified = symbol.and_then(|symbol| Some((symbol.namespace()?, symbol.name())));
    let Some((ns, name)) = qualified else {
        return Err(Fault::wrong_type("find-var", "a symbol with a namespace", &args[0]).into());
    };
    existing("find-var", &Value::symbol(ns))?;
    Ok(namespace::find(ns, name).unwrap_or_default())
}

fn intern(_: &mut Cx, args: &mut [Value]) -> Flow {
    let ns = existing("intern", &args[0])?;
    let var = namespace::intern(&ns, symbol_text("intern", &args[1])?);
    namespace::declare(&var);
    let meta = crate::collections::meta::meta(&args[1]);
    if let Some(body) = var.as_object::<VarBody>() {
        if !meta.is_nil() {
            set_flags(body, &meta);
            body.set_meta(meta);
        }
        if args.len() == 3 {
            body.set_root(&var, take(args, 2));
        }
    }
    Ok(var)
}

/// The flags that metadata sets.
pub(super) fn set_flags(body: &VarBody, meta: &Value) {
    let flags = [
        ("dynamic", var_flags::DYNAMIC),
        ("macro", var_flags::MACRO),
        ("private", var_flags::PRIVATE),
    ];
    for (key, flag) in flags {
        if let Some(value) = map::get_keyword(meta, key) {
            body.put(flag, value.is_truthy());
        }
    }
}

/// The names in a sequence of symbols that is realised.
fn names(who: &str, value: &Value) -> Result<Vec<Arc<str>>, Fault> {
    let mut cursor = Cursor::new(who, value.clone())?;
    let mut names = Vec::new();
    while let Step::Item(item) = cursor.next() {
        names.push(symbol_text(who, &item)?.into());
    }
    Ok(names)
}

/// What `:only`, `:exclude` and `:rename` say.
struct Filters {
    only: Option<Vec<Arc<str>>>,
    exclude: Vec<Arc<str>>,
    rename: Value,
}

impl Filters {
    fn parse(who: &str, options: &[Value]) -> Result<Filters, Fault> {
        let mut filters = Filters {
            only: None,
            exclude: Vec::new(),
            rename: map::empty(),
        };
        for option in options.chunks(2) {
            let value = option.get(1).cloned().unwrap_or_default();
            match option[0].as_keyword().map(|key| key.text()) {
                Some("only" | "refer") => filters.only = Some(names(who, &value)?),
                Some("exclude") => filters.exclude = names(who, &value)?,
                Some("rename") if map::is_map(&value) => filters.rename = value,
                _ => {
                    let wanted = "`:only`, `:exclude` or `:rename` with their value";
                    return Err(Fault::wrong_type(who, wanted, &option[0]));
                }
            }
        }
        Ok(filters)
    }
}

fn refer(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let here = current(cx);
    let there = existing("refer", &args[0])?;
    let filters = Filters::parse("refer", &args[1..])?;
    let public = || {
        let vars = namespace::vars(&there).into_iter();
        let public = vars.filter(|(_, var)| !namespace::is_private(var));
        public.map(|(name, _)| name).collect()
    };
    for name in filters.only.unwrap_or_else(public) {
        if filters.exclude.contains(&name) {
            continue;
        }
        let Some(var) = namespace::find(&there, &name) else {
            let message = format!("`refer`: {there}/{name} does not exist");
            return Err(Fault::new(FaultKind::Undefined, message).into());
        };
        if namespace::is_private(&var) {
            let message = format!("`refer`: {there}/{name} is private");
            return Err(Fault::new(FaultKind::Undefined, message).into());
        }
        let renamed = map::get(&filters.rename, &Value::symbol(name.clone()));
        let renamed = renamed.and_then(Value::as_symbol);
        namespace::refer(&here, renamed.map_or(&*name, |symbol| symbol.name()), &var);
    }
    Ok(Value::NIL)
}

fn refer_clojure(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let here = current(cx);
    let filters = Filters::parse("refer-clojure", args)?;
    if let Some(only) = &filters.only {
        let others = namespace::names(CORE);
        namespace::hide(
            &here,
            others.into_iter().filter(|name| !only.contains(name)),
        );
    }
    namespace::hide(&here, filters.exclude);
    Ok(Value::NIL)
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "alias",
        "[alias namespace]",
        exactly(2),
        alias,
        "Lets a symbol stand for another namespace in the current one.",
    ),
    row(
        "all-ns",
        "[]",
        exactly(0),
        |_, _| {
            let all = namespace::all().into_iter();
            Ok(list::from_vec(
                all.filter_map(|name| namespace::object(&name)).collect(),
            ))
        },
        "All namespaces.",
    ),
    row(
        "create-ns",
        "[sym]",
        exactly(1),
        |_, a| Ok(namespace::create(symbol_text("create-ns", &a[0])?)),
        "The namespace of this name, made if it is not there.",
    ),
    row(
        "find-ns",
        "[sym]",
        exactly(1),
        find_ns,
        "The namespace of this name, or nil.",
    ),
    row(
        "find-var",
        "[sym]",
        exactly(1),
        find_var,
        "The var of a symbol with a namespace, or nil.",
    ),
    row(
        "in-ns",
        "[sym]",
        exactly(1),
        in_ns,
        "Goes on in another namespace, made if it is not there.",
    ),
    row(
        "intern",
        "[ns name] [ns name value]",
        between(2, 3),
        intern,
        "The var of this name in a namespace, made if it is not there; sets its value.",
    ),
    row(
        "loaded-libs*",
        "[]",
        exactly(0),
        |_, _| {
            let loaded = namespace::loaded().into_iter();
            Ok(set::from_iter(
                loaded.map(|name| symbol(&name)).collect::<Vec<_>>(),
            ))
        },
        "The names of the namespaces that are loaded.",
    ),
    row(
        "ns*",
        "[name doc attributes]",
        exactly(3),
        enter,
        "Goes on in a namespace; what `ns` does before its clauses.",
    ),
    row(
        "ns-aliases",
        "[] [ns]",
        between(0, 1),
        ns_aliases,
        "A map from the aliases of a namespace to what they mean.",
    ),
    row(
        "ns-imports",
        "[ns]",
        exactly(1),
        |_, a| {
            existing("ns-imports", &a[0])
                .map(|_| map::empty())
                .map_err(Into::into)
        },
        "An empty map: there are no classes to import.",
    ),
    row(
        "ns-interns",
        "[ns]",
        exactly(1),
        |_, a| var_map(namespace::vars(&existing("ns-interns", &a[0])?)),
        "A map from the names a namespace defines to their vars.",
    ),
    row(
        "ns-map",
        "[ns]",
        exactly(1),
        ns_map,
        "A map from all names visible in a namespace to their vars.",
    ),
    row(
        "ns-name",
        "[ns]",
        exactly(1),
        |_, a| Ok(symbol(&existing("ns-name", &a[0])?)),
        "The name of a namespace.",
    ),
    row(
        "ns-publics",
        "[ns]",
        exactly(1),
        ns_publics,
        "A map from the public names a namespace defines to their vars.",
    ),
    row(
        "ns-refers",
        "[ns]",
        exactly(1),
        |_, a| var_map(namespace::refers(&existing("ns-refers", &a[0])?)),
        "A map from the names a namespace refers to to their vars.",
    ),
    row(
        "ns-resolve",
        "[ns sym] [ns env sym]",
        between(2, 3),
        ns_resolve,
        "The var that a symbol names in a namespace, or nil.",
    ),
    row(
        "ns-unalias",
        "[ns alias]",
        exactly(2),
        ns_unalias,
        "Takes an alias out of a namespace.",
    ),
    row(
        "ns-unmap",
        "[ns sym]",
        exactly(2),
        ns_unmap,
        "Takes a name out of a namespace.",
    ),
    row(
        "refer",
        "[ns & filters]",
        at_least(1),
        refer,
        "Lets the public names of a namespace be used here; `:only`, `:exclude`, `:rename`.",
    ),
    row(
        "refer-clojure",
        "[& filters]",
        at_least(0),
        refer_clojure,
        "Hides names of the core library here; `:only`, `:exclude`.",
    ),
    row(
        "remove-ns",
        "[sym]",
        exactly(1),
        remove_ns,
        "Forgets a namespace with all it defines.",
    ),
    row(
        "resolve",
        "[sym] [env sym]",
        between(1, 2),
        resolve,
        "The var that a symbol names in the current namespace, or nil.",
    ),
    row(
        "the-ns",
        "[ns]",
        exactly(1),
        the_ns,
        "The namespace of this name; a fault if there is none.",
    ),
];
