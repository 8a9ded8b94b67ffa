//! Translates one IR function: blocks to versions of blocks (see `versions`), each instruction by
//! a method of its group.
//!
//! Failures: after an instruction that can fail the sentinel is tested; the way of the failure is
//! a cold block of its own that notes the site, gives back what the instruction's `Unwind` lists
//! and goes to the handler, or out.

mod arithmetic;
mod array;
mod call;
mod change;
mod count;
mod equal;
mod facts;
mod failure;
mod float;
pub mod leaf;
mod look;
mod memory;
mod native;
mod numeric;
mod terminator;
mod unary;
mod variables;
mod vector;
mod versions;

use std::collections::HashMap;

use batuta_runtime::context;
use batuta_runtime::value::{WORD_FALSE, WORD_TRUE};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, FuncRef, Function, GlobalValue, InstBuilder, MemFlagsData, SigRef, SourceLoc, StackSlot,
    Value, types,
};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use cranelift_module::{DataId, FuncId, Module};

use super::symbols::{self, Symbol};
use super::{Sites, entry_signature};
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::{ENTRY, IrFunction};
use crate::ir::instruction::{Inst, Mode, Op, Terminator, Type};
use crate::ir::liveness::Liveness;

use facts::{Constant, Fact, Facts, Range};
use failure::WaysOut;
use variables::Variables;

pub(crate) use native::holds_builtin;
use versions::{Point, Versions};

/// The ids under which a function and its literals are declared in the module.
#[derive(Clone, Copy)]
pub struct Declared {
    /// Where callers enter.
    pub entry: FuncId,
    /// The full function: the same, or what a quick entry goes on to.
    pub body: FuncId,
    /// Its table of literals, one word each.
    pub literals: DataId,
}

/// Fills `clif` with the translation of `ir`.
pub fn translate(
    ir: &IrFunction,
    module: &mut dyn Module,
    declared: Declared,
    sites: &mut Sites<'_>,
    clif: &mut Function,
    scratch: &mut FunctionBuilderContext,
) {
    clif.signature = entry_signature(ir.argument_count());
    let literals = module.declare_data_in_func(declared.literals, clif);
    let itself = module.declare_func_in_func(declared.body, clif);
    let own_entry = module.declare_func_in_func(declared.entry, clif);
    let frontend = module.target_config();
    let builder = FunctionBuilder::new(clif, scratch);
    let liveness = Liveness::of(ir, |_| true);
    let needed: Vec<_> = ir.block_ids().map(|id| liveness.at_each(ir, id)).collect();
    let constants = facts::constants(ir);
    let mut translator = Translator {
        ir,
        leaf: leaf::leaf(ir),
        module,
        sites,
        builder,
        literals,
        itself,
        own_entry,
        variables: Variables::of(ir, &needed),
        names_float: facts::names_float(&constants),
        constants,
        facts: Facts::new(),
        versions: Versions::of(ir, needed),
        vars: HashMap::new(),
        imports: HashMap::new(),
        signatures: HashMap::new(),
        context: None,
        self_is_named: names_self(ir),
        argument_slot: None,
        ways_out: WaysOut::default(),
    };
    translator.run();
    translator.finish(frontend);
}

/// A comparison at the end of a block whose result only decides the branch behind it: the branch
/// is taken on the processor's flags, without a truth value in between.
fn fused<'b>(
    block: &'b crate::ir::function::Block,
    end: &Terminator,
) -> Option<(&'b [Inst], &'b Inst)> {
    let (test, before) = block.insts.split_last()?;
    let Terminator::Branch(condition, ..) = end else {
        return None;
    };
    let decides =
        matches!(test.op, Op::Compare(..) | Op::Equal(..)) && test.result == Some(*condition);
    decides.then_some((before, test))
}

