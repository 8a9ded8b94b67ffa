//! Actors behave as OTP documents it: every case of `tests/otp/` holds. Each file there names the
//! manual pages it restates.

use std::fs;

use crate::process::{batuta, root};

/// How many cases there are at least.
const CASES: usize = 222;

#[test]
fn actors_behave_as_otp_says() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/otp")).expect("the folder `tests/otp` is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("a test is readable text");
        let here = text.matches("(deftest ").count();
        cases += here;
        let ended = batuta(&["test", &path.to_string_lossy()]);
        let passed =
            format!("Ran {here} tests containing {here} assertions.\n0 failures, 0 errors.");
        if ended.code != Some(0) || !ended.stdout.contains(&passed) {
            wrong.push(format!(
                "{}\n{}{}",
                path.display(),
                ended.stdout,
                ended.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= CASES, "only {cases} cases");
}
