//! Calls: builtins, values that are no functions, vars, first calls, and larger stacks.
//!
//! Stubs spill the arguments of a call into the context and ask one of these entries where to go.
//! It leaves `callee`, `entry`, arguments and their number in the context, and the stub jumps.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::flow::settle;
use super::{fail, guarded};
use crate::actor::coroutine::{self, Poll};
use crate::builtin::Builtin;
use crate::collections::list;
use crate::collections::seq::{Cursor, Step};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{
    CodeRef, CodeSource, Entry, FnCode, FunctionBody, MAX_ARITY, SPREAD, VarBody, stubs,
};
use crate::value::object::Kind;
use crate::value::{Control, Value};

/// What a function without machine code is called by.
pub enum Resolved {
    /// Its code, which is made now.
    Entry(usize),
    /// The interpreter, which takes this value, the function and its arguments.
    Interpreted(Value),
}

/// How code comes to be: the compiler implements it.
pub trait Resolver: Send + Sync {
    /// The address of the machine code of `code` for so many arguments, compiled now if need be.
    /// Called on a compiler thread.
    ///
    /// # Errors
    /// A fault of kind `:syntax` if the function does not compile.
    fn resolve(&self, code: &Arc<FnCode>, wanted: Wanted) -> Result<usize, Fault>;

    /// What a direct call with so many arguments is to enter: a function that is called for the
    /// first time need not be compiled. Called on a compiler thread.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    fn resolve_call(&self, code: &Arc<FnCode>, count: usize) -> Result<Resolved, Fault>;
}

/// Which code of a function is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// The entry for this number of arguments.
    Entry(usize),
    /// The code that takes the fixed arguments and the rest as a sequence.
    Variadic,
    /// The code that takes a list, of a function with this many parameters.
    Wide(usize),
}

static RESOLVER: OnceLock<Box<dyn Resolver>> = OnceLock::new();

/// Tells the runtime who compiles. The first call counts.
pub fn install_resolver(resolver: Box<dyn Resolver>) {
    RESOLVER.get_or_init(|| resolver);
}

static INTERPRETER: OnceLock<Value> = OnceLock::new();

/// Tells the runtime the builtin that runs functions without machine code.
pub fn install_interpreter(function: Value) {
    INTERPRETER.get_or_init(|| function);
}

static INVOKE: OnceLock<Value> = OnceLock::new();

/// Tells the runtime the builtin that calls keywords, maps, sets and the like.
pub fn install_invoke(function: Value) {
    INVOKE.get_or_init(|| function);
}

fn load_spill(cx: &mut Cx, arguments: Vec<Value>) {
    cx.spill_count = arguments.len() as u64;
    for (slot, argument) in cx.spill.iter_mut().zip(arguments) {
        *slot = argument.into_word();
    }
}

/// Leaves a call in the context.
pub(super) fn prepare(cx: &mut Cx, function: Value, mut arguments: Vec<Value>) {
    let function = if function.kind() == Some(Kind::Function) {
        function
    } else {
        arguments.insert(0, function);
        INVOKE.get().cloned().unwrap_or_default()
    };
    if arguments.len() > MAX_ARITY {
        return prepare_list(cx, function, list::from_vec(arguments));
    }
    cx.entry = entry_of(&function, arguments.len()) as u64;
    load_spill(cx, arguments);
    cx.callee = function.into_word();
}

/// Leaves a call with all arguments in one list in the context.
pub(super) fn prepare_list(cx: &mut Cx, function: Value, arguments: Value) {
    cx.entry = entry_of(&function, SPREAD) as u64;
    load_spill(cx, vec![arguments]);
    cx.callee = function.into_word();
}

fn entry_of(function: &Value, index: usize) -> Entry {
    match function.as_object::<FunctionBody>() {
        Some(body) => body.code.entries[index].load(Ordering::Acquire),
        None => stubs().native[index],
    }
}

/// The function object that a compiled call through the var enters.
pub fn callee_of(var: &Value) -> Value {
    match var.as_object::<VarBody>() {
        Some(body) => {
            let word = body.callee.load(Ordering::Acquire);
            // SAFETY: a var's callee is immortal: a top-level function or the var's bouncer.
            unsafe { Value::from_word(word) }
        }
        None => var.clone(),
    }
}

