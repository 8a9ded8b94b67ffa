//! Finding and loading the file of a required namespace.

use std::sync::{Arc, OnceLock};

use batuta_lang::diagnostic::Diagnostic;

use crate::analyze::Require;
use crate::evaluate::Program;
use crate::macro_run::describe;
use crate::messages;
use crate::session::{Session, run_and_wait};

/// A file with its text.
pub struct SourceFile {
    /// Name for diagnostics.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// Where namespaces are found: the outside world implements it.
pub trait SourceLoader: Send + Sync {
    /// The file of a namespace; none if no place on the load path has it.
    ///
    /// # Errors
    /// The file is there but cannot be read: what to tell.
    fn find(&self, namespace: &str) -> Result<Option<SourceFile>, String>;

    /// The places that were looked at, for the message.
    fn places(&self, namespace: &str) -> Vec<String>;
}

static LOADER: OnceLock<Box<dyn SourceLoader>> = OnceLock::new();

/// Tells where namespaces are found. The first call counts.
pub fn install_loader(loader: Box<dyn SourceLoader>) {
    LOADER.get_or_init(|| loader);
}

/// Loads the file of a namespace and runs it.
pub(crate) fn require(session: &Session, require: &Require) -> Result<(), Diagnostic> {
    let name = &require.namespace;
    if session.loading().contains(name) {
        let cycle: Vec<&str> = session
            .loading()
            .iter()
            .chain([name])
            .map(|part| &**part)
            .collect();
        return Err(messages::cyclic_load(require.span, &cycle));
    }
    let loader = LOADER.get();
    let found = loader.map_or(Ok(None), |loader| loader.find(name));
    let file = match found {
        Ok(Some(file)) => file,
        Ok(None) => {
            let places = loader.map(|loader| loader.places(name)).unwrap_or_default();
            return Err(messages::no_such_namespace(require.span, name, &places));
        }
        Err(text) => return Err(messages::load_failed(require.span, name, &text)),
    };
    let mut loading: Vec<Arc<str>> = session.loading().to_vec();
    loading.push(name.clone());
    let mut nested = Session::nested(loading);
    let loaded = nested.load(&file.name, &file.text).map_err(|errors| {
        let first = errors.into_iter().next();
        first.unwrap_or_else(|| messages::load_failed(require.span, name, "it does not compile"))
    })?;
    run_and_wait(Program::call(loaded.forms))
        .map(drop)
        .map_err(|failure| messages::load_failed(require.span, name, &describe(&failure)))
}
