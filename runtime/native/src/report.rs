//! Diagnostics and crash reports as text for people, on standard error.
//!
//! The only place that draws. A report is one write, so that reports of several actors never mix.
//! Frames of the standard library are hidden as long as there are others.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use batuta_lang::diagnostic::{Diagnostic, RenderStyle};
use batuta_lang::source::Span;
use batuta_runtime::actor::CrashReport;
use batuta_runtime::failure::ErrorBody;
use batuta_runtime::failure_state::{Failure, FailureClass};
use batuta_runtime::site::{self, sources};
use batuta_runtime::value::{Value, print};

/// Width of reports that do not go to a terminal.
const PLAIN_WIDTH: usize = 100;
/// Frames shown at most; the middle of a deeper stack is left out.
const FRAMES_MAX: usize = 20;
/// Causes of causes shown at most: a chain may be a circle through an atom.
const CAUSES_MAX: usize = 8;

/// Who gets reports instead of standard error: the prompt, which must redraw its line.
type Printer = Box<dyn FnMut(String) + Send>;

static PRINTER: Mutex<Option<Printer>> = Mutex::new(None);

/// Lets all reports go somewhere else than to standard error; `None` for back there.
pub fn redirect(printer: Option<Printer>) {
    *PRINTER.lock().unwrap_or_else(PoisonError::into_inner) = printer;
}

/// How to draw on standard error.
pub fn style() -> RenderStyle {
    if !std::io::stderr().is_terminal() {
        return RenderStyle {
            color: false,
            width: PLAIN_WIDTH,
        };
    }
    let width = terminal_size::terminal_size_of(std::io::stderr());
    let width = width.map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    RenderStyle {
        color: !no_color,
        width,
    }
}

/// Tells diagnostics.
pub fn tell_diagnostics(diagnostics: &[Diagnostic]) {
    if !diagnostics.is_empty() {
        tell(diagnostics_text(diagnostics, style()));
    }
}

/// Tells a failure of the main program.
pub fn tell_failure(failure: &Failure) {
    tell(failure_text(failure, style()));
}

/// Tells the crash of an actor; the runtime's crash reporter.
pub fn tell_crash(report: &CrashReport<'_>) {
    let style = style();
    let mut text = print::readable(&report.pid);
    if let Some(name) = &report.name {
        text = format!("{text} {}", print::short(name));
    }
    text.push_str(" crashed");
    if let Some(message) = &report.last_message {
        text = format!("{text} at the message {}", print::short(message));
    }
    tell(format!("{text}\n{}", failure_text(report.failure, style)));
}

/// Tells one line, `batuta: …`.
pub fn tell_line(text: &str) {
    tell(format!("batuta: {text}\n"));
}

/// Writes a finished text.
pub fn tell(text: String) {
    let mut printer = PRINTER.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *printer {
        Some(print) => print(text),
        // Nobody is left to be told if standard error is closed.
        None => drop(std::io::stderr().write_all(text.as_bytes())),
    }
}

/// Diagnostics as text, in order.
pub fn diagnostics_text(diagnostics: &[Diagnostic], style: RenderStyle) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(sources(), style))
        .collect()
}

/// A failure as text: what, where, the call stack.
pub fn failure_text(failure: &Failure, style: RenderStyle) -> String {
    let frames = frames(failure);
    let mut diagnostic = diagnostic_of(failure);
    let place = frames.iter().find_map(Line::place);
    if let Some((function, span)) = place {
        diagnostic = diagnostic.label(span, format!("in {function}"));
    }
    let mut text = diagnostic.render(sources(), style);
    text.push_str(&stack_text(&frames));
    text
}

