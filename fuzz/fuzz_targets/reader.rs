//! Any text can be read, and what it reads as prints as text that reads the same.
//!
//! `cargo fuzz run reader`

#![no_main]

use batuta_lang::expand::hygiene::Gensyms;
use batuta_lang::expand::syntax_quote::expand_as_data;
use batuta_lang::form::Form;
use batuta_lang::reader::{Conditionals, ReadOptions, is_complete, read, read_one};
use batuta_lang::source::SourceId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let options = ReadOptions::default();
    let (forms, diagnostics) = read(SourceId::NONE, text, &options);
    let _ = is_complete(text);
    let _ = read_one(SourceId::NONE, text, 0, &options);
    let keeping = ReadOptions {
        conditionals: Conditionals::Keep,
        ..ReadOptions::default()
    };
    let _ = read(SourceId::NONE, text, &keeping);
    if diagnostics.is_empty() {
        forms.iter().for_each(check_form);
    }
});

fn check_form(form: &Form) {
    let text = form.to_string();
    let (again, diagnostics) = read(SourceId::NONE, &text, &ReadOptions::default());
    assert!(diagnostics.is_empty(), "{text:?} does not read back: {diagnostics:?}");
    assert_eq!(again, [form.clone()], "{text:?} reads back as something else");
    let _ = expand_as_data(form, &mut Clone::clone, &Gensyms::new());
}
