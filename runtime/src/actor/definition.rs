//! Actor definitions: what `defactor` makes. One without parameters is also an address: the first
//! who sends to it starts an instance, which is kept until it ends.

use std::sync::Arc;

use parking_lot::Mutex;

use super::Actor;
use super::private::{Activity, Phase, Private, Rare, Start};
use super::spawn::{self, SpawnOptions};
use crate::collections::vector;
use crate::failure::{Fault, FaultKind};
use crate::function::FunctionBody;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// See the module's head.
pub struct ActorDefinition {
    name: Arc<str>,
    init: Option<Value>,
    body: Value,
    terminate: Option<Value>,
    migrate: Option<Value>,
    state_arity: usize,
    /// What `init` is called with before the arguments of `spawn`.
    bound: Vec<Value>,
    /// Whoever spawns it waits until `init` has returned.
    is_supervisor: bool,
    /// The instance that the definition stands for as an address.
    instance: Mutex<Option<Arc<Actor>>>,
}

impl Native for ActorDefinition {
    fn class(&self) -> &'static str {
        "actor-definition"
    }

    fn print(&self) -> String {
        format!("#actor-definition<{}>", self.name)
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        let parts = [&mut self.init, &mut self.terminate, &mut self.migrate];
        parts
            .into_iter()
            .flatten()
            .chain([&mut self.body])
            .chain(&mut self.bound)
            .for_each(visitor);
    }
}

impl ActorDefinition {
    /// A definition. `init` takes no arguments, `body` the state, `terminate` the reason and then
    /// the state.
    pub fn new(
        name: Arc<str>,
        init: Option<Value>,
        body: Value,
        terminate: Option<Value>,
        state_arity: usize,
    ) -> ActorDefinition {
        ActorDefinition {
            name,
            init,
            body,
            terminate,
            migrate: None,
            state_arity,
            bound: Vec::new(),
            is_supervisor: false,
            instance: Mutex::new(None),
        }
    }

    /// With a function from the old state to the new one, for `reload-actor`.
    pub fn migrating(mut self, migrate: Option<Value>) -> ActorDefinition {
        self.migrate = migrate;
        self
    }

    /// The same as a supervisor of another name, whose `init` is called with these arguments
    /// first.
    pub fn supervisor(&self, name: Arc<str>, bound: Vec<Value>) -> ActorDefinition {
        ActorDefinition {
            name,
            init: self.init.clone(),
            body: self.body.clone(),
            terminate: self.terminate.clone(),
            migrate: self.migrate.clone(),
            state_arity: self.state_arity,
            bound,
            is_supervisor: true,
            instance: Mutex::new(None),
        }
    }

    pub(crate) fn is_supervisor(&self) -> bool {
        self.is_supervisor
    }

    pub(crate) fn state_arity(&self) -> usize {
        self.state_arity
    }

    /// The definition as a value.
    pub fn into_value(self) -> Value {
        make_native(self)
    }

    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn has_terminate(&self) -> bool {
        self.terminate.is_some()
    }

    /// How many arguments `spawn` gives to `init`.
    fn init_arity(&self, init: &Value) -> usize {
        let wanted = init
            .as_object::<FunctionBody>()
            .and_then(|function| function.code.arities().fixed.first().copied());
        wanted.unwrap_or(0).saturating_sub(self.bound.len())
    }

    fn begin(&self, arguments: Vec<Value>) -> Result<(Start, Phase), Fault> {
        if let Some(init) = &self.init {
            let wanted = self.init_arity(init);
            if arguments.len() != wanted {
                let text = format!(
                    "`{}` makes its state in `init`, which takes {wanted} arguments, got {}",
                    self.name,
                    arguments.len()
                );
                return Err(Fault::new(FaultKind::Arity, text));
            }
            return Ok((
                Start {
                    function: init.clone(),
                    arguments: self.bound.iter().cloned().chain(arguments).collect(),
                },
                Phase::Init,
            ));
        }
        if arguments.len() != self.state_arity {
            let text = format!(
                "`{}` starts with {} state values, got {}",
                self.name,
                self.state_arity,
                arguments.len()
            );
            return Err(Fault::new(FaultKind::Arity, text));
        }
        Ok((
            Start {
                function: self.body.clone(),
                arguments,
            },
            Phase::Body,
        ))
    }

