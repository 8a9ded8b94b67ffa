//! The table of sites: where in the source each call stands that a failure can pass.
//!
//! Sites are added while code is compiled and never removed; a failure collects their ids.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use batuta_lang::source::Span;

use crate::failure_state::SiteId;

/// A place in a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// Name of the function with its arity: `user/f:2`.
    pub function: Arc<str>,
    /// The expression.
    pub span: Span,
}

#[derive(Default)]
struct Table {
    sites: Vec<Site>,
    ids: HashMap<Site, SiteId>,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(Default::default);

/// The id of a site, the same for the same site.
pub fn register(function: &str, span: Span) -> SiteId {
    let mut table = TABLE
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let site = Site {
        function: function.into(),
        span,
    };
    if let Some(id) = table.ids.get(&site) {
        return *id;
    }
    let id = SiteId(u32::try_from(table.sites.len()).unwrap_or(u32::MAX));
    table.sites.push(site.clone());
    table.ids.insert(site, id);
    id
}

/// The site with this id.
pub fn find(id: SiteId) -> Option<Site> {
    let table = TABLE
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    table.sites.get(id.0 as usize).cloned()
}
