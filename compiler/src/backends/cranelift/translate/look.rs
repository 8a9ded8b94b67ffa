//! Looks into collections: elements of vectors are read in place, maps by a leaf of the runtime, and
//! all else by a call of the core function.

use batuta_runtime::value::Control;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

use super::Translator;
use crate::backends::cranelift::symbols::{self, Symbol};
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
        let done = self.new_block();
        let result = self.builder.append_block_param(done, types::I64);
        if matches!(look, Look::Nth | Look::NthOr) {
            self.nth_in_place(args[0], args[1], done);
        }
        let asked = match symbols::look(look, args.len()) {
            Some(leaf) => {
                self.look_in_leaf(&leaf, args, done);
                self.rarely(|this| this.ask_core(var, args, inst))
            }
            None => self.ask_core(var, args, inst),
        };
        self.builder.ins().jump(done, &[asked.into()]);

        self.builder.switch_to_block(done);
        result
    }

    /// Goes to `done` with what the runtime's leaf finds; the current block is then the one for
    /// what it leaves to others.
    pub(super) fn look_in_leaf(&mut self, leaf: &Symbol, args: &[ValueId], done: Block) {
        let mut all = vec![self.context()];
        all.extend(self.get_all(args));
        let word = self.call_rust(leaf, &all);
        let refused = self.cold_block();
        let mark = Control::NoMatch.word() as i64;
        let is_refused = self.builder.ins().icmp_imm_s(IntCC::Equal, word, mark);
        self.builder
            .ins()
            .brif(is_refused, refused, &[], done, &[word.into()]);
        self.builder.switch_to_block(refused);
    }

    /// Calls the core function with operands that this function keeps.
    pub(super) fn ask_core(&mut self, var: LiteralId, args: &[ValueId], inst: &Inst) -> Value {
        for arg in args {
            self.dup(*arg);
        }
        self.call_global(var, args, inst)
    }

    /// Goes elsewhere if the word is not zero.
    pub(super) fn go_unless(&mut self, word: Value, elsewhere: Block) {
        let go_on = self.new_block();
        self.builder.ins().brif(word, elsewhere, &[], go_on, &[]);
        self.builder.switch_to_block(go_on);
    }

    pub(super) fn go_on_in(&mut self, block: Block) {
        self.builder.ins().jump(block, &[]);
        self.builder.switch_to_block(block);
    }
}
