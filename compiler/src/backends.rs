//! The back ends: one Cranelift lowering, the JIT over it, object files, and Rust.

pub mod cranelift;
pub mod jit;
pub mod object;
pub mod rust;
