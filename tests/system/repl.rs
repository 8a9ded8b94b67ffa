//! The prompt: its logic through the backend, Ctrl-C and the editor through a terminal.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use batuta::cli::Options;
use batuta::driver::Driver;
use batuta::interactive::backend::{Backend, Outcome};
use batuta_lang::diagnostic::RenderStyle;

use crate::process::{command, feed, root};

/// The backends of a process share its namespaces, so one test has them at a time.
fn with_backend(test: impl FnOnce(&mut Backend)) {
    static STARTED: OnceLock<Driver> = OnceLock::new();
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    STARTED.get_or_init(|| Driver::start(&Options::default()));
    test(&mut Backend::new());
}

fn outcomes(backend: &mut Backend, text: &str) -> Vec<Outcome> {
    let mut all = Vec::new();
    backend.submit(text, RenderStyle::PLAIN, &mut |outcome| all.push(outcome));
    all
}

#[track_caller]
fn assert_value(backend: &mut Backend, text: &str, expected: &str) {
    assert_eq!(
        outcomes(backend, text),
        [Outcome::Value(expected.into())],
        "{text}"
    );
}

#[track_caller]
fn failure(backend: &mut Backend, text: &str) -> String {
    match outcomes(backend, text).pop() {
        Some(Outcome::Failure(text)) => text,
        other => panic!("{text} gave {other:?}"),
    }
}

#[test]
fn last_values_and_the_last_failure_are_kept() {
    with_backend(|backend| {
        assert_value(backend, "(+ 1 2)", "3");
        assert_value(backend, "(map inc [1 2])", "(2 3)");
        assert_value(backend, "[*1 *2]", "[(2 3) 3]");
        assert!(failure(backend, "(throw :oops)").contains(":oops"));
        assert_value(backend, "*e", ":oops");
        let both = outcomes(backend, "1 2");
        assert_eq!(
            both,
            [Outcome::Value("1".into()), Outcome::Value("2".into())]
        );
    });
}

#[test]
fn no_failure_ends_the_session() {
    with_backend(|backend| {
        assert_value(backend, "(def kept 42)", "#'user/kept");
        for text in [
            "(/ 1 0)",
            "(",
            "(nosuch)",
            "(map 1 [1])",
            "(exit :mine)",
            "(+ 1 \"a\")",
        ] {
            assert!(!failure(backend, text).is_empty(), "{text}");
        }
        assert_value(backend, "kept", "42");
    });
}

#[test]
fn an_unknown_name_is_a_warning_until_it_is_reached() {
    with_backend(|backend| {
        let all = outcomes(backend, "(defn later [] (not-yet-there 1))");
        let [Outcome::Warning(warning), Outcome::Value(value)] = &all[..] else {
            panic!("{all:?}");
        };
        assert!(warning.contains("not-yet-there"), "{warning}");
        assert_eq!(value, "#'user/later");
        assert!(failure(backend, "(later)").contains("not-yet-there"));
        outcomes(backend, "(defn not-yet-there [x] x)");
        assert_value(backend, "(later)", "1");
    });
}

#[test]
fn a_running_form_can_be_interrupted() {
    with_backend(|backend| {
        for endless in [
            "(loop [] (recur))",
            "(receive :never -> 1)",
            "(count (iterate inc 0))",
        ] {
            let interruptible = backend.interruptible();
            let is_done = AtomicBool::new(false);
            let told = thread::scope(|scope| {
                // Before the form runs there is nothing to interrupt, so it is done again.
                scope.spawn(|| {
                    while !is_done.load(Ordering::SeqCst) {
                        interruptible.interrupt();
                        thread::yield_now();
                    }
                });
                let told = failure(backend, endless);
                is_done.store(true, Ordering::SeqCst);
                told
            });
            assert!(told.contains("interrupted"), "{endless}: {told}");
        }
        assert_value(backend, "(+ 1 1)", "2");
    });
}

#[test]
fn the_observer_shows_who_is_there() {
    with_backend(|backend| {
        outcomes(backend, "(def deaf (spawn (fn [] (sleep 600000))))");
        outcomes(backend, "(register :deaf deaf)");
        outcomes(backend, "(dotimes [n 300] (send deaf n))");
        let seen = outcomes(backend, ":observer");
        let [Outcome::Answer(table)] = &seen[..] else {
            panic!("{seen:?}");
        };
        let first = table.lines().nth(2).unwrap_or_default();
        assert!(table.contains("actors by mailbox"), "{table}");
        assert!(
            first.contains(":deaf ") && first.contains(" 300 "),
            "{table}"
        );
        outcomes(backend, "(exit deaf :kill)");
    });
}

#[test]
fn meta_commands_answer() {
    with_backend(|backend| {
        assert!(
            matches!(&outcomes(backend, ":help")[..], [Outcome::Answer(text)] if text.contains(":time"))
        );
        assert_eq!(outcomes(backend, ":quit"), [Outcome::Quit]);
        let timed = outcomes(backend, ":time (+ 1 2)");
        assert!(matches!(&timed[..], [Outcome::Value(value), Outcome::Answer(_)] if value == "3"));
        let doc = outcomes(backend, ":doc when");
        assert!(
            matches!(&doc[..], [Outcome::Answer(text)] if text.contains("macro")),
            "{doc:?}"
        );
        outcomes(backend, "(defn twice [x] (* 2 x))");
        for text in [":ir twice", ":clif twice", ":ir (twice 2)"] {
            let shown = outcomes(backend, text);
            assert!(
                matches!(&shown[..], [Outcome::Answer(text)] if text.len() > 20),
                "{shown:?}"
            );
        }
    });
}

