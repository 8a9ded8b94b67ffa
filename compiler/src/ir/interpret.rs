//! Runs IR without machine code: the judge of the back ends, and the road for forms run once.
//!
//! A call is a [`Signal`], so an interpreted function is suspended, preempted and killed like any
//! builtin, and no Rust frame stands between compiled frames. Words are owned exactly as in
//! compiled code; the ownership pass has made every count explicit.

mod step;

use std::sync::Arc;

use batuta_runtime::builtin::{Builtin, Flow, Resume, Signal, at_least, row};
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::failure_state::FailureClass;
use batuta_runtime::function::MAX_ARITY;
use batuta_runtime::site;
use batuta_runtime::value::Value;
use batuta_runtime::value::object::{Native, make_native};

use super::entity::{BlockId, ValueId};
use super::function::{ENTRY, IrFunction, Place};
use super::instruction::{Op, RuntimeEntry, Terminator};

/// More arguments do not fit beside what the interpreter itself takes.
pub const ARGUMENTS_MAX: usize = MAX_ARITY - 2;

/// A function of the IR, as a value for [`INTERPRET`].
pub struct Interpreted(pub Arc<IrFunction>);

impl Native for Interpreted {
    fn class(&self) -> &'static str {
        "ir"
    }

    fn print(&self) -> String {
        format!("#ir<{}>", self.0.name)
    }
}

/// Wraps a function that captures nothing.
pub fn interpreted(function: Arc<IrFunction>) -> Value {
    make_native(Interpreted(function))
}

/// The builtin that runs an [`Interpreted`].
pub static INTERPRET: Builtin = row(
    "interpret*",
    "[ir function & arguments]",
    at_least(2),
    interpret,
    "Runs a function of the intermediate representation, which is the code of `function`.",
);

fn interpret(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (first, rest) = args.split_at_mut(1);
    match first[0].as_native::<Interpreted>() {
        Some(Interpreted(function)) => {
            let mut machine = Machine::new(function.clone());
            let words = rest.iter_mut().map(std::mem::take).map(Value::into_word);
            let words: Vec<u64> = words.collect();
            machine.go(ENTRY, &words);
            machine.run(cx)
        }
        None => Err(Fault::wrong_type("interpret*", "a function of the IR", &args[0]).into()),
    }
}

/// Is it worth running without machine code: no loop, no closure, no handler, and short?
/// Each of its instructions then runs once at most.
pub fn is_cheap(function: &IrFunction) -> bool {
    const INSTRUCTIONS_MAX: usize = 200;
    let insts = || function.blocks.iter().flat_map(|block| &block.insts);
    !has_loop(function)
        && insts().count() <= INSTRUCTIONS_MAX
        && insts().all(|inst| match &inst.op {
            Op::Capture(_) | Op::MakeClosure(..) | Op::CatchTake | Op::Poll => false,
            Op::Runtime(entry, _) => matches!(
                entry,
                RuntimeEntry::DefineVar
                    | RuntimeEntry::IsClass
                    | RuntimeEntry::IsMap
                    | RuntimeEntry::VectorCount
                    | RuntimeEntry::VectorNth
            ),
            _ => true,
        })
}

/// Does any way lead back to where it has been?
fn has_loop(function: &IrFunction) -> bool {
    // Blocks that are entered but not yet left, as a stack of ways still to go.
    let mut is_open = vec![false; function.blocks.len()];
    let mut is_done = vec![false; function.blocks.len()];
    let mut ways = vec![(ENTRY, successors(function, ENTRY))];
    is_open[ENTRY.index()] = true;
    while let Some((block, targets)) = ways.last_mut() {
        let block = *block;
        let Some(next) = targets.pop() else {
            is_open[block.index()] = false;
            is_done[block.index()] = true;
            ways.pop();
            continue;
        };
        if is_open[next.index()] {
            return true;
        }
        if !is_done[next.index()] {
            is_open[next.index()] = true;
            ways.push((next, successors(function, next)));
        }
    }
    false
}

fn successors(function: &IrFunction, block: BlockId) -> Vec<BlockId> {
    match &function.block(block).end {
        Some(Terminator::Jump(target)) => vec![target.block],
        Some(Terminator::Branch(_, then, otherwise)) => vec![then.block, otherwise.block],
        _ => Vec::new(),
    }
}

/// A function while it runs.
struct Machine {
    function: Arc<IrFunction>,
    words: Vec<u64>,
    block: BlockId,
    index: usize,
}

/// What comes after an instruction.
enum Next {
    /// The next instruction.
    On,
    /// The function is left so.
    Leave(Flow),
}

