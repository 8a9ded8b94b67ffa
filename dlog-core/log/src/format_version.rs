//! The version every file carries; an unknown one is refused.

/// The format this program writes: 0 is unstable and has no migrations.
pub(crate) const CURRENT: u16 = 0;
