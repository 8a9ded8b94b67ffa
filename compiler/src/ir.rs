//! The intermediate representation: blocks with parameters, typed values, explicit ownership.
//!
//! | module | what |
//! | --- | --- |
//! | [`entity`] | newtypes for blocks, values, literals |
//! | [`instruction`] | every instruction: operands and how they own, result type, whether it can fail |
//! | [`function`] | a function: blocks, values, literals |
//! | [`builder`] | safe construction |
//! | [`graph`] | the ways between blocks, and changes to them |
//! | [`liveness`] | which values are needed where |
//! | [`operator`] | the numeric operators |
//! | [`quick`] | calls of core functions that have a quick way |
//! | [`text`] | the text form, for people and tests |
//! | [`verify`] | the rules every function keeps |
//! | [`interpret`] | slow and plain: judge of the back ends, and the road for forms run once |
//!
//! To add an instruction: a variant of [`instruction::Op`], then follow the compile errors.

pub mod builder;
pub mod entity;
pub mod function;
pub mod graph;
pub mod instruction;
pub mod interpret;
pub mod liveness;
pub mod operator;
pub mod quick;
pub mod text;
pub mod verify;
