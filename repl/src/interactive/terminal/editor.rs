//! The loop at the terminal: read an entry, hand it to the backend, show what comes.
//!
//! Ctrl-C drops what was typed; at an empty prompt it tells how to leave, and a second one leaves.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter, Helper};

use super::{complete, highlight, validate};
use crate::driver::write_out;
use crate::interactive::backend::{Backend, Outcome};
use crate::report;

/// Entries kept in the history.
const HISTORY_MAX: usize = 10_000;

/// What rustyline asks while the user types.
struct Face {
    namespace: String,
    has_color: bool,
    is_empty: Cell<bool>,
}

impl Helper for Face {}

impl Validator for Face {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(validate::validate(context.input()))
    }
}

impl Completer for Face {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete::complete(line, cursor, &self.namespace))
    }
}

impl Hinter for Face {
    type Hint = String;

    /// Gives none; it is where the line can be looked at, so that Ctrl-C knows if it was empty.
    fn hint(&self, line: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.is_empty.set(line.is_empty());
        None
    }
}

impl Highlighter for Face {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.has_color {
            Cow::Owned(highlight::highlight(line))
        } else {
            Cow::Borrowed(line)
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.has_color {
            Cow::Owned(format!("\x1b[1;32m{prompt}\x1b[0m"))
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.has_color && kind != CmdKind::MoveCursor
    }
}

type Terminal = Editor<Face, DefaultHistory>;

/// Runs the prompt until the user leaves.
pub fn run(backend: &mut Backend, greeting: &str) -> ExitCode {
    let mut terminal = match open() {
        Ok(terminal) => terminal,
        Err(error) => {
            report::tell_line(&format!("the terminal cannot be used: {error}"));
            return ExitCode::FAILURE;
        }
    };
    if std::io::stdin().is_terminal() {
        write_out(greeting);
    }
    let history = load_history(&mut terminal);
    redirect_reports(&mut terminal);
    converse(backend, &mut terminal, history);
    report::redirect(None);
    ExitCode::SUCCESS
}

fn open() -> rustyline::Result<Terminal> {
    let config = Config::builder()
        .max_history_size(HISTORY_MAX)?
        .completion_type(CompletionType::List)
        .auto_add_history(false)
        .build();
    let mut terminal = Terminal::with_config(config)?;
    terminal.set_helper(Some(Face {
        namespace: String::new(),
        has_color: std::io::stdout().is_terminal() && report::style().color,
        is_empty: Cell::new(true),
    }));
    Ok(terminal)
}

/// Crash reports of other actors appear above the line that is being typed.
fn redirect_reports(terminal: &mut Terminal) {
    if std::io::stdin().is_terminal()
        && let Ok(mut printer) = terminal.create_external_printer()
    {
        // A report that the terminal refuses cannot be shown anywhere else.
        report::redirect(Some(Box::new(move |text| drop(printer.print(text)))));
    }
}

fn converse(backend: &mut Backend, terminal: &mut Terminal, history: Option<PathBuf>) {
    let mut was_interrupted = false;
    loop {
        if let Some(face) = terminal.helper_mut() {
            face.namespace = backend.namespace();
            face.is_empty.set(true);
        }
        let entry = terminal.readline(&backend.prompt());
        match entry {
            Ok(text) => {
                was_interrupted = false;
                remember(terminal, &text, history.as_deref());
                if submit(backend, &text) == Next::Leave {
                    return;
                }
            }
            Err(ReadlineError::Interrupted) => {
                let is_empty = terminal.helper().is_none_or(|face| face.is_empty.get());
                if is_empty && was_interrupted {
                    return;
                }
                was_interrupted = is_empty;
                if is_empty {
                    write_out("Ctrl-C once more, Ctrl-D or `:quit` leaves.\n");
                }
            }
            Err(ReadlineError::Eof) => return,
            Err(error) => {
                report::redirect(None);
                report::tell_line(&format!("the terminal cannot be read: {error}"));
                return;
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

fn submit(backend: &mut Backend, text: &str) -> Next {
    if text.trim().is_empty() {
        return Next::GoOn;
    }
    let mut next = Next::GoOn;
    backend.submit(text, report::style(), &mut |outcome| match outcome {
        Outcome::Value(text) => {
            if !write_out(&(text + "\n")) {
                next = Next::Leave;
            }
        }
        Outcome::Answer(text) => {
            write_out(&text);
        }
        Outcome::Warning(text) | Outcome::Failure(text) => report::tell(text),
        Outcome::Quit => next = Next::Leave,
    });
    next
}

/// `BATUTA_HISTORY`, else a file among the user's state.
fn history_file() -> Option<PathBuf> {
    if let Some(file) = std::env::var_os("BATUTA_HISTORY") {
        return (!file.is_empty()).then(|| PathBuf::from(file));
    }
    let state = match std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty()) {
        Some(state) => PathBuf::from(state),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".local/state"),
    };
    Some(state.join("batuta/history"))
}

/// Loads the history and gives the file to keep it in; none if it cannot be kept.
fn load_history(terminal: &mut Terminal) -> Option<PathBuf> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let file = history_file()?;
    if let Some(directory) = file.parent()
        && let Err(error) = std::fs::create_dir_all(directory)
    {
        report::tell_line(&format!("no history: {}: {error}", directory.display()));
        return None;
    }
    match terminal.load_history(&file) {
        Err(ReadlineError::Io(error)) if error.kind() != std::io::ErrorKind::NotFound => {
            report::tell_line(&format!("no history: {}: {error}", file.display()));
            None
        }
        _ => Some(file),
    }
}

fn remember(terminal: &mut Terminal, text: &str, file: Option<&std::path::Path>) {
    let is_new = !text.trim().is_empty() && terminal.add_history_entry(text).unwrap_or(false);
    if let (true, Some(file)) = (is_new, file) {
        // The entry stays in this session's history if the file cannot be written.
        let _ = terminal.append_history(file);
    }
}
