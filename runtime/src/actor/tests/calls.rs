//! Calls and their ends, promises, tasks.

use super::harness::*;
use crate::actor::receive::Patience;
use crate::collections::map;
use crate::failure::ErrorBody;
use crate::value::Value;

/// Answers every call with the message itself.
fn echo() -> Value {
    script(|cx, arguments| {
        builtin(cx, "reply", &[arguments[0].clone()])?;
        Ok(End::Park(echo(), None))
    })
}

#[test]
fn ten_thousand_calls_are_answered_in_turn() {
    check(|cx| {
        let pid = spawn(cx, |_| Ok(End::Park(echo(), None)))?;
        for n in 0..10_000 {
            if as_number(&builtin(cx, "call", &[pid.clone(), number(n)])?) != n {
                return Ok(false);
            }
        }
        builtin(cx, "exit", &[pid, keyword("kill")])?;
        Ok(true)
    });
}

fn tried(result: &Value, tag: &str, wanted: &str) -> bool {
    map::get_keyword(result, tag).is_some_and(|v| v.is_keyword(wanted))
}

#[test]
fn try_call_tells_the_dead_from_the_silent() {
    check(|cx| {
        let dead = spawn(cx, |_| value(Value::NIL))?;
        builtin(cx, "wait", &[dead.clone()])?;
        let noproc = builtin(cx, "try-call", &[dead, keyword("x")])?;
        let silent = spawn(cx, |cx| {
            receive_any(cx)
                .and_then(|_| receive_any(cx))
                .map(End::Value)
        })?;
        let timeout = builtin(cx, "try-call", &[silent.clone(), keyword("x"), number(5)])?;
        builtin(cx, "exit", &[silent, keyword("kill")])?;
        let pid = spawn(cx, |_| Ok(End::Park(echo(), None)))?;
        let answered = builtin(cx, "try-call", &[pid.clone(), keyword("yes")])?;
        builtin(cx, "exit", &[pid, keyword("kill")])?;
        Ok(tried(&noproc, "error", "noproc")
            && tried(&timeout, "error", "timeout")
            && tried(&answered, "ok", "yes"))
    });
}

#[test]
fn a_callee_that_ends_ends_the_call_with_its_reason() {
    let failure = run(|cx| {
        let pid = spawn(cx, |cx| {
            receive_any(cx)?;
            builtin(cx, "exit", &[keyword("tired")])?;
            value(Value::NIL)
        })?;
        builtin(cx, "call", &[pid, keyword("x")]).map(End::Value)
    })
    .expect_err("the call fails");
    let error = failure.reason.as_object::<ErrorBody>().expect("a fault");
    assert!(error.kind.is_keyword("call"));
    let reason = map::get_keyword(&error.data, "reason").expect("the reason is told");
    assert!(reason.is_keyword("tired"));
}

#[test]
fn a_call_that_still_waits_in_the_mailbox_hears_of_the_end_too() {
    check(|cx| {
        let pid = spawn(cx, |cx| {
            receive_if(cx, |m| m.is_keyword("end"), Patience::Forever)?;
            value(Value::NIL)
        })?;
        let killer = pid.clone();
        spawn(cx, move |cx| {
            builtin(cx, "sleep", &[number(5)])?;
            builtin(cx, "send", &[killer.clone(), keyword("end")]).map(End::Value)
        })?;
        let result = builtin(cx, "try-call", &[pid, keyword("never-taken")])?;
        Ok(tried(&result, "error", "noproc"))
    });
}

#[test]
fn a_reference_answers_later_from_any_actor_and_only_once() {
    check(|cx| {
        let pid = spawn(cx, |cx| {
            receive_any(cx)?;
            let caller = builtin(cx, "caller", &[])?;
            spawn(cx, move |cx| {
                builtin(cx, "reply", &[caller.clone(), keyword("late")])?;
                builtin(cx, "reply", &[caller.clone(), keyword("second")]).map(End::Value)
            })?;
            receive_any(cx).map(End::Value)
        })?;
        let answer = builtin(cx, "call", &[pid.clone(), keyword("x")])?;
        builtin(cx, "send", &[pid, keyword("end")])?;
        Ok(answer.is_keyword("late"))
    });
}

#[test]
fn who_has_replaced_the_current_caller_still_ends_with_its_callers() {
    check(|cx| {
        let pid = spawn(cx, |cx| {
            receive_any(cx)?;
            receive_any(cx)?;
            throw(cx, "normal")
        })?;
        let tasks: Vec<Value> = (0..2)
            .map(|_| {
                let pid = pid.clone();
                let ask = script(move |cx, _| {
                    builtin(cx, "try-call", &[pid.clone(), keyword("x")]).map(End::Value)
                });
                builtin(cx, "future*", &[ask])
            })
            .collect::<Result<_, ()>>()?;
        for task in tasks {
            if !tried(&deref(cx, &task)?, "error", "noproc") {
                return Ok(false);
            }
        }
        Ok(true)
    });
}

#[test]
fn plain_messages_do_not_change_the_caller_and_reply_without_one_does_nothing() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let none = builtin(cx, "caller", &[])?;
        let nothing = builtin(cx, "reply", &[number(1)])?;
        let pid = spawn(cx, move |cx| {
            receive_if(cx, |m| m.is_keyword("question"), Patience::Forever)?;
            receive_if(cx, |m| m.is_keyword("note"), Patience::Forever)?;
            builtin(cx, "reply", &[number(2)])?;
            builtin(cx, "send", &[me.clone(), keyword("done")]).map(End::Value)
        })?;
        builtin(cx, "send", &[pid.clone(), keyword("note")])?;
        let answer = builtin(cx, "call", &[pid, keyword("question")])?;
        Ok(none.is_nil()
            && nothing.is_keyword("ok")
            && as_number(&answer) == 2
            && receive_any(cx)?.is_keyword("done"))
    });
}

#[test]
fn promises_are_kept_once_and_waited_for() {
    check(|cx| {
        let promise = builtin(cx, "promise", &[])?;
        let late = builtin(
            cx,
            "deref-in-time",
            &[promise.clone(), number(1), keyword("late")],
        )?;
        let keeper = promise.clone();
        spawn(cx, move |cx| {
            builtin(cx, "deliver", &[keeper.clone(), number(1)]).map(End::Value)
        })?;
        let value = deref(cx, &promise)?;
        let again = builtin(cx, "deliver", &[promise.clone(), number(2)])?;
        Ok(late.is_keyword("late")
            && as_number(&value) == 1
            && again.is_nil()
            && as_number(&deref(cx, &promise)?) == 1)
    });
}

#[test]
fn a_task_that_fails_throws_its_reason_at_who_awaits_it() {
    let failure = run(|cx| {
        let task = builtin(cx, "future*", &[script(|cx, _| throw(cx, "boom"))])?;
        deref(cx, &task).map(End::Value)
    })
    .expect_err("the task failed");
    assert!(failure.reason.is_keyword("boom"));
}

#[test]
fn an_actor_that_calls_itself_is_told() {
    let failure = run(|cx| {
        let me = builtin(cx, "self", &[])?;
        builtin(cx, "call", &[me, keyword("x")]).map(End::Value)
    })
    .expect_err("it would wait for ever");
    assert!(describe(&failure).contains("calls itself"));
}
