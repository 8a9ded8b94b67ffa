//! The table of sites: where in the source each call stands that a failure can pass.
//!
//! Sites are added while code is compiled and never removed; a failure collects their ids.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use batuta_lang::source::{SourceMap, Span};

use crate::failure_state::SiteId;

/// A place in a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// Name of the function with its arity: `user/f:2`.
    pub function: Arc<str>,
    /// The expression.
    pub span: Span,
}

/// Sites with their ids. A program that is compiled ahead of time has a table of its own.
#[derive(Default)]
pub struct SiteTable {
    sites: Vec<Site>,
    ids: HashMap<Site, SiteId>,
}

impl SiteTable {
    /// The id of a site, the same for the same site.
    pub fn register(&mut self, function: &str, span: Span) -> SiteId {
        let site = Site {
            function: function.into(),
            span,
        };
        if let Some(id) = self.ids.get(&site) {
            return *id;
        }
        let id = SiteId(u32::try_from(self.sites.len()).unwrap_or(u32::MAX));
        self.sites.push(site.clone());
        self.ids.insert(site, id);
        id
    }

    /// All sites in the order of their ids.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }
}

static TABLE: LazyLock<RwLock<SiteTable>> = LazyLock::new(Default::default);

static SOURCES: LazyLock<SourceMap> = LazyLock::new(SourceMap::new);

/// All texts that were read in this process, or that its code was compiled from.
pub fn sources() -> &'static SourceMap {
    &SOURCES
}

/// The id of a site of this process.
pub fn register(function: &str, span: Span) -> SiteId {
    let table = TABLE.write();
    let mut table = table.unwrap_or_else(std::sync::PoisonError::into_inner);
    table.register(function, span)
}

/// Takes over the sites of a program, in the order of their ids. Before anything is registered.
pub fn install(sites: impl IntoIterator<Item = Site>) {
    let table = TABLE.write();
    let mut table = table.unwrap_or_else(std::sync::PoisonError::into_inner);
    table.sites.extend(sites);
}

/// The site with this id.
pub fn find(id: SiteId) -> Option<Site> {
    let table = TABLE
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    table.sites.get(id.0 as usize).cloned()
}