/// Calls a builtin with the arguments that a native stub spilled, behind `first` if there is one.
/// Few arguments stay on the stack: most calls are of this kind.
fn call_spilled(cx: &mut Cx, builtin: &'static Builtin, first: Option<Value>, index: usize) -> u64 {
    let offset = usize::from(first.is_some());
    if index == SPREAD {
        let list = cx.take_spilled(1).remove(0);
        return match Front::of(list, usize::MAX) {
            Ok(front) if front.is_whole => {
                let mut arguments: Vec<Value> = first.into_iter().chain(front.items).collect();
                call_builtin(cx, builtin, &mut arguments)
            }
            Ok(_) => fail(cx, endless()),
            Err(fault) => fail(cx, fault),
        };
    }
    let mut arguments = [const { Value::NIL }; MAX_ARITY + 1];
    if let Some(first) = first {
        arguments[0] = first;
    }
    for (argument, word) in arguments[offset..].iter_mut().zip(&cx.spill[..index]) {
        // SAFETY: the stub stored owned words there and gives them up with the call.
        *argument = unsafe { Value::from_word(*word) };
    }
    call_builtin(cx, builtin, &mut arguments[..offset + index])
}

fn call_builtin(cx: &mut Cx, builtin: &'static Builtin, arguments: &mut [Value]) -> u64 {
    let count = arguments.len();
    let arity = builtin.arity;
    let too_many = arity.max.is_some_and(|max| count > usize::from(max));
    if count < usize::from(arity.min) || too_many {
        return fail(cx, wrong_arity(builtin.name, count, builtin.arglists));
    }
    let flow = (builtin.function)(cx, arguments);
    settle(cx, flow)
}

fn builtin_of(function: &Value) -> Option<&'static Builtin> {
    match function.as_object::<FunctionBody>()?.code.source {
        CodeSource::Native(builtin) => Some(builtin),
        CodeSource::Compiled(_) | CodeSource::Ahead(_) | CodeSource::Bounce => None,
    }
}

/// The fault of a call with the wrong number of arguments.
#[cold]
pub fn wrong_arity(name: &str, count: usize, arglists: &str) -> Fault {
    let plural = if count == 1 { "" } else { "s" };
    let fault = Fault::new(
        FaultKind::Arity,
        format!("`{name}` cannot take {count} argument{plural}"),
    );
    match arglists {
        "" => fault,
        _ => fault.hint(format!("it takes {arglists}")),
    }
}

/// Runs the builtin of `function`. On the worker's stack.
///
/// # Safety
/// The running coroutine's context; arguments spilled; `function` a native function, given up
/// unless it is immortal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_native(cx: *mut Cx, function: u64, index: u64, _c: u64) -> u64 {
    // SAFETY: the native stub passes its own context and the word that the callee owns.
    let (cx, function) = unsafe { (&mut *cx, Value::from_word(function)) };
    guarded(cx, |cx| match builtin_of(&function) {
        Some(builtin) => call_spilled(cx, builtin, None, index as usize),
        None => call_other(cx, function, index as usize),
    })
}

/// Calls a value that is no function, by the builtin for such calls.
fn call_other(cx: &mut Cx, callee: Value, index: usize) -> u64 {
    match INVOKE.get().and_then(builtin_of) {
        Some(builtin) => call_spilled(cx, builtin, Some(callee), index),
        None => fail(
            cx,
            Fault::new(FaultKind::Panic, "no builtin for calling values"),
        ),
    }
}

/// The quick road to a builtin: compiled code hands the arguments over where they lie. Gives
/// [`Control::NoMatch`] and leaves them alone if `function` is none. On the worker's stack.
///
/// # Safety
/// The running coroutine's context; `function` a live function; `arguments` points at `count`
/// owned words, given up unless the call is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_quick(cx: *mut Cx, function: u64, arguments: u64, count: u64) -> u64 {
    // SAFETY: compiled code passes its own context and a live word, which it keeps.
    let (cx, function) = unsafe { (&mut *cx, Value::borrow_word(&function)) };
    let Some(builtin) = builtin_of(function) else {
        return Control::NoMatch.word();
    };
    // SAFETY: `Value` is a transparent wrapper of the words, which this call owns.
    let arguments =
        unsafe { std::slice::from_raw_parts_mut(arguments as *mut Value, count as usize) };
    if let Some(plain) = builtin.plain {
        return plain(arguments).into_word();
    }
    guarded(cx, |cx| {
        let word = call_builtin(cx, builtin, arguments);
        for argument in arguments {
            drop(std::mem::take(argument));
        }
        word
    })
}

