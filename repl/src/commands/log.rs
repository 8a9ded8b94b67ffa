//! `batuta log …`: a store shown, checked, mended and measured, for people and as JSON.
//!
//! Everything opens the store read-only, beside whoever writes to it; neither compiler nor actors
//! are started. To add a command: a variant in `cli::log`, a file here, an arm in [`decide`].

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use batuta_lang::suggest;
use dlog_core::log::{OpenError, ReadError, Store, StoreOptions};

use crate::cli::Options;
use crate::cli::log::{LogArguments, LogCommand};
use crate::driver::{CRASHED, DataPlace, MISUSED};
use crate::report;

mod bench;
mod check;
mod inspect;
mod list;
mod output;
mod records;
mod stats;
mod text;

use output::Output;

/// Exit code of a store that is damaged.
pub const DAMAGED: u8 = 3;

/// Why a command failed.
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn misuse(text: impl Into<String>) -> Failure {
        Failure {
            code: MISUSED,
            text: text.into(),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        let (code, text) = match error {
            OpenError::Missing { dir } => (
                CRASHED,
                format!(
                    "there is no store in {}; name the directory of one with --data DIR",
                    dir.display()
                ),
            ),
            OpenError::Damaged { .. } => (DAMAGED, error.to_string()),
            other => (CRASHED, other.to_string()),
        };
        Failure { code, text }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        let hint = "`batuta log verify` tells what is lost, `batuta log repair` keeps the rest";
        match error {
            ReadError::Damaged { .. } | ReadError::DamagedCommit { .. } => Failure {
                code: DAMAGED,
                text: format!("{error}; {hint}"),
            },
            other => Failure {
                code: CRASHED,
                text: other.to_string(),
            },
        }
    }
}

/// What a command came to; an exit code where it is not 0.
type Outcome = Result<ExitCode, Failure>;

/// Does it.
pub fn run(arguments: &LogArguments, options: &Options) -> ExitCode {
    let place = DataPlace::choose(options.data.as_deref(), Path::new("."));
    decide(arguments, place).unwrap_or_else(|failure| {
        report::tell_line(&failure.text);
        ExitCode::from(failure.code)
    })
}

fn decide(arguments: &LogArguments, place: DataPlace) -> Outcome {
    let mut out = Output::new(arguments.json);
    if let LogCommand::Bench(bench) = &arguments.command {
        return bench::run(bench, &place, &mut out);
    }
    let DataPlace::Directory(dir) = place else {
        let text = "no store is named; name one with --data DIR or in BATUTA_DATA";
        return Err(Failure::misuse(text));
    };
    match &arguments.command {
        LogCommand::Ls => list::run(&open(&dir)?, &mut out),
        LogCommand::Inspect { log: None } => inspect::store(&open(&dir)?, &mut out),
        LogCommand::Inspect { log: Some(log) } => {
            let store = open(&dir)?;
            inspect::log(&store, &find(&store, log)?, &mut out)
        }
        LogCommand::Verify => check::verify(&dir, &mut out),
        LogCommand::Repair { dry_run: true, .. } => check::foresee(&dir, &mut out),
        LogCommand::Repair { target, .. } => {
            let target = target.clone().unwrap_or_else(|| beside(&dir, "-mended"));
            check::repair(&dir, &target, &mut out)
        }
        LogCommand::Dump(dump) => {
            let store = open(&dir)?;
            records::dump(&store, &find(&store, &dump.log)?, dump, &mut out)
        }
        LogCommand::Tail(tail) => {
            let store = open(&dir)?;
            let log = find(&store, &tail.log)?;
            records::tail(store, &dir, &log, tail, &mut out)
        }
        LogCommand::Stats { log: None } => stats::store(&open(&dir)?, &mut out),
        LogCommand::Stats { log: Some(log) } => {
            let store = open(&dir)?;
            stats::log(&store, &find(&store, log)?, &mut out)
        }
        LogCommand::Bench(_) => unreachable!("handled above: it needs no store"),
    }
}

/// Opens the store to read it, and says if it is damaged.
fn open(dir: &Path) -> Result<Store, Failure> {
    let store = Store::open(StoreOptions::new(dir).read_only())?;
    if let Some(damage) = store.recovery().damage.first() {
        report::tell_line(&format!(
            "the store is damaged ({damage}); `batuta log verify` tells what is lost"
        ));
    }
    Ok(store)
}

/// The name of a log that is there, written with or without its colon.
fn find(store: &Store, name: &str) -> Result<String, Failure> {
    let name = name.strip_prefix(':').unwrap_or(name);
    let known = store.logs();
    if known.iter().any(|log| log == name) {
        return Ok(name.to_owned());
    }
    let nearest = suggest::nearest(name, known.iter().map(String::as_str));
    let hint = match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the store has none".to_owned(),
        None => "`batuta log ls` lists them".to_owned(),
    };
    Err(Failure {
        code: CRASHED,
        text: format!("there is no log `{name}`; {hint}"),
    })
}

/// A directory beside another one.
fn beside(dir: &Path, ending: &str) -> PathBuf {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = whole.file_name().unwrap_or(std::ffi::OsStr::new("store"));
    let mut name = name.to_owned();
    name.push(ending);
    whole.with_file_name(name)
}
