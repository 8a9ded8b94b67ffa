//! Counting: the test for a pointer is inline, the rest in stubs that keep all registers.

use batuta_runtime::value::TAG_POINTER;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::Translator;
use super::facts::Fact;
use crate::backends::cranelift::symbols::{self, Symbol};
use crate::ir::entity::ValueId;

impl Translator<'_> {
    /// Is it known that the word is not counted?
    pub(super) fn is_uncounted(&self, value: ValueId) -> bool {
        self.fact(value).as_ref().is_some_and(Fact::is_uncounted)
    }

    pub(super) fn dup(&mut self, value: ValueId) {
        if self.is_uncounted(value) {
            return;
        }
        let value = self.get(value);
        self.count(value, &symbols::dup());
    }

    pub(super) fn drop(&mut self, value: ValueId) {
        if self.is_uncounted(value) {
            return;
        }
        let value = self.get(value);
        self.count(value, &symbols::drop());
    }

    pub(super) fn count(&mut self, word: Value, stub: &Symbol) {
        let pointer = self.new_block();
        let go_on = self.new_block();
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let is_pointer = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::Equal, tag, TAG_POINTER as i64);
        self.builder
            .ins()
            .brif(is_pointer, pointer, &[], go_on, &[]);
        self.builder.switch_to_block(pointer);
        let context = self.context();
        self.call_cold(stub, &[context, word]);
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(go_on);
    }
}
