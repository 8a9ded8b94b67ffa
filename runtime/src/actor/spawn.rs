//! Starting actors.

use std::sync::Arc;

use super::call::Slot;
use super::coroutine::private_of;
use super::identity::{self, Target, new_reference_number};
use super::mailbox::{Mailbox, OwnerCell};
use super::monitor::Watcher;
use super::outcome::Sink;
use super::private::{Private, Rare};
use super::{Actor, Mark, definition, registry, scheduler};
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;

/// What to start, and how.
pub struct SpawnOptions {
    /// Any callable value, or an actor definition.
    pub function: Value,
    /// Its arguments: of a definition the first state.
    pub arguments: Vec<Value>,
    /// Link it to the actor that spawns.
    pub link: bool,
    /// Let it end with the actor that spawns it, but not the other way round.
    pub(crate) depends: bool,
    /// Let the actor that spawns watch it.
    pub monitor: bool,
    /// Register it under this name.
    pub name: Option<Value>,
    /// Dynamic bindings, as the back end keeps them.
    pub inherited: Value,
    pub(crate) sink: Option<Sink>,
    /// Is filled when its `init` has returned, or with the reason it ended with before.
    pub(crate) started: Option<Arc<Slot>>,
}

impl SpawnOptions {
    /// An actor of this function, on its own.
    pub fn new(function: Value) -> SpawnOptions {
        SpawnOptions {
            function,
            arguments: Vec::new(),
            link: false,
            depends: false,
            monitor: false,
            name: None,
            inherited: Value::NIL,
            sink: None,
            started: None,
        }
    }

    /// With these arguments.
    pub fn arguments(mut self, arguments: Vec<Value>) -> SpawnOptions {
        self.arguments = arguments;
        self
    }
}

/// A new actor.
pub struct Spawned {
    /// Its pid.
    pub pid: Value,
    /// The monitor's reference, if one was asked for.
    pub monitor: Option<Value>,
}

/// Starts an actor out of a running one. Links and monitors hold before it runs.
pub fn spawn(cx: &mut Cx, options: SpawnOptions) -> Result<Spawned, Fault> {
    let mut rare = rare_for(&options);
    let mut monitor = None;
    if let Some((actor, _)) = private_of(cx) {
        if options.link || options.depends {
            let rare = rare.get_or_insert_default();
            rare.links.insert(actor.id, actor.clone());
            rare.parent = options.depends.then(|| actor.clone());
        }
        if options.monitor {
            let number = new_reference_number();
            let watcher = Watcher::Actor(actor.clone());
            rare.get_or_insert_default()
                .watchers
                .insert(number, watcher);
            monitor = Some(number);
        }
    }
    let (link, name) = (options.link || options.depends, options.name.clone());
    let child = create(options, rare)?;
    if let Some((_, private)) = private_of(cx) {
        if link {
            private.rare_mut().links.insert(child.id, child.clone());
        }
        if let Some(number) = monitor {
            private.rare_mut().watched.insert(number, child.clone());
        }
    }
    begin(&child, name)?;
    let monitor = monitor.map(|number| identity::make_reference(number, Target::Monitor));
    Ok(Spawned {
        pid: identity::pid_of(&child),
        monitor,
    })
}

/// Starts an actor that belongs to nobody.
pub(crate) fn spawn_unlinked(mut options: SpawnOptions) -> Result<Arc<Actor>, Fault> {
    let name = options.name.take();
    let rare = rare_for(&options);
    let child = create(options, rare)?;
    begin(&child, name)?;
    Ok(child)
}

fn rare_for(options: &SpawnOptions) -> Option<Box<Rare>> {
    (!options.inherited.is_nil()).then(|| {
        options.inherited.publish();
        Box::new(Rare {
            inherited: options.inherited.clone(),
            ..Rare::default()
        })
    })
}

fn create(options: SpawnOptions, mut rare: Option<Box<Rare>>) -> Result<Arc<Actor>, Fault> {
    let SpawnOptions {
        function,
        arguments,
        sink,
        started,
        ..
    } = options;
    function.publish();
    arguments.iter().for_each(Value::publish);
    if sink.is_some() {
        rare.get_or_insert_default().sink = sink;
    }
    if let Some(slot) = started {
        rare.get_or_insert_default().starters.push(slot);
    }
    let definition = function
        .as_native::<definition::ActorDefinition>()
        .map_or(Value::NIL, |_| function.clone());
    let private = definition::private_for(function, arguments, rare)?;
    Ok(enter_from(private, definition))
}

/// A new actor with this inside. It is marked as scheduled, and its maker must schedule it.
pub(crate) fn enter(private: Private) -> Arc<Actor> {
    enter_from(private, Value::NIL)
}

fn enter_from(private: Private, definition: Value) -> Arc<Actor> {
    let is_supervisor = definition
        .as_native::<definition::ActorDefinition>()
        .is_some_and(definition::ActorDefinition::is_supervisor);
    let marks = if is_supervisor {
        Mark::Supervisor as u8
    } else {
        0
    };
    identity::enter(|id| Actor {
        id,
        marks: std::sync::atomic::AtomicU8::new(marks),
        mailbox: Mailbox::scheduled(),
        definition,
        private: OwnerCell::new(private),
    })
}

fn begin(child: &Arc<Actor>, name: Option<Value>) -> Result<(), Fault> {
    let named = name.map_or(Ok(()), |name| registry::register(&name, child));
    if named.is_err() {
        // It never ran; let it end where it would begin.
        super::exit(child, child.clone(), Value::keyword("kill"));
    }
    scheduler::schedule(child.clone());
    named
}
