//! Exit signals, links, monitors, names, definitions. The rules are those of Erlang's reference
//! manual, "Processes", sections "Links", "Error Handling" and "Monitors".

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::harness::*;
use crate::actor::definition::ActorDefinition;
use crate::actor::receive::Patience;
use crate::context::Cx;
use crate::value::Value;

fn forever(cx: &mut Cx) -> Done {
    receive_if(cx, |_| false, Patience::Forever)?;
    value(Value::NIL)
}

fn spawn_linked(
    cx: &mut Cx,
    body: impl Fn(&mut Cx) -> Done + Send + Sync + 'static,
) -> Result<Value, ()> {
    builtin(cx, "spawn-link", &[script(move |cx, _| body(cx))])
}

#[test]
fn a_crash_ends_who_is_linked_with_the_same_reason() {
    check(|cx| {
        let middle = script(|cx, _| {
            spawn_linked(cx, |cx| {
                builtin(cx, "exit", &[keyword("boom")]).map(End::Value)
            })?;
            forever(cx)
        });
        builtin(cx, "spawn-monitor", &[middle])?;
        Ok(item(&receive_any(cx)?, 3).is_keyword("boom"))
    });
}

#[test]
fn a_normal_end_leaves_linked_actors_alone() {
    check(|cx| {
        let child = spawn_linked(cx, |_| value(Value::NIL))?;
        builtin(cx, "wait", &[child])?;
        builtin(cx, "sleep", &[number(2)])?;
        Ok(true)
    });
}

#[test]
fn who_traps_exits_gets_messages() {
    check(|cx| {
        builtin(cx, "trap-exit", &[Value::TRUE])?;
        let child = spawn_linked(cx, |cx| {
            builtin(cx, "exit", &[keyword("boom")]).map(End::Value)
        })?;
        let crash = receive_any(cx)?;
        let normal = spawn_linked(cx, |_| value(Value::NIL))?;
        let end = receive_any(cx)?;
        Ok(item(&crash, 0).is_keyword("exit")
            && item(&crash, 1) == child
            && item(&crash, 2).is_keyword("boom")
            && item(&end, 1) == normal
            && item(&end, 2).is_keyword("normal"))
    });
}

#[test]
fn kill_cannot_be_trapped_and_travels_as_killed() {
    check(|cx| {
        builtin(cx, "trap-exit", &[Value::TRUE])?;
        let child = spawn_linked(cx, |cx| {
            builtin(cx, "trap-exit", &[Value::TRUE])?;
            forever(cx)
        })?;
        builtin(cx, "exit", &[child, keyword("kill")])?;
        Ok(item(&receive_any(cx)?, 2).is_keyword("killed"))
    });
}

#[test]
fn an_exit_signal_with_reason_normal_is_ignored_by_others() {
    check(|cx| {
        let child = spawn(cx, |cx| receive_any(cx).map(End::Value))?;
        builtin(cx, "exit", &[child.clone(), keyword("normal")])?;
        let alive = builtin(cx, "alive?", &[child.clone()])?;
        builtin(cx, "send", &[child.clone(), keyword("end")])?;
        let reason = builtin(cx, "wait", &[child])?;
        Ok(alive.is_truthy() && (reason.is_keyword("normal") || reason.is_keyword("noproc")))
    });
}

#[test]
fn nothing_comes_over_a_link_that_was_taken_back() {
    check(|cx| {
        let child = spawn_linked(cx, |cx| {
            receive_any(cx)?;
            builtin(cx, "exit", &[keyword("boom")]).map(End::Value)
        })?;
        builtin(cx, "unlink", &[child.clone()])?;
        builtin(cx, "send", &[child.clone(), keyword("go")])?;
        builtin(cx, "wait", &[child])?;
        builtin(cx, "sleep", &[number(2)])?;
        Ok(true)
    });
}

