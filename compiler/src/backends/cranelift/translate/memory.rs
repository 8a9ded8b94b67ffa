//! Literals, captured values, globals, closures.

use std::mem::offset_of;

use batuta_runtime::function::{FunctionBody, VarBody};
use batuta_runtime::value::object::BODY_OFFSET;
use batuta_runtime::value::{Control, TAG_POINTER, WORD_NIL};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types,
};

use cranelift_module::Linkage;

use super::Translator;
use super::call::body_field;
use super::count::Count;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::Inst;

impl Translator<'_> {
    pub(super) fn literal(&mut self, literal: LiteralId) -> Value {
        let table = self.builder.ins().symbol_value(types::I64, self.literals);
        let offset = 8 * literal.0 as i32;
        let flags = MemFlagsData::trusted().with_readonly();
        self.builder.ins().load(types::I64, flags, table, offset)
    }

    /// The address of a var's object: a symbol of its own, so that a call loads no literal first.
    pub(super) fn var_address(&mut self, var: LiteralId) -> Value {
        let global = match self.vars.get(&var) {
            Some(global) => *global,
            None => {
                let data = self
                    .module
                    .declare_data(
                        &symbols::var(&self.ir.literals[var.index()]),
                        Linkage::Import,
                        false,
                        false,
                    )
                    .expect("a var's symbol is declared in one way only");
                let global = self.module.declare_data_in_func(data, self.builder.func);
                self.vars.insert(var, global);
                global
            }
        };
        self.builder.ins().symbol_value(types::I64, global)
    }

    /// A captured value: moved out of the function object if this call has its only reference
    /// and the function does not name itself, else counted.
    pub(super) fn capture(&mut self, index: u32) -> Value {
        let own = self.get(self.ir.self_value());
        let flags = MemFlagsData::trusted();
        let offset = body_field(size_of::<FunctionBody>()) + 8 * index as i32;
        let value = self.builder.ins().load(types::I64, flags, own, offset);
        if self.self_is_named {
            self.count(value, Count::Dup);
            return value;
        }
        let (moved, shared, go_on) = (self.new_block(), self.new_block(), self.new_block());
        let count = self
            .builder
            .ins()
            .load(types::I32, flags, own, -(TAG_POINTER as i32));
        let is_only = self.builder.ins().icmp_imm_s(IntCC::Equal, count, 1);
        self.builder.ins().brif(is_only, moved, &[], shared, &[]);
        self.builder.switch_to_block(moved);
        let nil = self.constant(WORD_NIL);
        self.builder.ins().store(flags, nil, own, offset);
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(shared);
        self.count(value, Count::Dup);
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(go_on);
        value
    }

    pub(super) fn global(&mut self, var: LiteralId, inst: &Inst) -> Value {
        let address = self.var_address(var);
        let flags = MemFlagsData::trusted();
        let offset = BODY_OFFSET + offset_of!(VarBody, value) as i32;
        let word = self.builder.ins().load(types::I64, flags, address, offset);
        let unbound = self.cold_block();
        let bound = self.new_block();
        let mark = Control::Unbound.word() as i64;
        let is_unbound = self.builder.ins().icmp_imm_s(IntCC::Equal, word, mark);
        self.builder
            .ins()
            .brif(is_unbound, unbound, &[], bound, &[]);
        self.builder.switch_to_block(unbound);
        let context = self.context();
        let var = self.literal(var);
        self.call_cold(&symbols::unbound(), &[context, var]);
        self.fail(inst);
        self.builder.switch_to_block(bound);
        if inst.result.is_some_and(|it| self.ir.is_counted(it)) {
            self.count(word, Count::Dup);
        }
        word
    }

    pub(super) fn make_closure(&mut self, code: LiteralId, captured: &[ValueId]) -> Value {
        let code = self.literal(code);
        let bytes = 8 * captured.len().max(1) as u32;
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
        let slot = self.builder.create_sized_stack_slot(slot);
        for (index, value) in captured.iter().enumerate() {
            let value = self.get(*value);
            self.builder
                .ins()
                .stack_store(types::I64, value, slot, 8 * index as i32);
        }
        let address = self.builder.ins().stack_addr(types::I64, slot, 0);
        let count = self.constant(captured.len() as u64);
        self.call_rust(&symbols::make_closure(), &[code, address, count])
    }
}
