//! The prompt: [`backend`] turns text into outcomes and knows no terminal, [`terminal`] is its face.

pub mod backend;
pub mod meta_commands;
pub mod observer;
pub mod terminal;
