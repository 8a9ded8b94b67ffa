//! The folds at the end of a pipeline: where the result begins, what each item does to it, and what
//! is done with it at last.
//!
//! To add one: its shape in [`super::pipeline::may_fuse`], then a line in [`Fuser::fold`].

use batuta_lang::source::Span;
use batuta_runtime::collections::{set, vector};
use batuta_runtime::number;
use batuta_runtime::value::Value;

use super::Fuser;
use super::callee::{Callee, never_reduced};
use super::generate::{constant, local};
use super::pipeline::{Parts, Stage, Start, Step};
use crate::core_tree::{Core, VarRef};

/// A fold, taken apart.
pub(super) struct Fold {
    pub(super) start: Start,
    pub(super) step: Step,
    pub(super) completion: Option<Callee>,
    /// The arguments of the call as written, but for the collection.
    pub(super) written: Vec<Core>,
}

impl Fold {
    fn new(start: Start, step: Step, written: Vec<Core>) -> Fold {
        Fold {
            start,
            step,
            completion: None,
            written,
        }
    }
}

impl Fuser {
    /// The fold that a call of this core function is.
    pub(super) fn fold(
        &mut self,
        name: &str,
        args: &[Core],
        span: Span,
        parts: &mut Parts,
    ) -> Option<Fold> {
        let at = |value: Value| Start::With(constant(value, span));
        Some(match (name, args) {
            ("reduce", [f, init @ .., _]) => self.reducing(f, init.first(), parts),
            ("transduce", [xform, f, init @ .., _]) => {
                self.transducing(xform, f, init.first(), span, parts)
            }
            ("into", [to, xform @ .., _]) => self.pouring(to, xform.first(), parts),
            ("vec", _) => Fold::new(at(vector::empty()), conjoining(), Vec::new()),
            ("set", _) => Fold::new(at(set::empty()), conjoining(), Vec::new()),
            ("count", _) => Fold::new(at(number::int(0)), Step::Count, Vec::new()),
            ("mapv", [f, _]) => {
                self.through_stage(f, Stage::Map, at(vector::empty()), conjoining(), parts)
            }
            ("filterv", [f, _]) => {
                self.through_stage(f, Stage::Filter, at(vector::empty()), conjoining(), parts)
            }
            ("run!", [f, _]) => {
                let (callee, f) = self.function(f, 1, parts);
                Fold::new(at(Value::NIL), Step::Effect(callee), vec![f])
            }
            ("sum", [_]) => Fold::new(at(number::int(0)), adding(), Vec::new()),
            ("sum", [f, _]) => {
                self.through_stage(f, Stage::Map, at(number::int(0)), adding(), parts)
            }
            _ => return None,
        })
    }

    fn reducing(&mut self, f: &Core, init: Option<&Core>, parts: &mut Parts) -> Fold {
        let (callee, f) = self.function(f, 2, parts);
        match init {
            None => Fold::new(Start::FirstItem(callee.clone()), calling(callee), vec![f]),
            Some(init) => {
                let init = self.operand(init, parts);
                let start = Start::With(init.clone());
                Fold::new(start, calling(callee), vec![f, init])
            }
        }
    }

    fn transducing(
        &mut self,
        xform: &Core,
        f: &Core,
        init: Option<&Core>,
        span: Span,
        parts: &mut Parts,
    ) -> Fold {
        let xform = self.transducer(xform, parts);
        let (callee, f) = self.plain_function(f, parts);
        let mut written = vec![xform, f];
        let init = match init {
            Some(init) => {
                let init = self.operand(init, parts);
                written.push(init.clone());
                init
            }
            None => {
                let init = self.apply(&callee, Vec::new(), span);
                let init = self.bound(&init, &mut parts.bindings);
                local(init, span)
            }
        };
        Fold {
            completion: Some(callee.clone()),
            ..Fold::new(Start::With(init), calling(callee), written)
        }
    }

    /// `(into to xform? items)`
    fn pouring(&mut self, to: &Core, xform: Option<&Core>, parts: &mut Parts) -> Fold {
        let to = self.operand(to, parts);
        let mut written = vec![to.clone()];
        if let Some(xform) = xform {
            written.push(self.transducer(xform, parts));
        }
        Fold::new(Start::With(to), conjoining(), written)
    }

    /// A fold with a stage of its own.
    fn through_stage(
        &mut self,
        f: &Core,
        stage: fn(Callee) -> Stage,
        start: Start,
        step: Step,
        parts: &mut Parts,
    ) -> Fold {
        let (callee, f) = self.function(f, 1, parts);
        parts.stages.push(stage(callee));
        Fold::new(start, step, vec![f])
    }
}

fn core_function(name: &str) -> Callee {
    use batuta_runtime::namespace::{self, CORE};
    Callee::Global(VarRef(namespace::intern(CORE, name)))
}

fn calling(callee: Callee) -> Step {
    let may_end = !never_reduced(&callee, 2);
    Step::Call { callee, may_end }
}

fn conjoining() -> Step {
    calling(core_function("conj"))
}

fn adding() -> Step {
    calling(core_function("+"))
}
