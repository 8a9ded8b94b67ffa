//! Other programs: run to their end, or beside the caller with streams.
//!
//! A task of the reactor waits for each; the actor that asks is parked, and while a program runs,
//! ours does not end.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::encoding::Encoding;
use super::stream::{reader, writer};
use crate::actor::{keep_alive, runtime_handle};
use crate::builtin::Flow;
use crate::builtins::bytes::octets;
use crate::builtins::options;
use crate::builtins::support::text;
use crate::builtins::task::outside;
use crate::collections::{map, vector, walk};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::object::{Native, make_native};
use crate::value::{Value, print};

/// A command and what it is told.
struct Job {
    name: String,
    command: Command,
    input: Option<Vec<u8>>,
    timeout: Option<Duration>,
    as_bytes: bool,
}

fn plain(value: &Value) -> String {
    let mut text = String::new();
    print::write_str(&mut text, value);
    text
}

/// Words up to the first keyword, then options; one vector of words will do, too.
fn job(who: &str, args: &[Value]) -> Result<Job, Fault> {
    let words: Vec<Value> = match args.first().and_then(vector::len) {
        Some(_) => vector::iter(&args[0]).cloned().collect(),
        None => args
            .iter()
            .take_while(|arg| arg.as_keyword().is_none() && !map::is_map(arg))
            .cloned()
            .collect(),
    };
    let is_vector = args.first().is_some_and(|arg| vector::len(arg).is_some());
    let options = &args[if is_vector { 1 } else { words.len() }..];
    let Some((name, arguments)) = words.split_first() else {
        let message = format!("`{who}` wants the name of a program");
        return Err(Fault::new(FaultKind::Arity, message));
    };
    let name = text(who, name)?.to_owned();
    let mut command = Command::new(&name);
    for argument in arguments {
        command.arg(plain(argument));
    }
    let mut job = Job {
        name,
        command,
        input: None,
        timeout: None,
        as_bytes: false,
    };
    for (option, value) in options::pairs(who, options)? {
        job.set(who, &option, &value)?;
    }
    Ok(job)
}

impl Job {
    fn set(&mut self, who: &str, option: &Value, value: &Value) -> Result<(), Fault> {
        match options::name(option) {
            "in" => self.input = Some(octets(who, value)?.to_vec()),
            "dir" => {
                self.command.current_dir(text(who, value)?);
            }
            "env" => {
                for (name, value) in options::pairs(who, std::slice::from_ref(value))? {
                    let name = name
                        .as_keyword()
                        .map_or_else(|| plain(&name), |k| k.name().into());
                    self.command.env(name, plain(&value));
                }
            }
            "timeout" => {
                let millis = number::as_usize(value)
                    .ok_or_else(|| Fault::wrong_type(who, "milliseconds", value))?;
                self.timeout = Some(Duration::from_millis(millis as u64));
            }
            "out-enc" => self.as_bytes = value.is_keyword("bytes"),
            _ => return Err(options::unknown(who, option)),
        }
        Ok(())
    }

    fn start(&mut self) -> Result<Child, Fault> {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.command
            .spawn()
            .map_err(|error| super::failed("run", &self.name, &error))
    }
}

/// The number a program ended with; one that was killed ends with 128 and the signal's, as shells
/// have it.
fn code(status: ExitStatus) -> i64 {
    use std::os::unix::process::ExitStatusExt;
    let killed = || 128 + status.signal().unwrap_or(0);
    status.code().unwrap_or_else(killed).into()
}

/// `(io/sh program argument … :in … :dir … :env … :timeout …)`
pub(super) fn run(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise_all(
        cx,
        crate::builtins::support::take_all(args, 0),
        |_, args| {
            let job = job("io/sh", &args)?;
            outside(run_job(job))
        },
    )
}

async fn run_job(mut job: Job) -> Result<Value, Fault> {
    job.command.kill_on_drop(true);
    let mut child = job.start()?;
    let (stdin, input) = (child.stdin.take(), job.input.take());
    let feed = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A program that does not read its input is no error.
            let _ = stdin.write_all(&input).await;
        }
    };
    let work = async { tokio::join!(feed, child.wait_with_output()).1 };
    let output = match job.timeout {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| {
            let message = format!("{} did not end within {} ms", job.name, limit.as_millis());
            Fault::new(FaultKind::Io, message)
        })?,
    };
    let output = output.map_err(|error| super::failed("run", &job.name, &error))?;
    let out = match job.as_bytes {
        true => Value::bytes(output.stdout),
        false => Value::str(&String::from_utf8_lossy(&output.stdout)),
    };
    Ok(map::from_pairs([
        (Value::keyword("exit"), number::int(code(output.status))),
        (Value::keyword("out"), out),
        (
            Value::keyword("err"),
            Value::str(&String::from_utf8_lossy(&output.stderr)),
        ),
    ]))
}

