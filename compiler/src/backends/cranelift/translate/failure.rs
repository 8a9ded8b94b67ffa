//! The ways of failure: the test for the sentinel, the trace, what is given back, where it leads.

use batuta_runtime::context;
use batuta_runtime::value::Control;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};

use super::Translator;
use super::versions::Point;
use crate::backends::cranelift::symbols;
use crate::ir::function::Place;
use crate::ir::instruction::{Inst, Unwind};

impl Translator<'_> {
    /// Leaves by the instruction's way of failure if `word` is the sentinel.
    pub(super) fn test_failure(&mut self, word: Value, inst: &Inst) {
        let failed = self.cold_block();
        let go_on = self.builder.create_block();
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
        for value in &unwind.drops {
            self.drop(*value);
        }
        match unwind.handler {
            Some(handler) => {
                let is_rare = std::mem::replace(&mut self.versions.is_rare, true);
                let facts = self.facts.clone();
                self.jump_to(Point::start(handler));
                self.facts = facts;
                self.versions.is_rare = is_rare;
            }
            None => {
                let sentinel = self.load_context(context::RESULT_OFFSET);
                self.builder.ins().return_(&[sentinel]);
            }
        }
    }
}
