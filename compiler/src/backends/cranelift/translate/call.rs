//! Calls: through vars, of values, of runtime entries.

use std::mem::offset_of;

use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::function::{FnCode, VarBody};
use batuta_runtime::value::TAG_POINTER;
use batuta_runtime::value::object::{BODY_OFFSET, HEADER_KIND_OFFSET, Kind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use super::arithmetic::int_condition;
use super::facts::Fact;
use super::leaf::Leaf;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{Inst, Op, RuntimeEntry, Type};

/// A pointer word is its address plus the tag.
const TAG: i32 = TAG_POINTER as i32;

/// Where a field of an object's body lies, seen from the pointer word.
pub(super) const fn body_field(offset: usize) -> i32 {
    BODY_OFFSET + offset as i32 - TAG
}

fn entry_offset(arguments: usize) -> i32 {
    (offset_of!(FnCode, entries) + 8 * arguments) as i32
}

impl Translator<'_> {
    pub(super) fn load(&mut self, base: Value, offset: i32) -> Value {
        self.builder
            .ins()
            .load(types::I64, MemFlagsData::trusted(), base, offset)
    }

    /// The var's callee as `self` word, and its entry.
    pub(super) fn var_callee(&mut self, var: LiteralId, arguments: usize) -> (Value, Value) {
        let var = self.var_address(var);
        let callee = self.load(var, BODY_OFFSET + offset_of!(VarBody, callee) as i32);
        let code = self.load(callee, body_field(0));
        let entry = self.load(code, entry_offset(arguments));
        (callee, entry)
    }

    /// The entry of a value: of the function it is, else of the stub for other callables.
    fn value_entry(&mut self, callee: Value, arguments: usize) -> Value {
        let (is_pointer, is_function, other, call) = (
            self.new_block(),
            self.new_block(),
            self.cold_block(),
            self.new_block(),
        );
        let entry = self.builder.append_block_param(call, types::I64);
        let tag = self.builder.ins().band_imm_s(callee, 0b111);
        let test = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, tag, i64::from(TAG));
        self.builder.ins().brif(test, is_pointer, &[], other, &[]);

        self.builder.switch_to_block(is_pointer);
        let flags = MemFlagsData::trusted();
        let kind = self
            .builder
            .ins()
            .load(types::I8, flags, callee, HEADER_KIND_OFFSET - TAG);
        let test = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, kind, Kind::Function as i64);
        self.builder.ins().brif(test, is_function, &[], other, &[]);

        self.builder.switch_to_block(is_function);
        let code = self.load(callee, body_field(0));
        let found = self.load(code, entry_offset(arguments));
        self.builder.ins().jump(call, &[found.into()]);

        self.builder.switch_to_block(other);
        let stub = self.import(&symbols::native(arguments));
        let found = self.builder.ins().func_addr(types::I64, stub);
        self.builder.ins().jump(call, &[found.into()]);

        self.builder.switch_to_block(call);
        entry
    }

    fn call_arguments(&mut self, callee: Value, args: &[ValueId]) -> Vec<Value> {
        let args = self.get_all(args);
        [self.context(), callee].into_iter().chain(args).collect()
    }

    pub(super) fn call_entry(&mut self, entry: Value, args: &[Value], inst: &Inst) -> Value {
        let arguments = args.len() - 2;
        let result = if self.versions.is_rare && arguments <= symbols::RARE_ARGUMENTS {
            let mut all = vec![args[0], args[1], entry];
            all.extend(&args[2..]);
            self.call_cold(&symbols::rare_call(arguments), &all);
            self.load_context(RESULT_OFFSET)
        } else {
            let signature = self.entry_signature(arguments);
            let call = self.builder.ins().call_indirect(signature, entry, args);
            self.builder.inst_results(call)[0]
        };
        self.test_failure(result, inst);
        result
    }

    pub(super) fn call_global(&mut self, var: LiteralId, args: &[ValueId], inst: &Inst) -> Value {
        if self.ir.is_own_call(var, args.len()) {
            return self.call_itself(var, args, inst);
        }
        if let Some(word) = self.call_builtin(var, args, inst) {
            return word;
        }
        let (callee, entry) = self.var_callee(var, args.len());
        let args = self.call_arguments(callee, args);
        self.call_entry(entry, &args, inst)
    }

    /// A recursion: a direct call while the var still holds this function. The test costs less
    /// than the indirect call it saves, and a redefinition is seen at once.
    fn call_itself(&mut self, var: LiteralId, args: &[ValueId], inst: &Inst) -> Value {
        if self.fact(self.ir.self_value()) == Some(Fact::Current) {
            return self.call_directly(args, inst);
        }
        let (direct, changed, done) = self.fork_on_own_var(var);
        let result = self.builder.append_block_param(done, types::I64);
        self.builder.switch_to_block(direct);
        let word = self.call_directly(args, inst);
        self.builder.ins().jump(done, &[word.into()]);

        self.builder.switch_to_block(changed);
        let word = self.rarely(|this| {
            let (callee, entry) = this.var_callee(var, args.len());
            let args = this.call_arguments(callee, args);
            this.call_entry(entry, &args, inst)
        });
        self.builder.ins().jump(done, &[word.into()]);

        self.builder.switch_to_block(done);
        result
    }

    /// Calls this very function. If it returns at once for some small integers and that is what
    /// the arguments are, this is seen here.
    fn call_directly(&mut self, args: &[ValueId], inst: &Inst) -> Value {
        let quick = self.leaf.and_then(|leaf| self.quick_return(leaf, args));
        let own = self.get(self.ir.self_value());
        let args = self.call_arguments(own, args);
        let callee = match quick {
            Some(_) => self.itself,
            None => self.own_entry,
        };
        let call = self.builder.ins().call(callee, &args);
        let word = self.builder.inst_results(call)[0];
        self.test_failure(word, inst);
        let Some((done, result)) = quick else {
            return word;
        };
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(done);
        result
    }

    /// The test of the function's quick entry on these arguments: where it goes on with the result
    /// if it returns. The current block is then the one for the other outcome.
    fn quick_return(&mut self, leaf: Leaf<'_>, args: &[ValueId]) -> Option<(Block, Value)> {
        let (op, a, b) = leaf.small_test()?;
        let handed = |value: ValueId| match leaf.parameter(value) {
            Some(index) => args[index],
            None => value,
        };
        let (a, b, returned) = (handed(a), handed(b), handed(leaf.returned()));
        let is_small = |value| matches!(self.fact(value), Some(Fact::Small(_)));
        if !(is_small(a) && is_small(b) && is_small(returned)) {
            return None;
        }
        let (a, b, word) = (self.get(a), self.get(b), self.get(returned));
        let (call, done) = (self.new_block(), self.new_block());
        let result = self.builder.append_block_param(done, types::I64);
        let bit = self.builder.ins().icmp(int_condition(op), a, b);
        let returns = [word.into()];
        if leaf.returns_if() {
            self.builder.ins().brif(bit, done, &returns, call, &[]);
        } else {
            self.builder.ins().brif(bit, call, &[], done, &returns);
        }
        self.builder.switch_to_block(call);
        Some((done, result))
    }

    /// Does the condition ask whether this function's var still holds it?
    pub(super) fn is_own_guard(&self, condition: ValueId) -> bool {
        let own = self.ir.self_value();
        let insts = self.ir.blocks.iter().flat_map(|block| &block.insts);
        insts
            .filter(|inst| inst.result == Some(condition))
            .any(|inst| matches!(inst.op, Op::VarHolds(_, function) if function == own))
    }

    /// Blocks for the var still holding this function, for it holding another, and for after.
    fn fork_on_own_var(&mut self, var: LiteralId) -> (Block, Block, Block) {
        let (direct, changed, done) = (self.new_block(), self.cold_block(), self.new_block());
        let is_own = self.var_holds(var, self.ir.self_value());
        self.builder.ins().brif(is_own, direct, &[], changed, &[]);
        (direct, changed, done)
    }

    pub(super) fn var_holds(&mut self, var: LiteralId, function: ValueId) -> Value {
        let address = self.var_address(var);
        let callee = self.load(address, BODY_OFFSET + offset_of!(VarBody, callee) as i32);
        let function = self.get(function);
        self.builder.ins().icmp(IntCC::Equal, callee, function)
    }

    pub(super) fn call_value(&mut self, callee: ValueId, args: &[ValueId], inst: &Inst) -> Value {
        let callee = self.get(callee);
        let entry = self.value_entry(callee, args.len());
        let args = self.call_arguments(callee, args);
        self.call_entry(entry, &args, inst)
    }

    pub(super) fn tail_call_global(&mut self, var: LiteralId, args: &[ValueId]) {
        let (callee, entry) = self.var_callee(var, args.len());
        self.tail_call_entry(callee, entry, args);
    }

    pub(super) fn tail_call_value(&mut self, callee: ValueId, args: &[ValueId]) {
        let callee = self.get(callee);
        let entry = self.value_entry(callee, args.len());
        self.tail_call_entry(callee, entry, args);
    }

    fn tail_call_entry(&mut self, callee: Value, entry: Value, args: &[ValueId]) {
        let signature = self.entry_signature(args.len());
        let args = self.call_arguments(callee, args);
        self.builder
            .ins()
            .return_call_indirect(signature, entry, &args);
    }

    pub(super) fn call_runtime(
        &mut self,
        entry: RuntimeEntry,
        args: &[ValueId],
        inst: &Inst,
    ) -> Value {
        let words = self.get_all(args);
        match entry {
            RuntimeEntry::IsReduced => return self.is_of_kind(words[0], Kind::Reduced),
            RuntimeEntry::VectorCount => return self.vector_count(words[0]),
            _ => {}
        }
        let all: Vec<Value> = std::iter::once(self.context()).chain(words).collect();
        if let Some(leaf) = symbols::leaf(entry) {
            self.call_cold(&leaf, &all);
            return self.load_context(RESULT_OFFSET);
        }
        let symbol = symbols::runtime(entry, args.len());
        let result = self.call_rust(&symbol, &all);
        if entry.can_fail() {
            self.test_failure(result, inst);
        }
        match entry.result_type() {
            Type::Bool => self.builder.ins().ireduce(types::I8, result),
            Type::Any | Type::Immediate => result,
        }
    }

    /// Is the word an object of this kind?
    fn is_of_kind(&mut self, word: Value, kind: Kind) -> Value {
        let (object, done) = (self.new_block(), self.new_block());
        let result = self.builder.append_block_param(done, types::I8);
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let is_object = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, tag, i64::from(TAG));
        self.builder
            .ins()
            .brif(is_object, object, &[], done, &[is_object.into()]);
        self.builder.switch_to_block(object);
        let flags = MemFlagsData::trusted();
        let found = self
            .builder
            .ins()
            .load(types::I8, flags, word, HEADER_KIND_OFFSET - TAG);
        let is_kind = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, found, kind as i64);
        self.builder.ins().jump(done, &[is_kind.into()]);
        self.builder.switch_to_block(done);
        result
    }
}
