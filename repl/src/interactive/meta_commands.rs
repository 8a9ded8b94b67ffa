//! Commands of the prompt itself: `:help`, `:time` and their like.
//!
//! A row of [`META_COMMANDS`] and an arm of [`run`] make one. Any other keyword is an expression.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::Instant;

use batuta_compiler::library::arglists_text;
use batuta_lang::diagnostic::RenderStyle;
use batuta_lang::expand::core_macros::core_macro;
use batuta_lang::special_forms::special_form;
use batuta_runtime::collections::map;
use batuta_runtime::failure_state::Failure;
use batuta_runtime::function::{CodeSource, FunctionBody, VarBody};
use batuta_runtime::namespace::{self, Lookup};
use batuta_runtime::value::Value;

use super::backend::{Backend, Outcome, Show};
use super::observer::{Observer, screen};
use crate::cli::Emit;
use crate::program::{emitted, emitted_code};
use crate::report;

/// Rows of `:observer` where there is no terminal, with the head.
const LINES_OF_ONE_LOOK: usize = 102;

/// Name, argument and purpose of each command.
pub const META_COMMANDS: &[(&str, &str, &str)] = &[
    (
        ":clif",
        "NAME or EXPR",
        "show Cranelift's form of a function or an expression",
    ),
    (":doc", "NAME", "show what a name is"),
    (":help", "", "show this"),
    (
        ":ir",
        "NAME or EXPR",
        "show what a function or an expression is compiled to",
    ),
    (
        ":observer",
        "",
        "show the living actors by mailbox, CPU time and memory",
    ),
    (":quit", "", "leave"),
    (":time", "EXPR", "evaluate and show how long it took"),
];

/// A command with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaCommand {
    /// `:help`
    Help,
    /// `:observer`
    Observer,
    /// `:quit`
    Quit,
    /// `:doc`
    Doc(String),
    /// `:ir` and `:clif`
    Show(Emit, String),
    /// `:time`
    Time(String),
}

impl MetaCommand {
    /// The command that an entry is, if it is one.
    pub fn parse(text: &str) -> Option<MetaCommand> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let argument = || rest.trim().to_owned();
        match word {
            ":help" if rest.is_empty() => Some(MetaCommand::Help),
            ":observer" if rest.is_empty() => Some(MetaCommand::Observer),
            ":quit" if rest.is_empty() => Some(MetaCommand::Quit),
            ":doc" => Some(MetaCommand::Doc(argument())),
            ":ir" => Some(MetaCommand::Show(Emit::Ir, argument())),
            ":clif" => Some(MetaCommand::Show(Emit::Clif, argument())),
            ":time" => Some(MetaCommand::Time(argument())),
            _ => None,
        }
    }
}

/// Does what a command says.
pub(super) fn run(
    command: MetaCommand,
    backend: &mut Backend,
    style: RenderStyle,
    show: &mut Show<'_>,
) {
    match command {
        MetaCommand::Help => show(Outcome::Answer(help())),
        MetaCommand::Observer => show(observe()),
        MetaCommand::Quit => show(Outcome::Quit),
        MetaCommand::Doc(name) => show(describe(&backend.namespace(), &name)),
        MetaCommand::Show(emit, text) => show_stage(backend, emit, &text, style, show),
        MetaCommand::Time(text) => {
            let start = Instant::now();
            backend.evaluate(&text, style, show);
            let elapsed = start.elapsed();
            show(Outcome::Answer(format!(
                "{:.3} ms\n",
                elapsed.as_secs_f64() * 1000.0
            )));
        }
    }
}

/// A live table on a terminal; elsewhere one look.
fn observe() -> Outcome {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return match screen::run() {
            Ok(()) => Outcome::Answer(String::new()),
            Err(error) => Outcome::Failure(format!("the terminal refuses: {error}\n")),
        };
    }
    let mut observer = Observer::default();
    observer.look();
    let (lines, _) = observer.lines(usize::MAX, LINES_OF_ONE_LOOK);
    Outcome::Answer(lines.join("\n") + "\n")
}

