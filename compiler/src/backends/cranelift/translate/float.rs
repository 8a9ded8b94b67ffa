//! Floats out of and into words.

use batuta_runtime::context::RESULT_OFFSET;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use super::facts::{Constant, Fact};
use crate::backends::cranelift::symbols;
use crate::ir::entity::ValueId;

impl Translator<'_> {
    /// From here on the value's unboxed float is this one.
    pub(super) fn define_float(&mut self, value: ValueId, float: Value) {
        let variable = self.variables.float(value, &mut self.builder);
        self.builder.def_var(variable, float);
    }

    /// The float of a value whose fact says that it is a number.
    pub(super) fn float_of(&mut self, value: ValueId) -> Value {
        match (self.constants[value.index()], self.fact(value)) {
            (Some(Constant::Float(float, _)), _) => self.builder.ins().f64const(float),
            (Some(Constant::Word(word)), Some(Fact::Float)) => {
                let word = self.constant(word);
                self.decode_float(word)
            }
            (_, Some(Fact::Small(_))) => {
                let word = self.get(value);
                let integer = self.builder.ins().sshr_imm_s(word, 3);
                self.builder.ins().fcvt_from_sint(types::F64, integer)
            }
            _ => {
                let variable = self.variables.float(value, &mut self.builder);
                self.builder.use_var(variable)
            }
        }
    }

    /// The float in an inline float's word.
    pub(super) fn decode_float(&mut self, word: Value) -> Value {
        let rotated = self.builder.ins().iadd_imm_s(word, -1);
        let bits = self.builder.ins().rotr_imm_s(rotated, 4);
        self.builder
            .ins()
            .bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// A word of its own for a float: whoever gets it owns it.
    pub(super) fn box_float(&mut self, float: Value) -> Value {
        let bits = self
            .builder
            .ins()
            .bitcast(types::I64, MemFlagsData::new(), float);
        let rotated = self.builder.ins().rotl_imm_s(bits, 4);
        let word = self.builder.ins().iadd_imm_s(rotated, 1);
        let flipped = self.builder.ins().bxor_imm_s(word, 0b100);
        let tags = self.builder.ins().band_imm_s(flipped, 0b110);
        let rare = self.cold_block();
        let done = self.new_block();
        let boxed = self.builder.append_block_param(done, types::I64);
        self.builder
            .ins()
            .brif(tags, rare, &[], done, &[word.into()]);
        self.builder.switch_to_block(rare);
        let context = self.context();
        self.call_cold(&symbols::box_float(), &[context, bits]);
        let word = self.load_context(RESULT_OFFSET);
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(done);
        boxed
    }

    /// Gives a value its word again and forgets its float.
    pub(super) fn box_for_good(&mut self, value: ValueId) {
        if self.facts.get(&value) == Some(&Fact::Unboxed) {
            let word = self.get(value);
            self.define(value, word);
            self.facts.remove(&value);
        }
    }
}
