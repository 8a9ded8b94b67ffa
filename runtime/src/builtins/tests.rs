//! The tables as a whole, and builtins that stop half-way, driven by hand.

use std::collections::HashSet;

use super::TABLES;
use crate::actor::coroutine::CoroutineState;
use crate::builtin::{Flow, Signal};
use crate::collections::lazy_seq::{self, Begin};
use crate::collections::{list, map, seq, set, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number::{self, as_i64, int};
use crate::value::{Value, print};

fn context() -> Box<Cx> {
    crate::actor::tests::harness::install();
    Cx::new(CoroutineState::default())
}

/// Plays the stub: forces lazy cells (whose function is an integer n: they begin with n and go on
/// with a cell of n + 1) and answers calls by `answer`.
fn drive(
    cx: &mut Cx,
    mut flow: Flow,
    answer: &mut dyn FnMut(Value, Vec<Value>) -> Value,
) -> Result<Value, Fault> {
    loop {
        let signal = match flow {
            Ok(value) => return Ok(value),
            Err(signal) => *signal,
        };
        flow = match signal {
            Signal::Fault(fault) => return Err(fault),
            Signal::Force { sequence, then } => {
                let sequence = match lazy_seq::begin(&sequence, 1) {
                    Begin::Done(sequence) => sequence,
                    Begin::Thunk(start) => {
                        let cell = list::cons(start.clone(), endless(&start));
                        lazy_seq::finish(&sequence, cell.clone());
                        cell
                    }
                    Begin::AlreadyRunningBy(_) => panic!("nobody else runs"),
                };
                then.resume(cx, sequence)
            }
            Signal::Call {
                function,
                arguments,
                then,
            } => {
                let result = answer(function, arguments);
                match then {
                    Some(then) => then.resume(cx, result),
                    None => Ok(result),
                }
            }
            _ => panic!("a signal that nothing here answers"),
        };
    }
}

/// The lazy sequence of the integers behind `n`.
fn endless(n: &Value) -> Value {
    lazy_seq::make_lazy(number::inc(n).expect("an integer"))
}

fn call(name: &str, args: &mut [Value]) -> Result<Value, Fault> {
    call_in("batuta.core", name, args, &mut |_, _| {
        panic!("nothing is called")
    })
}

fn call_in(
    namespace: &str,
    name: &str,
    args: &mut [Value],
    answer: &mut dyn FnMut(Value, Vec<Value>) -> Value,
) -> Result<Value, Fault> {
    let tables = TABLES.iter().filter(|table| table.namespace == namespace);
    let builtin = tables
        .flat_map(|table| table.builtins)
        .find(|builtin| builtin.name == name);
    let builtin = builtin.unwrap_or_else(|| panic!("no builtin {namespace}/{name}"));
    let cx = &mut context();
    let flow = (builtin.function)(cx, args);
    drive(cx, flow, answer)
}

fn ints(items: impl IntoIterator<Item = i64>) -> Value {
    vector::from_iter(items.into_iter().map(int))
}

#[test]
fn tables_are_sorted_documented_and_without_doubles() {
    let mut names = HashSet::new();
    for table in TABLES {
        let sorted = table.builtins.is_sorted_by(|a, b| a.name < b.name);
        assert!(sorted, "a table of {}", table.namespace);
        for builtin in table.builtins {
            assert!(builtin.doc.ends_with(['.', '?']), "{}", builtin.name);
            assert!(builtin.arglists.starts_with('['), "{}", builtin.name);
            let name = (table.namespace, builtin.name);
            assert!(names.insert(name), "{name:?} twice");
        }
    }
}

#[test]
fn equality_realises_no_more_than_it_needs() {
    let lazy = endless(&int(0));
    assert!(
        !call("=", &mut [lazy.clone(), ints([1, 2, 4])])
            .unwrap()
            .is_truthy()
    );
    assert_eq!(print::short(&lazy), "(1 2 3 …)");
    assert!(
        !call("=", &mut [ints([1, 2]), lazy.clone()])
            .unwrap()
            .is_truthy()
    );
    assert_eq!(print::short(&lazy), "(1 2 3 …)");
    assert!(
        call("=", &mut [ints([1]), list::from_vec(vec![int(1)])])
            .unwrap()
            .is_truthy()
    );
}

#[test]
fn any_number_of_arguments_is_compared() {
    let mut args: Vec<Value> = (0..300_000).map(|_| ints([1])).collect();
    assert!(call("=", &mut args.clone()).unwrap().is_truthy());
    args[5] = ints([2]);
    assert!(call("not=", &mut args).unwrap().is_truthy());
}

#[test]
fn sorting_asks_its_comparator_and_keeps_the_order_of_equals() {
    let items: Vec<i64> = (0..1000).map(|n| (n * 7919) % 1000).collect();
    let mut by_tens = |_, args: Vec<Value>| {
        let tens = |v: &Value| as_i64(v).unwrap_or(0) / 10;
        Value::bool(tens(&args[0]) > tens(&args[1]))
    };
    let mut args = [Value::keyword("by-tens"), ints(items.clone())];
    let sorted = call_in("batuta.core", "sort", &mut args, &mut by_tens).unwrap();
    let mut expected = items;
    expected.sort_by_key(|n| std::cmp::Reverse(n / 10));
    assert_eq!(sorted, ints(expected));
    assert!(
        call(
            "sort",
            &mut [vector::from_vec(vec![int(1), Value::str("a")])]
        )
        .is_err()
    );
    assert_eq!(
        print::readable(&call("sort", &mut [ints([])]).unwrap()),
        "()"
    );
}

#[test]
fn keys_are_realised_and_values_are_not() {
    let key = list::cons(int(1), lazy_seq::make_done(list::from_vec(vec![int(2)])));
    let unrealised = endless(&int(0));
    let map = call("hash-map", &mut [key, unrealised.clone()]).unwrap();
    let found = call("get", &mut [map, ints([1, 2])]).unwrap();
    assert!(found.is_identical(&unrealised));
    assert!(lazy_seq::realised(&unrealised).is_none());
}

#[test]
fn walking_works_over_every_kind_of_sequence() {
    let lazy = endless(&int(0));
    assert_eq!(
        as_i64(&call("nth", &mut [lazy.clone(), int(40)]).unwrap()),
        Some(41)
    );
    assert_eq!(as_i64(&call("second", &mut [lazy]).unwrap()), Some(2));
    let text = Value::str("aλ");
    assert_eq!(
        call("vec", &mut [text.clone()]).unwrap(),
        call("seq", &mut [text]).unwrap()
    );
    let fault = call("nth", &mut [ints([1]), int(1)]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Index);
    assert!(call("rest", &mut [Value::NIL]).unwrap() == list::empty());
    assert!(call("next", &mut [ints([1])]).unwrap().is_nil());
    assert!(call("count", &mut [int(5)]).is_err());
}

#[test]
fn values_that_are_no_functions_are_called() {
    let map = map::from_pairs([(Value::keyword("a"), int(1))]);
    let get = |args: &mut [Value]| call("invoke", args).map(|v| as_i64(&v));
    assert_eq!(
        get(&mut [Value::keyword("a"), map.clone()]).ok(),
        Some(Some(1))
    );
    assert_eq!(
        get(&mut [map, Value::keyword("b"), int(2)]).ok(),
        Some(Some(2))
    );
    assert_eq!(
        get(&mut [set::from_iter([int(3)]), int(3)]).ok(),
        Some(Some(3))
    );
    assert_eq!(get(&mut [ints([7]), int(0)]).ok(), Some(Some(7)));
    assert_eq!(
        get(&mut [int(5), int(0)]).map_err(|f| f.kind),
        Err(FaultKind::Type)
    );
}

#[test]
fn strings_are_split_joined_and_replaced_as_in_clojure() {
    let str = |name: &str, args: &mut [Value]| {
        let mut double = |_, args: Vec<Value>| {
            let text = args[0].as_str().unwrap_or_default();
            Value::string(format!("<{text}>"))
        };
        print::readable(&call_in("str", name, args, &mut double).unwrap())
    };
    let regex = |source: &str| Value::regex(source).unwrap();
    assert_eq!(
        str("split", &mut [Value::str("a,b,,"), regex(",")]),
        r#"["a" "b"]"#
    );
    assert_eq!(
        str("split", &mut [Value::str("a,b,c"), regex(","), int(2)]),
        r#"["a" "b,c"]"#
    );
    assert_eq!(str("split", &mut [Value::str(""), regex(",")]), r#"[""]"#);
    assert_eq!(
        str("split", &mut [Value::str("abc"), regex("")]),
        r#"["a" "b" "c"]"#
    );
    assert_eq!(
        str("join", &mut [Value::str("-"), ints([1, 2])]),
        r#""1-2""#
    );
    let mut args = [Value::str("x1y22"), regex(r"(\d)(\d)?"), Value::str("[$1]")];
    assert_eq!(str("replace", &mut args), r#""x[1]y[2]""#);
    let mut args = [Value::str("a1b2"), regex(r"\d"), Value::keyword("f")];
    assert_eq!(str("replace", &mut args), r#""a<1>b<2>""#);
    assert_eq!(
        str("index-of", &mut [Value::str("λxλ"), Value::str("x")]),
        "1"
    );
    assert_eq!(
        str("last-index-of", &mut [Value::str("λxλ"), Value::str("λ")]),
        "2"
    );
    assert_eq!(str("capitalize", &mut [Value::str("hELLO")]), r#""Hello""#);
}

#[test]
fn a_vector_nested_a_million_deep_is_compared_hashed_printed_and_freed() {
    let nested =
        |inner: i64| (0..1_000_000).fold(int(inner), |inner, _| vector::from_vec(vec![inner]));
    let (a, b, other) = (nested(1), nested(1), nested(2));
    assert!(call("=", &mut [a.clone(), b]).unwrap().is_truthy());
    assert!(
        !call("=", &mut [a.clone(), other.clone()])
            .unwrap()
            .is_truthy()
    );
    assert!(call("hash", &mut [a.clone()]).is_ok());
    let order = call("compare", &mut [a.clone(), other]).unwrap();
    assert_eq!(as_i64(&order), Some(-1));
    let text = call("pr-str", &mut [a.clone()]).unwrap();
    assert_eq!(text.as_str().map(str::len), Some(2_000_001));
    assert!(print::short(&a).len() < 100);
    a.publish();
}

#[test]
fn a_long_list_is_walked_without_holding_it() {
    let cx = &mut context();
    let list = (0..1_000_000).fold(list::empty(), |rest, n| list::cons(int(n), rest));
    let flow = seq::gather(cx, "test", list, usize::MAX, |_, items, _| {
        Ok(number::from_usize(items.len()))
    });
    assert_eq!(
        drive(cx, flow, &mut |_, _| Value::NIL)
            .ok()
            .and_then(|v| as_i64(&v)),
        Some(1_000_000)
    );
}

#[test]
fn read_string_reads_data() {
    let read = |text: &str| call("read-string", &mut [Value::str(text)]);
    assert_eq!(
        print::readable(&read("(+ 1 [2 :a])").unwrap()),
        "(+ 1 [2 :a])"
    );
    assert_eq!(read("(1").map_err(|f| f.kind), Err(FaultKind::Syntax));
}
