//! Chunks in `batuta.core`. Sequences over vectors and ranges have chunks of 32 items for those who
//! ask; nothing here realises a lazy sequence by chunks.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::take;
use crate::collections::seq::{self, with_seq};
use crate::collections::{lazy_seq, list, range, slice, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
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

/// The vector that the next items of a sequence value stand in: the one behind it, or one of what
/// is there already.
fn chunk_items(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(slice) = slice::as_slice(&args[0]) {
        return Ok(slice.vector().clone());
    }
    if let Some(range) = range::as_range(&args[0]) {
        let count = range.len().min(CHUNK);
        return Ok(vector::from_iter((0..count).map(|index| range.at(index))));
    }
    let mut items = Vec::new();
    let mut place = args[0].clone();
    while items.len() < CHUNK
        && let Some(cell) = list::as_list(&place).filter(|cell| !cell.is_empty())
    {
        items.push(cell.first().clone());
        let rest = cell.rest();
        place = lazy_seq::realised(rest).unwrap_or(rest).clone();
    }
    Ok(vector::from_vec(items))
}

/// Where in the vector of `chunk-items*` the next items begin.
fn chunk_start(_: &mut Cx, args: &mut [Value]) -> Flow {
    let start = slice::as_slice(&args[0]).map_or(0, slice::SliceBody::from);
    Ok(number::from_usize(start))
}

/// The sequence value behind the items of a chunk.
fn chunk_following(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (sequence, count) = (take(args, 0), vector::len(&args[1]).unwrap_or(0));
    match sequence.kind() {
        Some(Kind::Slice) => Ok(Value::NIL),
        Some(Kind::Range) => {
            let rest = range::drop_first(sequence, count);
            seq::seq(cx, rest)
        }
        _ => {
            let mut place = sequence;
            for _ in 0..count {
                if let Some(sequence) = lazy_seq::realised(&place) {
                    place = sequence.clone();
                }
                place = list::take_apart(place)
                    .map(|(_, rest)| rest)
                    .unwrap_or_default();
            }
            seq::seq(cx, place)
        }
    }
}

fn chunk_nth(_: &mut Cx, args: &mut [Value]) -> Flow {
    let index = number::as_usize(&args[1]);
    let item = index.and_then(|index| vector::nth(&args[0], index));
    Ok(item.cloned().unwrap_or_default())
}

fn chunk_count(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(number::from_usize(vector::len(&args[0]).unwrap_or(0)))
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
        "chunk-count*",
        "[chunk]",
        exactly(1),
        chunk_count,
        "Number of elements of the vector that chunk-items* gave.",
    ),
    row(
        "chunk-first",
        "[s]",
        exactly(1),
        chunk_first,
        "The first chunk of a sequence; of one without chunks a chunk of its first item.",
    ),
    row(
        "chunk-items*",
        "[s]",
        exactly(1),
        chunk_items,
        "A vector that holds the next items of a sequence value, for loops over chunks.",
    ),
    row(
        "chunk-next",
        "[s]",
        exactly(1),
        chunk_next,
        "What follows the first chunk of a sequence; nil if nothing does.",
    ),
    row(
        "chunk-next*",
        "[s chunk]",
        exactly(2),
        chunk_following,
        "The sequence value behind the items that chunk-items* gave; nil at the end.",
    ),
    row(
        "chunk-nth*",
        "[chunk index]",
        exactly(2),
        chunk_nth,
        "Element of the vector that chunk-items* gave.",
    ),
    row(
        "chunk-rest",
        "[s]",
        exactly(1),
        chunk_rest,
        "What follows the first chunk of a sequence; () if nothing does.",
    ),
    row(
        "chunk-start*",
        "[s]",
        exactly(1),
        chunk_start,
        "Where in the vector of chunk-items* the items of a sequence value begin.",
    ),
    row(
        "chunked-seq?",
        "[x]",
        exactly(1),
        is_chunked,
        "Is it a sequence that has chunks, as those over vectors and ranges?",
    ),
];
