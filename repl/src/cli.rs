//! The command line's types and what they come to, nothing else.
//!
//! Options of the whole command are taken before and after a command's name. What follows FILE
//! belongs to the program, except Batuta's own options directly behind it; `--` ends those.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use batuta_compiler::ahead::BackEnd;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use log::LogArguments;

pub mod log;
#[cfg(test)]
mod tests;

/// Batuta, a Lisp with actors and a database, compiled to native code.
#[derive(Parser, Debug)]
#[command(name = "batuta", version, about, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    options: Options,

    /// Evaluate EXPR and print its value; may be given several times
    #[arg(short, long = "eval", value_name = "EXPR", allow_hyphen_values = true)]
    eval: Vec<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER_HELP: &str = "\
Without a command: the prompt on a terminal, else the program on standard input.
`batuta FILE.bat` is `batuta run FILE.bat`; FILE `-` is standard input.

Exit codes: 0 all well, 1 the program crashed, 2 wrong usage, 3 a damaged store, 130 ended by Ctrl-C.
Environment: BATUTA_DATA, BATUTA_PATH, BATUTA_HISTORY, BATUTA_WORKERS, BATUTA_HASH_SEED,
BATUTA_TEST_SEED, NO_COLOR.";

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Directory of the database [default: BATUTA_DATA, ./.dlog if it exists, else memory only]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// Stack an actor may use, such as 64M or 2G [default: 1G]
    #[arg(long, value_name = "SIZE", global = true, value_parser = parse_size)]
    pub max_stack: Option<usize>,

    /// What fixes everything that could happen in one order or another, for `test`.
    #[arg(skip)]
    pub seed: Option<u64>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start the prompt
    Repl,
    /// Run a program
    Run(RunArguments),
    /// Compile a program to an executable
    Compile(CompileArguments),
    /// Look for errors in a program without running it
    Check {
        /// The program; `-` for standard input
        file: PathBuf,
    },
    /// Run tests: files, or folders with `*_test.bat` and `test/**/*.bat` [default: this folder]
    Test {
        /// Run actors on one thread in an order, at times and with random numbers that N fixes, so
        /// that what fails once fails again
        #[arg(long, value_name = "N")]
        seed: Option<u64>,

        /// Files and folders
        paths: Vec<PathBuf>,
    },
    /// Look at a database: its logs, records, sizes and damage, beside whoever writes to it
    Log(LogArguments),
    #[command(external_subcommand)]
    File(Vec<OsString>),
}

#[derive(Args, Debug)]
struct RunArguments {
    /// Print what the program is compiled to instead of running it
    #[arg(long, value_name = "STAGE")]
    emit: Option<Emit>,

    /// Sample the running program and draw where the time went [default: PROGRAM.svg]
    #[arg(long, value_name = "FILE.svg", num_args = 0..=1, require_equals = true, conflicts_with = "emit")]
    profile: Option<Option<PathBuf>>,

    /// Write the addresses of compiled functions to /tmp/perf-PID.map, for `perf report`
    #[arg(long)]
    perf_map: bool,

    /// The program; `-` for standard input
    file: PathBuf,

    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

#[derive(Args, Debug)]
struct CompileArguments {
    /// The program
    file: PathBuf,

    /// The executable to write [default: the program's name without `.bat`]; with `--emit rust` the
    /// folder [default: that name and `-rust`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Who makes the machine code
    #[arg(long, value_name = "NAME", default_value = "cranelift")]
    backend: BackEndName,

    /// Write what the program is compiled to instead of an executable
    #[arg(long, value_name = "STAGE", conflicts_with = "backend")]
    emit: Option<Emit>,

    /// Where the runtime's static library is [default: beside this command]
    #[arg(long, value_name = "DIR")]
    runtime: Option<PathBuf>,

    /// Leave out symbols: smaller, but debuggers and profilers see no names
    #[arg(long)]
    strip: bool,
}

/// What `--backend` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BackEndName {
    /// Cranelift, as `run` does
    Cranelift,
    /// The installed `rustc`
    Rust,
}

/// What `--emit` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// Batuta's own intermediate form
    Ir,
    /// Cranelift's
    Clif,
    /// Machine code, with the source lines it comes from
    Asm,
    /// Rust; `compile` writes a Cargo project
    Rust,
}

/// Where a program's text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// A program to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its text.
    pub place: Place,
    /// What `main` is called with.
    pub arguments: Vec<String>,
    /// Print this instead of running.
    pub emit: Option<Emit>,
    /// Draw where the time went, into this file.
    pub profile: Option<PathBuf>,
    /// Tell `perf` the names of compiled functions.
    pub perf_map: bool,
}

/// A program to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compilation {
    /// Its text.
    pub place: Place,
    /// The executable.
    pub output: PathBuf,
    /// Where the static library is, if not beside the command.
    pub runtime: Option<PathBuf>,
    /// Without symbols?
    pub strip: bool,
    /// Who makes the machine code.
    pub back_end: BackEnd,
    /// Write this instead of an executable.
    pub emit: Option<Emit>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// The prompt.
    Repl,
    /// A program.
    Run(Script),
    /// A program to an executable.
    Compile(Compilation),
    /// Expressions of the command line.
    Evaluate(Vec<String>),
    /// Errors only.
    Check(Place),
    /// The tests in these files and folders.
    Test(Vec<PathBuf>),
    /// A database looked at.
    Log(LogArguments),
}