/// A program that runs beside this one.
struct Process {
    name: String,
    id: i32,
    ended: watch::Receiver<Option<i64>>,
    stdin: Value,
    stdout: Value,
    stderr: Value,
}

impl Native for Process {
    fn class(&self) -> &'static str {
        "process"
    }

    fn print(&self) -> String {
        format!("#process<{} {}>", self.name, self.id)
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.stdin);
        visitor(&mut self.stdout);
        visitor(&mut self.stderr);
    }

    fn get(&self, key: &Value) -> Option<Option<Value>> {
        Some(match key.as_keyword().map(|key| key.text()) {
            Some("in") => Some(self.stdin.clone()),
            Some("out") => Some(self.stdout.clone()),
            Some("err") => Some(self.stderr.clone()),
            Some("pid") => Some(number::int(self.id.into())),
            _ => None,
        })
    }

    fn deref(&self) -> Option<Flow> {
        Some(self.exit_code(None))
    }

    fn close(&self) -> Option<Flow> {
        self.kill(Signal::TERM);
        Some(Ok(Value::NIL))
    }
}

impl Process {
    fn kill(&self, signal: Signal) {
        // The number of a program that has ended may be another's by now.
        if self.ended.borrow().is_none()
            && let Some(id) = Pid::from_raw(self.id)
        {
            // It may end just now: then there is nothing to do.
            let _ = kill_process(id, signal);
        }
    }

    fn exit_code(&self, limit: Option<Duration>) -> Flow {
        let mut ended = self.ended.clone();
        outside(async move {
            let waiting = ended.wait_for(Option::is_some);
            let code = match limit {
                None => waiting.await.ok().and_then(|code| *code),
                Some(limit) => match tokio::time::timeout(limit, waiting).await {
                    Ok(code) => code.ok().and_then(|code| *code),
                    Err(_) => None,
                },
            };
            Ok(code.map(number::int).unwrap_or_default())
        })
    }
}

/// `(io/spawn program argument … :dir … :env …)`
pub(super) fn spawn(cx: &mut Cx, args: &mut [Value]) -> Flow {
    walk::realise_all(
        cx,
        crate::builtins::support::take_all(args, 0),
        |_, args| {
            let mut job = job("io/spawn", &args)?;
            outside(async move {
                let mut child = job.start()?;
                let wrong = |error| super::failed("run", &job.name, &error);
                let stdin = child.stdin.take().map(|pipe| pipe.into_owned_fd());
                let stdout = child.stdout.take().map(|pipe| pipe.into_owned_fd());
                let stderr = child.stderr.take().map(|pipe| pipe.into_owned_fd());
                let process = Process {
                    id: child
                        .id()
                        .and_then(|id| i32::try_from(id).ok())
                        .unwrap_or(0),
                    stdin: input(&job.name, stdin.transpose().map_err(wrong)?),
                    stdout: output(&job.name, stdout.transpose().map_err(wrong)?),
                    stderr: output(&job.name, stderr.transpose().map_err(wrong)?),
                    ended: watch_over(child),
                    name: job.name,
                };
                Ok(make_native(process))
            })
        },
    )
}

fn input(name: &str, pipe: Option<OwnedFd>) -> Value {
    pipe.map(|pipe| writer(name, File::from(pipe), Encoding::Utf8))
        .unwrap_or_default()
}

fn output(name: &str, pipe: Option<OwnedFd>) -> Value {
    pipe.map(|pipe| reader(name, Box::new(File::from(pipe)), Encoding::Utf8))
        .unwrap_or_default()
}

/// Waits for the end of a program in a task of its own.
fn watch_over(mut child: Child) -> watch::Receiver<Option<i64>> {
    let (end, ended) = watch::channel(None);
    let running = keep_alive();
    runtime_handle().spawn(async move {
        let _running = running;
        let code = child.wait().await.map_or(-1, code);
        end.send_replace(Some(code));
    });
    ended
}

fn process<'a>(who: &str, value: &'a Value) -> Result<&'a Process, Fault> {
    value
        .as_native::<Process>()
        .ok_or_else(|| Fault::wrong_type(who, "a process", value))
}

/// `(io/wait process limit)`: the exit code; nil if it runs on after so many milliseconds.
pub(super) fn wait_for(_: &mut Cx, args: &mut [Value]) -> Flow {
    let limit = match args.get(1) {
        None => None,
        Some(limit) => Some(Duration::from_millis(
            number::as_usize(limit)
                .ok_or_else(|| Fault::wrong_type("io/wait", "milliseconds", limit))?
                as u64,
        )),
    };
    process("io/wait", &args[0])?.exit_code(limit)
}

/// `(io/kill process force?)`
pub(super) fn kill(_: &mut Cx, args: &mut [Value]) -> Flow {
    let is_forced = args.get(1).is_some_and(Value::is_truthy);
    let signal = if is_forced {
        Signal::KILL
    } else {
        Signal::TERM
    };
    process("io/kill", &args[0])?.kill(signal);
    Ok(Value::NIL)
}