/// Checks and completes a call that comes from Rust. A count of `SPREAD` means one list.
///
/// # Safety
/// The running coroutine's context; callee owned, arguments spilled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_prepare(cx: *mut Cx, function: u64, count: u64) -> u64 {
    // SAFETY: the way in passes the coroutine's context and gives the function up.
    let (cx, function) = unsafe { (&mut *cx, Value::from_word(function)) };
    guarded(cx, |cx| {
        if count as usize == SPREAD {
            let list = cx.take_spilled(1).remove(0);
            prepare_list(cx, function, list);
        } else {
            let arguments = cx.take_spilled(count as usize);
            prepare(cx, function, arguments);
        }
        0
    })
}

/// First call of an entry: has it compiled, then leaves the call in the context. On the coroutine.
///
/// # Safety
/// The running coroutine's context; arguments spilled; `function` a live function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_resolve(cx: *mut Cx, function: u64, index: u64) -> u64 {
    // SAFETY: the stub passes its own context and a live function.
    let (cx, value) = unsafe { (&mut *cx, Value::borrow_word(&function)) };
    let index = index as usize;
    let found = match value.as_object::<FunctionBody>() {
        Some(body) if matches!(body.code.source, CodeSource::Bounce) => {
            return bounce(cx, value, index);
        }
        Some(body) if index == SPREAD => spread(cx, &body.code),
        Some(body) => match resolve_call(cx, &body.code, index) {
            Ok(Some(interpreted)) => {
                interpret(cx, interpreted, value.clone(), index);
                return 0;
            }
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        },
        None => Err(Some(Fault::new(
            FaultKind::Panic,
            "an entry of something else",
        ))),
    };
    cx.callee = function;
    match found {
        Ok(()) => 0,
        Err(fault) => {
            drop(cx.take_spilled(if index == SPREAD { 1 } else { index }));
            // SAFETY: the callee owns `self` unless it is immortal, and this call ends here.
            drop(unsafe { Value::from_word(function) });
            match fault {
                Some(fault) => fail(cx, fault),
                None => Control::Failed.word(),
            }
        }
    }
}

/// Finds the present value of the var that a bouncer stands for.
fn bounce(cx: &mut Cx, bouncer: &Value, index: usize) -> u64 {
    let slots = bouncer.slots::<FunctionBody>();
    let var = slots.and_then(|slots| slots.first());
    let value = var
        .and_then(|v| v.as_object::<VarBody>())
        .and_then(VarBody::root);
    let Some(value) = value else {
        drop(cx.take_spilled(if index == SPREAD { 1 } else { index }));
        let fault = super::failing::unbound(var.unwrap_or(&Value::NIL));
        return fail(cx, fault);
    };
    cx.entry = entry_of(&value, index) as u64;
    cx.spill_count = if index == SPREAD { 1 } else { index as u64 };
    cx.callee = value.into_word();
    0
}

/// A fault to raise, or none if the actor was ended while it waited.
type Found<T = ()> = Result<T, Option<Fault>>;

fn resolve_entry(cx: &mut Cx, code: &CodeRef, count: usize) -> Found {
    accept(code, count)?;
    if let (CodeSource::Ahead(_), Some(fixed)) = (&code.source, code.arities().variadic)
        && lacks_code(code, count)
    {
        return gather(cx, code, count, fixed);
    }
    cx.entry = compile(cx, code, Wanted::Entry(count))?;
    cx.spill_count = count as u64;
    Ok(())
}

fn accept(code: &CodeRef, count: usize) -> Found {
    match code.arities().accept(count) {
        true => Ok(()),
        false => Err(Some(wrong_arity(&code.name, count, &describe(code)))),
    }
}

fn lacks_code(code: &CodeRef, count: usize) -> bool {
    code.entries[count].load(Ordering::Acquire) == stubs().resolve[count]
}

/// A call with a number of arguments that nobody foresaw, of code that takes the rest as a list.
fn gather(cx: &mut Cx, code: &CodeRef, count: usize, fixed: usize) -> Found {
    cx.entry = compile(cx, code, Wanted::Variadic)?;
    let mut arguments = cx.take_spilled(count);
    let rest = arguments.split_off(fixed);
    arguments.push(match rest.is_empty() {
        true => Value::NIL,
        false => list::from_vec(rest),
    });
    load_spill(cx, arguments);
    Ok(())
}

