//! Order, selection, parking, timeouts.

use std::time::{Duration, Instant};

use super::harness::*;
use crate::actor::receive::{self, Next, Patience};
use crate::value::Value;

#[test]
fn an_actor_gives_its_result() {
    let result = run(|_| value(number(42))).expect("it returns");
    assert_eq!(as_number(&result), 42);
    let failure = run(|cx| throw(cx, "broken")).expect_err("it throws");
    assert!(failure.reason.is_keyword("broken"));
}

#[test]
fn messages_of_one_sender_keep_their_order() {
    check(|cx| {
        let parent = builtin(cx, "self", &[])?;
        spawn(cx, move |cx| {
            for n in 0..1000 {
                builtin(cx, "send", &[parent.clone(), number(n)])?;
            }
            value(Value::NIL)
        })?;
        for n in 0..1000 {
            if as_number(&receive_any(cx)?) != n {
                return Ok(false);
            }
        }
        Ok(true)
    });
}

#[test]
fn selective_receive_leaves_the_others_in_order() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        for n in 1..=5 {
            builtin(cx, "send", &[me.clone(), number(n)])?;
        }
        let third = receive_if(cx, |m| as_number(m) == 3, Patience::Forever)?;
        let mut rest = Vec::new();
        while let Some(message) = receive_if(cx, |_| true, Patience::Look)? {
            rest.push(as_number(&message));
        }
        Ok(third.is_some_and(|m| as_number(&m) == 3) && rest == [1, 2, 4, 5])
    });
}

#[test]
fn a_receive_waits_for_a_message_that_matches_and_skips_refused_ones() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        builtin(cx, "send", &[me.clone(), number(1)])?;
        spawn(cx, move |cx| {
            for n in [2, 3] {
                builtin(cx, "sleep", &[number(2)])?;
                builtin(cx, "send", &[me.clone(), number(n)])?;
            }
            value(Value::NIL)
        })?;
        let found = receive_if(cx, |m| as_number(m) == 3, Patience::Forever)?;
        let first = receive_any(cx)?;
        Ok(found.is_some() && as_number(&first) == 1)
    });
}

#[test]
fn a_blocking_receive_runs_out_of_time() {
    check(|cx| {
        let deadline = Instant::now() + Duration::from_millis(10);
        let none = receive_if(cx, |_| true, Patience::Until(deadline))?;
        let looked = receive_if(cx, |_| true, Patience::Look)?;
        Ok(none.is_none() && looked.is_none() && Instant::now() >= deadline)
    });
}

#[test]
fn priority_tries_a_clause_on_the_whole_mailbox_first() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        for n in [1, 2, 9] {
            builtin(cx, "send", &[me.clone(), number(n)])?;
        }
        receive::start(cx);
        for urgent in [8, 9] {
            receive::rewind(cx);
            while let Next::Message(message) = receive::next(cx, Patience::Look) {
                if as_number(&message) == urgent {
                    receive::accept(cx);
                    return Ok(urgent == 9 && as_number(&receive_any(cx)?) == 1);
                }
            }
        }
        Ok(false)
    });
}

/// A matcher that adds numbers and answers `:get`, refusing everything else.
fn adder(sum: i64) -> Value {
    script(move |cx, arguments| {
        let message = &arguments[0];
        if message.is_keyword("get") {
            builtin(cx, "reply", &[number(sum)])?;
            return Ok(End::Park(adder(sum), None));
        }
        if message.is_keyword("stop") {
            return value(keyword("stopped"));
        }
        match crate::number::as_i64(message) {
            Some(n) => Ok(End::Park(adder(sum + n), None)),
            None => Ok(End::Refuse(message.clone())),
        }
    })
}

#[test]
fn a_parked_actor_keeps_state_and_answers_calls() {
    check(|cx| {
        let pid = spawn(cx, |_| Ok(End::Park(adder(0), None)))?;
        for n in 1..=100 {
            builtin(cx, "send", &[pid.clone(), number(n)])?;
        }
        let sum = builtin(cx, "call", &[pid.clone(), keyword("get")])?;
        builtin(cx, "send", &[pid.clone(), keyword("stop")])?;
        let reason = builtin(cx, "wait", &[pid])?;
        Ok(as_number(&sum) == 5050 && (reason.is_keyword("normal") || reason.is_keyword("noproc")))
    });
}