#[test]
fn names_are_told_of() {
    with_backend(|backend| {
        assert_value(
            backend,
            "(with-out-str (doc inc))",
            r#""-------------------------\nclojure.core/inc\n([n])\n  n plus one.\n""#,
        );
        assert_value(backend, "(apropos \"mapv\")", "(clojure.core/mapv)");
        assert_value(backend, "(defn told [x] x)", "#'user/told");
        assert_value(
            backend,
            "(with-out-str (source told))",
            r#""(defn told [x] x)\n""#,
        );
        assert_value(
            backend,
            "(boolean (re-find #\"trampoline\" (with-out-str (find-doc \"trampoline\"))))",
            "true",
        );
        assert_value(
            backend,
            "(first (clojure.repl/dir-fn 'clojure.walk))",
            "keywordize-keys",
        );
        assert_value(backend, "(:line (meta #'told))", "1");
    });
}

#[test]
fn the_prompt_follows_the_namespace() {
    with_backend(|backend| {
        outcomes(backend, "(ns elsewhere)");
        assert_eq!(backend.prompt(), "elsewhere=> ");
        assert_value(backend, "(str *ns*)", "\"elsewhere\"");
        outcomes(backend, "(in-ns (symbol \"user\"))");
        assert_eq!(backend.prompt(), "user=> ");
        outcomes(backend, "(remove-ns 'elsewhere)");
        assert_value(backend, "(find-ns 'elsewhere)", "nil");
    });
}

#[test]
fn forms_may_span_lines_when_input_is_a_pipe() {
    let ended = feed(command(&["repl"]), "(+ 1\n   2)\n\"a\nb\"\n");
    assert_eq!(ended.output(), "3\n\"a\\nb\"\n");
}

/// The prompt in a terminal of its own.
struct Session {
    child: Child,
    keys: ChildStdin,
    screen: mpsc::Receiver<Vec<u8>>,
    /// What came behind the text that was expected last.
    seen: String,
}

impl Session {
    fn start(history: &str) -> Session {
        // `exec`: a shell that stays between would end by the Ctrl-C that only interrupts the prompt.
        let prompt = format!("exec {} repl", env!("CARGO_BIN_EXE_batuta"));
        let mut child = Command::new("script")
            .args(["--quiet", "--return", "--command", &prompt, "/dev/null"])
            .current_dir(root())
            .env("BATUTA_HISTORY", history)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` of util-linux is there");
        let keys = child.stdin.take().expect("it is a pipe");
        let mut out = child.stdout.take().expect("it is a pipe");
        let (sender, screen) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Session {
            child,
            keys,
            screen,
            seen: String::new(),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the prompt listens");
    }

    /// Reads until this text comes.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        loop {
            if let Some((_, behind)) = self.seen.split_once(text) {
                self.seen = behind.to_owned();
                return;
            }
            match self.screen.recv_timeout(Duration::from_secs(120)) {
                Ok(more) => self.seen += &String::from_utf8_lossy(&more),
                Err(_) => panic!("no {text:?} in {:?}", self.seen),
            }
        }
    }

    /// Presses Ctrl-D until the prompt ends: one that comes while no prompt reads is lost.
    #[track_caller]
    fn leave(mut self) {
        for _ in 0..100 {
            // A prompt that has ended takes no keys: what counts is how it ended.
            let _ = self.keys.write_all(b"\x04");
            for _ in 0..20 {
                if let Some(status) = self.child.try_wait().expect("the prompt can be asked") {
                    assert!(status.success(), "{status}: {:?}", self.seen);
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("the prompt does not end: {:?}", self.seen);
    }
}

#[test]
fn ctrl_c_stops_the_running_form_and_keeps_the_session() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let history = directory.path().join("deep/er/history");
    let history = history.to_str().expect("temporary paths are UTF-8");
    let mut session = Session::start(history);
    session.expect("user=> ");
    session.press("(def kept\r  41)\r");
    session.expect("#'user/kept");
    session.expect("user=> ");
    session.press("(do (println :running) (loop [] (recur)))\r");
    session.expect("\n:running");
    session.press("\x03");
    session.expect("interrupted");
    session.expect("user=> ");
    session.press("(+ kept 1)\r");
    session.expect("42");
    session.expect("user=> ");
    session.press("\x03");
    session.expect("Ctrl-C once more");
    session.expect("user=> ");
    session.leave();

    let kept = std::fs::read_to_string(history).expect("the history is kept");
    assert!(
        kept.contains("(+ kept 1)") && kept.contains("(def kept\\n"),
        "{kept}"
    );
    let mut again = Session::start(history);
    again.expect("user=> ");
    again.press("\x1b[A\r");
    // The entry before is on the line again; its name is not known in this session.
    again.expect("has no value yet");
    again.expect("user=> ");
    again.leave();
}
