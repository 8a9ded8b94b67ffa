//! What the analyzer makes of forms: core as text, and diagnostics with the text they point at.
//!
//! Each test is a program and what [`analyzed`] shows of it. Names of the core library are only
//! declared here: nothing runs.

#[path = "analyze/actors.rs"]
mod actors;
#[path = "analyze/errors.rs"]
mod errors;
#[path = "analyze/forms.rs"]
mod forms;
#[path = "analyze/matching.rs"]
mod matching;
#[path = "analyze/names.rs"]
mod names;
#[path = "analyze/queries.rs"]
mod queries;

use std::sync::{Arc, Once};

use batuta_compiler::analyze::{Analyzer, Host, MacroCall, Require, TopLevel};
use batuta_compiler::core_text::{core_text, function_text};
use batuta_compiler::core_tree::{CoreFunction, VarRef};
use batuta_lang::diagnostic::{Diagnostic, Severity};
use batuta_lang::form::{Form, Name};
use batuta_lang::reader::{ReadOptions, read};
use batuta_lang::source::SourceMap;
use batuta_runtime::function::{ENTRIES, Stubs, VarBody, install_stubs, var_flags};
use batuta_runtime::namespace;

const CORE_NAMES: &str = "+ - * < <= > >= == = not= inc dec nil? not identical? println str vector \
    hash-map hash-set list list* get seq first rest throw unwrap result-ok no-match* dynamic-value \
    set-dynamic-value vector-rest actor-definition actor-state reply send spawn \
    instance? count map filter reduce pos? even? lazy-seq* cons vec \
    concat nth next in-ns alias";

/// A host whose only macro is `twice`: `(twice x)` is `(do x x)`.
struct Twice;

impl Host for Twice {
    fn run_macro(&mut self, call: MacroCall<'_>) -> Result<Form, Diagnostic> {
        let span = call.form.span;
        let [twice] = &call.arguments[..] else {
            return Err(Diagnostic::error("macro::failed", "one form").label(span, ""));
        };
        let items = vec![Form::sym(span, "do"), twice.clone(), twice.clone()];
        Ok(Form::list(span, items))
    }

    fn read_tagged(&mut self, _: &Name, _: &Form) -> Result<Option<Form>, Diagnostic> {
        Ok(None)
    }

    fn load(&mut self, require: &Require) -> Result<(), Diagnostic> {
        namespace::create(&require.namespace);
        namespace::declare(&namespace::intern(&require.namespace, "x"));
        Ok(())
    }

    fn define_macro(&mut self, var: &VarRef, _: &Arc<CoreFunction>) {
        if let Some(body) = var.0.as_object::<VarBody>() {
            body.set(var_flags::MACRO);
        }
    }
}

fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nothing is called, so no entry needs code.
        let entry = std::ptr::null_mut();
        install_stubs(Stubs {
            resolve: [entry; ENTRIES],
            native: [entry; ENTRIES],
            enter: entry,
            run_entry: entry,
        });
        namespace::install(&batuta_compiler::builtins::TABLE);
        batuta_compiler::declare_core_macros();
        for name in CORE_NAMES.split_whitespace() {
            namespace::declare(&namespace::intern(namespace::CORE, name));
        }
        let twice = namespace::intern(namespace::CORE, "twice");
        namespace::declare(&twice);
        if let Some(body) = twice.as_object::<VarBody>() {
            body.set(var_flags::MACRO);
        }
    });
}

/// A program's top-level units one after the other, then its diagnostics.
fn analyzed(text: &str) -> String {
    let run = || {
        prepare();
        Session::new(text).run()
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let scope = std::thread::scope(|scope| {
        thread
            .spawn_scoped(scope, run)
            .map(std::thread::ScopedJoinHandle::join)
    });
    match scope {
        Ok(Ok(text)) => text,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => panic!("no thread: {error}"),
    }
}

struct Session {
    sources: SourceMap,
    forms: Vec<Form>,
    analyzer: Analyzer,
    out: Vec<String>,
}

impl Session {
    fn new(text: &str) -> Session {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let sources = SourceMap::new();
        let source = sources.add("test.bat", text);
        let (forms, errors) = read(source, text, &ReadOptions::default());
        assert!(errors.is_empty(), "{errors:?}");
        let mut analyzer = Analyzer::new();
        // Tests share the process, so each has a namespace of its own.
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        analyzer.set_namespace(&format!("test{number}"));
        analyzer.announce(&forms);
        Session {
            sources,
            forms,
            analyzer,
            out: Vec::new(),
        }
    }

    fn run(mut self) -> String {
        for form in std::mem::take(&mut self.forms) {
            self.top_level(&form);
        }
        let unresolved = self.analyzer.unresolved();
        let warnings = self.analyzer.take_warnings();
        for diagnostic in unresolved.iter().chain(&warnings) {
            self.show(diagnostic);
        }
        let own = format!("{}/", self.analyzer.namespace());
        let text = self.out.join("\n");
        text.replace(&own, "user/").replace("batuta.core/", "")
    }

    fn top_level(&mut self, form: &Form) {
        match self.analyzer.analyze_top_level(&mut Twice, form) {
            Ok(TopLevel::Thunk(thunk)) => {
                self.out.push(core_text(&thunk, &thunk.arities[0].body));
            }
            Ok(TopLevel::Define {
                function, is_macro, ..
            }) => {
                let mark = if is_macro { "macro " } else { "" };
                self.out.push(format!("{mark}{}", function_text(&function)));
            }
            Ok(TopLevel::Forms(forms)) => forms.iter().for_each(|form| self.top_level(form)),
            Err(errors) => errors.iter().for_each(|error| self.show(error)),
        }
    }

    fn show(&mut self, diagnostic: &Diagnostic) {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        };
        let span = diagnostic.span();
        let text = self.sources.text(span.source);
        let place = text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("?");
        let mut line = format!("{severity} {}: {diagnostic}", diagnostic.code);
        for note in &diagnostic.notes {
            line.push_str(&format!(" [{note}]"));
        }
        self.out.push(format!("{line}\n  at {place}"));
    }
}
