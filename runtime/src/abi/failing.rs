//! Raising, catching and passing on failures.

use super::{fail, guarded};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::failure_state::{Failure, SiteId};
use crate::function::VarBody;
use crate::value::object::{Native, make_native};
use crate::value::{Control, Value};

/// A failure that a handler holds while it runs.
struct Caught(std::sync::Mutex<Option<Box<Failure>>>);

impl Native for Caught {
    fn class(&self) -> &'static str {
        "failure"
    }

    fn print(&self) -> String {
        "#failure".to_owned()
    }
}

/// Takes the failure under way, unless it is an exit signal.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_catch_take(cx: *mut Cx) -> u64 {
    // SAFETY: compiled code passes its own context.
    let cx = unsafe { &mut *cx };
    if !cx.failure.is_exception() {
        return Control::Failed.word();
    }
    let caught = Caught(std::sync::Mutex::new(cx.failure.take()));
    make_native(caught).into_word()
}

/// The reason of a caught failure.
///
/// # Safety
/// A live word that `bt_catch_take` gave, borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_failure_reason(_cx: *mut Cx, failure: u64) -> u64 {
    // SAFETY: the caller keeps the word alive.
    let failure = unsafe { Value::borrow_word(&failure) };
    let reason = failure.as_native::<Caught>().and_then(|caught| {
        let held = caught
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        held.as_ref().map(|failure| failure.reason.clone())
    });
    reason.unwrap_or_default().into_word()
}

/// A caught failure goes on, with its trace.
///
/// # Safety
/// The running coroutine's context, and an owned word that `bt_catch_take` gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_rethrow(cx: *mut Cx, failure: u64) -> u64 {
    // SAFETY: compiled code passes its own context and gives the word up.
    let (cx, failure) = unsafe { (&mut *cx, Value::from_word(failure)) };
    if let Some(caught) = failure.as_native::<Caught>() {
        let held = caught
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(failure) = held {
            cx.failure.put_back(failure);
        }
    }
    Control::Failed.word()
}

/// Notes a site that the failure passes; gives the sentinel, so that the way out needs no constant
/// that a hot path would have to keep in a register.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_trace(cx: *mut Cx, site: u64) -> u64 {
    // SAFETY: compiled code passes its own context.
    unsafe { &mut *cx }.failure.add_site(SiteId(site as u32));
    Control::Failed.word()
}

/// Raises the fault of a var without a value.
///
/// # Safety
/// The running coroutine's context and a var.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_unbound(cx: *mut Cx, var: u64, _b: u64, _c: u64) -> u64 {
    // SAFETY: compiled code passes its own context; vars are immortal.
    let (cx, var) = unsafe { (&mut *cx, Value::borrow_word(&var)) };
    guarded(cx, |cx| {
        let fault = unbound(var);
        fail(cx, fault)
    })
}

/// The fault of a var without a value.
pub fn unbound(var: &Value) -> Fault {
    let name = var
        .as_object::<VarBody>()
        .map(VarBody::qualified)
        .unwrap_or_default();
    Fault::new(FaultKind::Undefined, format!("`{name}` has no value yet"))
        .hint("its definition has not run: move it above the form that uses it")
}
