//! Failures: what a builtin gives back instead of a value, and the error value a program sees.
//!
//! A [`Fault`] is made in Rust; it becomes an error value (`(class e)` = `:error`) when a program
//! catches it or an actor ends with it. To add a kind: a variant of [`FaultKind`] and its name.

use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// What went wrong, as `{:kind k}` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A value of the wrong type.
    Type,
    /// A call with the wrong number of arguments.
    Arity,
    /// No pattern matched.
    Match,
    /// A name without a value.
    Undefined,
    /// Division of an exact number by zero.
    DivideByZero,
    /// An index outside a collection.
    Index,
    /// A number that cannot be what is asked of it.
    Number,
    /// Files, sockets, processes.
    Io,
    /// Stack used up.
    Stack,
    /// Memory used up.
    Memory,
    /// A call to an actor that did not answer.
    Call,
    /// An assertion that does not hold.
    Assert,
    /// A `panic`, or a bug of Batuta that was caught.
    Panic,
    /// The database.
    Log,
    /// `ex-info` and what libraries throw.
    User,
    /// Source text that does not read or compile (`eval`, `load`, `read-string`).
    Syntax,
}

impl FaultKind {
    /// The keyword's text.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::Type => "type",
            FaultKind::Arity => "arity",
            FaultKind::Match => "match",
            FaultKind::Undefined => "undefined",
            FaultKind::DivideByZero => "divide-by-zero",
            FaultKind::Index => "index",
            FaultKind::Number => "number",
            FaultKind::Io => "io",
            FaultKind::Stack => "stack",
            FaultKind::Memory => "memory",
            FaultKind::Call => "call",
            FaultKind::Assert => "assert",
            FaultKind::Panic => "panic",
            FaultKind::Log => "log",
            FaultKind::User => "user",
            FaultKind::Syntax => "syntax",
        }
    }
}

/// A failure raised by a builtin.
#[derive(Debug)]
pub struct Fault {
    /// The kind.
    pub kind: FaultKind,
    /// One sentence for people, lower-case start, no full stop.
    pub message: String,
    /// What a program may look at (a map or nil).
    pub data: Value,
    /// What to try.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault with a message.
    #[cold]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            kind,
            message: message.into(),
            data: Value::NIL,
            hint: None,
        }
    }

    /// Adds what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what a program may look at.
    pub fn data(mut self, data: Value) -> Fault {
        self.data = data;
        self
    }

    /// "`who` wants a `wanted`, got …".
    #[cold]
    pub fn wrong_type(who: &str, wanted: &str, got: &Value) -> Fault {
        let shown = crate::value::print::short(got);
        let class = crate::value::class_name(got);
        let message = format!("`{who}` wants {wanted}, got {shown} ({class})");
        Fault::new(FaultKind::Type, message)
    }

    /// The error value a program sees.
    pub fn into_value(self) -> Value {
        let hint = self.hint.map_or(Value::NIL, |h| Value::str(&h));
        make(ErrorBody {
            kind: Value::keyword(self.kind.name()),
            message: Value::str(&self.message),
            data: self.data,
            cause: Value::NIL,
            hint,
        })
    }
}

/// A fault or an `ex-info` as a value.
pub struct ErrorBody {
    /// Keyword.
    pub kind: Value,
    /// String or nil.
    pub message: Value,
    /// What `ex-data` gives.
    pub data: Value,
    /// What `ex-cause` gives.
    pub cause: Value,
    /// String or nil.
    pub hint: Value,
}

// SAFETY: the kind is this type's alone; all five values are shown.
unsafe impl Body for ErrorBody {
    const KIND: Kind = Kind::Error;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.kind);
        visitor(&mut self.message);
        visitor(&mut self.data);
        visitor(&mut self.cause);
        visitor(&mut self.hint);
    }
}
