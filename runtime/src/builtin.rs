//! What a native builtin is: its declaration, and the ways it can end.
//!
//! A builtin never calls Batuta code. It returns a value, a failure, or a [`Signal`] that asks the
//! stub it was entered through to call, to force a lazy sequence, or to wait; the stub then
//! re-enters it through its [`Resume`]. So no Rust frame ever stands between two compiled frames,
//! and a builtin may be suspended, preempted and killed in the middle.

use std::future::Future;
use std::pin::Pin;

use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;

/// How a builtin ends.
pub type Flow = Result<Value, Box<Signal>>;

/// The Rust function of a builtin. It owns its arguments: take one with `std::mem::take`; what is
/// left in the slice is released by the caller.
pub type NativeFn = fn(&mut Cx, &mut [Value]) -> Flow;

/// See [`Builtin::with_plain`].
pub type PlainFn = fn(&mut [Value]) -> Value;

/// What a builtin waits for; gives the value to go on with.
pub type Wait = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send>>;

/// Every way to end other than with a value.
pub enum Signal {
    /// A fault of Batuta's own.
    Fault(Fault),
    /// A reason thrown as it is.
    Throw(Value),
    /// An exit signal: not an exception, `catch` never sees it.
    Exit(Value),
    /// The failure under way in the context, with the sites it has passed.
    Raised,
    /// Call `function` with `arguments`; the result goes to `then`, or is the result.
    Call {
        /// Any callable value.
        function: Value,
        /// Its arguments, owned.
        arguments: Vec<Value>,
        /// Who gets the result.
        then: Option<Box<dyn Resume>>,
    },
    /// Call a variadic `function` with its fixed arguments and a sequence for the rest, which is
    /// not walked. The rest must be a sequence value (or nil).
    CallSpread {
        /// A function value.
        function: Value,
        /// The arguments that are known one by one.
        arguments: Vec<Value>,
        /// All further ones.
        rest: Value,
        /// Who gets the result.
        then: Option<Box<dyn Resume>>,
    },
    /// Realise a lazy sequence; `then` gets what `seq` gives: nil, or a realised non-empty
    /// sequence.
    Force {
        /// The lazy sequence.
        sequence: Value,
        /// Who gets the result.
        then: Box<dyn Resume>,
    },
    /// Park the actor until the future is ready.
    Wait {
        /// What is waited for.
        future: Wait,
        /// Who gets the result; without one it is the result.
        then: Option<Box<dyn Resume>>,
    },
}

/// The rest of a builtin that asked for something.
pub trait Resume: Send {
    /// Goes on with the result of what was asked for.
    fn resume(self: Box<Self>, cx: &mut Cx, result: Value) -> Flow;

    /// Told instead of `resume` when the call failed; may clean up. The failure goes on.
    fn failed(self: Box<Self>, _cx: &mut Cx) {}
}

impl<F> Resume for F
where
    F: FnOnce(&mut Cx, Value) -> Flow + Send,
{
    fn resume(self: Box<Self>, cx: &mut Cx, result: Value) -> Flow {
        self(cx, result)
    }
}

impl From<Fault> for Box<Signal> {
    #[cold]
    fn from(fault: Fault) -> Box<Signal> {
        Box::new(Signal::Fault(fault))
    }
}

/// Asks for a call whose result is the builtin's result.
pub fn tail_call(function: Value, arguments: Vec<Value>) -> Flow {
    Err(Box::new(Signal::Call {
        function,
        arguments,
        then: None,
    }))
}

/// Asks for a call and goes on with its result.
pub fn call_then(
    function: Value,
    arguments: Vec<Value>,
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    Err(Box::new(Signal::Call {
        function,
        arguments,
        then: Some(Box::new(then)),
    }))
}

/// Asks for a lazy sequence to be realised and goes on with what `seq` gives.
pub fn force_then(
    sequence: Value,
    then: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    Err(Box::new(Signal::Force {
        sequence,
        then: Box::new(then),
    }))
}

