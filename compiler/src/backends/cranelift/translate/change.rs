//! Changes of collections: in place where a vector has one owner, else by a call of the core
//! function. Where its var holds something else by now, that is called.

use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::Translator;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{Change, Inst};

impl Translator<'_> {
    pub(super) fn change(
        &mut self,
        change: Change,
        var: LiteralId,
        held: ValueId,
        args: &[ValueId],
        inst: &Inst,
    ) -> Value {
        // `conj` is mostly one to a vector; the values of a loop around it stay in registers.
        let call = match change {
            Change::Conj => self.cold_block(),
            Change::Assoc => self.new_block(),
        };
        let (quick, done) = (self.new_block(), self.new_block());
        let result = self.builder.append_block_param(done, types::I64);
        let is_held = self.var_holds(var, held);
        self.builder.ins().brif(is_held, quick, &[], call, &[]);
        self.builder.switch_to_block(quick);
        match (change, args) {
            (Change::Conj, [vector, item]) => self.push_in_place(*vector, *item, done),
            (Change::Assoc, [vector, index, item]) => {
                self.assoc_in_place([*vector, *index, *item], done);
            }
            _ => unreachable!("`Change::of` gives them for these arguments only"),
        }
        self.builder.ins().jump(call, &[]);
        self.builder.switch_to_block(call);
        let word = match change {
            Change::Conj => self.rarely(|this| this.call_global(var, args, inst)),
            Change::Assoc => self.call_global(var, args, inst),
        };
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(done);
        result
    }
}
