//! The passes over the IR, in their order.
//!
//! Ownership comes last: it counts the uses the other passes left.

pub mod inline;
pub mod ownership;

use crate::ir::function::IrFunction;

/// Brings a lowered function into the form that the back ends take.
pub fn run(function: &mut IrFunction, bodies: &dyn inline::Bodies) {
    inline::run(function, bodies);
    ownership::run(function);
}
