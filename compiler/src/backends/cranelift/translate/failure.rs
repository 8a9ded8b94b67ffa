//! The ways of failure: the test for the sentinel, the trace, what is given back, where it leads.
//!
//! Ways out of the function share their ends: one block for each list of values still to be given
//! back, newest first, so that lists with the same older values meet.

use std::collections::HashMap;

use batuta_runtime::context;
use batuta_runtime::value::Control;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};

use super::Translator;
use super::versions::Point;
use crate::backends::cranelift::symbols;
use crate::ir::entity::ValueId;
use crate::ir::function::Place;
use crate::ir::instruction::{Inst, Unwind};

/// The blocks that lead out of a function after a failure, by the values they give back.
#[derive(Default)]
pub(super) struct WaysOut {
    made: HashMap<Vec<ValueId>, Block>,
    pending: Vec<(Vec<ValueId>, Block)>,
}

impl Translator<'_> {
    /// Leaves by the instruction's way of failure if `word` is the sentinel.
    pub(super) fn test_failure(&mut self, word: Value, inst: &Inst) {
        let failed = self.cold_block();
        let go_on = self.new_block();
        let sentinel = Control::Failed.word() as i64;
        let is_sentinel = self.builder.ins().icmp_imm_s(IntCC::Equal, word, sentinel);
        self.builder
            .ins()
            .brif(is_sentinel, failed, &[], go_on, &[]);
        self.builder.switch_to_block(failed);
        self.fail(inst);
        self.builder.switch_to_block(go_on);
    }

    /// Notes the site and goes the instruction's way of failure.
    pub(super) fn fail(&mut self, inst: &Inst) {
        let ir = self.ir;
        let mut place = Some(&ir.places[inst.place as usize]);
        while let Some(Place { span, inlined }) = place {
            let function = inlined
                .as_ref()
                .map_or(&*ir.name, |inlined| &inlined.function);
            let site = (self.sites)(function, *span);
            let site = self.constant(u64::from(site.0));
            let context = self.context();
            self.call_cold(&symbols::trace(), &[context, site]);
            place = inlined
                .as_ref()
                .map(|inlined| &ir.places[inlined.call as usize]);
        }
        let unwind = inst.unwind.as_ref().expect("the verifier asks for it");
        self.unwind(unwind);
    }

    /// Goes a way of failure, after something that left the sentinel in the context.
    pub(super) fn unwind(&mut self, unwind: &Unwind) {
        let Some(handler) = unwind.handler else {
            let counted = |value: &&ValueId| !self.is_uncounted(**value);
            let mut drops: Vec<ValueId> = unwind.drops.iter().filter(counted).copied().collect();
            drops.sort_unstable();
            let way = self.way_out(drops);
            self.builder.ins().jump(way, &[]);
            return;
        };
        let facts = self.facts.clone();
        self.rarely(|this| {
            unwind.drops.iter().for_each(|value| this.drop(*value));
            this.jump_to(Point::start(handler));
        });
        self.facts = facts;
    }

    /// The block that gives these values back and leaves the function.
    fn way_out(&mut self, drops: Vec<ValueId>) -> Block {
        if let Some(known) = self.ways_out.made.get(&drops) {
            return *known;
        }
        let block = self.cold_block();
        self.ways_out.made.insert(drops.clone(), block);
        self.ways_out.pending.push((drops, block));
        block
    }

    /// Emits the ways out, once no block is open.
    pub(super) fn finish_ways_out(&mut self) {
        self.facts.clear();
        self.versions.is_rare = true;
        while let Some((mut drops, block)) = self.ways_out.pending.pop() {
            self.builder.switch_to_block(block);
            match drops.pop() {
                Some(newest) => {
                    self.drop(newest);
                    let older = self.way_out(drops);
                    self.builder.ins().jump(older, &[]);
                }
                None => {
                    let sentinel = self.load_context(context::RESULT_OFFSET);
                    self.builder.ins().return_(&[sentinel]);
                }
            }
        }
    }
}