/// Does the function use itself as a value, so that its captured values must stay in it?
pub(crate) fn names_self(ir: &IrFunction) -> bool {
    let own = ir.self_value();
    ir.blocks.iter().any(|block| {
        let in_insts = block.insts.iter().any(|inst| {
            !matches!(inst.op, Op::Drop(_)) && inst.op.operands().iter().any(|(v, _)| *v == own)
        });
        in_insts
            || block
                .end
                .as_ref()
                .is_some_and(|end| end.owned_operands().contains(&own))
    })
}

/// Does the function name a float?
pub(crate) fn names_float(ir: &IrFunction) -> bool {
    facts::names_float(&facts::constants(ir))
}

struct Translator<'a> {
    ir: &'a IrFunction,
    leaf: Option<leaf::Leaf<'a>>,
    module: &'a mut dyn Module,
    sites: &'a mut Sites<'a>,
    builder: FunctionBuilder<'a>,
    literals: GlobalValue,
    itself: FuncRef,
    own_entry: FuncRef,
    variables: Variables,
    constants: Vec<Option<Constant>>,
    names_float: bool,
    facts: Facts,
    versions: Versions,
    vars: HashMap<LiteralId, GlobalValue>,
    imports: HashMap<Symbol, FuncRef>,
    signatures: HashMap<usize, SigRef>,
    context: Option<Value>,
    self_is_named: bool,
    argument_slot: Option<StackSlot>,
    ways_out: WaysOut,
}

