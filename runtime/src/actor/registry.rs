//! Names of actors. A name is a keyword, a symbol or a string; it belongs to one living actor.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;

use super::identity::ActorId;
use super::{Actor, Mark};
use crate::failure::{Fault, FaultKind};
use crate::value::Value;

#[derive(Default)]
struct Names {
    actors: HashMap<Box<str>, (Value, Arc<Actor>)>,
    names: HashMap<ActorId, Vec<Box<str>>>,
}

static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(Default::default);

/// The name's text; the first character tells the kinds apart.
fn key(name: &Value) -> Option<Box<str>> {
    let (mark, text) = if let Some(keyword) = name.as_keyword() {
        (':', keyword.text())
    } else if let Some(symbol) = name.as_symbol() {
        ('\'', symbol.text())
    } else {
        ('"', name.as_str()?)
    };
    Some(format!("{mark}{text}").into())
}

/// Gives an actor a name.
pub(crate) fn register(name: &Value, actor: &Arc<Actor>) -> Result<(), Fault> {
    let key = key(name).ok_or_else(|| {
        Fault::wrong_type("register", "a keyword, symbol or string as the name", name)
    })?;
    name.publish();
    let mut names = NAMES.write();
    if let Some((_, holder)) = names.actors.get(&key) {
        if Arc::ptr_eq(holder, actor) {
            return Ok(());
        }
        let shown = crate::value::print::short(name);
        let message = format!("the name {shown} belongs to {}", holder.id);
        return Err(
            Fault::new(FaultKind::Call, message).hint("take another name, or end that actor first")
        );
    }
    actor.mark(Mark::Registered);
    if actor.is_ended() {
        let message = format!("cannot register {}: it has ended", actor.id);
        return Err(Fault::new(FaultKind::Call, message));
    }
    names
        .actors
        .insert(key.clone(), (name.clone(), actor.clone()));
    names.names.entry(actor.id).or_default().push(key);
    Ok(())
}

/// Takes a name away from its actor.
pub(crate) fn unregister(name: &Value) -> Result<(), Fault> {
    let mut names = NAMES.write();
    let taken = key(name).and_then(|key| Some((names.actors.remove(&key)?.1, key)));
    let Some((holder, key)) = taken else {
        let shown = crate::value::print::short(name);
        let message = format!("`unregister`: nobody is registered as {shown}");
        return Err(Fault::new(FaultKind::Call, message));
    };
    if let Some(own) = names.names.get_mut(&holder.id) {
        own.retain(|other| *other != key);
    }
    Ok(())
}

/// All names, in no order.
pub(crate) fn names() -> Vec<Value> {
    let names = NAMES.read();
    names
        .actors
        .values()
        .map(|(name, _)| name.clone())
        .collect()
}

/// The actor with this name.
pub(crate) fn find(name: &Value) -> Option<Arc<Actor>> {
    let key = key(name)?;
    NAMES
        .read()
        .actors
        .get(&key)
        .map(|(_, actor)| actor.clone())
}

/// Can it be a name?
pub(crate) fn is_name(value: &Value) -> bool {
    key(value).is_some()
}

/// A name of an actor, for people.
pub(crate) fn name_of(id: ActorId) -> Option<Value> {
    let names = NAMES.read();
    let key = names.names.get(&id)?.first()?;
    names.actors.get(key).map(|(name, _)| name.clone())
}

/// All names of an actor.
pub(crate) fn names_of(id: ActorId) -> Vec<Value> {
    let names = NAMES.read();
    let keys = names.names.get(&id).into_iter().flatten();
    keys.filter_map(|key| names.actors.get(key))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Takes the names of an actor that has ended.
pub(crate) fn forget(id: ActorId) {
    let mut names = NAMES.write();
    for key in names.names.remove(&id).unwrap_or_default() {
        names.actors.remove(&key);
    }
}
