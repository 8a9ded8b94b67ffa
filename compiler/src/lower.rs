//! Core to IR: one [`IrFunction`] for each arity of a function.
//!
//! What comes out uses every value as often as it likes; the ownership pass then makes counts
//! explicit. Invariant of this module: every method that lowers a node gives `None` exactly when
//! control does not come back (the node jumped, recurred or returned), and then the current block
//! has ended. A construct with more than a few lines has a file of its own in `lower/`.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_runtime::function::{FnCode, MAX_ARITY};
use batuta_runtime::value::Value;

use crate::core_tree::{Core, CoreFunction, CoreKind, LabelId, LocalId, RecurTarget, VarRef};
use crate::ir::builder::Builder;
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::{IrFunction, Literal};
use crate::ir::instruction::{Op, RuntimeEntry, Terminator};

mod call;
mod closure;
mod primitive;
mod protect;

pub use closure::Group;

/// What the lowering needs from its surroundings.
pub trait Surroundings {
    /// Code for a function made inside the one being lowered; compiled at its first call.
    fn code_for(&mut self, function: &Arc<CoreFunction>) -> Arc<FnCode>;

    /// The functions that the one being lowered knows as siblings.
    fn own_group(&self) -> Option<Arc<Group>>;

    /// Tells of functions that know one another, before `code_for` is asked for them.
    fn add_group(&mut self, group: &Arc<Group>);

    /// The var of a core function the lowering itself calls.
    fn core_var(&mut self, name: &'static str) -> VarRef;
}

/// Which arity is lowered, and for which call.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Index among the function's arities.
    pub arity: usize,
    /// A variadic arity called with so many single arguments: the rest becomes a list at entry.
    /// Without it the rest comes as one sequence.
    pub arguments: Option<usize>,
}

/// How arguments reach the parameters.
enum Arrival {
    /// One by one, the rest as a sequence.
    Direct,
    /// All as one list: more parameters than registers.
    Wide,
    /// One by one, the rest too.
    Single,
}

/// Lowers one arity.
pub fn lower_arity(
    function: &CoreFunction,
    target: Target,
    surroundings: &mut dyn Surroundings,
) -> IrFunction {
    let source = &function.arities[target.arity];
    let fixed = source.params.len();
    let (arrival, arguments) = match target.arguments {
        _ if fixed > MAX_ARITY => (Arrival::Wide, 1),
        Some(count) => (Arrival::Single, count),
        None => (Arrival::Direct, fixed + usize::from(source.rest.is_some())),
    };
    let name = match source.rest {
        Some(_) => format!("{}:{fixed}+", function.name),
        None => format!("{}:{fixed}", function.name),
    };
    let mut builder = Builder::new(name, !function.is_top_level, arguments, function.span);
    builder.set_entry_arity(match arrival {
        Arrival::Direct if source.rest.is_some() => None,
        Arrival::Direct | Arrival::Single => Some(arguments),
        Arrival::Wide => None,
    });
    if source.rest.is_none() && fixed <= MAX_ARITY {
        builder.set_declared(source.declared.clone());
    }
    let mut lower = Lower {
        builder,
        surroundings,
        locals: HashMap::new(),
        siblings: HashMap::new(),
        labels: HashMap::new(),
        catches: Vec::new(),
        finallies: Vec::new(),
        start: BlockId(0),
    };
    lower.function(function, target.arity, arrival);
    lower.builder.finish()
}

/// Where a label leads.
#[derive(Clone, Copy)]
enum Label {
    Loop(BlockId),
    Join(BlockId),
}

/// What a value is wanted for.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    /// To go on with.
    Value,
    /// To be returned.
    Tail,
}

struct Lower<'a> {
    builder: Builder,
    surroundings: &'a mut dyn Surroundings,
    locals: HashMap<LocalId, ValueId>,
    siblings: HashMap<LocalId, closure::Sibling>,
    labels: HashMap<LabelId, Label>,
    catches: Vec<ValueId>,
    finallies: Vec<protect::Finally>,
    start: BlockId,
}

