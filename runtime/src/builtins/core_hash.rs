//! Hashes in `batuta.core`: Clojure's numbers, for those who mix their own.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::take;
use crate::collections::seq::gather;
use crate::collections::{vector, walk};
use crate::context::Cx;
use crate::number::{casts, int};
use crate::types::instance;
use crate::value::{Value, hash};

fn hash_of(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let own = ["hasheq", "hashCode"].iter();
    if let Some(flow) = { own }.find_map(|name| instance::call(&args[0], name, &[])) {
        return flow;
    }
    walk::realise(cx, take(args, 0), |_, value| {
        Ok(int(i64::from(hash::clojure_hash(&value))))
    })
}

/// Of the realised items of a collection.
fn of_items(cx: &mut Cx, who: &'static str, collection: Value, hash: fn(&[Value]) -> i32) -> Flow {
    gather(cx, who, collection, usize::MAX, move |cx, items, _| {
        walk::realise_all(cx, items, move |_, items| Ok(int(i64::from(hash(&items)))))
    })
}

fn ordered(cx: &mut Cx, args: &mut [Value]) -> Flow {
    of_items(cx, "hash-ordered-coll", take(args, 0), |items| {
        hash::clojure_hash(&vector::from_iter(items.iter().cloned()))
    })
}

fn unordered(cx: &mut Cx, args: &mut [Value]) -> Flow {
    of_items(cx, "hash-unordered-coll", take(args, 0), hash::unordered)
}

fn mix(_: &mut Cx, args: &mut [Value]) -> Flow {
    let basis = casts::low_bits_32("mix-collection-hash", &args[0])?;
    let count = casts::to_i32("mix-collection-hash", &args[1])?;
    Ok(int(i64::from(hash::mix_collection(basis, count))))
}

fn combine(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let seed = casts::low_bits_32("hash-combine", &args[0])?;
    walk::realise(cx, take(args, 1), move |_, value| {
        Ok(int(i64::from(hash::combine(seed, &value))))
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "hash",
        "[x]",
        exactly(1),
        hash_of,
        "Clojure's hash of a value; equal values have equal ones.",
    ),
    row(
        "hash-combine",
        "[seed x]",
        exactly(2),
        combine,
        "The seed mixed with Java's hash code of x.",
    ),
    row(
        "hash-ordered-coll",
        "[coll]",
        exactly(1),
        ordered,
        "Clojure's hash of the items of a collection, in order.",
    ),
    row(
        "hash-unordered-coll",
        "[coll]",
        exactly(1),
        unordered,
        "Clojure's hash of the items of a collection in any order.",
    ),
    row(
        "mix-collection-hash",
        "[basis count]",
        exactly(2),
        mix,
        "The last step of Clojure's hash of a collection.",
    ),
];
