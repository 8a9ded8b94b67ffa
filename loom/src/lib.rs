//! The lock-free modules of Batuta in every interleaving that matters, and under every order of
//! memory accesses that the hardware may choose ([loom](https://docs.rs/loom)).
//!
//! Each module is included as it stands. It takes its atomics, locks and cells from `crate::sync`,
//! which is `std` and `parking_lot` at home, and loom here ([`sync`]). What drives it is its model,
//! in `models`; to add one: let the module use `crate::sync` and nothing else of its crate, include
//! it below, write the model. A model has two or three threads and a few steps of each, since each
//! step multiplies what is to be tried; those that are larger say how often a thread may be
//! interrupted ([`models::try_with`]).
//!
//! `cd loom && cargo test` runs them; a model that fails prints the schedule if `LOOM_LOG=trace`.

mod sync;

#[path = "../../dlog-core/log/src/follow/registry.rs"]
mod followers;
#[path = "../../dlog-core/log/src/commit/queue.rs"]
mod queue;
#[path = "../../dlog-core/log/src/ticket/state.rs"]
mod ticket;

#[path = "../../runtime/src/actor/mailbox.rs"]
mod mailbox;
#[path = "../../runtime/src/actor/parking.rs"]
mod parking;

#[cfg(test)]
mod models;
