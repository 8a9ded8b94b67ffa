//! The batuta command: run, repl, eval.
