//! Changing and renaming logs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::catalogue::{Change, Durability, Retention, SizeLimit, check_name};
use crate::commit::Pending;
use crate::error::CatalogError;
use crate::store::Store;

/// What is to be changed of a log; what is left out stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alteration {
    /// What appends survive from now on.
    pub durability: Option<Durability>,
    /// What is taken away in time.
    pub retention: Option<Retention>,
    /// How large it may be; `Some(None)` lifts the limit.
    pub limit: Option<Option<SizeLimit>>,
}

impl Store {
    /// Says to what size the store may grow, segments and unsealed records counted; appends beyond it
    /// are refused. Holds until the store is closed.
    pub fn limit_bytes(&self, max: Option<u64>) {
        let max = max.unwrap_or(u64::MAX);
        self.core().max_bytes.store(max, Ordering::Relaxed);
    }

    /// Changes a log's options.
    ///
    /// # Errors
    /// There is no such log, or the commit failed.
    pub fn alter_log(&self, name: &str, alteration: Alteration) -> Result<(), CatalogError> {
        let core = self.core();
        let _one_at_a_time = core.changing.lock();
        let log = self.find_log(name)?;
        if log.is_frozen {
            let text = format!("the log {name} is a snapshot and stays as it is; clone it instead");
            return Err(CatalogError::Invalid { text });
        }
        let mut settings = log.settings();
        settings.durability = alteration.durability.unwrap_or(settings.durability);
        settings.retention = alteration.retention.unwrap_or(settings.retention);
        settings.limit = alteration.limit.unwrap_or(settings.limit);
        let change = Change::Alter {
            id: log.id,
            settings,
        };
        core.enqueue(Pending::change(change))?.wait()?;
        log.set_settings(settings);
        Ok(())
    }

    /// Gives a log another name. Running scans go on; appends by the old name are refused.
    ///
    /// # Errors
    /// There is no such log, the new name is taken or cannot be one, or the commit failed.
    pub fn rename_log(&self, name: &str, new_name: &str) -> Result<(), CatalogError> {
        check_name(new_name)?;
        let core = self.core();
        let _one_at_a_time = core.changing.lock();
        let log = self.find_log(name)?;
        if core.find_log(new_name).is_some() {
            let log = new_name.to_owned();
            return Err(CatalogError::Taken { log });
        }
        let change = Change::Rename {
            id: log.id,
            name: new_name.to_owned(),
        };
        core.enqueue(Pending::change(change))?.wait()?;
        let mut logs = core.logs.write();
        logs.by_name.remove(name);
        let renamed = Arc::new(log.renamed(new_name.to_owned()));
        logs.by_name.insert(new_name.to_owned(), renamed);
        Ok(())
    }
}