impl Machine {
    fn new(function: Arc<IrFunction>) -> Machine {
        let words = vec![Value::NIL.word(); function.values.len()];
        Machine {
            function,
            words,
            block: ENTRY,
            index: 0,
        }
    }

    fn word(&self, value: ValueId) -> u64 {
        self.words[value.index()]
    }

    fn set(&mut self, value: Option<ValueId>, word: u64) {
        if let Some(value) = value {
            self.words[value.index()] = word;
        }
    }

    /// Takes the word of a value that is consumed.
    fn take(&self, value: ValueId) -> Value {
        // SAFETY: the ownership pass lets each counted value be consumed once.
        unsafe { Value::from_word(self.word(value)) }
    }

    fn take_all(&self, values: &[ValueId]) -> Vec<Value> {
        values.iter().map(|value| self.take(*value)).collect()
    }

    fn run(mut self, cx: &mut Cx) -> Flow {
        let function = self.function.clone();
        loop {
            let block = function.block(self.block);
            let Some(inst) = block.insts.get(self.index) else {
                match self.end(block.end.as_ref()) {
                    Next::On => continue,
                    Next::Leave(flow) => return flow,
                }
            };
            self.index += 1;
            let operation = match &inst.op {
                Op::CallGlobal(var, args) | Op::Change(_, var, _, args) => {
                    self.call_of_var(*var, args)
                }
                Op::Look(_, var, args) => self.look(*var, args),
                Op::Equal(var, a, b) => self.look(*var, &[*a, *b]),
                Op::Call(callee, args) => Some((self.take(*callee), self.take_all(args))),
                _ => None,
            };
            if let Some((callee, args)) = operation {
                return Err(Box::new(Signal::Call {
                    function: callee,
                    arguments: args,
                    then: Some(Box::new(self)),
                }));
            }
            if let Err(fault) = self.step(inst) {
                cx.failure
                    .raise(FailureClass::Exception, fault.into_value());
                self.abandon(cx, self.index - 1);
                return Err(Box::new(Signal::Raised));
            }
        }
    }

    fn end(&mut self, end: Option<&Terminator>) -> Next {
        let Some(end) = end else {
            return Next::Leave(Err(
                Fault::new(FaultKind::Panic, "a block without end").into()
            ));
        };
        match end {
            Terminator::Jump(target) => {
                let words: Vec<u64> = target.args.iter().map(|v| self.word(*v)).collect();
                self.go(target.block, &words);
                Next::On
            }
            Terminator::Branch(condition, then, otherwise) => {
                let target = if self.word(*condition) != 0 {
                    then
                } else {
                    otherwise
                };
                self.go(target.block, &[]);
                Next::On
            }
            Terminator::Return(value) => Next::Leave(Ok(self.take(*value))),
            Terminator::TailCallGlobal(var, args) => {
                let call = self.call_of_var(*var, args);
                let (callee, args) = call.unwrap_or_default();
                Next::Leave(batuta_runtime::builtin::tail_call(callee, args))
            }
            Terminator::TailCall(callee, args) => {
                let (callee, args) = (self.take(*callee), self.take_all(args));
                Next::Leave(batuta_runtime::builtin::tail_call(callee, args))
            }
            Terminator::Rethrow(..) => {
                Next::Leave(Err(
                    Fault::new(FaultKind::Panic, "a handler without catch").into()
                ))
            }
        }
    }

    fn go(&mut self, block: BlockId, words: &[u64]) {
        let function = self.function.clone();
        for (param, word) in function.block(block).params.iter().zip(words) {
            self.set(Some(*param), *word);
        }
        self.block = block;
        self.index = 0;
    }

    /// Notes the site and gives back what the failing instruction's unwind lists.
    fn abandon(&self, cx: &mut Cx, index: usize) {
        let Some(inst) = self.function.block(self.block).insts.get(index) else {
            return;
        };
        let places = &self.function.places;
        let mut place = Some(&places[inst.place as usize]);
        while let Some(Place { span, inlined }) = place {
            let own = || &*self.function.name;
            let function = inlined.as_ref().map_or_else(own, |i| &*i.function);
            cx.failure.add_site(site::register(function, *span));
            place = inlined.as_ref().map(|i| &places[i.call as usize]);
        }
        for value in inst.unwind.iter().flat_map(|unwind| &unwind.drops) {
            drop(self.take(*value));
        }
    }
}

impl Resume for Machine {
    fn resume(mut self: Box<Self>, cx: &mut Cx, result: Value) -> Flow {
        let called = &self.function.block(self.block).insts[self.index - 1];
        let word = match called.op {
            Op::Equal(..) => u64::from(result.is_truthy()),
            _ => result.into_word(),
        };
        self.set(called.result, word);
        self.run(cx)
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        self.abandon(cx, self.index - 1);
    }
}