#[test]
fn a_parked_actor_shows_refused_messages_to_the_next_matcher_in_order() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let pid = spawn(cx, move |_| {
            let me = me.clone();
            // Waits for :go first; then sends back whatever comes, refused ones first.
            Ok(End::Park(
                script(move |_, arguments| {
                    if !arguments[0].is_keyword("go") {
                        return Ok(End::Refuse(arguments[0].clone()));
                    }
                    Ok(End::Park(echo_to(me.clone()), None))
                }),
                None,
            ))
        })?;
        for message in [number(1), number(2), keyword("go"), number(3)] {
            builtin(cx, "send", &[pid.clone(), message])?;
        }
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(as_number(&receive_any(cx)?));
        }
        builtin(cx, "exit", &[pid, keyword("kill")])?;
        Ok(seen == [1, 2, 3])
    });
}

fn echo_to(to: Value) -> Value {
    script(move |cx, arguments| {
        builtin(cx, "send", &[to.clone(), arguments[0].clone()])?;
        Ok(End::Park(echo_to(to.clone()), None))
    })
}

#[test]
fn a_refused_call_can_be_answered_later() {
    check(|cx| {
        let pid = spawn(cx, |_| {
            Ok(End::Park(
                script(|_, arguments| {
                    if arguments[0].is_keyword("open") {
                        Ok(End::Park(adder(7), None))
                    } else {
                        Ok(End::Refuse(arguments[0].clone()))
                    }
                }),
                None,
            ))
        })?;
        let opener = pid.clone();
        spawn(cx, move |cx| {
            builtin(cx, "sleep", &[number(5)])?;
            builtin(cx, "send", &[opener.clone(), keyword("open")])?;
            value(Value::NIL)
        })?;
        let answer = builtin(cx, "call", &[pid.clone(), keyword("get")])?;
        builtin(cx, "send", &[pid, keyword("stop")])?;
        Ok(as_number(&answer) == 7)
    });
}

#[test]
fn a_parked_receive_runs_out_of_time() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        spawn(cx, move |_| {
            let me = me.clone();
            let matcher = script(move |cx, arguments| {
                let timed_out = Value::bool(arguments[0].is_control());
                builtin(cx, "send", &[me.clone(), timed_out])?;
                value(Value::NIL)
            });
            Ok(End::Park(matcher, Some(Duration::from_millis(5))))
        })?;
        Ok(receive_any(cx)?.is_truthy())
    });
}

#[test]
fn timers_send_once_or_again_until_cancelled() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let never = builtin(
            cx,
            "send-after",
            &[number(60_000), me.clone(), keyword("never")],
        )?;
        let left = builtin(cx, "cancel-timer", &[never.clone()])?;
        builtin(cx, "send-after", &[number(1), me.clone(), keyword("once")])?;
        let once = receive_any(cx)?;
        let ticks = builtin(cx, "send-interval", &[number(1), me, keyword("tick")])?;
        for _ in 0..3 {
            if !receive_any(cx)?.is_keyword("tick") {
                return Ok(false);
            }
        }
        builtin(cx, "cancel-timer", &[ticks])?;
        let again = builtin(cx, "cancel-timer", &[never])?;
        Ok(as_number(&left) > 50_000 && once.is_keyword("once") && again.is_nil())
    });
}

#[test]
fn the_mailbox_size_counts_what_waits() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let idle = spawn(cx, |_| {
            Ok(End::Park(
                script(|_, a| Ok(End::Refuse(a[0].clone()))),
                None,
            ))
        })?;
        for n in 0..3 {
            builtin(cx, "send", &[me.clone(), number(n)])?;
            builtin(cx, "send", &[idle.clone(), number(n)])?;
        }
        let own = builtin(cx, "mailbox-size", &[me])?;
        let other = builtin(cx, "mailbox-size", &[idle.clone()])?;
        builtin(cx, "exit", &[idle, keyword("kill")])?;
        Ok(as_number(&own) == 3 && as_number(&other) == 3)
    });
}