impl Lower<'_> {
    fn function(&mut self, function: &CoreFunction, arity: usize, arrival: Arrival) {
        let source = &function.arities[arity];
        let entry = self.builder.function().block(BlockId(0)).params.clone();
        if let Some(local) = function.self_local {
            self.locals.insert(local, entry[0]);
        }
        self.load_captures(function, &source.body);
        let params: Vec<LocalId> = source.params.iter().chain(&source.rest).copied().collect();
        let fixed = source.params.len();
        let arguments = match arrival {
            Arrival::Direct => entry[1..].to_vec(),
            Arrival::Wide => self.unpack_wide(entry[1], fixed, source.rest.is_some()),
            Arrival::Single => self.collect_rest(&entry[1..], fixed),
        };
        if !recurs_to_start(&source.body) {
            self.locals.extend(params.into_iter().zip(arguments));
            self.tail(&source.body);
            return;
        }
        self.start = self.builder.add_block();
        for param in &params {
            let value = self.builder.add_param(self.start);
            self.locals.insert(*param, value);
        }
        self.builder.jump(self.start, arguments);
        self.builder.switch_to(self.start);
        self.tail(&source.body);
    }

    /// Lowers a node whose value is returned; the current block has ended afterwards.
    fn tail(&mut self, core: &Core) {
        if let Some(value) = self.lower(core, Want::Tail) {
            self.builder.end(Terminator::Return(value));
        }
    }

    /// Lowers a node to a value to go on with.
    fn value(&mut self, core: &Core) -> Option<ValueId> {
        self.lower(core, Want::Value)
    }

    /// Lowers nodes in order.
    fn values(&mut self, nodes: &[Core]) -> Option<Vec<ValueId>> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    fn lower(&mut self, core: &Core, want: Want) -> Option<ValueId> {
        let place = self.builder.set_span(core.span);
        let result = self.node(core, want);
        self.builder.restore_place(place);
        result
    }

    fn node(&mut self, core: &Core, want: Want) -> Option<ValueId> {
        match &core.kind {
            CoreKind::Const(value) => Some(self.constant(value)),
            CoreKind::Local(local) => Some(self.local(*local)),
            CoreKind::Global(var) => {
                let var = self.var_literal(var);
                Some(self.builder.value(Op::GlobalGet(var)))
            }
            CoreKind::Var(var) => Some(self.constant(&var.0)),
            CoreKind::If(test, then, otherwise) => self.conditional(test, then, otherwise, want),
            CoreKind::Let(bindings, body) => {
                for (local, value) in bindings {
                    let value = self.value(value)?;
                    self.locals.insert(*local, value);
                }
                self.lower(body, want)
            }
            CoreKind::Do(nodes) => self.sequence(nodes, want),
            CoreKind::Fn(function) => Some(self.closure(function)),
            CoreKind::LetFn(functions, body) => self.recursive_closures(functions, body, want),
            CoreKind::CallGlobal(var, args) => self.call_global(var, args, want),
            CoreKind::Call(callee, args) => self.call_value(callee, args, want),
            CoreKind::Primitive(primitive, args) => self.primitive(*primitive, args),
            CoreKind::Loop {
                label,
                bindings,
                body,
            } => self.loop_(*label, bindings, body, want),
            CoreKind::Recur(target, args) => self.recur(*target, args),
            CoreKind::Join {
                label,
                params,
                body,
                inner,
            } => self.join(*label, params, body, inner, want),
            CoreKind::Jump(label, args) => self.jump(*label, args),
            CoreKind::Try {
                body,
                catch,
                finally,
            } => self.protected(body, catch.as_ref(), finally.as_deref(), want),
            CoreKind::Rethrow => self.rethrow(),
            CoreKind::Def(var, value) => self.define(var, value.as_deref()),
            CoreKind::Return(value) => self.early_return(value),
        }
    }

    fn constant(&mut self, value: &Value) -> ValueId {
        if value.kind().is_none() && value.as_keyword().is_none() {
            return self.builder.word(value.word());
        }
        let literal = self.builder.literal(Literal::Value(value.clone()));
        self.builder.value(Op::Literal(literal))
    }

    fn nil(&mut self) -> ValueId {
        self.builder.word(Value::NIL.word())
    }

    fn local(&mut self, local: LocalId) -> ValueId {
        match self.siblings.get(&local).cloned() {
            Some(sibling) => self.sibling_closure(&sibling),
            None => self.locals[&local],
        }
    }

    fn var_literal(&mut self, var: &VarRef) -> crate::ir::entity::LiteralId {
        self.builder.literal(Literal::Var(var.0.clone()))
    }

    fn sequence(&mut self, nodes: &[Core], want: Want) -> Option<ValueId> {
        let Some((last, before)) = nodes.split_last() else {
            return Some(self.nil());
        };
        for node in before {
            self.value(node)?;
        }
        self.lower(last, want)
    }

    fn conditional(
        &mut self,
        test: &Core,
        then: &Core,
        otherwise: &Core,
        want: Want,
    ) -> Option<ValueId> {
        let condition = self.condition(test)?;
        let then_block = self.builder.add_block();
        let otherwise_block = self.builder.add_block();
        self.builder.branch(condition, then_block, otherwise_block);
        let exit = Exit::new(self, want);
        self.builder.switch_to(then_block);
        self.leave(then, &exit);
        self.builder.switch_to(otherwise_block);
        self.leave(otherwise, &exit);
        exit.go_on(self)
    }

    /// Lowers a node and takes its value to the exit.
    fn leave(&mut self, core: &Core, exit: &Exit) {
        match exit.0 {
            None => self.tail(core),
            Some((block, _)) => {
                if let Some(value) = self.value(core) {
                    self.builder.jump(block, vec![value]);
                }
            }
        }
    }

    fn loop_(
        &mut self,
        label: LabelId,
        bindings: &[(LocalId, Core)],
        body: &Core,
        want: Want,
    ) -> Option<ValueId> {
        let mut initial = Vec::with_capacity(bindings.len());
        for (local, value) in bindings {
            let value = self.value(value)?;
            self.locals.insert(*local, value);
            initial.push(value);
        }
        let header = self.builder.add_block();
        self.builder.jump(header, initial);
        for (local, _) in bindings {
            let param = self.builder.add_param(header);
            self.locals.insert(*local, param);
        }
        self.labels.insert(label, Label::Loop(header));
        let exit = Exit::new(self, want);
        self.builder.switch_to(header);
        self.leave(body, &exit);
        exit.go_on(self)
    }

    fn recur(&mut self, target: RecurTarget, args: &[Core]) -> Option<ValueId> {
        let values = self.values(args)?;
        let block = match target {
            RecurTarget::Function => self.start,
            RecurTarget::Loop(label) => self.label_block(label),
        };
        self.builder.effect(Op::Poll);
        self.builder.jump(block, values);
        None
    }

    fn join(
        &mut self,
        label: LabelId,
        params: &[LocalId],
        body: &Core,
        inner: &Core,
        want: Want,
    ) -> Option<ValueId> {
        let block = self.builder.add_block();
        for param in params {
            let value = self.builder.add_param(block);
            self.locals.insert(*param, value);
        }
        self.labels.insert(label, Label::Join(block));
        let exit = Exit::new(self, want);
        self.leave(inner, &exit);
        self.builder.switch_to(block);
        self.leave(body, &exit);
        exit.go_on(self)
    }

    fn jump(&mut self, label: LabelId, args: &[Core]) -> Option<ValueId> {
        let values = self.values(args)?;
        let block = self.label_block(label);
        self.builder.jump(block, values);
        None
    }

    fn label_block(&self, label: LabelId) -> BlockId {
        match self.labels[&label] {
            Label::Loop(block) | Label::Join(block) => block,
        }
    }

    fn define(&mut self, var: &VarRef, value: Option<&Core>) -> Option<ValueId> {
        let Some(value) = value else {
            return Some(self.constant(&var.0));
        };
        let value = self.value(value)?;
        let var = self.constant(&var.0);
        Some(
            self.builder
                .value(Op::Runtime(RuntimeEntry::DefineVar, vec![var, value])),
        )
    }
}

/// Does the node go back to the start of its function? Only then the start needs a block.
fn recurs_to_start(core: &Core) -> bool {
    let mut recurs = matches!(core.kind, CoreKind::Recur(RecurTarget::Function, _));
    core.for_each_child(&mut |child| recurs = recurs || recurs_to_start(child));
    recurs
}

/// Where the ways of a construct meet: a block with one parameter, or nowhere in tail position.
struct Exit(Option<(BlockId, ValueId)>);

impl Exit {
    fn new(lower: &mut Lower<'_>, want: Want) -> Exit {
        Exit((want == Want::Value).then(|| {
            let block = lower.builder.add_block();
            (block, lower.builder.add_param(block))
        }))
    }

    fn go_on(self, lower: &mut Lower<'_>) -> Option<ValueId> {
        let (block, value) = self.0?;
        lower.builder.switch_to(block);
        Some(value)
    }
}
