//! The version every file carries; an unknown one is refused.

/// The format this program writes, and the only one it reads. What is changed of any file gets a new
/// number, and its fixture in `tests/golden` stays.
pub(crate) const CURRENT: u16 = 1;
