//! The ways of failure: the test for the mark of one, the places that it passes, what is given back
//! and where it leads.

use super::function::Text;
use crate::ir::entity::BlockId;
use crate::ir::function::{ENTRY, Place};
use crate::ir::instruction::{Inst, Target, Unwind};

impl Text<'_> {
    /// Gives the instruction's result the value of a macro that wants what happens after a failure.
    pub(super) fn define_unless_failed(&mut self, inst: &Inst, form: &str) {
        let Some(result) = inst.result else { return };
        let head = match self.declared[result.index()] {
            true => format!("{result} = {form}"),
            false => format!("let {result} = {form}"),
        };
        let sites = self.sites(inst);
        let unwind = inst.unwind.clone().unwrap_or_default();
        if unwind.handler.is_none() {
            let owned = self.owned(&unwind);
            return self.say(&format!("{head}return fail(cx, {sites}, {owned}));"));
        }
        self.open(head.trim_end());
        let line = self.line.clone();
        let from = self.block_of(inst);
        self.unwind(from, &sites, &unwind);
        self.line = line;
        self.depth -= 1;
        self.say("});");
    }

    /// Leaves by the instruction's way of failure if the word is the mark of one.
    pub(super) fn test_failure(&mut self, word: &str, inst: &Inst) {
        let sites = self.sites(inst);
        let unwind = inst.unwind.clone().unwrap_or_default();
        let head = format!("if {word} == FAILED");
        if unwind.handler.is_none() {
            let owned = self.owned(&unwind);
            return self.say(&format!("{head} {{ return fail(cx, {sites}, {owned}); }}"));
        }
        self.open(&head);
        let line = self.line.clone();
        let from = self.block_of(inst);
        self.unwind(from, &sites, &unwind);
        self.line = line;
        self.close();
    }

    pub(super) fn unwind(&mut self, from: BlockId, sites: &str, unwind: &Unwind) {
        let owned = self.owned(unwind);
        match unwind.handler {
            None => self.say(&format!("return fail(cx, {sites}, {owned});")),
            Some(block) => {
                self.say(&format!("fail(cx, {sites}, {owned});"));
                let args = Vec::new();
                self.go(from, &Target { block, args });
            }
        }
    }

    /// The block that an instruction stands in. Handlers are never jumped back to from their own
    /// block, so any block before the handler does.
    fn block_of(&self, inst: &Inst) -> BlockId {
        let ids = self.ir.block_ids();
        let is_it = |id: &BlockId| {
            let insts = &self.ir.block(*id).insts;
            insts.iter().any(|other| std::ptr::eq(other, inst))
        };
        ids.into_iter().find(is_it).unwrap_or(ENTRY)
    }

    fn owned(&self, unwind: &Unwind) -> String {
        let drops: Vec<String> = unwind.drops.iter().map(|v| self.value(*v)).collect();
        format!("&[{}]", drops.join(", "))
    }

    /// The places that a failure of the instruction passes, from the inside.
    pub(super) fn sites(&mut self, inst: &Inst) -> String {
        let ir = self.ir;
        let mut sites = Vec::new();
        let mut place = Some(&ir.places[inst.place as usize]);
        while let Some(Place { span, inlined }) = place {
            let function = inlined
                .as_ref()
                .map_or(&*ir.name, |inlined| &inlined.function);
            sites.push(self.outside.site(function, *span).0.to_string());
            place = inlined
                .as_ref()
                .map(|inlined| &ir.places[inlined.call as usize]);
        }
        format!("&[{}]", sites.join(", "))
    }
}
