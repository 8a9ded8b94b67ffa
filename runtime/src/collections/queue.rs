//! Persistent queues: items leave at the front in the order they came.
//!
//! The front is a sequence of what leaves next, the rear a vector of what came since; when the
//! front is used up the rear takes its place. Invariant: the front is nil only in an empty queue.

use super::{slice, vector};
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// The body of a queue.
#[derive(Clone)]
pub struct QueueBody {
    front: Value,
    rear: Value,
    meta: Value,
}

// SAFETY: the kind is this type's alone and all its values are shown.
unsafe impl Body for QueueBody {
    const KIND: Kind = Kind::Queue;

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.front);
        visitor(&mut self.rear);
        visitor(&mut self.meta);
    }
}

fn body(queue: &Value) -> Option<&QueueBody> {
    queue.as_object()
}

/// The empty queue.
pub fn empty() -> Value {
    make(QueueBody {
        front: Value::NIL,
        rear: vector::empty(),
        meta: Value::NIL,
    })
}

/// Number of items; `None` for other values.
pub fn len(queue: &Value) -> Option<usize> {
    let queue = body(queue)?;
    let rear = vector::len(&queue.rear).unwrap_or(0);
    Some(slice::len(&queue.front).unwrap_or(0) + rear)
}

/// The queue with an item at its end. `queue` must be a queue.
pub fn push(queue: Value, item: Value) -> Value {
    change(queue, |body| {
        if body.front.is_nil() {
            body.front = slice::of(vector::from_vec(vec![item]), 0);
        } else {
            body.rear = vector::push(std::mem::take(&mut body.rear), item);
        }
    })
}

/// The item that leaves next; nil if there is none.
pub fn peek(queue: &Value) -> Value {
    body(queue)
        .and_then(|queue| slice::nth(&queue.front, 0))
        .cloned()
        .unwrap_or_default()
}

/// The queue without the item that leaves next; an empty one as it is.
pub fn pop(queue: Value) -> Value {
    change(queue, |body| {
        body.front = slice::drop_first(std::mem::take(&mut body.front), 1);
        if body.front.is_nil() {
            let rear = std::mem::replace(&mut body.rear, vector::empty());
            body.front = slice::of(rear, 0);
        }
    })
}

fn change(mut queue: Value, edit: impl FnOnce(&mut QueueBody)) -> Value {
    if let Some(body) = queue.as_unique::<QueueBody>() {
        edit(body);
        return queue;
    }
    match body(&queue) {
        Some(shared) => {
            let mut copy = shared.clone();
            edit(&mut copy);
            make(copy)
        }
        None => queue,
    }
}

/// All items as a vector, in the order they leave; `None` for other values.
pub fn items(queue: &Value) -> Option<Value> {
    let queue = body(queue)?;
    let front = (0..).map_while(|index| slice::nth(&queue.front, index));
    let rear = vector::iter(&queue.rear);
    Some(vector::from_iter(front.chain(rear).cloned()))
}

pub(super) fn meta(queue: &Value) -> Option<&Value> {
    body(queue).map(|queue| &queue.meta)
}

pub(super) fn with_meta(queue: Value, meta: Value) -> Value {
    change(queue, |body| body.meta = meta)
}

#[cfg(test)]
mod tests;
