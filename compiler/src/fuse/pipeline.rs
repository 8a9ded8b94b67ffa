//! What a pipeline is made of, and finding it in a call.

use batuta_runtime::function::{VarBody, var_flags};
use batuta_runtime::number::{self, as_i64};

use super::callee::Callee;
use super::fold::Fold;
use super::generate::{constant, local, primitive};
use super::{Fuser, call};
use crate::analyze::operation;
use crate::core_tree::{Core, CoreKind, LocalId, Primitive, VarRef};
use crate::resolve;

/// Where the items come from.
pub(super) enum Source {
    /// From `start` by `step` up to, not including, `end`.
    Numbers { start: Core, end: Core, step: i64 },
    /// Any collection, in a local.
    Items(LocalId),
}

/// What happens to an item on its way.
pub(super) enum Stage {
    Map(Callee),
    Filter(Callee),
    Remove(Callee),
    Keep(Callee),
    TakeWhile(Callee),
}

/// What is done with an item that arrives.
pub(super) enum Step {
    /// The result so far and the item are given to a function. May it give the mark of an early
    /// end?
    Call { callee: Callee, may_end: bool },
    /// The item is given to a function for its effects.
    Effect(Callee),
    /// It is counted.
    Count,
}

/// What the result begins with.
pub(super) enum Start {
    With(Core),
    /// With the first item; with what the function gives if there is none.
    FirstItem(Callee),
}

/// A pipeline.
pub(super) struct Pipeline {
    /// What is evaluated first, in this order.
    pub(super) bindings: Vec<(LocalId, Core)>,
    /// What must hold for the loop to do what was written.
    pub(super) guards: Vec<Core>,
    pub(super) source: Source,
    /// From the source on.
    pub(super) stages: Vec<Stage>,
    pub(super) start: Start,
    pub(super) step: Step,
    /// Called with the result at the end.
    pub(super) completion: Option<Callee>,
    /// The pipeline as it was written.
    pub(super) written: Core,
    relied_on: Vec<VarRef>,
}

const STAGES: [&str; 5] = ["filter", "keep", "map", "remove", "take-while"];

/// A call of a core function: name and arguments.
fn core_call(core: &Core) -> Option<(&str, &[Core])> {
    let CoreKind::CallGlobal(var, args) = &core.kind else {
        return None;
    };
    Some((resolve::core_name(&var.0)?, args))
}

fn is_stage(core: &Core) -> bool {
    core_call(core).is_some_and(|(name, args)| STAGES.contains(&name) && args.len() == 2)
}

fn is_transducer(core: &Core) -> bool {
    core_call(core).is_some_and(|(name, args)| match name {
        "comp" => !args.is_empty() && args.iter().all(is_transducer),
        _ => STAGES.contains(&name) && args.len() == 1,
    })
}

fn is_numbers(core: &Core) -> bool {
    core_call(core).is_some_and(|(name, args)| match args {
        [_] | [_, _] => name == "range",
        [_, _, step] => name == "range" && literal_step(step).is_some(),
        _ => false,
    })
}

fn literal_step(core: &Core) -> Option<i64> {
    match &core.kind {
        CoreKind::Const(value) => as_i64(value).filter(|step| *step != 0),
        _ => None,
    }
}

/// Is anything saved by calling this function in place?
fn is_known(core: &Core, count: usize) -> bool {
    match &core.kind {
        CoreKind::Fn(_) => true,
        CoreKind::Global(var) => {
            resolve::core_name(&var.0).is_some_and(|name| operation(name, count).is_some())
        }
        _ => false,
    }
}

/// Is the node a fold over a pipeline, as far as its shape goes?
pub(super) fn may_fuse(core: &Core) -> bool {
    let Some((name, args)) = core_call(core) else {
        return false;
    };
    let flows = |core: &Core| is_stage(core) || is_numbers(core);
    match (name, args) {
        ("reduce", [f, items]) | ("reduce", [f, _, items]) => is_known(f, 2) || flows(items),
        ("transduce", [xform, _, _] | [xform, _, _, _]) | ("into", [_, xform, _]) => {
            is_transducer(xform)
        }
        ("into", [_, items]) | ("count" | "set" | "vec", [items]) => is_stage(items),
        ("filterv" | "mapv" | "run!", [f, items]) => is_known(f, 1) || flows(items),
        ("sum", [items]) => flows(items),
        ("sum", [f, items]) => is_known(f, 1) || flows(items),
        _ => false,
    }
}

/// What is collected while a pipeline is taken apart.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) bindings: Vec<(LocalId, Core)>,
    guards: Vec<Core>,
    pub(super) stages: Vec<Stage>,
    relied_on: Vec<VarRef>,
}

impl Parts {
    fn rely_on(&mut self, call: &Core) {
        if let CoreKind::CallGlobal(var, _) = &call.kind {
            self.relied_on.push(var.clone());
        }
    }

    fn rely_on_callee(&mut self, callee: &Callee, count: usize) {
        if let Callee::Global(var) = callee
            && resolve::core_name(&var.0).is_some_and(|name| operation(name, count).is_some())
        {
            self.relied_on.push(var.clone());
        }
    }
}

/// The call with other arguments.
fn with_arguments(core: &Core, args: Vec<Core>) -> Core {
    let mut call = Core {
        kind: CoreKind::Rethrow,
        span: core.span,
    };
    if let CoreKind::CallGlobal(var, _) = &core.kind {
        call.kind = CoreKind::CallGlobal(var.clone(), args);
    }
    call
}

