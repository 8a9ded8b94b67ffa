//! What drives the included modules; one file for each.

mod mailbox;
mod parking;

/// Tries every interleaving in which threads are interrupted at most so often in all (they may
/// wait for each other as often as they like).
fn try_with(interruptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(interruptions);
    builder.check(model);
}
