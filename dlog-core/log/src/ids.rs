//! Numbers that must not be mixed up: one type each.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// One incarnation of a log: a dropped log's number is never used again.
    LogId(u64)
}
number! {
    /// A partition of a log, from 0.
    PartitionId(u32)
}
number! {
    /// A record's place in its partition, from 0, without gaps.
    Offset(u64)
}
number! {
    /// A commit of the store, from 1, in the order of the journal.
    CommitNumber(u64)
}
number! {
    /// One opening of the store for writing, from 1.
    Epoch(u64)
}

/// A state of the whole store: everything up to and including this commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cut(pub CommitNumber);

/// The identity of a store, made when it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

impl StoreId {
    /// A new identity.
    pub(crate) fn random() -> Self {
        // The standard library seeds its hash maps from the system's random source; no other
        // source of randomness is needed for a name.
        use std::hash::{BuildHasher, RandomState};
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(
            &RandomState::new()
                .hash_one(std::process::id())
                .to_le_bytes(),
        );
        bytes[8..].copy_from_slice(
            &RandomState::new()
                .hash_one(std::time::SystemTime::now())
                .to_le_bytes(),
        );
        Self(bytes)
    }

    /// Reads what `Display` wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = u128::from_str_radix(text, 16).ok()?;
        (text.len() == 32).then(|| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
