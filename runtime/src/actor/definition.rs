//! Actor definitions: what `defactor` makes. One without parameters is also an address: the first
//! who sends to it starts an instance, which is kept until it ends.

use std::sync::Arc;

use parking_lot::Mutex;

use super::Actor;
use super::private::{Activity, Phase, Private, Rare, Start};
use super::spawn::{self, SpawnOptions};
use crate::collections::vector;
use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// See the module's head.
pub struct ActorDefinition {
    name: Arc<str>,
    init: Option<Value>,
    body: Value,
    terminate: Option<Value>,
    state_arity: usize,
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
        let parts = [&mut self.init, &mut self.terminate];
        parts
            .into_iter()
            .flatten()
            .chain([&mut self.body])
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
            state_arity,
            instance: Mutex::new(None),
        }
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

    fn begin(&self, arguments: Vec<Value>) -> Result<(Start, Phase), Fault> {
        if let Some(init) = &self.init {
            if !arguments.is_empty() {
                let text = format!(
                    "`{}` makes its state in `init` and takes no arguments, got {}",
                    self.name,
                    arguments.len()
                );
                return Err(Fault::new(FaultKind::Arity, text));
            }
            return Ok((
                Start {
                    function: init.clone(),
                    arguments,
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

    /// The living instance that the definition stands for, started if there is none.
    pub(crate) fn address(&self, definition: &Value) -> Result<Arc<Actor>, Fault> {
        if self.state_arity > 0 && self.init.is_none() {
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