/// Leaves the entry of a direct call in the context, or gives what the interpreter is to run.
fn resolve_call(cx: &mut Cx, code: &CodeRef, count: usize) -> Found<Option<Value>> {
    if !matches!(code.source, CodeSource::Compiled(_)) || !lacks_code(code, count) {
        return resolve_entry(cx, code, count).map(|()| None);
    }
    accept(code, count)?;
    let shared = code.share();
    let found = on_compiler_thread(cx, move |resolver| {
        Ok(match resolver.resolve_call(&shared, count)? {
            Resolved::Entry(address) => crate::number::int(address as i64),
            Resolved::Interpreted(function) => function,
        })
    })?;
    let Some(address) = found.as_small_int() else {
        return Ok(Some(found));
    };
    cx.entry = address as u64;
    cx.spill_count = count as u64;
    Ok(None)
}

/// Leaves a call of the interpreter in the context.
fn interpret(cx: &mut Cx, interpreted: Value, function: Value, count: usize) {
    let mut arguments = vec![interpreted, function];
    arguments.append(&mut cx.take_spilled(count));
    let interpreter = INTERPRETER.get().cloned().unwrap_or_default();
    prepare(cx, interpreter, arguments);
}

/// The first arguments of a list, as far as they are known without realising anything.
struct Front {
    items: Vec<Value>,
    rest: Value,
    /// Are these all?
    is_whole: bool,
}

impl Front {
    fn of(list: Value, max: usize) -> Result<Front, Fault> {
        let mut cursor = Cursor::new("apply", list)?;
        let mut items = Vec::new();
        while items.len() < max {
            match cursor.next() {
                Step::Item(item) => items.push(item),
                Step::End => {
                    return Ok(Front {
                        items,
                        rest: Value::NIL,
                        is_whole: true,
                    });
                }
                Step::Ask => break,
            }
        }
        Ok(Front {
            items,
            rest: cursor.into_rest(),
            is_whole: false,
        })
    }
}

#[cold]
fn endless() -> Fault {
    Fault::new(
        FaultKind::Arity,
        "too many arguments: the sequence of them has no known end",
    )
}

/// A call with all arguments in one list.
fn spread(cx: &mut Cx, code: &CodeRef) -> Found {
    let list = cx.take_spilled(1).remove(0);
    let result = spread_list(cx, code, list);
    if result.is_err() {
        // The caller gives back what stands in the spill area.
        load_spill(cx, vec![Value::NIL]);
    }
    result
}

fn spread_list(cx: &mut Cx, code: &CodeRef, list: Value) -> Found {
    let most = code.arities().fixed.last().copied().unwrap_or(0);
    let most = most.max(code.arities().variadic.unwrap_or(0));
    let front = Front::of(list, most + 1).map_err(Some)?;
    let count = front.items.len();
    if front.is_whole && code.arities().fixed.contains(&count) {
        if count > MAX_ARITY {
            return wide(cx, code, count, list::from_vec(front.items));
        }
        resolve_entry(cx, code, count)?;
        load_spill(cx, front.items);
        return Ok(());
    }
    let Some(fixed) = code.arities().variadic.filter(|fixed| count >= *fixed) else {
        return Err(Some(wrong_arity(&code.name, count, &describe(code))));
    };
    let mut items = front.items;
    let mut rest = if front.is_whole {
        Value::NIL
    } else {
        front.rest
    };
    let keep = if fixed > MAX_ARITY { 0 } else { fixed };
    for item in items.drain(keep..).rev() {
        rest = list::cons(item, rest);
    }
    if fixed > MAX_ARITY {
        return wide(cx, code, fixed, rest);
    }
    let entry = compile(cx, code, Wanted::Variadic)?;
    items.push(rest);
    load_spill(cx, items);
    cx.entry = entry;
    Ok(())
}

/// A function with more parameters than registers takes the list as it is.
fn wide(cx: &mut Cx, code: &CodeRef, fixed: usize, arguments: Value) -> Found {
    cx.entry = compile(cx, code, Wanted::Wide(fixed))?;
    load_spill(cx, vec![arguments]);
    Ok(())
}

