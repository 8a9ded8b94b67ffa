//! What compiled Batuta code needs to run: values, numbers, collections, failures, actors, the
//! ABI table and the native builtins. It knows nothing of the compiler and nothing of DLog.

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("Batuta runs on x86-64 Linux only so far");

pub mod abi;
pub mod actor;
pub mod builtin;
pub mod builtins;
pub mod collections;
pub mod context;
pub mod dynamic;
pub mod failure;
pub mod failure_state;
pub mod function;
pub mod image;
pub mod namespace;
pub mod number;
pub mod output;
pub mod profile;
pub mod quiescence;
pub mod site;
pub mod stream;
mod sync;
pub mod types;
pub mod value;
