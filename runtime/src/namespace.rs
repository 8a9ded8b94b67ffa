//! Namespaces: which var a name stands for.
//!
//! One registry for the process, shared by the compiler's sessions and by `resolve`, `ns-publics`
//! and their like. A var is never removed, so a [`Value`] found here stays valid.
//! Invariant: a var is *defined* once it is declared or bound; interned ones that are neither are
//! forward references and stay invisible to every look-up but [`intern`].
//! To give Batuta's libraries another spelling, add a row to `SPELLINGS`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use batuta_lang::form::Name;

use crate::builtin::BuiltinTable;
use crate::function::{FnCode, VarBody, make_immortal_function, make_var, var_flags};
use crate::types;
use crate::value::Value;

mod clojure_names;
mod object;
pub mod unread;
mod var_meta;

pub use clojure_names::is_clojure_name;
pub use object::{NamespaceObject, as_namespace};
pub use var_meta::{own_var_meta, var_meta};

/// The namespace whose names are visible everywhere.
pub const CORE: &str = "batuta.core";

/// Other names of Batuta's namespaces.
const SPELLINGS: &[(&str, &str)] = &[
    ("clojure.core", CORE),
    ("clojure.string", "str"),
    ("clojure.set", "set"),
    ("clojure.walk", "walk"),
    ("clojure.data", "data"),
    ("clojure.template", "template"),
    ("clojure.zip", "zip"),
    ("clojure.edn", "edn"),
    ("clojure.math", "math"),
    ("clojure.test", "test"),
    ("clojure.test.check", "prop"),
    ("clojure.test.check.generators", "gen"),
    ("clojure.test.check.properties", "prop"),
    ("clojure.data.json", "json"),
    ("clojure.data.csv", "csv"),
    ("clojure.java.io", "io"),
    ("clojure.java.shell", "io"),
    ("clojure.spec.alpha", "spec"),
    ("batuta.spec", "spec"),
    ("batuta.string", "str"),
    ("batuta.math", "math"),
    ("Math", "math"),
    ("clojure.lang.PersistentQueue", "PersistentQueue"),
];

/// What a name stands for.
#[derive(Debug)]
pub enum Lookup {
    /// This var.
    Var(Value),
    /// The var is there but private to its namespace.
    Private(Value),
    /// No such name.
    Unknown,
    /// No such namespace or alias.
    UnknownNamespace,
}

struct Namespace {
    vars: BTreeMap<Arc<str>, Value>,
    aliases: BTreeMap<Arc<str>, Arc<str>>,
    refers: BTreeMap<Arc<str>, Value>,
    /// Names of Batuta's core that are not visible here.
    hidden: HashSet<Arc<str>>,
    /// What `find-ns` gives.
    object: Value,
    /// Its file was read, or its `ns` form was met.
    is_loaded: bool,
}

impl Namespace {
    fn new(name: &str) -> Namespace {
        Namespace {
            vars: BTreeMap::new(),
            aliases: BTreeMap::new(),
            refers: BTreeMap::new(),
            hidden: HashSet::new(),
            object: object::make(name),
            is_loaded: false,
        }
    }

    fn defined(&self, name: &str) -> Option<&Value> {
        self.vars.get(name).filter(|var| is_defined(var))
    }
}

type Registry = HashMap<Arc<str>, Namespace>;

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(Default::default);

fn read() -> RwLockReadGuard<'static, Registry> {
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner)
}

fn write() -> RwLockWriteGuard<'static, Registry> {
    REGISTRY.write().unwrap_or_else(PoisonError::into_inner)
}

fn is_defined(var: &Value) -> bool {
    var.as_object::<VarBody>()
        .is_some_and(|body| body.has(var_flags::DECLARED) || body.is_bound())
}

/// The proper name of a namespace that has a second spelling; any other name as it is.
pub fn canonical(namespace: &str) -> &str {
    let spelling = SPELLINGS.iter().find(|(other, _)| *other == namespace);
    spelling.map_or(namespace, |(_, proper)| proper)
}

/// How many of the first [`SPELLINGS`] are namespaces that programs know by Clojure's name.
const SPELLED: usize = 7;

/// A namespace as Clojure's programs write it: the other way round from [`canonical`].
pub fn spelled(namespace: &str) -> &str {
    let mut spellings = SPELLINGS[..SPELLED].iter();
    let spelling = spellings.find(|(_, proper)| *proper == namespace);
    spelling.map_or(namespace, |(other, _)| other)
}

/// The namespace that templates and `pr` write before a name: Clojure's for Clojure's names, ours
/// for ours.
pub fn shown<'a>(namespace: &'a str, name: &str) -> &'a str {
    if namespace == CORE && !is_clojure_name(name) {
        return CORE;
    }
    spelled(namespace)
}

