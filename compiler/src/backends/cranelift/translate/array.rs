//! Arrays of 64-bit integers and floats: their elements are read and written in place.
//!
//! What kind of array a value is gets tested once; from there on the address and the size stand in
//! variables, in loops too, and an access is one comparison with the size. Arrays of other
//! elements, integers beyond the word and faults go the slow way.

use batuta_runtime::collections::array::{ArrayBody, Element};
use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::value::TAG_POINTER;
use batuta_runtime::value::object::{HEADER_KIND_OFFSET, Kind};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::Variable;

use super::Translator;
use super::arithmetic::Slow;
use super::call::body_field;
use super::facts::{Fact, Facts, Range};
use super::versions::Point;
use crate::backends::cranelift::symbols::{self, Symbol};
use crate::ir::entity::ValueId;
use crate::ir::instruction::Inst;

/// Where a known array's elements are, and how many, as a small integer's word.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub words: Variable,
    pub len: Variable,
}

impl Translator<'_> {
    /// Translates the access and everything behind it: nothing is left open.
    pub(super) fn array_get(&mut self, array: ValueId, index: ValueId, inst: &Inst, next: Point) {
        self.box_for_good(array);
        self.box_for_good(index);
        let result = inst.result.expect("an element is a result");
        let slow = Slow::new(self);
        let before = self.facts.clone();
        self.for_each_element(array, &slow, &|this, element| {
            let Some(address) = this.element_address(array, index, &slow) else {
                return;
            };
            let flags = MemFlagsData::trusted();
            if element == Element::Double {
                let float = this.builder.ins().load(types::F64, flags, address, 0);
                this.define_float(result, float);
                this.facts.insert(result, Fact::Unboxed);
            } else {
                let integer = this.builder.ins().load(types::I64, flags, address, 0);
                let word = this.builder.ins().ishl_imm_s(integer, 3);
                let back = this.builder.ins().sshr_imm_s(word, 3);
                let is_wide = this.builder.ins().icmp(IntCC::NotEqual, back, integer);
                this.leave_if(is_wide, &slow);
                this.define(result, word);
                this.facts.insert(result, Fact::Small(Range::default()));
            }
            this.jump_to(next);
        });
        let operands = [array, index];
        self.slow_array(&symbols::array_get(), &operands, inst, &slow, before, next);
    }

    /// As [`Self::array_get`].
    pub(super) fn array_set(
        &mut self,
        [array, index, value]: [ValueId; 3],
        inst: &Inst,
        next: Point,
    ) {
        self.box_for_good(array);
        self.box_for_good(index);
        let result = inst.result.expect("the element is a result");
        let slow = Slow::new(self);
        let before = self.facts.clone();
        self.for_each_element(array, &slow, &|this, element| {
            let Some(address) = this.element_address(array, index, &slow) else {
                return;
            };
            if this.put_element(element, address, value, result, &slow) {
                this.jump_to(next);
            }
        });
        let operands = [array, index, value];
        self.slow_array(&symbols::array_set(), &operands, inst, &slow, before, next);
    }

    /// As [`Self::array_get`].
    pub(super) fn array_length(&mut self, array: ValueId, inst: &Inst, next: Point) {
        self.box_for_good(array);
        let result = inst.result.expect("a length is a result");
        let slow = Slow::new(self);
        let before = self.facts.clone();
        let word = match self.fact(array) {
            Some(Fact::Array(_)) => {
                let place = self.variables.place(array, &mut self.builder);
                self.builder.use_var(place.len)
            }
            _ => {
                let word = self.array_word(array, &slow);
                self.load_len(word)
            }
        };
        self.define(result, word);
        self.facts.insert(result, Fact::Small(Range::MIDDLE));
        self.jump_to(next);
        self.slow_array(
            &symbols::array_length(),
            &[array],
            inst,
            &slow,
            before,
            next,
        );
    }

    /// Emits the call of the slow path's stub and goes on without knowing anything.
    fn slow_array(
        &mut self,
        stub: &Symbol,
        operands: &[ValueId],
        inst: &Inst,
        slow: &Slow,
        before: Facts,
        next: Point,
    ) {
        if !slow.is_reached() {
            return;
        }
        let block = slow.block();
        self.builder.switch_to_block(block);
        self.facts = before;
        self.versions.is_rare = true;
        let mut args = vec![self.context()];
        args.extend(self.get_all(operands));
        self.call_cold(stub, &args);
        let word = self.load_context(RESULT_OFFSET);
        self.test_failure(word, inst);
        if let Some(result) = inst.result {
            self.define(result, word);
            self.facts.remove(&result);
        }
        self.jump_forgetting(next);
    }

    /// The word of a value, known to be an array's from here on.
    fn array_word(&mut self, array: ValueId, slow: &Slow) -> Value {
        let word = self.get(array);
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let other = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::NotEqual, tag, TAG_POINTER as i64);
        self.leave_if(other, slow);
        let offset = HEADER_KIND_OFFSET - TAG_POINTER as i32;
        let kind = self.load_byte(word, offset);
        let other = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::NotEqual, kind, Kind::Array as i64);
        self.leave_if(other, slow);
        word
    }

    fn load_byte(&mut self, word: Value, offset: i32) -> Value {
        let flags = MemFlagsData::trusted();
        self.builder.ins().load(types::I8, flags, word, offset)
    }

    fn load_len(&mut self, word: Value) -> Value {
        let len = self.load(word, body_field(ArrayBody::LEN));
        self.builder.ins().ishl_imm_s(len, 3)
    }

    /// Emits a path for each kind of element that the array may have; `access` ends each.
    fn for_each_element(
        &mut self,
        array: ValueId,
        slow: &Slow,
        access: &dyn Fn(&mut Translator<'_>, Element),
    ) {
        if let Some(Fact::Array(element)) = self.fact(array) {
            return access(self, element);
        }
        let word = self.array_word(array, slow);
        let kind = self.load_byte(word, body_field(ArrayBody::ELEMENT));
        let before = self.facts.clone();
        // The likelier one comes first: it gets the versions of what follows.
        let order = match self.names_float {
            true => [(Element::Double, false), (Element::Long, true)],
            false => [(Element::Long, false), (Element::Double, true)],
        };
        for (element, is_last) in order {
            let found = self.new_block();
            let other = if is_last {
                slow.block()
            } else {
                self.new_block()
            };
            self.branch_on_byte(kind, element as i64, found, other);
            self.builder.switch_to_block(found);
            self.facts = before.clone();
            self.know_array(array, word, element);
            access(self, element);
            if !is_last {
                self.builder.switch_to_block(other);
            }
        }
    }

    fn branch_on_byte(&mut self, byte: Value, wanted: i64, yes: Block, no: Block) {
        let is_wanted = self.builder.ins().icmp_imm_s(IntCC::Equal, byte, wanted);
        self.builder.ins().brif(is_wanted, yes, &[], no, &[]);
    }

    fn know_array(&mut self, array: ValueId, word: Value, element: Element) {
        let words = self.load(word, body_field(ArrayBody::WORDS));
        let len = self.load_len(word);
        self.define_place(array, words, len);
        self.facts.insert(array, Fact::Array(element));
    }

    fn define_place(&mut self, array: ValueId, words: Value, len: Value) {
        let place = self.variables.place(array, &mut self.builder);
        self.builder.def_var(place.words, words);
        self.builder.def_var(place.len, len);
    }

    /// Where a known array's elements are and how many.
    pub(super) fn place_of(&mut self, array: ValueId) -> (Value, Value) {
        let place = self.variables.place(array, &mut self.builder);
        let words = self.builder.use_var(place.words);
        (words, self.builder.use_var(place.len))
    }

    /// A value handed over is the same array.
    pub(super) fn hand_place_over(&mut self, (words, len): (Value, Value), to: ValueId) {
        self.define_place(to, words, len);
    }

    /// Where the element of a known array is; none if the index is no small integer.
    fn element_address(&mut self, array: ValueId, index: ValueId, slow: &Slow) -> Option<Value> {
        match self.fact(index) {
            Some(Fact::Small(_)) => {}
            Some(_) => {
                let block = slow.block();
                self.builder.ins().jump(block, &[]);
                return None;
            }
            None => self.expect_small(index, slow),
        }
        let (words, len) = self.place_of(array);
        let index_word = self.get(index);
        let is_outside =
            self.builder
                .ins()
                .icmp(IntCC::UnsignedGreaterThanOrEqual, index_word, len);
        self.leave_if(is_outside, slow);
        if self.constants[index.index()].is_none() {
            self.facts.insert(index, Fact::Small(Range::MIDDLE));
        }
        // An element is as long as one step of a small integer's word.
        Some(self.builder.ins().iadd(words, index_word))
    }

    /// False if the way ends here because the value does not fit.
    fn put_element(
        &mut self,
        element: Element,
        address: Value,
        value: ValueId,
        result: ValueId,
        slow: &Slow,
    ) -> bool {
        let flags = MemFlagsData::trusted();
        match (element, self.number_fact(value)) {
            (Element::Long, Some(Fact::Float | Fact::Unboxed)) => {
                let block = slow.block();
                self.builder.ins().jump(block, &[]);
                return false;
            }
            (Element::Double, fact) => {
                if fact.is_none() {
                    self.expect_float(value, slow);
                }
                let float = self.float_of(value);
                self.builder.ins().store(flags, float, address, 0);
                self.define_float(result, float);
                self.facts.insert(result, Fact::Unboxed);
            }
            (_, fact) => {
                if fact.is_none() {
                    self.expect_small(value, slow);
                }
                let word = self.get(value);
                let integer = self.builder.ins().sshr_imm_s(word, 3);
                self.builder.ins().store(flags, integer, address, 0);
                self.define(result, word);
                self.facts.insert(result, Fact::Small(self.range_of(value)));
            }
        }
        true
    }
}