fn diagnostic_of(failure: &Failure) -> Diagnostic {
    if let Some(error) = failure.reason.as_object::<ErrorBody>() {
        return diagnostic_of_error(error);
    }
    let reason = print::short(&failure.reason);
    match failure.class {
        FailureClass::Exception => {
            Diagnostic::error("crash::thrown", format!("crashed with the reason {reason}"))
        }
        FailureClass::Exit if failure.reason.is_keyword("interrupted") => {
            Diagnostic::error("exit::interrupted", "interrupted")
        }
        FailureClass::Exit if failure.reason.is_keyword("deadlock") => {
            let text = "deadlock: the program waits, and nothing is left that could wake it";
            Diagnostic::error("exit::deadlock", text)
                .hint("a `receive` waits for a message that nobody sends, or a task for itself")
        }
        FailureClass::Exit => {
            Diagnostic::error("exit::signal", format!("ended with the reason {reason}"))
        }
    }
}

fn diagnostic_of_error(error: &ErrorBody) -> Diagnostic {
    let kind = error.kind.as_keyword().map_or("", |keyword| keyword.text());
    let mut diagnostic = Diagnostic::error(code_of(kind), message_of(error));
    if let Some(hint) = error.hint.as_str() {
        diagnostic = diagnostic.hint(hint);
    }
    let data = print::short(&error.data);
    // Many messages show the data already.
    if !error.data.is_nil() && !diagnostic.message.contains(&data) {
        diagnostic = diagnostic.note(format!("data: {data}"));
    }
    let mut cause = &error.cause;
    for _ in 0..CAUSES_MAX {
        if cause.is_nil() {
            break;
        }
        let Some(inner) = cause.as_object::<ErrorBody>() else {
            return diagnostic.note(format!("caused by {}", print::short(cause)));
        };
        diagnostic = diagnostic.note(format!("caused by: {}", message_of(inner)));
        cause = &inner.cause;
    }
    diagnostic
}

fn message_of(error: &ErrorBody) -> String {
    match error.message.as_str() {
        Some(text) => text.to_owned(),
        None => format!("crashed with {}", print::short(&error.message)),
    }
}

/// The stable code of a kind of fault.
fn code_of(kind: &str) -> &'static str {
    const CODES: [&str; 16] = [
        "fault::type",
        "fault::arity",
        "fault::match",
        "fault::undefined",
        "fault::divide-by-zero",
        "fault::index",
        "fault::number",
        "fault::io",
        "fault::stack",
        "fault::memory",
        "fault::call",
        "fault::assert",
        "fault::panic",
        "fault::log",
        "fault::user",
        "fault::syntax",
    ];
    let code = CODES
        .into_iter()
        .find(|code| code.strip_prefix("fault::") == Some(kind));
    code.unwrap_or("fault::other")
}

/// One line of a call stack.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    Frame {
        function: String,
        span: Span,
        times: u64,
    },
    Omitted(u64),
}

impl Line {
    fn place(&self) -> Option<(&str, Span)> {
        match self {
            Line::Frame { function, span, .. } => Some((function, *span)),
            Line::Omitted(_) => None,
        }
    }
}

/// The call stack, innermost first, repetitions taken together.
fn frames(failure: &Failure) -> Vec<Line> {
    let sites: Vec<_> = failure.trace.iter().map(|id| site::find(*id)).collect();
    let is_users = |span: Span| !span.is_none() && !is_library(span);
    let has_users = sites.iter().flatten().any(|site| is_users(site.span));
    let mut lines: Vec<Line> = Vec::new();
    for (at, site) in sites.iter().enumerate() {
        // What was left out of a deep stack stood in its middle.
        if failure.omitted > 0 && at == sites.len() / 2 {
            lines.push(Line::Omitted(failure.omitted));
        }
        let Some(site) = site else { continue };
        let is_shown = if has_users {
            is_users(site.span)
        } else {
            !site.span.is_none()
        };
        if is_shown {
            push_frame(&mut lines, function_name(&site.function), site.span);
        }
    }
    lines
}

fn push_frame(lines: &mut Vec<Line>, name: String, place: Span) {
    if let Some(Line::Frame {
        function,
        span,
        times,
    }) = lines.last_mut()
        && *function == name
        && line_of(*span) == line_of(place)
    {
        *times += 1;
        return;
    }
    lines.push(Line::Frame {
        function: name,
        span: place,
        times: 1,
    });
}