/// The address of the code wanted; compiled on a compiler thread if it is not there.
fn compile(cx: &mut Cx, code: &CodeRef, wanted: Wanted) -> Found<u64> {
    let present = match wanted {
        Wanted::Entry(count) => code.entries[count].load(Ordering::Acquire),
        Wanted::Variadic => code.variadic.load(Ordering::Acquire),
        Wanted::Wide(count) => match &code.source {
            CodeSource::Ahead(ahead) => {
                let found = ahead.wide.iter().find(|(known, _)| *known == count);
                found.map_or(std::ptr::null_mut(), |(_, address)| *address as *mut u8)
            }
            _ => std::ptr::null_mut(),
        },
    };
    let is_stub = matches!(wanted, Wanted::Entry(count) if present == stubs().resolve[count]);
    if !present.is_null() && !is_stub {
        return Ok(present as u64);
    }
    let shared = code.share();
    let address = on_compiler_thread(cx, move |resolver| {
        let address = resolver.resolve(&shared, wanted)?;
        Ok(crate::number::int(address as i64))
    })?;
    Ok(address.as_small_int().unwrap_or(0) as u64)
}

/// Asks the compiler something while the actor is parked.
fn on_compiler_thread(
    cx: &mut Cx,
    ask: impl FnOnce(&dyn Resolver) -> Result<Value, Fault> + Send + 'static,
) -> Found<Value> {
    let Some(resolver) = RESOLVER.get() else {
        return Err(Some(Fault::new(
            FaultKind::Panic,
            "no compiler in this program",
        )));
    };
    match coroutine::wait(cx, crate::actor::blocking(move || ask(&**resolver))) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(fault)) => Err(Some(fault)),
        Err(_killed) => Err(None),
    }
}

fn describe(code: &FnCode) -> String {
    let mut parts: Vec<String> = code.arities().fixed.iter().map(usize::to_string).collect();
    if let Some(fixed) = code.arities().variadic {
        parts.push(format!("{fixed} or more"));
    }
    match parts.as_slice() {
        [] => "no arguments".to_owned(),
        [one] if one == "1" => "1 argument".to_owned(),
        [one] => format!("{one} arguments"),
        [init @ .., last] => format!("{} or {last} arguments", init.join(", ")),
    }
}

/// Function entry whose stack check failed: a poll, or a larger stack. On the coroutine.
///
/// Gives 0 to re-enter the function, 1 if it has run and the result lies in the context, or the
/// sentinel.
///
/// # Safety
/// The running coroutine's context; arguments spilled with their count; `callee` and `entry` set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_check(cx: *mut Cx) -> u64 {
    // SAFETY: the stub passes its own context.
    let context = unsafe { &mut *cx };
    if context.stack_limit.load(Ordering::Relaxed) == usize::MAX {
        // Only the function knows its frame: if that does not fit either, it comes again.
        context.coroutine.is_at_entry = true;
        let poll = coroutine::poll(context);
        context.coroutine.is_at_entry = false;
        return match poll {
            Poll::Continue => 0,
            Poll::Failed => {
                abandon_call(context);
                Control::Failed.word()
            }
        };
    }
    // SAFETY: the back end made this stub with exactly this signature.
    let run =
        unsafe { std::mem::transmute::<Entry, extern "C" fn(*mut Cx) -> u64>(stubs().run_entry) };
    match coroutine::grow(context, run) {
        Ok(word) => {
            context.result = word;
            1
        }
        Err(_overflow) => {
            abandon_call(context);
            let text = format!(
                "the stack of this actor is used up ({} MiB)",
                coroutine::max_stack() >> 20
            );
            fail(
                context,
                Fault::new(FaultKind::Stack, text)
                    .hint("is there a recursion without an end? `--max-stack` allows more"),
            )
        }
    }
}

/// Releases the arguments and the callee of a call that does not happen.
fn abandon_call(cx: &mut Cx) {
    drop(cx.take_spilled(cx.spill_count as usize));
    // SAFETY: the callee owned `self`; for an immortal one this does nothing.
    drop(unsafe { Value::from_word(cx.callee) });
}

/// A loop's poll. On the coroutine.
///
/// # Safety
/// The running coroutine's context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_poll(cx: *mut Cx) -> u64 {
    // SAFETY: compiled code passes its own context.
    let cx = unsafe { &mut *cx };
    if cx.stack_limit.load(Ordering::Relaxed) != usize::MAX {
        return Value::NIL.into_word();
    }
    match coroutine::poll(cx) {
        Poll::Continue => Value::NIL.into_word(),
        Poll::Failed => Control::Failed.word(),
    }
}
