//! Places to print to and to read from, as values: what `*out*`, `*err*` and `*in*` hold.
//!
//! An object of another kind takes part by [`Native::write_text`] or [`Native::read_text`].

use std::io::{self, BufRead, Write};
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use crate::actor::blocking;
use crate::builtin::{Flow, wait};
use crate::context::Cx;
use crate::dynamic::{self, Dynamic};
use crate::failure::{Fault, FaultKind};
use crate::output;
use crate::value::Value;
use crate::value::object::{Native, make_native};

/// What reads: gets the text at hand and whether more may come; gives how many bytes it takes and
/// a value, or `None` to be asked again with more text.
pub type TextReader = Box<dyn FnMut(&str, bool) -> Result<Option<(usize, Value)>, Fault> + Send>;

/// The process's standard output.
struct StandardOutput;

impl Native for StandardOutput {
    fn class(&self) -> &'static str {
        "output"
    }

    fn print(&self) -> String {
        "#output<standard>".to_owned()
    }

    fn write_text(&self, text: &str) -> Option<Result<(), Fault>> {
        Some(output::write(text))
    }
}

/// The process's standard error.
struct StandardError;

impl Native for StandardError {
    fn class(&self) -> &'static str {
        "output"
    }

    fn print(&self) -> String {
        "#output<error>".to_owned()
    }

    fn write_text(&self, text: &str) -> Option<Result<(), Fault>> {
        let written = io::stderr().lock().write_all(text.as_bytes());
        Some(written.map_err(|error| {
            let message = format!("cannot write to standard error: {error}");
            Fault::new(FaultKind::Io, message)
        }))
    }
}

/// Gathers what is printed.
struct StringOutput(Mutex<String>);

impl Native for StringOutput {
    fn class(&self) -> &'static str {
        "output"
    }

    fn print(&self) -> String {
        "#output<string>".to_owned()
    }

    fn display(&self) -> String {
        self.0.lock().clone()
    }

    fn write_text(&self, text: &str) -> Option<Result<(), Fault>> {
        self.0.lock().push_str(text);
        Some(Ok(()))
    }
}

/// Text that is read bit by bit; standard input goes on where its text ends.
struct Input {
    rest: Arc<Mutex<String>>,
    is_standard: bool,
}

impl Native for Input {
    fn class(&self) -> &'static str {
        "input"
    }

    fn print(&self) -> String {
        let what = if self.is_standard {
            "standard"
        } else {
            "string"
        };
        format!("#input<{what}>")
    }

    fn read_text(&self, mut read: TextReader) -> Option<Flow> {
        let rest = Arc::clone(&self.rest);
        if !self.is_standard {
            return Some(take_from(&mut rest.lock(), false, &mut read).map_err(Into::into));
        }
        // What was printed comes before the answer is waited for.
        if let Err(fault) = output::flush() {
            return Some(Err(fault.into()));
        }
        Some(wait(blocking(move || {
            let mut rest = rest.lock();
            take_from(&mut rest, true, &mut read)
        })))
    }
}

fn take_from(rest: &mut String, has_more: bool, read: &mut TextReader) -> Result<Value, Fault> {
    let mut has_more = has_more;
    loop {
        // Asked first with what is there, so that nothing waits for a line it does not need.
        let asked = if rest.is_empty() && has_more {
            None
        } else {
            read(rest, has_more)?
        };
        if let Some((taken, value)) = asked {
            rest.drain(..taken);
            return Ok(value);
        }
        if !has_more {
            return Ok(Value::NIL);
        }
        has_more = read_line_into(rest)?;
    }
}

/// False at the end of standard input.
fn read_line_into(rest: &mut String) -> Result<bool, Fault> {
    match io::stdin().lock().read_line(rest) {
        Ok(count) => Ok(count > 0),
        Err(error) => {
            let message = format!("cannot read standard input: {error}");
            Err(Fault::new(FaultKind::Io, message))
        }
    }
}

fn published(object: impl Native) -> Value {
    let value = make_native(object);
    value.publish();
    value
}

/// Standard output as a value.
pub fn standard_output() -> Value {
    static VALUE: LazyLock<Value> = LazyLock::new(|| published(StandardOutput));
    VALUE.clone()
}

/// Standard error as a value.
pub fn standard_error() -> Value {
    static VALUE: LazyLock<Value> = LazyLock::new(|| published(StandardError));
    VALUE.clone()
}

/// Standard input as a value.
pub fn standard_input() -> Value {
    static VALUE: LazyLock<Value> = LazyLock::new(|| {
        published(Input {
            rest: Arc::default(),
            is_standard: true,
        })
    });
    VALUE.clone()
}

/// Somewhere to print to that gathers the text; `str` of it is what was printed.
pub fn string_output() -> Value {
    published(StringOutput(Mutex::default()))
}

/// Somewhere to read this text from.
pub fn string_input(text: &str) -> Value {
    published(Input {
        rest: Arc::new(Mutex::new(text.to_owned())),
        is_standard: false,
    })
}

/// Writes text to where this actor prints to.
pub fn print(cx: &Cx, text: &str) -> Result<(), Fault> {
    write(&dynamic::value(cx, Dynamic::Out), text)
}

/// Writes text to a place.
pub fn write(place: &Value, text: &str) -> Result<(), Fault> {
    let native = place.as_dyn_native();
    let written = native.and_then(|native| native.write_text(text));
    written.unwrap_or_else(|| {
        let wanted = "something to print to in `*out*`";
        Err(Fault::wrong_type("print", wanted, place))
    })
}

/// Reads from a place by a function that takes as much text as it needs.
pub fn read(who: &str, place: &Value, read: TextReader) -> Flow {
    let native = place.as_dyn_native();
    let flow = native.and_then(|native| native.read_text(read));
    flow.unwrap_or_else(|| Err(Fault::wrong_type(who, "something to read from", place).into()))
}

/// The next line of a place without its line break; nil at the end.
pub fn read_line(who: &str, place: &Value) -> Flow {
    let line = |text: &str, has_more: bool| {
        let end = text.find('\n');
        if end.is_none() && has_more {
            return Ok(None);
        }
        if text.is_empty() {
            return Ok(Some((0, Value::NIL)));
        }
        let line = &text[..end.unwrap_or(text.len())];
        let taken = end.map_or(text.len(), |end| end + 1);
        Ok(Some((
            taken,
            Value::str(line.strip_suffix('\r').unwrap_or(line)),
        )))
    };
    read(who, place, Box::new(line))
}
