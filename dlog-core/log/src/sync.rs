//! Locks and atomic numbers of the modules that wait for each other: the queue of commits, tickets and
//! followers. The package `loom/` compiles those same files with a module of this name over loom's, so
//! they take these from nowhere else.

pub(crate) use std::sync::{Arc, atomic};

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard};