#[test]
fn linking_to_the_dead_is_an_exit_signal_noproc() {
    check(|cx| {
        builtin(cx, "trap-exit", &[Value::TRUE])?;
        let dead = spawn(cx, |_| value(Value::NIL))?;
        builtin(cx, "wait", &[dead.clone()])?;
        builtin(cx, "link", &[dead])?;
        Ok(item(&receive_any(cx)?, 2).is_keyword("noproc"))
    });
}

#[test]
fn a_monitor_tells_once_also_of_the_dead_and_not_after_demonitor() {
    check(|cx| {
        let child = script(|cx, _| receive_any(cx).map(End::Value));
        let pair = builtin(cx, "spawn-monitor", &[child])?;
        let (pid, reference) = (item(&pair, 0), item(&pair, 1));
        builtin(cx, "send", &[pid.clone(), keyword("end")])?;
        let down = receive_any(cx)?;
        let late = builtin(cx, "monitor", &[pid.clone()])?;
        let noproc = receive_any(cx)?;
        let waiting = spawn(cx, forever)?;
        let dropped = builtin(cx, "monitor", &[waiting.clone()])?;
        builtin(cx, "demonitor", &[dropped])?;
        builtin(cx, "exit", &[waiting.clone(), keyword("kill")])?;
        builtin(cx, "wait", &[waiting])?;
        let nothing = receive_if(cx, |_| true, Patience::Look)?;
        Ok(item(&down, 0).is_keyword("down")
            && item(&down, 1) == reference
            && item(&down, 2) == pid
            && item(&down, 3).is_keyword("normal")
            && item(&noproc, 1) == late
            && item(&noproc, 3).is_keyword("noproc")
            && nothing.is_none())
    });
}

#[test]
fn a_killed_actor_cleans_up_what_its_frames_own() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let cleaned = Arc::new(AtomicUsize::new(0));
    let count = cleaned.clone();
    check(move |cx| {
        let (first, second) = (count.clone(), count.clone());
        let me = builtin(cx, "self", &[])?;
        let tell = me.clone();
        let sleeper = spawn(cx, move |cx| {
            let _guard = Guard(first.clone());
            builtin(cx, "send", &[tell.clone(), keyword("begun")])?;
            builtin(cx, "sleep", &[number(60_000)]).map(End::Value)
        })?;
        let spinner = spawn(cx, move |cx| {
            let _guard = Guard(second.clone());
            builtin(cx, "send", &[me.clone(), keyword("begun")])?;
            loop {
                poll(cx)?;
            }
        })?;
        receive_any(cx)?;
        receive_any(cx)?;
        for pid in [sleeper, spinner] {
            builtin(cx, "exit", &[pid.clone(), keyword("kill")])?;
            builtin(cx, "wait", &[pid])?;
        }
        Ok(count.load(Ordering::SeqCst) == 2)
    });
    assert_eq!(cleaned.load(Ordering::SeqCst), 2);
}

#[test]
fn a_name_belongs_to_one_living_actor() {
    check(|cx| {
        let name = keyword("test/only-one");
        let first = spawn(cx, |cx| receive_any(cx).map(End::Value))?;
        builtin(cx, "register", &[name.clone(), first.clone()])?;
        let me = builtin(cx, "self", &[])?;
        let clash = builtin(cx, "register", &[name.clone(), me.clone()]).is_err();
        drop(cx.failure.take());
        let found = builtin(cx, "whereis", &[name.clone()])? == first;
        builtin(cx, "send", &[name.clone(), keyword("end")])?;
        builtin(cx, "wait", &[first])?;
        let free = builtin(cx, "whereis", &[name.clone()])?.is_nil();
        builtin(cx, "register", &[name.clone(), me.clone()])?;
        Ok(clash && found && free && builtin(cx, "whereis", &[name])? == me)
    });
}