impl Cli {
    /// What the arguments mean. Ends the process with a usage error if they mean nothing.
    pub fn into_task(self) -> (Options, Task) {
        let is_terminal = std::io::stdin().is_terminal();
        match self.decide(is_terminal) {
            Ok(decided) => decided,
            Err(error) => error.exit(),
        }
    }

    fn decide(mut self, stdin_is_terminal: bool) -> Result<(Options, Task), clap::Error> {
        if !self.eval.is_empty() {
            if self.command.is_some() {
                let text = "`-e` cannot be used together with a command or a file";
                return Err(Cli::command().error(ErrorKind::ArgumentConflict, text));
            }
            return Ok((self.options, Task::Evaluate(self.eval)));
        }
        let task = match self.command {
            None if stdin_is_terminal => Task::Repl,
            None => Task::Run(Script::new(Path::new("-"), Vec::new())),
            Some(Command::Repl) => Task::Repl,
            Some(Command::Run(run)) => Task::Run(Script {
                emit: run.emit,
                profile: run
                    .profile
                    .map(|named| named.unwrap_or_else(|| drawing_of(&run.file))),
                perf_map: run.perf_map,
                ..Script::new(&run.file, run.arguments)
            }),
            Some(Command::Compile(compile)) => Task::Compile(compilation(compile)?),
            Some(Command::Test { seed, paths }) => {
                self.options.seed = seed;
                Task::Test(paths)
            }
            Some(Command::Log(arguments)) => Task::Log(arguments),
            Some(Command::Check { file }) => Task::Check(Place::of(&file)),
            Some(Command::File(words)) => Task::Run(script_of(words)?),
        };
        Ok((self.options, task))
    }
}

impl Script {
    fn new(file: &Path, arguments: Vec<String>) -> Script {
        Script {
            place: Place::of(file),
            arguments,
            emit: None,
            profile: None,
            perf_map: false,
        }
    }
}

/// Where the drawing of a program's profile goes: into the current directory.
fn drawing_of(program: &Path) -> PathBuf {
    let stem = match program.to_str() {
        Some("-") | None => Path::new("stdin"),
        Some(_) => Path::new(program.file_stem().unwrap_or(program.as_os_str())),
    };
    stem.with_extension("svg")
}

impl Place {
    fn of(file: &Path) -> Place {
        match file.as_os_str().to_str() {
            Some("-") => Place::Stdin,
            _ => Place::File(file.to_owned()),
        }
    }
}

fn compilation(arguments: CompileArguments) -> Result<Compilation, clap::Error> {
    let named = arguments
        .file
        .file_stem()
        .filter(|_| arguments.file != Path::new("-"));
    let by_itself = named.map(|name| match arguments.emit {
        Some(Emit::Rust) => PathBuf::from(format!("{}-rust", name.display())),
        _ => PathBuf::from(name),
    });
    let output = arguments.output.or(by_itself);
    let is_free = |output: &PathBuf| *output != arguments.file;
    let output = output.filter(is_free).ok_or_else(|| {
        let text = "name the executable with `-o FILE`";
        Cli::command().error(ErrorKind::MissingRequiredArgument, text)
    })?;
    Ok(Compilation {
        place: Place::of(&arguments.file),
        output,
        runtime: arguments.runtime,
        strip: arguments.strip,
        back_end: match (arguments.backend, arguments.emit) {
            (BackEndName::Rust, _) | (_, Some(Emit::Rust)) => BackEnd::Rust,
            (BackEndName::Cranelift, _) => BackEnd::Cranelift,
        },
        emit: arguments.emit,
    })
}

/// `batuta FILE args…`: a word that is no command must at least look like a program.
fn script_of(words: Vec<OsString>) -> Result<Script, clap::Error> {
    let mut words = words.into_iter();
    let file = PathBuf::from(words.next().unwrap_or_default());
    let is_program =
        file.as_os_str() == "-" || file.extension().is_some_and(|e| e == "bat") || file.is_file();
    if !is_program {
        let word = file.display().to_string();
        let commands = ["repl", "run", "compile", "check", "test", "log", "help"];
        let hint = batuta_lang::suggest::nearest(&word, commands);
        let hint = hint
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        let text = format!("`{word}` is neither a command nor a file{hint}");
        return Err(Cli::command().error(ErrorKind::InvalidSubcommand, text));
    }
    let arguments = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    Ok(Script::new(&file, arguments))
}

/// A number of bytes with an optional `K`, `M` or `G`.
fn parse_size(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.trim_end_matches(['b', 'B']).to_ascii_uppercase() {
        text if text.ends_with('K') => (text[..text.len() - 1].to_owned(), 10),
        text if text.ends_with('M') => (text[..text.len() - 1].to_owned(), 20),
        text if text.ends_with('G') => (text[..text.len() - 1].to_owned(), 30),
        text => (text, 0),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "a size is a number such as 64M or 2G")?;
    let bytes = number
        .checked_mul(1 << unit)
        .ok_or("larger than any stack can be")?;
    if bytes < MAX_STACK_MIN {
        return Err(format!(
            "an actor needs at least {}K of stack",
            MAX_STACK_MIN >> 10
        ));
    }
    Ok(bytes)
}

/// Below this not even the standard library's functions could run.
const MAX_STACK_MIN: usize = 256 << 10;
