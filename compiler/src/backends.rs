//! The back ends: one Cranelift lowering, and the JIT over it.

pub mod cranelift;
pub mod jit;
