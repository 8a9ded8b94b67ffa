//! Counting: the test for a pointer and the count of an object of this actor alone are inline, the
//! rest is in stubs that keep all registers.

use batuta_runtime::value::TAG_POINTER;
use batuta_runtime::value::object::HEADER_COUNT_OFFSET;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use super::facts::Fact;
use crate::backends::cranelift::symbols;
use crate::ir::entity::ValueId;

/// What is done with the count of a value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Count {
    /// One reference more.
    Dup,
    /// One less; the last one frees.
    Drop,
}

impl Translator<'_> {
    /// Is it known that the word is not counted?
    pub(super) fn is_uncounted(&self, value: ValueId) -> bool {
        self.fact(value).as_ref().is_some_and(Fact::is_uncounted)
    }

    pub(super) fn dup(&mut self, value: ValueId) {
        self.count_value(value, Count::Dup);
    }

    pub(super) fn drop(&mut self, value: ValueId) {
        self.count_value(value, Count::Drop);
    }

    fn count_value(&mut self, value: ValueId, count: Count) {
        if !self.is_uncounted(value) {
            let word = self.get(value);
            self.count(word, count);
        }
    }

    /// Counts a word of any kind.
    pub(super) fn count(&mut self, word: Value, count: Count) {
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
        if !self.versions.is_rare {
            let stub = self.cold_block();
            let own = self.new_block();
            let flags = MemFlagsData::trusted();
            let place = HEADER_COUNT_OFFSET - TAG_POINTER as i32;
            let before = self.builder.ins().load(types::I32, flags, word, place);
            // A published object has fewer than none, one that lives for ever none; the last
            // reference has one.
            let (least, step) = match count {
                Count::Dup => (0, 1),
                Count::Drop => (1, -1),
            };
            let more = IntCC::SignedGreaterThan;
            let is_own = self.builder.ins().icmp_imm_s(more, before, least);
            let other = self.cold_block();
            self.builder.ins().brif(is_own, own, &[], other, &[]);
            self.builder.switch_to_block(own);
            let after = self.builder.ins().iadd_imm_s(before, step);
            self.builder.ins().store(flags, after, word, place);
            self.builder.ins().jump(go_on, &[]);
            self.builder.switch_to_block(other);
            self.builder.ins().brif(before, stub, &[], go_on, &[]);
            self.builder.switch_to_block(stub);
        }
        let context = self.context();
        let symbol = match count {
            Count::Dup => symbols::dup(),
            Count::Drop => symbols::drop(),
        };
        self.call_cold(&symbol, &[context, word]);
        self.builder.ins().jump(go_on, &[]);
        self.builder.switch_to_block(go_on);
    }
}