impl Translator<'_> {
    fn run(&mut self) {
        self.prologue();
        while let Some(version) = self.versions.next() {
            self.make(version);
        }
        self.finish_ways_out();
    }

    /// Translates a block from this point on, up to where its versions part.
    fn translate_from(&mut self, mut point: Point) {
        let block = self.ir.block(point.block);
        let end = block
            .end
            .as_ref()
            .expect("the verifier asks for an end of every block");
        let (insts, decided_by) = match fused(block, end) {
            Some((before, test)) => (before, Some(test)),
            None => (&block.insts[..], None),
        };
        for inst in &insts[point.index.min(insts.len())..] {
            self.builder.set_srcloc(SourceLoc::new(inst.place));
            match &inst.op {
                Op::Arith(op, a, b) => return self.arith(*op, *a, *b, inst, point.next()),
                Op::ArrayGet(array, index) => {
                    return self.array_get(*array, *index, inst, point.next());
                }
                Op::ArraySet(array, index, element) => {
                    return self.array_set([*array, *index, *element], inst, point.next());
                }
                Op::ArrayLength(array) => return self.array_length(*array, inst, point.next()),
                Op::Unary(op, a) => return self.unary(*op, *a, inst, point.next()),
                Op::Compare(op, a, b) => {
                    return self.compare_value(*op, *a, *b, inst, point.next());
                }
                Op::Equal(..) => return self.equal_value(inst, point.next()),
                _ => self.inst(inst),
            }
            point = point.next();
        }
        match decided_by {
            Some(test) if matches!(test.op, Op::Equal(..)) => self.equal_and_branch(test, end),
            Some(test) => self.compare_and_branch(test, end),
            None => self.terminator(end),
        }
    }

    fn finish(mut self, frontend: TargetFrontendConfig) {
        self.builder.seal_all_blocks();
        self.builder.finalize(frontend);
    }

    /// The one compare that is stack check and preemption poll.
    fn prologue(&mut self) {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        let params = self.builder.block_params(entry).to_vec();
        self.context = Some(params[0]);
        for (value, param) in self.ir.block(ENTRY).params.iter().zip(&params[1..]) {
            self.define(*value, *param);
        }
        let short = self.cold_block();
        let is_short = self.must_stop();
        let checked = self.branch_target(Point::start(ENTRY));
        self.builder.ins().brif(is_short, short, &[], checked, &[]);
        self.builder.switch_to_block(short);
        let address = self.builder.ins().func_addr(types::I64, self.itself);
        self.store_context(address, context::ENTRY_OFFSET);
        let stub = self.import(&symbols::check(self.ir.argument_count()));
        self.builder.ins().return_call(stub, &params);
    }

    fn must_stop(&mut self) -> Value {
        let stack = self.builder.ins().get_stack_pointer(types::I64);
        let limit = self.load_context(context::STACK_LIMIT_OFFSET);
        self.builder
            .ins()
            .icmp(IntCC::UnsignedLessThan, stack, limit)
    }

    fn context(&self) -> Value {
        self.context
            .expect("set by the prologue, which comes first")
    }

    fn variable(&mut self, value: ValueId) -> Variable {
        match self.ir.values[value.index()].kind {
            Type::Bool => self.variables.truth(value, &mut self.builder),
            Type::Any | Type::Immediate => self.variables.word(value, &mut self.builder),
        }
    }

    /// From here on the value's word (or truth value) is this one.
    fn define(&mut self, value: ValueId, clif: Value) {
        let variable = self.variable(value);
        self.builder.def_var(variable, clif);
    }

    /// The word (or truth value) of a value. One that is unboxed is boxed for the taker, who owns
    /// the word.
    fn get(&mut self, value: ValueId) -> Value {
        match (self.constants[value.index()], self.facts.get(&value)) {
            (Some(Constant::Word(word)), _) => self.constant(word),
            (Some(Constant::Float(_, literal)), _) => self.literal(literal),
            (None, Some(Fact::Unboxed)) => {
                let float = self.float_of(value);
                self.box_float(float)
            }
            (None, Some(Fact::Truth(outcome))) => {
                let word = if *outcome { WORD_TRUE } else { WORD_FALSE };
                self.constant(word)
            }
            (None, _) => {
                let variable = self.variable(value);
                self.builder.use_var(variable)
            }
        }
    }

    fn get_all(&mut self, values: &[ValueId]) -> Vec<Value> {
        values.iter().map(|v| self.get(*v)).collect()
    }

    fn constant(&mut self, word: u64) -> Value {
        self.builder.ins().iconst(types::I64, word as i64)
    }

    fn import(&mut self, symbol: &Symbol) -> FuncRef {
        if let Some(known) = self.imports.get(symbol) {
            return *known;
        }
        let id = self
            .module
            .declare_function(
                &symbol.name,
                cranelift_module::Linkage::Import,
                &symbol.signature(),
            )
            .expect("a symbol has one signature: it is made in `symbols` only");
        let reference = self.module.declare_func_in_func(id, self.builder.func);
        self.imports.insert(symbol.clone(), reference);
        reference
    }

    fn entry_signature(&mut self, arguments: usize) -> SigRef {
        let builder = &mut self.builder;
        *self
            .signatures
            .entry(arguments)
            .or_insert_with(|| builder.import_signature(entry_signature(arguments)))
    }

    fn call_rust(&mut self, symbol: &Symbol, args: &[Value]) -> Value {
        let function = self.import(symbol);
        let call = self.builder.ins().call(function, args);
        self.builder.inst_results(call)[0]
    }

    fn call_cold(&mut self, symbol: &Symbol, args: &[Value]) {
        let function = self.import(symbol);
        self.builder.ins().call(function, args);
    }

    fn load_context(&mut self, offset: i32) -> Value {
        let context = self.context();
        self.builder
            .ins()
            .load(types::I64, MemFlagsData::trusted(), context, offset)
    }

    fn store_context(&mut self, value: Value, offset: i32) {
        let context = self.context();
        self.builder
            .ins()
            .store(MemFlagsData::trusted(), value, context, offset);
    }

    /// A block of the way under translation: cold if that one is.
    fn new_block(&mut self) -> Block {
        let block = self.builder.create_block();
        if self.versions.is_rare {
            self.builder.set_cold_block(block);
        }
        block
    }

    /// Emits what is hardly ever reached.
    fn rarely<T>(&mut self, emit: impl FnOnce(&mut Self) -> T) -> T {
        let is_rare = std::mem::replace(&mut self.versions.is_rare, true);
        let result = emit(self);
        self.versions.is_rare = is_rare;
        result
    }

    fn cold_block(&mut self) -> Block {
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        block
    }

    fn inst(&mut self, inst: &Inst) {
        self.box_borrowed(&inst.op);
        let result = match &inst.op {
            Op::Word(_) => return,
            Op::Literal(literal) => match inst.result.map(|r| self.constants[r.index()]) {
                Some(Some(_)) => return,
                _ => self.literal(*literal),
            },
            Op::Capture(index) => self.capture(*index),
            Op::GlobalGet(var) => self.global(*var, inst),
            Op::Arith(..)
            | Op::Unary(..)
            | Op::Compare(..)
            | Op::Equal(..)
            | Op::ArrayGet(..)
            | Op::ArraySet(..)
            | Op::ArrayLength(_) => {
                unreachable!("their translation ends a version")
            }
            Op::Truthy(value) => self.truthy(*value, inst.result),
            Op::Not(value) => {
                let value = self.get(*value);
                self.builder.ins().icmp_imm_s(IntCC::Equal, value, 0)
            }
            Op::FromBool(value) => self.word_of_bool(*value),
            Op::SameWord(a, b) => {
                let (a, b) = (self.get(*a), self.get(*b));
                self.builder.ins().icmp(IntCC::Equal, a, b)
            }
            Op::VarHolds(var, function) => self.var_holds(*var, *function),
            Op::LoadSlot(address) => self.load_slot(*address),
            Op::Look(look, var, args) => self.look(*look, *var, args, inst),
            Op::Change(change, var, held, args) => self.change(*change, *var, *held, args, inst),
            Op::CallGlobal(var, args) => self.call_global(*var, args, inst),
            Op::Call(callee, args) => self.call_value(*callee, args, inst),
            Op::Runtime(entry, args) => self.call_runtime(*entry, args, inst),
            Op::MakeClosure(code, captured) => self.make_closure(*code, captured),
            Op::CatchTake => {
                let context = self.context();
                let failure = self.call_rust(&symbols::catch_take(), &[context]);
                self.test_failure(failure, inst);
                failure
            }
            Op::Poll => {
                self.facts.remove(&self.ir.self_value());
                return self.poll(inst);
            }
            Op::Dup(value) => return self.dup(*value),
            Op::Drop(value) => return self.drop(*value),
        };
        if let Some(value) = inst.result {
            self.define(value, result);
            if matches!(inst.op, Op::Runtime(entry, _) if entry.gives_size()) {
                self.facts.insert(value, Fact::Small(Range::MIDDLE));
            }
        }
        if matches!(
            inst.op,
            Op::Look(..)
                | Op::Change(..)
                | Op::CallGlobal(..)
                | Op::Call(..)
                | Op::Runtime(..)
                | Op::CatchTake
        ) {
            self.facts.remove(&self.ir.self_value());
        }
    }

    /// What is only looked at stays owned by this function, as a word.
    fn box_borrowed(&mut self, op: &Op) {
        if matches!(op, Op::Dup(_) | Op::Drop(_)) {
            return;
        }
        for (value, mode) in op.operands() {
            if mode == Mode::Borrowed {
                self.box_for_good(value);
            }
        }
    }

    fn truthy(&mut self, value: ValueId, result: Option<ValueId>) -> Value {
        if let (Some(Fact::Truth(outcome)), Some(result)) = (self.fact(value), result) {
            self.facts.insert(result, Fact::Always(outcome));
        }
        let value = self.get(value);
        self.is_true(value)
    }

    fn word_of_bool(&mut self, value: ValueId) -> Value {
        let value = self.get(value);
        let yes = self.constant(WORD_TRUE);
        let no = self.constant(WORD_FALSE);
        self.builder.ins().select(value, yes, no)
    }

    fn poll(&mut self, inst: &Inst) {
        let slow = self.cold_block();
        let go_on = self.new_block();
        let must_stop = self.must_stop();
        self.builder.ins().brif(must_stop, slow, &[], go_on, &[]);
        self.builder.switch_to_block(slow);
        self.rarely(|this| {
            let context = this.context();
            this.call_cold(&symbols::poll(), &[context]);
            let result = this.load_context(context::RESULT_OFFSET);
            this.test_failure(result, inst);
        });
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(go_on);
    }
}
