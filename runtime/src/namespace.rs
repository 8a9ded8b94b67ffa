//! Namespaces: which var a name stands for.
//!
//! One registry for the process, shared by the compiler's sessions and by `resolve`, `ns-publics`
//! and their like. A var is never removed, so a [`Value`] found here stays valid.
//! Invariant: a var is *defined* once it is declared or bound; interned ones that are neither are
//! forward references and stay invisible to every look-up but [`intern`].
//! To give Batuta's libraries another spelling, add a row to `SPELLINGS`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::builtin::BuiltinTable;
use crate::function::{FnCode, VarBody, make_immortal_function, make_var, var_flags};
use crate::types;
use crate::value::Value;

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

#[derive(Default)]
struct Namespace {
    vars: BTreeMap<Arc<str>, Value>,
    aliases: HashMap<Arc<str>, Arc<str>>,
    refers: HashMap<Arc<str>, Value>,
}

impl Namespace {
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

/// Makes a namespace, if it is not there yet.
pub fn create(namespace: &str) {
    write().entry(canonical(namespace).into()).or_default();
}

/// Is there a namespace of this name?
pub fn exists(namespace: &str) -> bool {
    read().contains_key(canonical(namespace))
}

/// The var of this name in a namespace; both are made if they are not there.
pub fn intern(namespace: &str, name: &str) -> Value {
    let namespace = canonical(namespace);
    let mut registry = write();
    let vars = &mut registry.entry(namespace.into()).or_default().vars;
    if let Some(var) = vars.get(name) {
        return var.clone();
    }
    let var = make_var(namespace, name);
    vars.insert(name.into(), var.clone());
    var
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
        let core = || registry.get(CORE).and_then(|core| core.defined(name));
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

fn is_private(var: &Value) -> bool {
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
    let here = registry.entry(canonical(namespace).into()).or_default();
    here.aliases.insert(alias.into(), target);
}

/// Lets a name without namespace mean another namespace's var in `namespace`.
pub fn refer(namespace: &str, name: &str, var: &Value) {
    let mut registry = write();
    let here = registry.entry(canonical(namespace).into()).or_default();
    here.refers.insert(name.into(), var.clone());
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
    let mut names: Vec<_> = here
        .map(|here| here.refers.keys().cloned().collect())
        .unwrap_or_default();
    names.sort_unstable();
    names
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
}