/// Goes on with what another builtin's code gives, at once or when it has been resumed.
pub fn and_then(
    cx: &mut Cx,
    flow: Flow,
    next: impl FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
) -> Flow {
    let mut signal = match flow {
        Ok(value) => return next(cx, value),
        Err(signal) => signal,
    };
    match &mut *signal {
        Signal::Fault(_) | Signal::Throw(_) | Signal::Exit(_) | Signal::Raised => {}
        Signal::Call { then, .. } | Signal::CallSpread { then, .. } | Signal::Wait { then, .. } => {
            *then = Some(Box::new(Chain {
                first: then.take(),
                next,
            }));
        }
        Signal::Force { then, .. } => {
            let first = std::mem::replace(then, Box::new(|_: &mut Cx, value| Ok(value)));
            *then = Box::new(Chain {
                first: Some(first),
                next,
            });
        }
    }
    Err(signal)
}

struct Chain<F> {
    first: Option<Box<dyn Resume>>,
    next: F,
}

impl<F> Resume for Chain<F>
where
    F: FnOnce(&mut Cx, Value) -> Flow + Send + 'static,
{
    fn resume(self: Box<Self>, cx: &mut Cx, result: Value) -> Flow {
        let flow = match self.first {
            Some(first) => first.resume(cx, result),
            None => Ok(result),
        };
        and_then(cx, flow, self.next)
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        if let Some(first) = self.first {
            first.failed(cx);
        }
    }
}

/// Parks the actor until the future is ready; its value is the result.
pub fn wait(future: impl Future<Output = Result<Value, Fault>> + Send + 'static) -> Flow {
    Err(Box::new(Signal::Wait {
        future: Box::pin(future),
        then: None,
    }))
}

/// How many arguments a builtin takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arity {
    /// At least so many.
    pub min: u8,
    /// At most so many; `None` for any number.
    pub max: Option<u8>,
}

/// `n` arguments, no more and no less.
pub const fn exactly(n: u8) -> Arity {
    Arity {
        min: n,
        max: Some(n),
    }
}

/// From `min` to `max` arguments.
pub const fn between(min: u8, max: u8) -> Arity {
    Arity {
        min,
        max: Some(max),
    }
}

/// `min` arguments or more.
pub const fn at_least(min: u8) -> Arity {
    Arity { min, max: None }
}

/// The declaration of a builtin: everything about it in one place.
pub struct Builtin {
    /// Name within its namespace.
    pub name: &'static str,
    /// Argument lists as a person reads them: `"[coll] [coll n]"`.
    pub arglists: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// How many arguments.
    pub arity: Arity,
    /// The code.
    pub function: NativeFn,
    /// The same for compiled code, of a builtin that takes any arguments.
    pub plain: Option<PlainFn>,
}

impl Builtin {
    /// The builtin with a shorter way in for compiled code: `plain` takes any number of arguments,
    /// out of their places, and neither fails nor panics nor asks anybody.
    pub const fn with_plain(self, plain: PlainFn) -> Builtin {
        Builtin {
            plain: Some(plain),
            ..self
        }
    }
}

/// A row of a table, in the order a reader wants it.
pub const fn row(
    name: &'static str,
    arglists: &'static str,
    arity: Arity,
    function: NativeFn,
    doc: &'static str,
) -> Builtin {
    Builtin {
        name,
        arglists,
        doc,
        arity,
        function,
        plain: None,
    }
}

/// All builtins of one namespace.
pub struct BuiltinTable {
    /// Namespace name: `"batuta.core"`, `"str"`, `"dlog"`.
    pub namespace: &'static str,
    /// Sorted by name.
    pub builtins: &'static [Builtin],
}

/// Joins the tables of a crate, `module::TABLE => SYMBOL, …`: `TABLES` for processes that hold the
/// compiler, `SYMBOLS` for programs compiled ahead of time.
#[macro_export]
macro_rules! builtin_tables {
    ($($module:ident::$table:ident => $symbol:ident),* $(,)?) => {
        /// All tables of this crate.
        pub static TABLES: &[&$crate::builtin::BuiltinTable] = &[$(&$module::$table,)*];

        /// The tables under the symbols by which programs compiled ahead of time refer to them: a
        /// linker leaves out the code of tables that nobody names.
        pub static SYMBOLS: &[(&str, &$crate::builtin::BuiltinTable)] =
            &[$((stringify!($symbol), &$module::$table),)*];

        mod exported {
            use super::*;
            $(
                #[unsafe(no_mangle)]
                static $symbol: &$crate::builtin::BuiltinTable = &$module::$table;
            )*
        }
    };
}
