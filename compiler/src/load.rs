//! Finding and loading the file of a required namespace.

use std::sync::{Arc, OnceLock};

use batuta_lang::diagnostic::Diagnostic;
use batuta_lang::source::Span;
use batuta_runtime::dynamic::{self, Dynamic};
use batuta_runtime::namespace;

use crate::analyze::Require;
use crate::evaluate::Program;
use crate::macro_run::{ActorHost, describe};
use crate::messages;
use crate::session::Session;

/// A file with its text.
pub struct SourceFile {
    /// Name for diagnostics.
    pub name: String,
    /// Contents.
    pub text: String,
}

/// The text of a file that is named by its path.
pub(crate) fn text_of_file(path: &str) -> Result<String, String> {
    match LOADER.get() {
        Some(loader) => loader.read(path),
        None => Err("there is no file to read from here".to_owned()),
    }
}

/// Where namespaces are found: the outside world implements it.
pub trait SourceLoader: Send + Sync {
    /// The file of a namespace; none if no place on the load path has it.
    ///
    /// # Errors
    /// The file is there but cannot be read: what to tell.
    fn find(&self, namespace: &str) -> Result<Option<SourceFile>, String>;

    /// The text of a file.
    ///
    /// # Errors
    /// It cannot be read: what to tell.
    fn read(&self, path: &str) -> Result<String, String>;

    /// The places that were looked at, for the message.
    fn places(&self, namespace: &str) -> Vec<String>;
}

static LOADER: OnceLock<Box<dyn SourceLoader>> = OnceLock::new();

/// Tells where namespaces are found. The first call counts.
pub fn install_loader(loader: Box<dyn SourceLoader>) {
    LOADER.get_or_init(|| loader);
}

/// Loads what is required, unless it is loaded already or only an alias is wanted.
pub(crate) fn require(host: &ActorHost, require: &Require) -> Result<(), Diagnostic> {
    let name = &require.namespace;
    if require.only_alias {
        return Ok(());
    }
    if host.loading.contains(name) {
        let cycle: Vec<&str> = host
            .loading
            .iter()
            .chain([name])
            .map(|part| &**part)
            .collect();
        return Err(messages::cyclic_load(require.span, &cycle));
    }
    if namespace::is_loaded(name) && !require.reload {
        return Ok(());
    }
    let loader = LOADER.get();
    let found = loader.map_or(Ok(None), |loader| loader.find(name));
    match found {
        Ok(Some(file)) => {
            load(host, name, &file, require.span)?;
            namespace::set_loaded(name);
            Ok(())
        }
        // Made by `in-ns` and the like, without a file.
        Ok(None) if !namespace::names(name).is_empty() => Ok(()),
        Ok(None) => {
            let places = loader.map(|loader| loader.places(name)).unwrap_or_default();
            Err(messages::no_such_namespace(require.span, name, &places))
        }
        Err(text) => Err(messages::load_failed(require.span, name, &text)),
    }
}

/// Reads, analyses and runs a file in a session of its own.
fn load(
    host: &ActorHost,
    name: &Arc<str>,
    file: &SourceFile,
    span: Span,
) -> Result<(), Diagnostic> {
    let mut loading = host.loading.clone();
    loading.push(name.clone());
    let mut nested = Session::with_host(ActorHost {
        loading,
        inherited: host.inherited.clone(),
        record: host.record.clone(),
        ..ActorHost::default()
    });
    let loaded = nested.load(&file.name, &file.text).map_err(|errors| {
        let first = errors.into_iter().next();
        first.unwrap_or_else(|| messages::load_failed(span, name, "it does not compile"))
    })?;
    // The file may go to another namespace; who requires it stays where it is.
    let here = dynamic::root(Dynamic::Ns);
    if let Some(record) = &host.record {
        record.add(&loaded.forms, &here);
    }
    let result = nested.run(Program::call(loaded.forms));
    dynamic::set_root(Dynamic::Ns, here);
    result
        .map(drop)
        .map_err(|failure| messages::load_failed(span, name, &describe(&failure)))
}