fn is_library(span: Span) -> bool {
    sources().name(span.source).starts_with("stdlib/")
}

fn line_of(span: Span) -> String {
    format!(
        "{}:{}",
        sources().name(span.source),
        sources().line_col(span).0
    )
}

/// `user/f:2` is `user/f` to people; a form outside of any function has its namespace's name.
pub fn function_name(site: &str) -> String {
    if !site.contains('/') {
        return "a top-level form".to_owned();
    }
    match site.rsplit_once(':') {
        Some((name, arity)) if arity.bytes().all(|b| b.is_ascii_digit() || b == b'+') => {
            name.to_owned()
        }
        _ => site.to_owned(),
    }
}

fn stack_text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let skipped = lines.len().saturating_sub(FRAMES_MAX);
    let (head, tail) = match skipped {
        0 => (lines, &[][..]),
        _ => (&lines[..FRAMES_MAX / 2], &lines[FRAMES_MAX / 2 + skipped..]),
    };
    let mut text = "  call stack, innermost first:\n".to_owned();
    head.iter().for_each(|line| text.push_str(&line_text(line)));
    if skipped > 0 {
        text.push_str(&line_text(&Line::Omitted(skipped as u64)));
    }
    tail.iter().for_each(|line| text.push_str(&line_text(line)));
    text
}

fn line_text(line: &Line) -> String {
    match line {
        Line::Frame {
            function,
            span,
            times: 1,
        } => {
            format!("    {function}  {}\n", line_of(*span))
        }
        Line::Frame {
            function,
            span,
            times,
        } => {
            format!("    {function}  {}  ({times} times)\n", line_of(*span))
        }
        Line::Omitted(count) => format!("    … {count} more …\n"),
    }
}

/// Does a value of `main` mean that the program failed? The reason.
pub fn error_result(value: &Value) -> Option<&Value> {
    use batuta_runtime::collections::map;
    match map::len(value) {
        Some(1) => map::get_keyword(value, "error"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thrown(reason: Value) -> Failure {
        Failure {
            class: FailureClass::Exception,
            reason,
            trace: Vec::new(),
            omitted: 0,
        }
    }

    #[test]
    fn a_failure_shows_where_it_happened_and_the_way_there() {
        let source = sources().add("sample.bat", "(defn f [x]\n  (throw x))\n(f 1)\n");
        let inner = site::register("user/f:1", Span::new(source, 14, 23));
        let outer = site::register("user", Span::new(source, 25, 30));
        let failure = Failure {
            trace: vec![inner, inner, inner, outer],
            ..thrown(Value::keyword("oops"))
        };
        let text = failure_text(&failure, RenderStyle::PLAIN);
        for part in [
            "crashed with the reason :oops",
            "sample.bat:2:3",
            "    user/f  sample.bat:2  (3 times)\n    a top-level form  sample.bat:3\n",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn the_library_is_hidden_while_there_is_anything_else() {
        let library = sources().add("stdlib/core/x.bat", "(map f xs)");
        let own = sources().add("own.bat", "(run)");
        let inside = site::register("batuta.core/map:2", Span::new(library, 0, 10));
        let outside = site::register("user/run", Span::new(own, 0, 5));
        let both = Failure {
            trace: vec![inside, outside],
            ..thrown(Value::NIL)
        };
        assert!(!failure_text(&both, RenderStyle::PLAIN).contains("stdlib/"));
        let alone = Failure {
            trace: vec![inside],
            ..thrown(Value::NIL)
        };
        assert!(failure_text(&alone, RenderStyle::PLAIN).contains("stdlib/core/x.bat:1"));
    }

    #[test]
    fn causes_and_data_are_told() {
        use batuta_runtime::failure::{Fault, FaultKind};
        let fault = Fault::new(FaultKind::Index, "no index 7").data(Value::keyword("d"));
        let text = failure_text(
            &thrown(fault.hint("count first").into_value()),
            RenderStyle::PLAIN,
        );
        for part in ["fault::index", "no index 7", "count first", "data: :d"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
