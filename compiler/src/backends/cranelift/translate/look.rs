//! Looks into collections: the tail of a vector is read in place, other vectors and maps by a leaf
//! of the runtime, and all else by a call of the core function.

use batuta_runtime::collections::vector::{VectorBody, WIDTH};
use batuta_runtime::value::object::{HEADER_KIND_OFFSET, Kind};
use batuta_runtime::value::{Control, TAG_POINTER};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use super::call::body_field;
use super::facts::Fact;
use crate::backends::cranelift::symbols;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{Inst, Look};

impl Translator<'_> {
    pub(super) fn look(
        &mut self,
        look: Look,
        var: LiteralId,
        args: &[ValueId],
        inst: &Inst,
    ) -> Value {
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I64);
        if look == Look::Nth {
            self.nth_in_tail(args[0], args[1], done);
        }
        let words = self.get_all(args);
        let all: Vec<Value> = std::iter::once(self.context())
            .chain(words.iter().copied())
            .collect();
        let word = self.call_rust(&symbols::look(look, args.len()), &all);
        let refused = self.cold_block();
        let mark = Control::NoMatch.word() as i64;
        let is_refused = self.builder.ins().icmp_imm_s(IntCC::Equal, word, mark);
        self.builder
            .ins()
            .brif(is_refused, refused, &[], done, &[word.into()]);

        self.builder.switch_to_block(refused);
        for (arg, word) in args.iter().zip(&words) {
            if !self.fact(*arg).as_ref().is_some_and(Fact::is_uncounted) {
                self.count(*word, &symbols::dup());
            }
        }
        let word = self.call_global(var, args, inst);
        self.builder.ins().jump(done, &[word.into()]);

        self.builder.switch_to_block(done);
        result
    }

    /// Goes to `done` with the element if it stands in the tail of a vector, as all of a short one
    /// do; the current block is then the one for all else.
    fn nth_in_tail(&mut self, coll: ValueId, index: ValueId, done: Block) {
        let other = self.builder.create_block();
        let word = self.get(coll);
        let at = match self.fact(index) {
            Some(Fact::Small(_)) => self.get(index),
            Some(_) => return self.go_on_in(other),
            None => {
                let at = self.get(index);
                let tag = self.builder.ins().band_imm_s(at, 0b111);
                self.go_unless(tag, other);
                at
            }
        };
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let differs = self.builder.ins().bxor_imm_s(tag, TAG_POINTER as i64);
        self.go_unless(differs, other);
        let flags = MemFlagsData::trusted();
        let offset = HEADER_KIND_OFFSET - TAG_POINTER as i32;
        let kind = self.builder.ins().load(types::I8, flags, word, offset);
        let differs = self.builder.ins().bxor_imm_s(kind, Kind::Vector as i64);
        self.go_unless(differs, other);
        let len = self.load(word, body_field(VectorBody::LEN));
        let place = self.builder.ins().sshr_imm_s(at, 3);
        let outside = IntCC::UnsignedGreaterThanOrEqual;
        let is_outside = self.builder.ins().icmp(outside, place, len);
        self.go_unless(is_outside, other);
        let last = self.builder.ins().iadd_imm_s(len, -1);
        let in_trie = self.builder.ins().band_imm_s(last, !(WIDTH as i64 - 1));
        let in_tail = self.builder.ins().isub(place, in_trie);
        let is_before = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::SignedLessThan, in_tail, 0);
        self.go_unless(is_before, other);
        let offset = self.builder.ins().ishl_imm_s(in_tail, 3);
        let slot = self.builder.ins().iadd(word, offset);
        let element = self.load(slot, body_field(size_of::<VectorBody>()));
        self.count(element, &symbols::dup());
        self.builder.ins().jump(done, &[element.into()]);
        self.builder.switch_to_block(other);
    }

    /// Goes elsewhere if the word is not zero.
    fn go_unless(&mut self, word: Value, elsewhere: Block) {
        let go_on = self.builder.create_block();
        self.builder.ins().brif(word, elsewhere, &[], go_on, &[]);
        self.builder.switch_to_block(go_on);
    }

    fn go_on_in(&mut self, block: Block) {
        self.builder.ins().jump(block, &[]);
        self.builder.switch_to_block(block);
    }
}
