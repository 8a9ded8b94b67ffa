//! Is an entry finished? The reader knows.

use batuta_lang::reader::{Completeness, is_complete};
use rustyline::validate::ValidationResult;

/// Enter hands an entry over unless more text could complete it; what is wrong for good is handed
/// over as well, so that its error is shown.
pub(super) fn validate(text: &str) -> ValidationResult {
    match is_complete(text) {
        Completeness::Incomplete => ValidationResult::Incomplete,
        Completeness::Complete | Completeness::Invalid => ValidationResult::Valid(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unfinished_entries_go_on() {
        for (text, is_unfinished) in [
            ("(+ 1", true),
            ("\"a", true),
            ("'", true),
            ("(+ 1 2)", false),
            (")", false),
            ("", false),
        ] {
            let result = validate(text);
            assert_eq!(
                matches!(result, ValidationResult::Incomplete),
                is_unfinished,
                "{text}"
            );
        }
    }
}
