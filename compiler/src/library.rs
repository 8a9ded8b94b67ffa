//! The library that is written in Batuta: its names are there at once, its text is read form by
//! form when somebody wants it.
//!
//! [`install`] gives every definition its var and reads nothing ([`index`]). A function is read
//! and analysed at its first call, or when its parameters or its documentation are asked for; a
//! `def` is evaluated when an analysed form names it, or a program looks at its var. So a program
//! pays only for what it uses.

pub mod index;

mod definition;

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::form::Form;
use batuta_lang::source::SourceId;
use batuta_runtime::collections::map;
use batuta_runtime::failure::Fault;
use batuta_runtime::function::{Arities, VarBody, var_flags};
use batuta_runtime::namespace::{self, unread};
use batuta_runtime::value::Value;
use parking_lot::ReentrantMutex;

use crate::code::{code_of_passage, evaluation_fault};
use crate::core_tree::{CoreFunction, VarRef};
use crate::evaluate::define_code;
use crate::macro_run::ActorHost;
use crate::session::{self, Session};

use definition::Definition;
use index::{Entry, Kind};

/// A text of the library.
#[derive(Clone, Copy)]
pub struct LibrarySource {
    /// Name for diagnostics.
    pub name: &'static str,
    /// Where its definitions go.
    pub namespace: &'static str,
    /// The forms.
    pub text: &'static str,
}

/// A text that is among [`session::sources`] once something of it was read.
struct File {
    source: LibrarySource,
    id: OnceLock<SourceId>,
}

/// A top-level form of the library.
pub struct Passage {
    file: Arc<File>,
    range: Range<usize>,
    form: OnceLock<Form>,
    /// Its place in the order of the library.
    order: usize,
    kind: Kind,
    /// Of a `def`: held while it is evaluated, true from then on. A definition may name itself.
    is_begun: ReentrantMutex<Cell<bool>>,
}

impl Passage {
    /// The namespace that its definition goes to.
    pub(crate) fn namespace(&self) -> &'static str {
        self.file.source.namespace
    }

    /// Its form, read now if it was not yet.
    pub(crate) fn form(&self) -> &Form {
        self.form.get_or_init(|| {
            let LibrarySource { name, text, .. } = self.file.source;
            let id = *self
                .file
                .id
                .get_or_init(|| session::sources().add(name, text));
            session::read_form(id, text, self.range.clone(), self.namespace())
                .expect("the library's tests read every form of it")
        })
    }

    /// How many arguments the function takes that it defines.
    pub(crate) fn arities(&self) -> Arities {
        Definition::of(self.form())
            .map(Definition::arities)
            .unwrap_or_default()
    }

    /// Evaluates a `def` and waits for it. Not for worker threads.
    fn define(&self, var: &VarBody) -> Result<(), Fault> {
        let is_begun = self.is_begun.lock();
        if !is_begun.replace(true) {
            let mut session = Session::with_host(ActorHost::default());
            session.set_namespace(self.namespace());
            let evaluated = session.evaluate_here(self.form());
            evaluated.map_err(|error| evaluation_fault(&error))?;
            var.put(var_flags::UNREAD_VALUE, false);
        }
        Ok(())
    }
}

/// The passages by the names they define.
struct Library(HashMap<(&'static str, &'static str), Arc<Passage>>);

impl Library {
    fn passage(&self, var: &VarBody) -> Option<Arc<Passage>> {
        self.0.get(&(&*var.namespace, &*var.name)).cloned()
    }
}

static LIBRARY: OnceLock<Library> = OnceLock::new();

impl unread::Definitions for &'static Library {
    fn meta(&self, var: &VarBody) -> Value {
        let passage = self.passage(var);
        let definition = passage.as_deref().and_then(|it| Definition::of(it.form()));
        definition.map_or(Value::NIL, |definition| definition.meta())
    }

    fn define(&self, var: &VarBody) -> Result<(), Fault> {
        self.passage(var)
            .map_or(Ok(()), |passage| passage.define(var))
    }
}

/// Installs texts of the library, in order. Once.
pub fn install(sources: impl IntoIterator<Item = LibrarySource>) {
    let mut library = Library(HashMap::new());
    for source in sources {
        namespace::set_loaded(source.namespace);
        let file = Arc::new(File {
            source,
            id: OnceLock::new(),
        });
        for entry in index::entries(source.text) {
            let var = namespace::intern(source.namespace, entry.name);
            namespace::declare(&var);
            if entry.kind == Kind::Declaration {
                continue;
            }
            let passage = Arc::new(Passage {
                file: file.clone(),
                range: entry.range.clone(),
                form: OnceLock::new(),
                order: library.0.len(),
                kind: entry.kind,
                is_begun: ReentrantMutex::new(Cell::new(false)),
            });
            library
                .0
                .insert((source.namespace, entry.name), passage.clone());
            announce(var, &entry, passage);
        }
    }
    unread::install(Box::new(LIBRARY.get_or_init(|| library)));
}

/// The place in the order of the library, and the analysed forms, of a `def` of a value.
pub(crate) fn value_forms(var: &VarBody) -> Option<(usize, Result<Forms, Vec<Diagnostic>>)> {
    let passage = LIBRARY.get()?.passage(var)?;
    (passage.kind == Kind::Value).then(|| {
        let mut session = Session::with_host(ActorHost::default());
        session.set_namespace(passage.namespace());
        (passage.order, session.forms_of(passage.form()))
    })
}

/// Analysed forms, to be run in order.
pub(crate) type Forms = Vec<Arc<CoreFunction>>;

/// Gives a var what is known of its definition without reading it.
fn announce(var: Value, entry: &Entry<'_>, passage: Arc<Passage>) {
    let Some(body) = var.as_object::<VarBody>() else {
        return;
    };
    body.put(var_flags::PRIVATE, entry.is_private);
    body.put(var_flags::DYNAMIC, entry.is_dynamic);
    if entry.kind == Kind::Value {
        body.set(var_flags::UNREAD_VALUE);
        return;
    }
    body.set(var_flags::UNREAD_META);
    let code = code_of_passage(body.qualified().into(), passage);
    define_code(&VarRef(var), code, entry.kind == Kind::Macro);
}

/// Shares the text of an arglist with whoever prints it.
pub fn arglists_text(meta: &Value) -> Arc<str> {
    let arglists = map::get(meta, &Value::keyword("arglists"));
    arglists.map_or_else(
        || "".into(),
        |list| batuta_runtime::value::print::short(list).into(),
    )
}