/// What a symbol of a template stands for in a namespace.
pub fn qualified(current: &str, name: &Name) -> Name {
    if let Some(ns) = &name.ns {
        let target = alias_target(current, ns);
        return target.map_or_else(
            || name.clone(),
            |ns| Name::qualified(shown(&ns, &name.name), name.name.clone()),
        );
    }
    if let Lookup::Var(var) = find_visible(current, None, &name.name)
        && let Some(body) = var.as_object::<VarBody>()
    {
        let ns = shown(&body.namespace, &body.name);
        return Name::qualified(ns, body.name.clone());
    }
    Name::qualified(current, name.name.clone())
}

fn entry<'r>(registry: &'r mut Registry, namespace: &str) -> &'r mut Namespace {
    let name = canonical(namespace);
    registry
        .entry(name.into())
        .or_insert_with(|| Namespace::new(name))
}

/// Makes a namespace, if it is not there yet. Gives its object.
pub fn create(namespace: &str) -> Value {
    entry(&mut write(), namespace).object.clone()
}

/// The object of a namespace.
pub fn object(namespace: &str) -> Option<Value> {
    Some(read().get(canonical(namespace))?.object.clone())
}

/// Forgets a namespace. False if there was none.
pub fn remove(namespace: &str) -> bool {
    write().remove(canonical(namespace)).is_some()
}

/// Notes that nothing need be loaded for this namespace.
pub fn set_loaded(namespace: &str) {
    entry(&mut write(), namespace).is_loaded = true;
}

/// Was its file read, or its `ns` form met?
pub fn is_loaded(namespace: &str) -> bool {
    let registry = read();
    let there = registry.get(canonical(namespace));
    there.is_some_and(|there| there.is_loaded)
}

/// The names of all namespaces that are loaded, in order.
pub fn loaded() -> Vec<Arc<str>> {
    let registry = read();
    let loaded = registry.iter().filter(|(_, there)| there.is_loaded);
    let mut names: Vec<_> = loaded.map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names
}

/// Is there a namespace of this name?
pub fn exists(namespace: &str) -> bool {
    read().contains_key(canonical(namespace))
}

/// The var of this name in a namespace; both are made if they are not there.
pub fn intern(namespace: &str, name: &str) -> Value {
    let namespace = canonical(namespace);
    let mut registry = write();
    let vars = &mut entry(&mut registry, namespace).vars;
    if let Some(var) = vars.get(name) {
        return var.clone();
    }
    let var = make_var(namespace, name);
    vars.insert(name.into(), var.clone());
    var
}

/// Puts a new var under its name, where none may be yet.
pub fn adopt(var: &Value) {
    if let Some(body) = var.as_object::<VarBody>() {
        let mut registry = write();
        let vars = &mut entry(&mut registry, &body.namespace).vars;
        vars.insert(body.name.clone(), var.clone());
    }
}

/// Marks a var as defined, so that look-ups find it before it has a value.
pub fn declare(var: &Value) {
    if let Some(body) = var.as_object::<VarBody>() {
        body.set(var_flags::DECLARED);
    }
}

/// The defined var of this name that belongs to the namespace itself.
pub fn find(namespace: &str, name: &str) -> Option<Value> {
    read().get(canonical(namespace))?.defined(name).cloned()
}

/// What `name`, or `namespace/name`, stands for in the namespace `current`.
///
/// Without a namespace: the current namespace's own names, what it refers to, Batuta's core. With
/// one: the current namespace's aliases, then namespaces by their own name.
pub fn find_visible(current: &str, namespace: Option<&str>, name: &str) -> Lookup {
    let registry = read();
    let here = registry.get(canonical(current));
    let Some(written) = namespace else {
        let own = here.and_then(|here| here.defined(name).or_else(|| here.refers.get(name)));
        let is_hidden = here.is_some_and(|here| here.hidden.contains(name));
        let core = || match is_hidden {
            true => None,
            false => registry.get(CORE).and_then(|core| core.defined(name)),
        };
        if let Some(var) = own.or_else(core) {
            return Lookup::Var(var.clone());
        }
        drop(registry);
        return types::names::var_of(name).map_or(Lookup::Unknown, Lookup::Var);
    };
    let target = here
        .and_then(|here| here.aliases.get(written))
        .map_or(canonical(written), |target| &**target);
    let Some(there) = registry.get(target) else {
        return Lookup::UnknownNamespace;
    };
    match there.defined(name) {
        Some(var) if target != canonical(current) && is_private(var) => {
            Lookup::Private(var.clone())
        }
        Some(var) => Lookup::Var(var.clone()),
        None => Lookup::Unknown,
    }
}

/// May only its own namespace name the var?
pub fn is_private(var: &Value) -> bool {
    var.as_object::<VarBody>()
        .is_some_and(|body| body.has(var_flags::PRIVATE))
}