fn help() -> String {
    let mut text = String::new();
    for (name, argument, purpose) in META_COMMANDS {
        writeln!(text, "  {name:<9} {argument:<14} {purpose}")
            .expect("writing to a string does not fail");
    }
    text.push_str(
        "  *1 *2 *3 are the last values, *e the reason of the last failure.\n  \
         Enter continues an unfinished form, Tab completes a name, Ctrl-C stops what runs.\n",
    );
    text
}

/// The var that a name written at the prompt stands for.
fn find_var(current: &str, text: &str) -> Option<Value> {
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            (Some(namespace), name)
        }
        _ => (None, text),
    };
    match namespace::find_visible(current, namespace, name) {
        Lookup::Var(var) | Lookup::Private(var) => Some(var),
        Lookup::Unknown | Lookup::UnknownNamespace => None,
    }
}

fn root(var: &Value) -> Option<Value> {
    let _pin = batuta_runtime::quiescence::pin();
    var.as_object::<VarBody>()?.root()
}

fn describe(current: &str, name: &str) -> Outcome {
    if let Some(form) = special_form(name) {
        return Outcome::Answer(format!("{}  special form\n  {}\n", form.shape, form.doc));
    }
    if let Some(found) = core_macro(name) {
        return Outcome::Answer(format!(
            "{} {}  macro\n  {}\n",
            name, found.arglists, found.doc
        ));
    }
    let Some(var) = find_var(current, name) else {
        return Outcome::Failure(format!("nothing is called `{name}` here\n"));
    };
    let Some(body) = var.as_object::<VarBody>() else {
        return Outcome::Failure(format!("nothing is called `{name}` here\n"));
    };
    let meta = body
        .meta
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone();
    let (arglists, doc) = match root(&var).as_ref().and_then(native_doc) {
        Some(native) => native,
        None => {
            let doc = map::get_keyword(&meta, "doc")
                .and_then(Value::as_str)
                .unwrap_or("");
            (arglists_text(&meta).to_string(), doc.to_owned())
        }
    };
    Outcome::Answer(format!("{} {arglists}\n  {doc}\n", body.qualified()))
}

fn native_doc(value: &Value) -> Option<(String, String)> {
    match &value.as_object::<FunctionBody>()?.code.source {
        CodeSource::Native(builtin) => Some((builtin.arglists.to_owned(), builtin.doc.to_owned())),
        CodeSource::Compiled(_) | CodeSource::Ahead(_) | CodeSource::Bounce => None,
    }
}

fn show_stage(
    backend: &mut Backend,
    emit: Emit,
    text: &str,
    style: RenderStyle,
    show: &mut Show<'_>,
) {
    let function = find_var(&backend.namespace(), text).as_ref().and_then(root);
    let stage: Result<String, Failure> = match function
        .as_ref()
        .and_then(|function| function.as_object::<FunctionBody>())
    {
        Some(function) => emitted_code(&function.code, emit),
        None => {
            let name = backend.next_name();
            match backend.session_mut().load(&name, text) {
                Ok(loaded) => emitted("", &loaded.forms, emit),
                Err(errors) => {
                    show(Outcome::Failure(report::diagnostics_text(&errors, style)));
                    return;
                }
            }
        }
    };
    show(match stage {
        Ok(text) if text.is_empty() => Outcome::Answer("it is native\n".to_owned()),
        Ok(text) => Outcome::Answer(text),
        Err(failure) => Outcome::Failure(report::failure_text(&failure, style)),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_keywords_are_commands() {
        assert_eq!(MetaCommand::parse(":quit\n"), Some(MetaCommand::Quit));
        assert_eq!(
            MetaCommand::parse(":time  (f 1)"),
            Some(MetaCommand::Time("(f 1)".into()))
        );
        assert_eq!(MetaCommand::parse(":quit 1"), None);
        assert_eq!(MetaCommand::parse(":name"), None);
        assert_eq!(MetaCommand::parse("(:help x)"), None);
    }

    #[test]
    fn every_command_of_the_table_is_parsed_and_in_the_help() {
        let help = help();
        for (name, _, _) in META_COMMANDS {
            assert!(MetaCommand::parse(name).is_some(), "{name}");
            assert!(help.contains(name), "{name}");
        }
        assert!(META_COMMANDS.is_sorted());
    }
}