    /// The call of the body after `init` gave this.
    pub(crate) fn after_init(&self, result: Value) -> Result<Start, Fault> {
        let arguments = match self.state_arity {
            0 => Vec::new(),
            1 => vec![result],
            count if vector::len(&result) == Some(count) => {
                vector::iter(&result).cloned().collect()
            }
            count => {
                let who = format!("the state of `{}`", self.name);
                return Err(Fault::wrong_type(&who, &format!("a vector of {count}"), &result)
                    .hint("`init` of an actor with several state parameters gives a vector of as many values"));
            }
        };
        Ok(Start {
            function: self.body.clone(),
            arguments,
        })
    }

    /// The call of `terminate`.
    pub(crate) fn at_end(&self, reason: Value, state: Option<Vec<Value>>) -> Option<Start> {
        let function = self.terminate.clone()?;
        let mut arguments = vec![reason];
        match state {
            Some(state) => arguments.extend(state),
            None => arguments.resize(1 + self.state_arity, Value::NIL),
        }
        Some(Start {
            function,
            arguments,
        })
    }

    /// The call that goes on with the state an actor had under older code.
    pub(crate) fn after_reload(&self, state: Vec<Value>) -> (Start, Phase) {
        match &self.migrate {
            Some(migrate) => {
                let old = match <[Value; 1]>::try_from(state) {
                    Ok([only]) => only,
                    Err(several) => vector::from_vec(several),
                };
                let start = Start {
                    function: migrate.clone(),
                    arguments: vec![old],
                };
                (start, Phase::Init)
            }
            None => {
                let start = Start {
                    function: self.body.clone(),
                    arguments: state,
                };
                (start, Phase::Body)
            }
        }
    }

    /// Can it go on with so many state values of older code?
    pub(crate) fn takes_state_of(&self, arity: usize) -> bool {
        self.migrate.is_some() || self.state_arity == arity
    }

    /// An actor of older code is the instance that this definition stands for from now on.
    pub(crate) fn adopt_instance(&self, old: &ActorDefinition, actor: &Arc<Actor>) {
        if std::ptr::eq(self, old) {
            return;
        }
        let is_instance = old
            .instance
            .lock()
            .as_ref()
            .is_some_and(|instance| Arc::ptr_eq(instance, actor));
        if is_instance {
            self.instance.lock().get_or_insert_with(|| actor.clone());
        }
    }

    /// The instance that the definition stands for, if one lives.
    pub(crate) fn living(&self) -> Option<Arc<Actor>> {
        let instance = self.instance.lock();
        instance.as_ref().filter(|actor| !actor.is_ended()).cloned()
    }

    /// The living instance that the definition stands for, started if there is none.
    pub(crate) fn address(&self, definition: &Value) -> Result<Arc<Actor>, Fault> {
        let needs_arguments = match &self.init {
            Some(init) => self.init_arity(init) > 0,
            None => self.state_arity > 0,
        };
        if needs_arguments {
            let text = format!(
                "the actor `{}` needs a state to start with, so it is no address",
                self.name
            );
            return Err(Fault::new(FaultKind::Call, text)
                .hint(format!("`(spawn {} …)` gives a pid to send to", self.name)));
        }
        let mut instance = self.instance.lock();
        if let Some(living) = instance.as_ref().filter(|actor| !actor.is_ended()) {
            return Ok(living.clone());
        }
        let started = spawn::spawn_unlinked(SpawnOptions::new(definition.clone()))?;
        *instance = Some(started.clone());
        Ok(started)
    }
}

/// What a new actor does first: a call of a function, or of a definition's `init` or body.
pub(crate) fn private_for(
    function: Value,
    arguments: Vec<Value>,
    mut rare: Option<Box<Rare>>,
) -> Result<Private, Fault> {
    let (start, phase) = match function.as_native::<ActorDefinition>() {
        None => (
            Start {
                function,
                arguments,
            },
            Phase::Body,
        ),
        Some(definition) => {
            let begin = definition.begin(arguments)?;
            if definition.has_terminate() || begin.1 == Phase::Init {
                rare.get_or_insert_default().definition = Some(function.clone());
            }
            begin
        }
    };
    let mut private = Private::new(Activity::Start(Box::new(start)), rare);
    private.phase = phase;
    Ok(private)
}