/// The namespace that `alias` means in `namespace`, by alias or by its own name.
pub fn alias_target(namespace: &str, alias: &str) -> Option<Arc<str>> {
    let registry = read();
    let aliases = registry.get(canonical(namespace)).map(|here| &here.aliases);
    if let Some(target) = aliases.and_then(|aliases| aliases.get(alias)) {
        return Some(target.clone());
    }
    registry
        .get_key_value(canonical(alias))
        .map(|(name, _)| name.clone())
}

/// Lets `alias` mean `target` in `namespace`.
pub fn add_alias(namespace: &str, alias: &str, target: &str) {
    let target = canonical(target).into();
    let mut registry = write();
    let here = entry(&mut registry, namespace);
    here.aliases.insert(alias.into(), target);
}

/// Takes an alias away.
pub fn remove_alias(namespace: &str, alias: &str) {
    if let Some(here) = write().get_mut(canonical(namespace)) {
        here.aliases.remove(alias);
    }
}

/// The aliases of a namespace with what they mean, in order.
pub fn aliases(namespace: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let registry = read();
    let here = registry.get(canonical(namespace));
    let pairs = here.into_iter().flat_map(|here| &here.aliases);
    pairs
        .map(|(alias, target)| (alias.clone(), target.clone()))
        .collect()
}

/// Makes names of Batuta's core invisible in a namespace, until they are referred to.
pub fn hide(namespace: &str, names: impl IntoIterator<Item = Arc<str>>) {
    entry(&mut write(), namespace).hidden.extend(names);
}

/// Is this name of Batuta's core invisible in the namespace?
pub fn is_hidden(namespace: &str, name: &str) -> bool {
    let registry = read();
    let here = registry.get(canonical(namespace));
    here.is_some_and(|here| here.hidden.contains(name))
}

/// Takes a name out of a namespace: its own var, or what it refers to.
pub fn unmap(namespace: &str, name: &str) {
    let mut registry = write();
    let here = entry(&mut registry, namespace);
    here.vars.remove(name);
    here.refers.remove(name);
    here.hidden.insert(name.into());
}

/// Lets a name without namespace mean another namespace's var in `namespace`.
pub fn refer(namespace: &str, name: &str, var: &Value) {
    let mut registry = write();
    let here = entry(&mut registry, namespace);
    here.refers.insert(name.into(), var.clone());
    here.hidden.remove(name);
}

/// The vars defined in a namespace, by name, in order.
pub fn vars(namespace: &str) -> Vec<(Arc<str>, Value)> {
    let registry = read();
    let there = registry.get(canonical(namespace));
    let defined = there.into_iter().flat_map(|there| &there.vars);
    defined
        .filter(|(_, var)| is_defined(var))
        .map(|(name, var)| (name.clone(), var.clone()))
        .collect()
}

/// What a namespace refers to without owning it, Batuta's core included, by name.
pub fn refers(namespace: &str) -> Vec<(Arc<str>, Value)> {
    let mut found: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    if canonical(namespace) != CORE {
        let is_visible = |name: &str| !is_hidden(namespace, name);
        found.extend(vars(CORE).into_iter().filter(|(name, _)| is_visible(name)));
    }
    if let Some(here) = read().get(canonical(namespace)) {
        let own = here.refers.iter();
        found.extend(own.map(|(name, var)| (name.clone(), var.clone())));
    }
    found.into_iter().collect()
}

/// The names of the vars defined in a namespace, in order.
pub fn names(namespace: &str) -> Vec<Arc<str>> {
    let registry = read();
    let vars = registry.get(canonical(namespace)).map(|there| &there.vars);
    vars.into_iter()
        .flatten()
        .filter(|(_, var)| is_defined(var))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The names a namespace refers to without owning them, in order.
pub fn referred_names(namespace: &str) -> Vec<Arc<str>> {
    let registry = read();
    let here = registry.get(canonical(namespace));
    here.map(|here| here.refers.keys().cloned().collect())
        .unwrap_or_default()
}

/// The names of all namespaces, in order.
pub fn all() -> Vec<Arc<str>> {
    let mut names: Vec<_> = read().keys().cloned().collect();
    names.sort_unstable();
    names
}

/// Defines all builtins of a table.
pub fn install(table: &'static BuiltinTable) {
    for builtin in table.builtins {
        let var = intern(table.namespace, builtin.name);
        let name = format!("{}/{}", table.namespace, builtin.name);
        let function = make_immortal_function(Arc::new(FnCode::native(name.into(), builtin)));
        if let Some(body) = var.as_object::<VarBody>() {
            body.set_root(&var, function);
        }
    }
    set_loaded(table.namespace);
}