impl Fuser {
    /// The pipeline that a node is.
    pub(super) fn recognise(&mut self, core: &Core) -> Option<Pipeline> {
        if !may_fuse(core) {
            return None;
        }
        let (name, args) = core_call(core)?;
        let mut parts = Parts::default();
        parts.rely_on(core);
        let Fold {
            start,
            step,
            completion,
            mut written,
        } = self.fold(name, args, core.span, &mut parts)?;
        // The fold's own stages come behind those of its collection.
        let last = std::mem::take(&mut parts.stages);
        let (source, items) = self.source(args.last()?, &mut parts);
        parts.stages.extend(last);
        written.push(items);
        let pipeline = Pipeline {
            bindings: parts.bindings,
            guards: parts.guards,
            source,
            stages: parts.stages,
            start,
            step,
            completion,
            written: with_arguments(core, written),
            relied_on: parts.relied_on,
        };
        pipeline.may_rely().then_some(pipeline)
    }

    pub(super) fn function(
        &mut self,
        node: &Core,
        count: usize,
        parts: &mut Parts,
    ) -> (Callee, Core) {
        let (callee, written) = self.callee(node, count, &mut parts.bindings);
        parts.rely_on_callee(&callee, count);
        (callee, written)
    }

    /// A function that is called with different numbers of arguments.
    pub(super) fn plain_function(&mut self, node: &Core, parts: &mut Parts) -> (Callee, Core) {
        if let CoreKind::Fn(_) = &node.kind {
            let bound = self.bound(node, &mut parts.bindings);
            return (Callee::Local(bound), local(bound, node.span));
        }
        self.function(node, 2, parts)
    }

    /// A value that is evaluated once.
    pub(super) fn operand(&mut self, node: &Core, parts: &mut Parts) -> Core {
        if matches!(node.kind, CoreKind::Const(_) | CoreKind::Local(_)) {
            return node.clone();
        }
        let bound = self.bound(node, &mut parts.bindings);
        local(bound, node.span)
    }

    fn stage(&mut self, node: &Core, parts: &mut Parts) -> (Option<Stage>, Core) {
        let Some((name, [f, ..])) = core_call(node) else {
            return (None, node.clone());
        };
        parts.rely_on(node);
        let (callee, f) = self.function(f, 1, parts);
        let stage = match name {
            "map" => Some(Stage::Map(callee)),
            "filter" => Some(Stage::Filter(callee)),
            "remove" => Some(Stage::Remove(callee)),
            "keep" => Some(Stage::Keep(callee)),
            "take-while" => Some(Stage::TakeWhile(callee)),
            _ => None,
        };
        (stage, f)
    }

    /// The collection at the end, and what stands between as stages.
    fn source(&mut self, node: &Core, parts: &mut Parts) -> (Source, Core) {
        if is_stage(node) {
            let (stage, f) = self.stage(node, parts);
            let later = std::mem::take(&mut parts.stages);
            let items = core_call(node).and_then(|(_, args)| args.get(1));
            let (source, items) = self.source(items.unwrap_or(node), parts);
            parts.stages.extend(stage);
            parts.stages.extend(later);
            return (source, with_arguments(node, vec![f, items]));
        }
        if is_numbers(node) {
            return self.numbers(node, parts);
        }
        let items = self.bound(node, &mut parts.bindings);
        parts.guards.push(has_items(local(items, node.span), node));
        (Source::Items(items), local(items, node.span))
    }

    fn numbers(&mut self, node: &Core, parts: &mut Parts) -> (Source, Core) {
        parts.rely_on(node);
        let args = core_call(node).map(|(_, args)| args).unwrap_or_default();
        let operands: Vec<Core> = args.iter().map(|arg| self.operand(arg, parts)).collect();
        for operand in &operands {
            let is_literal =
                matches!(&operand.kind, CoreKind::Const(value) if as_i64(value).is_some());
            if !is_literal {
                parts.guards.push(call("int?", vec![operand.clone()], node));
            }
        }
        let zero = constant(number::int(0), node.span);
        let (start, end) = match &operands[..] {
            [end] => (zero, end.clone()),
            [start, end, ..] => (start.clone(), end.clone()),
            [] => (zero.clone(), zero),
        };
        let step = operands.get(2).and_then(literal_step).unwrap_or(1);
        let written = with_arguments(node, operands);
        (Source::Numbers { start, end, step }, written)
    }

    /// Takes a transducer apart into stages.
    pub(super) fn transducer(&mut self, node: &Core, parts: &mut Parts) -> Core {
        let Some((name, args)) = core_call(node) else {
            return node.clone();
        };
        if name == "comp" {
            parts.rely_on(node);
            let written = args.iter().map(|arg| self.transducer(arg, parts)).collect();
            return with_arguments(node, written);
        }
        let (stage, f) = self.stage(node, parts);
        parts.stages.extend(stage);
        with_arguments(node, vec![f])
    }
}

impl Pipeline {
    /// Do the functions that it takes the place of still have their first values?
    fn may_rely(&self) -> bool {
        self.relied_on.iter().all(|var| {
            var.0
                .as_object::<VarBody>()
                .is_some_and(|body| !body.has(var_flags::DYNAMIC) && !body.is_redefined())
        })
    }
}

/// Is it no object that folds itself?
fn has_items(collection: Core, node: &Core) -> Core {
    let own = call("reducer*", vec![collection], node);
    primitive(Primitive::IsNil, vec![own], node.span)
}
