//! The functions of a pipeline: how each is called for an item, function literals inlined.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_lang::source::Span;
use batuta_runtime::value::Value;

use super::Fuser;
use crate::analyze::operation;
use crate::core_tree::{
    Capture, Core, CoreArity, CoreFunction, CoreKind, LabelId, LocalId, Primitive, RecurTarget,
    VarRef,
};
use crate::resolve;

/// Core functions whose results are never the mark of an early end.
const NEVER_REDUCED: [&str; 12] = [
    "assoc",
    "assoc-in",
    "conj",
    "cons",
    "dissoc",
    "disj",
    "get-in",
    "merge",
    "merge-with",
    "str",
    "update",
    "vector",
];

/// A function of a pipeline. Evaluating it again gives the same and does nothing.
#[derive(Clone)]
pub(super) enum Callee {
    /// A function literal and the arity that is called.
    Inline(Arc<CoreFunction>, usize),
    /// A global.
    Global(VarRef),
    /// A keyword.
    Keyword(Value),
    /// Anything else, in a local.
    Local(LocalId),
}

impl Fuser {
    /// The function that a node gives, called with so many arguments. What must be evaluated first
    /// goes to `bindings`; the node left in its place can be evaluated any number of times.
    pub(super) fn callee(
        &mut self,
        node: &Core,
        count: usize,
        bindings: &mut Vec<(LocalId, Core)>,
    ) -> (Callee, Core) {
        match &node.kind {
            CoreKind::Fn(function) => {
                if let Some(arity) = inlinable(function, count) {
                    return (Callee::Inline(function.clone(), arity), node.clone());
                }
            }
            CoreKind::Global(var) => return (Callee::Global(var.clone()), node.clone()),
            CoreKind::Const(value) if value.as_keyword().is_some() => {
                return (Callee::Keyword(value.clone()), node.clone());
            }
            CoreKind::Local(local) => return (Callee::Local(*local), node.clone()),
            _ => {}
        }
        let local = self.bound(node, bindings);
        (
            Callee::Local(local),
            super::generate::local(local, node.span),
        )
    }

    /// The local that holds the node's value.
    pub(super) fn bound(&mut self, node: &Core, bindings: &mut Vec<(LocalId, Core)>) -> LocalId {
        let local = self.local("step");
        let value = self.fused(node.clone());
        bindings.push((local, value));
        local
    }

    /// Calls the function with values that are in locals or constants.
    pub(super) fn apply(&mut self, callee: &Callee, arguments: Vec<Core>, span: Span) -> Core {
        let kind = match callee {
            Callee::Inline(function, _) => match inlinable(function, arguments.len()) {
                Some(arity) => {
                    let body = self.inlined(function, arity, arguments, span);
                    return self.fused(body);
                }
                None => {
                    let callee = Core {
                        kind: CoreKind::Fn(function.clone()),
                        span,
                    };
                    CoreKind::Call(Box::new(callee), arguments)
                }
            },
            Callee::Global(var) => {
                let known = resolve::core_name(&var.0);
                match known.and_then(|name| operation(name, arguments.len())) {
                    Some(primitive) => CoreKind::Primitive(primitive, arguments),
                    None => CoreKind::CallGlobal(var.clone(), arguments),
                }
            }
            Callee::Keyword(key) => {
                let mut arguments = arguments;
                let key = Core {
                    kind: CoreKind::Const(key.clone()),
                    span,
                };
                arguments.insert(1, key);
                return super::call(
                    "get",
                    arguments,
                    &Core {
                        kind: CoreKind::Rethrow,
                        span,
                    },
                );
            }
            Callee::Local(local) => {
                let callee = Box::new(super::generate::local(*local, span));
                CoreKind::Call(callee, arguments)
            }
        };
        Core { kind, span }
    }

    /// The body of a function literal with its parameters bound, in place of a call of it.
    fn inlined(
        &mut self,
        function: &CoreFunction,
        arity: usize,
        arguments: Vec<Core>,
        span: Span,
    ) -> Core {
        let captures = function.captures.iter();
        let mut copy = Copy {
            locals: captures.map(|c| (c.inner, c.outer)).collect(),
            labels: HashMap::new(),
            start: None,
            names: &function.local_names,
            fuser: self,
        };
        let CoreArity { params, body, .. } = &function.arities[arity];
        let params: Vec<LocalId> = params.iter().map(|p| copy.new_local(*p)).collect();
        let bindings: Vec<(LocalId, Core)> = params.into_iter().zip(arguments).collect();
        let mut body = body.clone();
        let label = copy.fuser.label();
        copy.start = Some(label);
        copy.node(&mut body);
        let body = Box::new(body);
        let kind = if recurs_to_start(&body, label) {
            CoreKind::Loop {
                label,
                bindings,
                body,
            }
        } else {
            CoreKind::Let(bindings, body)
        };
        Core { kind, span }
    }
}

