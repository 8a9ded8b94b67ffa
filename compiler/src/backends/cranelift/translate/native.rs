//! The quick road to builtins: their arguments lie in this function's frame, and the builtin runs
//! on the worker's stack without the way through the entry table.
//!
//! That the var holds a builtin is a guess made when the call is translated. The runtime looks
//! again at every call and refuses what is none; then the call is made like any other.

use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::function::{CodeSource, FunctionBody, VarBody};
use batuta_runtime::value::{Control, TAG_CONTROL};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types};

use super::Translator;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::Literal;
use crate::ir::instruction::Inst;

/// Does the var hold a builtin that takes so many arguments?
pub(crate) fn holds_builtin(literal: &Literal, arguments: usize) -> bool {
    let Literal::Var(var) = literal else {
        return false;
    };
    let _pin = batuta_runtime::quiescence::pin();
    let root = var.as_object::<VarBody>().and_then(VarBody::root);
    let function = root
        .as_ref()
        .and_then(|root| root.as_object::<FunctionBody>());
    function.is_some_and(|function| {
        matches!(function.code.source, CodeSource::Native(_))
            && function.code.arities().accept(arguments)
    })
}

impl Translator<'_> {
    /// A call of a builtin by the quick road; none if the var holds something else.
    pub(super) fn call_builtin(
        &mut self,
        var: LiteralId,
        args: &[ValueId],
        inst: &Inst,
    ) -> Option<Value> {
        if !holds_builtin(&self.ir.literals[var.index()], args.len()) {
            return None;
        }
        Some(self.quick_road(var, args, inst))
    }

    /// Calls the builtin with its arguments in this frame.
    fn quick_road(&mut self, var: LiteralId, args: &[ValueId], inst: &Inst) -> Value {
        let words = self.get_all(args);
        let slot = self.argument_slot(args.len());
        for (index, word) in words.iter().enumerate() {
            self.builder
                .ins()
                .stack_store(types::I64, *word, slot, 8 * index as i32);
        }
        let (callee, entry) = self.var_callee(var, args.len());
        let place = self.builder.ins().stack_addr(types::I64, slot, 0);
        let count = self.constant(args.len() as u64);
        let context = self.context();
        let word = if self.versions.is_rare {
            self.call_cold(&symbols::rare_quick(), &[context, callee, place, count]);
            self.load_context(RESULT_OFFSET)
        } else {
            let quick = self.import(&symbols::quick());
            let quick = self.builder.ins().func_addr(types::I64, quick);
            let args = [context, callee, place, count, quick];
            self.call_rust(&symbols::on_native(), &args)
        };
        self.steer(word, callee, entry, &words, inst)
    }

    /// What a builtin gives: its value, or what it asks for.
    fn steer(
        &mut self,
        word: Value,
        callee: Value,
        entry: Value,
        args: &[Value],
        inst: &Inst,
    ) -> Value {
        let (control, refused, drive, done) = (
            self.cold_block(),
            self.cold_block(),
            self.cold_block(),
            self.new_block(),
        );
        let result = self.builder.append_block_param(done, types::I64);
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let is_control = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, tag, TAG_CONTROL as i64);
        self.builder
            .ins()
            .brif(is_control, control, &[], done, &[word.into()]);

        self.builder.switch_to_block(control);
        let refusal = Control::NoMatch.word() as i64;
        let is_refused = self.builder.ins().icmp_imm_s(IntCC::Equal, word, refusal);
        self.builder
            .ins()
            .brif(is_refused, refused, &[], drive, &[]);

        self.builder.switch_to_block(refused);
        let all: Vec<Value> = [self.context(), callee]
            .into_iter()
            .chain(args.iter().copied())
            .collect();
        let called = self.rarely(|this| this.call_entry(entry, &all, inst));
        self.builder.ins().jump(done, &[called.into()]);

        self.builder.switch_to_block(drive);
        let context = self.context();
        self.call_cold(&symbols::rare_drive(), &[context, word]);
        let driven = self.load_context(RESULT_OFFSET);
        self.rarely(|this| this.test_failure(driven, inst));
        self.builder.ins().jump(done, &[driven.into()]);

        self.builder.switch_to_block(done);
        result
    }

    /// Room for the arguments of one call; calls share it.
    fn argument_slot(&mut self, count: usize) -> StackSlot {
        let bytes = 8 * count.max(1) as u32;
        match self.argument_slot {
            Some(slot) => {
                let data = &mut self.builder.func.sized_stack_slots[slot];
                data.size = data.size.max(bytes);
                slot
            }
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
                let slot = self.builder.create_sized_stack_slot(data);
                self.argument_slot = Some(slot);
                slot
            }
        }
    }
}
