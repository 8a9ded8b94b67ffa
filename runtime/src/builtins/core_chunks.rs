//! Chunks in `batuta.core`. Sequences over vectors and ranges have chunks of 32 items for those who
//! ask; nothing here realises a lazy sequence by chunks.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::take;
use crate::collections::seq::{self, with_seq};
use crate::collections::{list, range, slice, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;
use crate::value::object::Kind;

const CHUNK: usize = 32;

/// Items of the first chunk of a sequence value: up to the end of a block of the vector behind it.
fn chunk_len(sequence: &Value) -> usize {
    if let Some(slice) = slice::as_slice(sequence) {
        let left = slice::len(sequence).unwrap_or(0);
        return left.min(CHUNK - slice.from() % CHUNK);
    }
    match range::as_range(sequence) {
        Some(range) => range.len().min(CHUNK),
        None => usize::from(!sequence.is_nil()),
    }
}

/// The first chunk as a vector; of a sequence without chunks its first item.
fn chunk_first(cx: &mut Cx, args: &mut [Value]) -> Flow {
    with_seq(cx, "chunk-first", take(args, 0), |cx, sequence| {
        let count = chunk_len(&sequence);
        if let Some(slice) = slice::as_slice(&sequence) {
            return Ok(vector::slice(
                slice.vector(),
                slice.from(),
                slice.from() + count,
            ));
        }
        match range::as_range(&sequence) {
            Some(range) => Ok(vector::from_iter((0..count).map(|index| range.at(index)))),
            None if count == 0 => Ok(vector::empty()),
            None => {
                let first = seq::first(cx, sequence)?;
                Ok(vector::from_vec(vec![first]))
            }
        }
    })
}

fn behind_chunk(cx: &mut Cx, who: &'static str, sequence: Value) -> Flow {
    with_seq(cx, who, sequence, |cx, sequence| {
        let count = chunk_len(&sequence);
        let rest = match sequence.kind() {
            Some(Kind::Slice) => slice::drop_first(sequence, count),
            Some(Kind::Range) => range::drop_first(sequence, count),
            _ => return seq::rest(cx, sequence),
        };
        Ok(if rest.is_nil() { list::empty() } else { rest })
    })
}

fn chunk_rest(cx: &mut Cx, args: &mut [Value]) -> Flow {
    behind_chunk(cx, "chunk-rest", take(args, 0))
}

fn chunk_next(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let rest = behind_chunk(cx, "chunk-next", take(args, 0));
    crate::builtin::and_then(cx, rest, seq::seq)
}

fn chunk_cons(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (chunk, rest) = (take(args, 0), take(args, 1));
    if vector::len(&chunk).is_none() {
        return Err(Fault::wrong_type("chunk-cons", "a chunk", &chunk).into());
    }
    if rest.is_nil() {
        return Ok(slice::of(chunk, 0));
    }
    let mut items: Vec<Value> = vector::iter(&chunk).cloned().collect();
    items.reverse();
    Ok(items
        .into_iter()
        .fold(rest, |rest, item| list::cons(item, rest)))
}

fn is_chunked(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(matches!(
        args[0].kind(),
        Some(Kind::Slice | Kind::Range)
    )))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "chunk-cons",
        "[chunk rest]",
        exactly(2),
        chunk_cons,
        "A sequence of the items of a chunk and then those of another sequence.",
    ),
    row(
        "chunk-first",
        "[s]",
        exactly(1),
        chunk_first,
        "The first chunk of a sequence; of one without chunks a chunk of its first item.",
    ),
    row(
        "chunk-next",
        "[s]",
        exactly(1),
        chunk_next,
        "What follows the first chunk of a sequence; nil if nothing does.",
    ),
    row(
        "chunk-rest",
        "[s]",
        exactly(1),
        chunk_rest,
        "What follows the first chunk of a sequence; () if nothing does.",
    ),
    row(
        "chunked-seq?",
        "[x]",
        exactly(1),
        is_chunked,
        "Is it a sequence that has chunks, as those over vectors and ranges?",
    ),
];
