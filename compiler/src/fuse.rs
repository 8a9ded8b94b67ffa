//! Fuses pipelines: a fold over `map`, `filter` and the like becomes one loop over the chunks of
//! the collection behind them, with no sequence in between.
//!
//! `(reduce + (filter even? (map inc xs)))` becomes a loop whose body calls `inc`, `even?` and `+`
//! on one item after the other: the order of effects is that of sequences realised item by item.
//! Function literals are inlined. The pipeline as it was written stays beside the loop and runs
//! once a var that the loop relies on (`map`, `inc`, …) has been given another value.
//! To add a step: an arm in [`pipeline`]; a fold: one in [`fold`].

use std::sync::Arc;

use crate::core_tree::{Core, CoreArity, CoreFunction, CoreKind, LabelId, LocalId};

mod callee;
mod fold;
mod generate;
mod pipeline;

/// The function with the pipelines of this arity fused; none if there are none.
pub(crate) fn fused(function: &CoreFunction, arity: usize) -> Option<CoreFunction> {
    let mut fuser = Fuser {
        local_names: Vec::new(),
        local_count: function.local_count,
        label_count: function.label_count,
    };
    let source = &function.arities[arity].body;
    if !fuser.has_pipeline(source) {
        return None;
    }
    let mut body = source.clone();
    fuser.fuse(&mut body);
    let mut fused = function.clone();
    fused.arities[arity] = CoreArity {
        body,
        ..fused.arities[arity].clone()
    };
    fused.local_count = fuser.local_count;
    fused.label_count = fuser.label_count;
    fused.local_names.extend(fuser.local_names);
    Some(fused)
}

/// Makes new locals and labels for one function.
struct Fuser {
    local_names: Vec<Arc<str>>,
    local_count: u32,
    label_count: u32,
}

impl Fuser {
    fn local(&mut self, name: &str) -> LocalId {
        self.local_names.push(name.into());
        self.local_count += 1;
        LocalId(self.local_count - 1)
    }

    fn label(&mut self) -> LabelId {
        self.label_count += 1;
        LabelId(self.label_count - 1)
    }

    fn has_pipeline(&mut self, core: &Core) -> bool {
        if pipeline::may_fuse(core) {
            return true;
        }
        let mut found = false;
        core.for_each_child(&mut |child| found = found || self.has_pipeline(child));
        found
    }

    /// Fuses every pipeline in a node, outer ones first.
    fn fuse(&mut self, core: &mut Core) {
        if let Some(pipeline) = self.recognise(core) {
            *core = self.generate(pipeline, core.span);
            return;
        }
        core.for_each_child_mut(&mut |child| self.fuse(child));
    }

    /// As [`Fuser::fuse`], of a node that is taken over.
    fn fused(&mut self, mut core: Core) -> Core {
        self.fuse(&mut core);
        core
    }
}

fn call(name: &str, arguments: Vec<Core>, like: &Core) -> Core {
    use crate::core_tree::VarRef;
    use batuta_runtime::namespace::{self, CORE};
    Core {
        kind: CoreKind::CallGlobal(VarRef(namespace::intern(CORE, name)), arguments),
        span: like.span,
    }
}
