//! String builders in `batuta.core`: a place that collects text, so that a long one is not copied
//! with every piece.

use parking_lot::Mutex;

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, row};
use crate::builtins::support::{take, take_all};
use crate::collections::walk;
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::object::{Native, make_native};
use crate::value::{Value, print};

/// The text so far.
struct StringBuilder(Mutex<String>);

impl Native for StringBuilder {
    fn class(&self) -> &'static str {
        "string-builder"
    }

    fn print(&self) -> String {
        format!(
            "#string-builder<{} characters>",
            self.0.lock().chars().count()
        )
    }

    fn display(&self) -> String {
        self.0.lock().clone()
    }
}

fn add(cx: &mut Cx, builder: Value, pieces: Vec<Value>) -> Flow {
    walk::realise_all(cx, pieces, move |_, pieces| {
        let mut text = String::new();
        for piece in &pieces {
            print::write_str(&mut text, piece);
        }
        if let Some(builder) = builder.as_native::<StringBuilder>() {
            builder.0.lock().push_str(&text);
        }
        Ok(builder)
    })
}

fn string_builder(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let builder = make_native(StringBuilder(Mutex::new(String::new())));
    add(cx, builder, take_all(args, 0))
}

fn append(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].as_native::<StringBuilder>().is_none() {
        return Err(Fault::wrong_type("append!", "a string builder", &args[0]).into());
    }
    add(cx, take(args, 0), take_all(args, 1))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "append!",
        "[builder & xs]",
        at_least(1),
        append,
        "Adds what `str` gives of each x to the text of a string builder, which it gives.",
    ),
    row(
        "string-builder",
        "[& xs]",
        at_least(0),
        string_builder,
        "A place that collects text, beginning with what `str` gives of each x. `str` of it is the text.",
    ),
];
