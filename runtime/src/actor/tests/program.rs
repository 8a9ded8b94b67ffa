//! Main functions, sessions, the end of the program.

use super::harness::*;
use crate::actor::{interrupt, run_in_actor, run_main, start_session};
use crate::failure_state::FailureClass;
use crate::value::Value;

#[test]
fn the_main_function_gives_its_result() {
    let main = script(|_, arguments| value(arguments[0].clone()));
    let result = run_main(main, vec![number(5)]).expect("it returns");
    assert_eq!(as_number(&result), 5);
}

#[test]
fn a_main_function_that_waits_for_nothing_is_a_deadlock() {
    let main = script(|cx, _| receive_any(cx).map(End::Value));
    let failure = run_main(main, Vec::new()).expect_err("nobody will ever send");
    assert_eq!(failure.class, FailureClass::Exit);
    assert!(failure.reason.is_keyword("deadlock"));
}

#[test]
fn a_main_function_that_waits_for_a_timer_or_an_actor_is_none() {
    let main = script(|cx, _| {
        let me = builtin(cx, "self", &[])?;
        spawn(cx, move |cx| {
            builtin(cx, "sleep", &[number(20)])?;
            builtin(cx, "send", &[me.clone(), number(1)]).map(End::Value)
        })?;
        receive_any(cx).map(End::Value)
    });
    assert!(run_main(main, Vec::new()).is_ok());
}

#[test]
fn a_session_survives_its_failing_and_interrupted_jobs() {
    let session = start_session();
    let job = |function| run_in_actor(&session, function, Vec::new()).blocking_recv();
    let failed = job(script(|cx, _| throw(cx, "oops"))).expect("a result");
    assert!(failed.is_err_and(|failure| failure.reason.is_keyword("oops")));

    let (started, has_started) = std::sync::mpsc::channel();
    let spin = script(move |cx, _| {
        // The test thread may have gone on already.
        let _ = started.send(());
        loop {
            poll(cx)?;
        }
    });
    let spinning = run_in_actor(&session, spin, Vec::new());
    has_started.recv().expect("the job starts");
    interrupt(&session);
    let interrupted = spinning
        .blocking_recv()
        .expect("a result")
        .expect_err("it was stopped");
    assert_eq!(interrupted.class, FailureClass::Exit);
    assert!(interrupted.reason.is_keyword("interrupted"));

    let waits = run_in_actor(
        &session,
        script(|cx, _| receive_any(cx).map(End::Value)),
        Vec::new(),
    );
    crate::actor::send(&session, number(9)).expect("the session lives");
    let received = waits
        .blocking_recv()
        .expect("a result")
        .expect("a message came");
    assert_eq!(as_number(&received), 9);
    let fine = job(script(|_, _| value(Value::TRUE))).expect("a result");
    assert!(fine.is_ok_and(|v| v.is_truthy()));
}

#[test]
fn a_job_can_be_interrupted_before_it_has_begun() {
    let session = start_session();
    for _ in 0..200 {
        let endless = script(|cx, _| {
            loop {
                poll(cx)?;
            }
        });
        let spinning = run_in_actor(&session, endless, Vec::new());
        interrupt(&session);
        let outcome = spinning.blocking_recv().expect("a result");
        assert!(outcome.is_err_and(|failure| failure.reason.is_keyword("interrupted")));
    }
}

#[test]
fn a_receive_in_tail_position_of_a_job_is_a_fault() {
    let session = start_session();
    let park = script(|_, _| Ok(End::Park(Value::NIL, None)));
    let result = run_in_actor(&session, park, Vec::new())
        .blocking_recv()
        .expect("a result");
    assert!(result.is_err());
}
