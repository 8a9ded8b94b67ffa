//! Preemption, deep stacks, many actors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::harness::*;
use crate::actor::coroutine;
use crate::context::Cx;
use crate::value::{Control, Value};

#[test]
fn busy_loops_starve_nobody() {
    check(|cx| {
        let busy: Vec<Value> = (0..16)
            .map(|_| {
                spawn(cx, |cx| {
                    loop {
                        poll(cx)?;
                    }
                })
            })
            .collect::<Result<_, ()>>()?;
        let echo = spawn(cx, |cx| {
            for _ in 0..20 {
                receive_any(cx)?;
                builtin(cx, "reply", &[Value::TRUE])?;
            }
            value(Value::NIL)
        })?;
        for _ in 0..20 {
            builtin(cx, "call", &[echo.clone(), keyword("x"), number(60_000)])?;
        }
        for pid in busy {
            builtin(cx, "exit", &[pid, keyword("kill")])?;
        }
        Ok(true)
    });
}

/// Recurses natively with the check that compiled functions make at their entry.
fn descend(cx: &mut Cx, left: u64, bottom: &mut dyn FnMut(&mut Cx) -> u64) -> u64 {
    let here = 0_u8;
    let pad = std::hint::black_box([left; 32]);
    if poll(cx).is_err() {
        return u64::MAX;
    }
    if ((&raw const here) as usize) < cx.stack_limit.load(Ordering::Relaxed) {
        let mut frame = Frame { left, bottom };
        cx.callee = (&raw mut frame) as u64;
        return coroutine::grow(cx, go_on).unwrap_or(u64::MAX);
    }
    if left == 0 {
        return bottom(cx);
    }
    let below = descend(cx, left - 1, bottom);
    if below == u64::MAX {
        below
    } else {
        below + u64::from(pad[1] == left)
    }
}

struct Frame<'a> {
    left: u64,
    bottom: &'a mut dyn FnMut(&mut Cx) -> u64,
}

extern "C" fn go_on(cx: *mut Cx) -> u64 {
    // SAFETY: the context is the running one, and `descend` keeps the frame alive meanwhile.
    let (cx, frame) = unsafe { (&mut *cx, &mut *((*cx).callee as *mut Frame<'_>)) };
    descend(cx, frame.left, frame.bottom)
}

#[test]
fn deep_recursion_goes_on_in_further_segments() {
    check(|cx| Ok(descend(cx, 200_000, &mut |_| 0) == 200_000));
}

#[test]
fn an_actor_waits_and_moves_to_other_threads_on_a_grown_segment() {
    check(|cx| {
        let bottom = &mut |cx: &mut Cx| {
            let slept = (0..5).all(|_| builtin(cx, "sleep", &[number(1)]).is_ok());
            u64::from(slept)
        };
        Ok(descend(cx, 50_000, bottom) == 50_001)
    });
}

#[test]
fn an_actor_is_killed_on_a_grown_segment() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let pid = spawn(cx, move |cx| {
            let bottom = &mut |cx: &mut Cx| {
                assert!(builtin(cx, "send", &[me.clone(), keyword("deep")]).is_ok());
                assert!(builtin(cx, "sleep", &[number(60_000)]).is_err());
                Control::Failed.word() << 32
            };
            let word = descend(cx, 50_000, bottom);
            assert_eq!(word, (Control::Failed.word() << 32) + 50_000);
            Err(())
        })?;
        receive_any(cx)?;
        builtin(cx, "exit", &[pid.clone(), keyword("kill")])?;
        let reason = builtin(cx, "wait", &[pid])?;
        Ok(reason.is_keyword("killed"))
    });
}

#[test]
fn endless_recursion_ends_at_the_maximum() {
    check(|cx| Ok(descend(cx, u64::MAX - 1, &mut |_| 0) == u64::MAX));
}

fn answer_once() -> Value {
    script(|cx, _| {
        builtin(cx, "reply", &[Value::TRUE])?;
        value(Value::NIL)
    })
}

#[test]
fn many_actors_answer_one_call_each_and_end() {
    check(|cx| {
        let pids: Vec<Value> = (0..20_000)
            .map(|_| spawn(cx, |_| Ok(End::Park(answer_once(), None))))
            .collect::<Result<_, ()>>()?;
        for pid in &pids {
            if !builtin(cx, "call", &[pid.clone(), keyword("x")])?.is_truthy() {
                return Ok(false);
            }
        }
        for pid in pids {
            builtin(cx, "wait", &[pid])?;
        }
        Ok(true)
    });
}

#[test]
fn many_actors_wait_in_the_middle_of_a_message() {
    let count = Arc::new(AtomicU64::new(0));
    let seen = count.clone();
    check(move |cx| {
        let pids: Vec<Value> = (0..2_000)
            .map(|_| {
                let count = seen.clone();
                spawn(cx, move |cx| {
                    receive_any(cx)?;
                    count.fetch_add(1, Ordering::SeqCst);
                    receive_any(cx)?;
                    value(Value::NIL)
                })
            })
            .collect::<Result<_, ()>>()?;
        for _ in 0..2 {
            for pid in &pids {
                builtin(cx, "send", &[pid.clone(), number(1)])?;
            }
        }
        for pid in pids {
            builtin(cx, "wait", &[pid])?;
        }
        Ok(seen.load(Ordering::SeqCst) == 2_000)
    });
    assert_eq!(count.load(Ordering::SeqCst), 2_000);
}

#[test]
fn a_future_of_tokio_and_a_blocking_thread_wake_an_actor() {
    check(|cx| {
        let timer = Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(number(1))
        });
        let blocking = crate::actor::blocking(|| Ok(number(2)));
        let first = coroutine::wait(cx, timer)
            .map_err(|_| ())?
            .map_err(|_| ())?;
        let second = coroutine::wait(cx, blocking)
            .map_err(|_| ())?
            .map_err(|_| ())?;
        Ok(as_number(&first) + as_number(&second) == 3)
    });
}
