//! Changes to the set of logs, as journalled, and the options of a log.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::CatalogError;
use crate::groups::Position;
use crate::ids::LogId;
use crate::limits::{NAME_BYTES_MAX, PARTITIONS_MAX};
use crate::schema::{Kind, LogSchema};

/// What an acknowledged append survives.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// Nothing: it is in the process's memory, on its way to the operating system.
    Memory,
    /// A killed process: it was written to the operating system.
    Process,
    /// A power cut: it was synced to the device.
    #[default]
    Power,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => ":memory",
            Self::Process => ":process",
            Self::Power => ":power",
        })
    }
}

/// How a log is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOptions {
    /// The column that names a record; later records of a key replace earlier ones in tables.
    pub key: Option<String>,
    /// Columns to begin with; others are added as they come.
    pub schema: Option<LogSchema>,
    /// How many partitions, at least one.
    pub partitions: u32,
    /// What an append survives at least.
    pub durability: Durability,
    /// What is taken away in time.
    pub retention: Retention,
    /// How large it may be.
    pub limit: Option<SizeLimit>,
}

/// What a log lets go of. Only sealed records are taken away, oldest first, and never the newest
/// record of a living key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retention {
    /// Records appended longer ago than this many microseconds.
    pub max_age_us: Option<i64>,
    /// Records beyond so many bytes of segments a partition.
    pub max_bytes: Option<u64>,
}

/// How large a log may be, and what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeLimit {
    /// Bytes of segments and unsealed records, over all partitions.
    pub bytes: u64,
    /// What an append does that finds it full.
    pub when_full: WhenFull,
}

/// What an append does that finds its log full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// It is refused.
    Reject,
    /// The oldest records go, but never the newest of a living key.
    DropOldest,
}

impl SizeLimit {
    /// Segments of a bounded log are no larger than this: what goes, goes by segments.
    pub(crate) fn part(&self) -> u64 {
        (self.bytes / 8).max(1)
    }
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            key: None,
            schema: None,
            partitions: 1,
            durability: Durability::Power,
            retention: Retention::default(),
            limit: None,
        }
    }
}

impl LogOptions {
    /// Checks what can be checked without the store.
    pub(crate) fn check(&self, name: &str) -> Result<(), CatalogError> {
        check_name(name)?;
        let invalid = |text: String| Err(CatalogError::Invalid { text });
        if self.partitions == 0 || self.partitions > PARTITIONS_MAX {
            return invalid(format!(
                "a log has 1 to {PARTITIONS_MAX} partitions, not {}",
                self.partitions
            ));
        }
        let Some(key) = &self.key else { return Ok(()) };
        if key.is_empty() || key.starts_with('_') {
            return invalid(format!(
                "the key column cannot be called {key:?}; choose another name"
            ));
        }
        let declared = self.schema.as_ref().and_then(|schema| schema.column(key));
        match declared.map(|column| &column.kind) {
            Some(Kind::Float | Kind::Decimal(_) | Kind::List(_) | Kind::Struct(_)) => {
                invalid(format!(
                    "the key column {key} is declared with a kind that cannot be a key; use :int or :string"
                ))
            }
            _ => Ok(()),
        }
    }

    /// What differs between two sets of options.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let key = |options: &Self| {
            options
                .key
                .clone()
                .map_or("no key".to_owned(), |key| format!("the key :{key}"))
        };
        if self.key != other.key {
            return Some(format!("{} instead of {}", key(self), key(other)));
        }
        if self.partitions != other.partitions {
            return Some(format!(
                "{} partitions instead of {}",
                self.partitions, other.partitions
            ));
        }
        if self.durability != other.durability {
            return Some(format!(
                "durability {} instead of {}",
                self.durability, other.durability
            ));
        }
        if self.retention != other.retention {
            return Some("another retention".to_owned());
        }
        if self.limit != other.limit {
            return Some("another size limit".to_owned());
        }
        (self.schema != other.schema).then(|| "another declared schema".to_owned())
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), CatalogError> {
    let good = |c: char| c.is_alphanumeric() || "._-/!?*+<>=".contains(c);
    if !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && !name.starts_with('_')
        && name.chars().all(good)
    {
        return Ok(());
    }
    let text = format!(
        "{name:?} cannot name a log; use 1 to {NAME_BYTES_MAX} bytes of letters, digits and . _ - / not beginning with _"
    );
    Err(CatalogError::Invalid { text })
}

/// A change of the catalogue, as journalled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// A log was made.
    Create {
        id: LogId,
        name: String,
        options: LogOptions,
    },
    /// A log was dropped.
    Drop { id: LogId },
    /// A log's schema has this version now.
    Schema {
        id: LogId,
        version: u32,
        schema: LogSchema,
    },
    /// A log has these settings now.
    Alter { id: LogId, settings: Settings },
    /// A log has this name now.
    Rename { id: LogId, name: String },
    /// A consumer group has a generation, and has read up to these positions.
    Positions {
        group: String,
        generation: u64,
        positions: Vec<Position>,
    },
}

/// The options of a log that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) durability: Durability,
    pub(crate) retention: Retention,
    pub(crate) limit: Option<SizeLimit>,
}

impl Change {
    pub(crate) fn log(&self) -> LogId {
        match self {
            Self::Create { id, .. }
            | Self::Drop { id }
            | Self::Schema { id, .. }
            | Self::Alter { id, .. }
            | Self::Rename { id, .. } => *id,
            Self::Positions { .. } => LogId(0),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a change has only string keys and finite numbers")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
