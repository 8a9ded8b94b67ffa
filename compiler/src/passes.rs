//! The passes over the IR, in their order. Each is one file; before and after it a function keeps
//! the rules of `ir::verify`.
//!
//! | pass | what |
//! | --- | --- |
//! | [`inline`] | small functions in place of calls |
//! | [`fold`] | constants, truth values, certain branches |
//! | [`thread`] | jumps through blocks that only test |
//! | [`dead`] | what nobody needs |
//! | [`common`] | what was computed before |
//! | [`borrow`] | globals that nobody need count |
//! | [`vacate`] | closures that give up what they captured |
//! | [`ownership`] | who counts; last, since it counts the uses the others left |
//!
//! Moving what a loop does not change out of it, and what is known of numbers, are the back end's:
//! only there it is known which operations are plain machine instructions.

pub mod borrow;
pub mod common;
pub mod dead;
pub mod fold;
pub mod inline;
pub mod ownership;
pub mod thread;
pub mod vacate;

use crate::ir::function::IrFunction;

/// A pass: changes the function; asks for the bodies of others.
pub type Pass = fn(&mut IrFunction, &dyn inline::Bodies);

/// All of them in their order, with the names they go by.
pub const PASSES: [(&str, Pass); 8] = [
    ("inline", inline::run),
    ("fold", |function, _| fold::run(function)),
    ("thread", |function, _| thread::run(function)),
    ("common", |function, _| common::run(function)),
    ("dead", |function, _| dead::run(function)),
    ("borrow", |function, _| borrow::run(function)),
    ("vacate", |function, _| vacate::run(function)),
    ("ownership", |function, _| ownership::run(function)),
];

/// Brings a lowered function into the form that the back ends take.
pub fn run(function: &mut IrFunction, bodies: &dyn inline::Bodies) {
    for (_, pass) in PASSES {
        pass(function, bodies);
    }
}
