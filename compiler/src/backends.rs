//! The back ends: one Cranelift lowering, the JIT over it, and object files.

pub mod cranelift;
pub mod jit;
pub mod object;