/// The arity of a function literal that a call enters, if its body means the same elsewhere.
fn inlinable(function: &CoreFunction, count: usize) -> Option<usize> {
    let fits = |arity: &CoreArity| arity.params.len() == count && arity.rest.is_none();
    let arity = function.arities.iter().position(fits)?;
    (function.self_local.is_none() && moves(&function.arities[arity].body)).then_some(arity)
}

fn moves(core: &Core) -> bool {
    let own = !matches!(
        core.kind,
        CoreKind::Return(_)
            | CoreKind::Try { .. }
            | CoreKind::Rethrow
            | CoreKind::Primitive(
                Primitive::NoMatch
                    | Primitive::Park
                    | Primitive::ReceiveStart
                    | Primitive::ReceiveNext
                    | Primitive::ReceiveAccept
                    | Primitive::ReceiveRewind,
                _
            )
    );
    let mut all = own;
    core.for_each_child(&mut |child| all = all && moves(child));
    all
}

fn recurs_to_start(core: &Core, label: LabelId) -> bool {
    let mut found =
        matches!(&core.kind, CoreKind::Recur(RecurTarget::Loop(target), _) if *target == label);
    core.for_each_child(&mut |child| found = found || recurs_to_start(child, label));
    found
}

/// A copy of a function's body with locals and labels of the function it is put into.
struct Copy<'a> {
    locals: HashMap<LocalId, LocalId>,
    labels: HashMap<LabelId, LabelId>,
    start: Option<LabelId>,
    names: &'a [Arc<str>],
    fuser: &'a mut Fuser,
}

impl Copy<'_> {
    fn new_local(&mut self, local: LocalId) -> LocalId {
        let name = self.names.get(local.0 as usize).cloned();
        let new = self.fuser.local(&name.unwrap_or_else(|| "local".into()));
        self.locals.insert(local, new);
        new
    }

    fn local(&mut self, local: LocalId) -> LocalId {
        match self.locals.get(&local) {
            Some(known) => *known,
            None => self.new_local(local),
        }
    }

    fn label(&mut self, label: LabelId) -> LabelId {
        match self.labels.get(&label) {
            Some(known) => *known,
            None => {
                let new = self.fuser.label();
                self.labels.insert(label, new);
                new
            }
        }
    }

    fn function(&mut self, function: &Arc<CoreFunction>) -> Arc<CoreFunction> {
        let mut copy = CoreFunction::clone(function);
        copy.captures = copy
            .captures
            .iter()
            .map(|capture| Capture {
                outer: self.local(capture.outer),
                inner: capture.inner,
            })
            .collect();
        Arc::new(copy)
    }

    fn node(&mut self, core: &mut Core) {
        match &mut core.kind {
            CoreKind::Local(local) => *local = self.local(*local),
            CoreKind::Let(bindings, _) => {
                for (local, _) in bindings {
                    *local = self.local(*local);
                }
            }
            CoreKind::Loop {
                label, bindings, ..
            } => {
                *label = self.label(*label);
                for (local, _) in bindings {
                    *local = self.local(*local);
                }
            }
            CoreKind::Fn(function) => *function = self.function(function),
            CoreKind::LetFn(functions, _) => {
                for (local, function) in functions {
                    *local = self.local(*local);
                    *function = self.function(function);
                }
            }
            CoreKind::Recur(target, _) => {
                *target = RecurTarget::Loop(match target {
                    RecurTarget::Loop(label) => self.label(*label),
                    RecurTarget::Function => self.start.expect("set before the body is copied"),
                });
            }
            CoreKind::Join { label, params, .. } => {
                *label = self.label(*label);
                for param in params {
                    *param = self.local(*param);
                }
            }
            CoreKind::Jump(label, _) => *label = self.label(*label),
            CoreKind::Try {
                catch: Some((local, _)),
                ..
            } => *local = self.local(*local),
            _ => {}
        }
        core.for_each_child_mut(&mut |child| self.node(child));
    }
}

/// Is the value of a call of the function surely not the mark of an early end?
pub(super) fn never_reduced(callee: &Callee, count: usize) -> bool {
    match callee {
        Callee::Inline(function, arity) => plain(&function.arities[*arity].body),
        Callee::Global(var) => resolve::core_name(&var.0)
            .is_some_and(|name| operation(name, count).is_some() || NEVER_REDUCED.contains(&name)),
        Callee::Keyword(_) | Callee::Local(_) => false,
    }
}

fn plain(core: &Core) -> bool {
    match &core.kind {
        CoreKind::Const(_) | CoreKind::Fn(_) => true,
        CoreKind::Primitive(primitive, _) => {
            !matches!(primitive, Primitive::VectorNth | Primitive::LoadSlot)
        }
        CoreKind::CallGlobal(var, _) => {
            resolve::core_name(&var.0).is_some_and(|name| NEVER_REDUCED.contains(&name))
        }
        CoreKind::If(_, then, otherwise) => plain(then) && plain(otherwise),
        CoreKind::Let(_, body) => plain(body),
        CoreKind::Do(nodes) => nodes.last().is_some_and(plain),
        CoreKind::Recur(RecurTarget::Function, _) => true,
        _ => false,
    }
}
