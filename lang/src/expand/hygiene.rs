//! Names that cannot clash: fresh symbols, and the words a template leaves as they are.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::form::Name;
use crate::special_forms::special_form;

/// Makes symbol names that are used once. Shared by all that expand.
#[derive(Default)]
pub struct Gensyms(AtomicU64);

impl Gensyms {
    /// Starts counting at one.
    pub const fn new() -> Gensyms {
        Gensyms(AtomicU64::new(0))
    }

    /// `prefix__7`
    pub fn fresh(&self, prefix: &str) -> Name {
        // Only that no number comes twice matters, not the order between threads.
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Name::new(format!("{prefix}__{number}"))
    }
}

/// Words that mean something by their name alone and belong to no namespace.
const WORDS_WITHOUT_NAMESPACE: [&str; 7] = ["&", ".", "_", "::", "as", "pin", "timeout"];

/// True for a symbol that a template does not qualify: special forms, and words such as `&`.
/// The other clause words (`->`, `when`, `or`, `list`) are names of the library as well and get
/// qualified as such; clauses recognise them either way.
pub fn stays_bare(name: &Name) -> bool {
    name.ns.is_none()
        && (special_form(&name.name).is_some()
            || WORDS_WITHOUT_NAMESPACE.contains(&&*name.name)
            || matches!(&*name.name, "&form" | "&env")
            || name.name.starts_with('.'))
}