/// A definition with one state parameter whose `terminate` tells the reason and the last state.
fn definition(tell: Value) -> Value {
    let init = script(|_, _| value(number(10)));
    let body = script(|cx, arguments| {
        builtin(cx, "actor-state", &arguments)?;
        let state = as_number(&arguments[0]);
        Ok(End::Park(handler(state), None))
    });
    let terminate = script(move |cx, arguments| {
        let told = crate::collections::vector::from_vec(arguments);
        builtin(cx, "send", &[tell.clone(), told]).map(End::Value)
    });
    ActorDefinition::new("counter".into(), Some(init), body, Some(terminate), 1).into_value()
}

fn handler(state: i64) -> Value {
    script(move |cx, arguments| {
        let message = &arguments[0];
        if message.is_keyword("crash") {
            return throw(cx, "normal");
        }
        if message.is_keyword("stop") {
            return value(Value::NIL);
        }
        let next = state + as_number(message);
        builtin(cx, "actor-state", &[number(next)])?;
        builtin(cx, "reply", &[number(next)])?;
        Ok(End::Park(handler(next), None))
    })
}

#[test]
fn terminate_runs_with_reason_and_last_state() {
    check(|cx| {
        let me = builtin(cx, "self", &[])?;
        let counter = definition(me);
        let mut told = Vec::new();
        for last in ["stop", "crash"] {
            let pid = builtin(cx, "spawn", &[counter.clone()])?;
            builtin(cx, "call", &[pid.clone(), number(5)])?;
            builtin(cx, "send", &[pid, keyword(last)])?;
            told.push(receive_any(cx)?);
        }
        let pid = builtin(cx, "spawn", &[counter.clone()])?;
        builtin(cx, "call", &[pid.clone(), number(1)])?;
        builtin(cx, "exit", &[pid.clone(), keyword("shutdown")])?;
        told.push(receive_any(cx)?);
        let killed = builtin(cx, "spawn", &[counter])?;
        builtin(cx, "call", &[killed.clone(), number(1)])?;
        builtin(cx, "exit", &[killed.clone(), keyword("kill")])?;
        builtin(cx, "wait", &[killed])?;
        let nothing = receive_if(cx, |_| true, Patience::Look)?;
        Ok(item(&told[0], 0).is_keyword("normal")
            && as_number(&item(&told[0], 1)) == 15
            && as_number(&item(&told[1], 1)) == 15
            && item(&told[2], 0).is_keyword("shutdown")
            && nothing.is_none())
    });
}

#[test]
fn a_definition_is_an_address_of_one_instance_that_starts_again() {
    check(|cx| {
        let body = script(|_, _| Ok(End::Park(answer_pid(), None)));
        let definition = ActorDefinition::new("one".into(), None, body, None, 0).into_value();
        let first = builtin(cx, "call", &[definition.clone(), keyword("who")])?;
        let same = builtin(cx, "call", &[definition.clone(), keyword("who")])? == first;
        builtin(cx, "exit", &[first.clone(), keyword("kill")])?;
        builtin(cx, "wait", &[first.clone()])?;
        let other = builtin(cx, "call", &[definition, keyword("who")])?;
        let differs = other != first;
        builtin(cx, "exit", &[other, keyword("kill")])?;
        Ok(same && differs)
    });
}

fn answer_pid() -> Value {
    script(|cx, _| {
        let me = builtin(cx, "self", &[])?;
        builtin(cx, "reply", &[me])?;
        Ok(End::Park(answer_pid(), None))
    })
}

#[test]
fn a_panic_of_a_future_is_a_fault_of_who_waits() {
    let failure = run(|cx| {
        let future = Box::pin(async { panic!("oh") });
        match crate::actor::coroutine::wait(cx, future) {
            Ok(Err(fault)) => {
                cx.failure.raise(
                    crate::failure_state::FailureClass::Exception,
                    fault.into_value(),
                );
                Err(())
            }
            other => value(Value::bool(other.is_ok())),
        }
    })
    .expect_err("the future panicked");
    assert!(describe(&failure).contains("oh"));
}
