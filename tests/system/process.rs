//! Running the binary: arguments and input in, output and exit code out.
//!
//! A program that does not end is killed after [`PATIENCE`] and fails its test; no test passes or
//! fails by how long something took otherwise.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// After this a program is taken to hang: far longer than any needs on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(900);

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None`: ended by a signal.
    pub(crate) code: Option<i32>,
}

impl Ended {
    /// Checks that a program ended as this one did, in each respect.
    #[track_caller]
    pub(crate) fn assert_same(&self, expected: &Ended, program: &str) {
        assert_eq!(self.stdout, expected.stdout, "{program}");
        assert_eq!(self.stderr, expected.stderr, "{program}");
        assert_eq!(self.code, expected.code, "{program}");
    }

    /// The output of a program that must have ended well.
    #[track_caller]
    pub(crate) fn output(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self.stdout
    }

    /// The error text of a program that must have ended with this code.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self.stderr
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let repl = Path::new(env!("CARGO_MANIFEST_DIR"));
    repl.parent()
        .expect("the crate lies in the workspace's folder")
        .to_owned()
}

/// The binary with these arguments, in the workspace's folder and a clean environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batuta"));
    command.args(arguments).current_dir(root());
    for name in [
        "BATUTA_DATA",
        "BATUTA_PATH",
        "BATUTA_HISTORY",
        "BATUTA_WORKERS",
    ] {
        command.env_remove(name);
    }
    command.env("BATUTA_HASH_SEED", "1").env("NO_COLOR", "1");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the binary to its end.
#[track_caller]
pub(crate) fn batuta(arguments: &[&str]) -> Ended {
    finish(command(arguments))
}

/// Runs a program given as text.
#[track_caller]
pub(crate) fn script(text: &str) -> Ended {
    feed(command(&["run", "-"]), text)
}

/// Runs a command with this text on its standard input.
#[track_caller]
pub(crate) fn feed(mut command: Command, text: &str) -> Ended {
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the binary can be started");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let text = text.to_owned();
    // A program may end without reading all of its input.
    let feeder = thread::spawn(move || drop(stdin.write_all(text.as_bytes())));
    let ended = wait(child);
    feeder.join().expect("the feeding thread does not panic");
    ended
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn finish(mut command: Command) -> Ended {
    wait(command.spawn().expect("the binary can be started"))
}

/// Waits for a started program.
#[track_caller]
pub(crate) fn wait(child: Child) -> Ended {
    let pid = pid(&child);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(child.wait_with_output())));
    let Ok(output) = receiver.recv_timeout(PATIENCE) else {
        let _ = kill_process(pid, Signal::KILL);
        let left = receiver
            .recv()
            .expect("a killed program ends")
            .expect("its output is read");
        panic!(
            "the program does not end\nstdout: {}\nstderr: {}",
            String::from_utf8_lossy(&left.stdout),
            String::from_utf8_lossy(&left.stderr)
        );
    };
    let output = output.expect("the program's output is read");
    Ended {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

/// The process id of a started program.
pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// The names of the programs in a folder of the project, without their `.bat`, in order.
pub(crate) fn programs(folder: &str) -> Vec<String> {
    let entries =
        fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be read").file_name())
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".bat")?.to_owned()))
        .collect();
    names.sort();
    names
}
