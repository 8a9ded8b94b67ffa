//! The bank of `examples/service` stays up while its actors are killed, and finds its state again.

use crate::process::{command, finish, root};

#[test]
fn a_service_whose_actors_are_killed_answers_or_refuses_every_request() {
    let mut tests = command(&["test"]);
    tests.current_dir(root().join("examples/service"));
    let told = finish(tests).output();
    assert!(told.contains("0 failures, 0 errors."), "{told}");
}

#[cfg(feature = "dlog")]
#[test]
fn a_service_finds_its_state_in_its_log() {
    let data = tempfile::tempdir().expect("a temporary directory can be made");
    let run = |before: &str| {
        let place = data.path().to_string_lossy();
        let program = "tests/system/service_in_log.bat";
        let mut service = command(&["--data", &place, "run", program, before]);
        service.env("BATUTA_PATH", "examples/service");
        finish(service).output()
    };
    assert_eq!(run("0"), "found 0\ntrue [10 10 10 10]\n");
    assert_eq!(run("1"), "found 10\ntrue [20 20 20 20]\n");
}
