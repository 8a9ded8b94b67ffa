//! What can be seen of a suspended coroutine from outside.

use super::{Coroutine, Yielded};
use crate::function::FunctionBody;
use crate::value::Value;

impl Coroutine {
    /// The function it is in, as far as that is known: the one it is about to enter, else the one
    /// it began with.
    pub(crate) fn function_name(&self) -> Option<&str> {
        // SAFETY: the context belongs to this coroutine, which is borrowed and not running.
        let cx = unsafe { &*self.cx };
        let function = match cx.coroutine.is_at_entry {
            // SAFETY: a call that has not begun holds its callee.
            true => unsafe { Value::borrow_word(&cx.callee) },
            false => &cx.coroutine.began_with,
        };
        function
            .as_object::<FunctionBody>()
            .map(|it| &*it.code.name)
    }

    /// Was it only asked to stop, and wants to go on?
    pub(crate) fn is_busy(&self) -> bool {
        self.why == Yielded::Slice
    }
}
