//! Core: a dozen node kinds with every name resolved, macros expanded and patterns compiled.
//!
//! What the analyzer gives and the lowering takes. After it no stage reports a user's error.
//! Invariants: every [`LocalId`] is bound exactly once in its function; a function reaches locals
//! of its surroundings only through its `captures`; a `Jump` stands in tail position with respect
//! to the `inner` of its `Join`; a `Recur` stands in tail position of its target.

use std::sync::Arc;

use batuta_lang::source::Span;
use batuta_runtime::value::Value;

use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

/// A local variable, unique within its [`CoreFunction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// A join point or loop, unique within its [`CoreFunction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(pub u32);

/// A global's var: a heap object that lives for ever.
#[derive(Clone, Debug)]
pub struct VarRef(pub Value);

/// One node with the place the user wrote it at.
#[derive(Clone, Debug)]
pub struct Core {
    /// What it does.
    pub kind: CoreKind,
    /// Where it stands; for expanded code the innermost form of the user's.
    pub span: Span,
}

/// The nodes.
#[derive(Clone, Debug)]
pub enum CoreKind {
    /// A constant (published).
    Const(Value),
    /// A local's value.
    Local(LocalId),
    /// A global's value.
    Global(VarRef),
    /// The var itself.
    Var(VarRef),
    /// Two ways on.
    If(Box<Core>, Box<Core>, Box<Core>),
    /// One binding after the other, then the body.
    Let(Vec<(LocalId, Core)>, Box<Core>),
    /// One after the other; the last gives the value.
    Do(Vec<Core>),
    /// A function made here.
    Fn(Arc<CoreFunction>),
    /// Functions that know one another. Each local names its function in `body` and, through
    /// captures, in all of them.
    LetFn(Vec<(LocalId, Arc<CoreFunction>)>, Box<Core>),
    /// A call of a global; the most common kind of call.
    CallGlobal(VarRef, Vec<Core>),
    /// A call of any other value.
    Call(Box<Core>, Vec<Core>),
    /// An operation the IR has an instruction for.
    Primitive(Primitive, Vec<Core>),
    /// A loop: `Recur` to its label starts it again with new values.
    Loop {
        /// Target of `Recur`.
        label: LabelId,
        /// Its variables with their first values.
        bindings: Vec<(LocalId, Core)>,
        /// Its body.
        body: Box<Core>,
    },
    /// To the start of a loop, or of the arity of the function it stands in.
    Recur(RecurTarget, Vec<Core>),
    /// Evaluates `inner`; a `Jump` to the label in it goes on in `body` instead. The value is that
    /// of `inner` or of `body`. Decision trees share their clause bodies so.
    Join {
        /// Target of `Jump`.
        label: LabelId,
        /// What the jump hands over.
        params: Vec<LocalId>,
        /// Where the jump goes.
        body: Box<Core>,
        /// What runs first.
        inner: Box<Core>,
    },
    /// To a join point.
    Jump(LabelId, Vec<Core>),
    /// `try`.
    Try {
        /// Guarded.
        body: Box<Core>,
        /// Local for the thrown value and what is done with it. Falls through by `Rethrow`.
        catch: Option<(LocalId, Box<Core>)>,
        /// Runs after body or catch, whether they failed or not, except on exit signals.
        finally: Option<Box<Core>>,
    },
    /// Inside a `catch`: the same failure goes on, with its trace.
    Rethrow,
    /// Leaves the function with this value, through the `finally` parts around it. Its argument
    /// is in tail position where the node itself is.
    Return(Box<Core>),
    /// Gives a global its value; the value of the node is the var. `None` only declares.
    Def(VarRef, Option<Box<Core>>),
}

/// The walk over the nodes directly below one, shared or to be changed.
macro_rules! visit_children {
    ($kind:expr, $visit:expr, $iter:ident) => {
        match $kind {
            CoreKind::Const(_)
            | CoreKind::Local(_)
            | CoreKind::Global(_)
            | CoreKind::Var(_)
            | CoreKind::Fn(_)
            | CoreKind::Rethrow
            | CoreKind::Def(_, None) => {}
            CoreKind::If(test, then, otherwise) => {
                $visit(test);
                $visit(then);
                $visit(otherwise);
            }
            CoreKind::Let(bindings, body) | CoreKind::Loop { bindings, body, .. } => {
                bindings.$iter().for_each(|(_, value)| $visit(value));
                $visit(body);
            }
            CoreKind::Do(nodes)
            | CoreKind::CallGlobal(_, nodes)
            | CoreKind::Primitive(_, nodes)
            | CoreKind::Recur(_, nodes)
            | CoreKind::Jump(_, nodes) => nodes.$iter().for_each($visit),
            CoreKind::LetFn(_, body) | CoreKind::Return(body) => $visit(body),
            CoreKind::Call(callee, args) => {
                $visit(callee);
                args.$iter().for_each($visit);
            }
            CoreKind::Join { body, inner, .. } => {
                $visit(inner);
                $visit(body);
            }
            CoreKind::Try {
                body,
                catch,
                finally,
            } => {
                $visit(body);
                if let Some((_, handle)) = catch {
                    $visit(handle);
                }
                if let Some(finally) = finally {
                    $visit(finally);
                }
            }
            CoreKind::Def(_, Some(value)) => $visit(value),
        }
    };
}

impl Core {
    /// Shows every node directly below this one. Bodies of functions made here are not below it.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Core)) {
        visit_children!(&self.kind, visit, iter);
    }

    /// As [`Core::for_each_child`], to change the nodes.
    pub fn for_each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Core)) {
        visit_children!(&mut self.kind, visit, iter_mut);
    }
}

/// Where `recur` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurTarget {
    /// The loop with this label, in the same function.
    Loop(LabelId),
    /// The start of the arity of the function it stands in; a rest parameter gets a sequence.
    Function,
}

/// A function with its arities.
#[derive(Clone, Debug)]
pub struct CoreFunction {
    /// Name for people: `user/f`, or `user/f/fn` for inner ones.
    pub name: Arc<str>,
    /// The whole form.
    pub span: Span,
    /// Locals of the surrounding function, and the local each becomes in here (shared by all
    /// arities).
    pub captures: Vec<Capture>,
    /// The local that stands for the function itself in its arities, if it is used.
    pub self_local: Option<LocalId>,
    /// Fixed ones ascending, a variadic one last.
    pub arities: Vec<CoreArity>,
    /// Defined at top level without captures: made once, never freed, calls skip its count.
    pub is_top_level: bool,
    /// Number of locals, so that later stages can add more.
    pub local_count: u32,
    /// Number of labels.
    pub label_count: u32,
    /// What a person called each local (for the IR's text and debuggers).
    pub local_names: Vec<Arc<str>>,
}

/// A captured local.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    /// In the surrounding function.
    pub outer: LocalId,
    /// In this function.
    pub inner: LocalId,
}

/// One arity of a function.
#[derive(Clone, Debug)]
pub struct CoreArity {
    /// Fixed parameters.
    pub params: Vec<LocalId>,
    /// `& rest`.
    pub rest: Option<LocalId>,
    /// Names of the types that are declared for the fixed parameters, as far as they have one. A
    /// back end may expect such values, and must not rely on them.
    pub declared: Vec<Option<Arc<str>>>,
    /// The body.
    pub body: Core,
}

/// Operations with an instruction of their own. All take and give ordinary values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// `(+ a b)`
    Add,
    /// `(- a b)`
    Sub,
    /// `(* a b)`
    Mul,
    /// `(< a b)`
    Lt,
    /// `(<= a b)`
    Le,
    /// `(> a b)`
    Gt,
    /// `(>= a b)`
    Ge,
    /// `(== a b)`
    NumEq,
    /// `(inc a)`
    Inc,
    /// `(dec a)`
    Dec,
    /// `(quot a b)`, `(max a b)` and their like.
    Arith(ArithOp),
    /// `(sqrt a)`, `(long a)` and their like.
    Unary(UnaryOp),
    /// `(zero? a)` and its like: a comparison with the constant 0.
    Test(CompareOp),
    /// `(even? a)` and its like: as `Test`, as long as the core function is what it was.
    GuardedTest(CompareOp, &'static str),
    /// `(aget array index)`
    ArrayGet,
    /// `(aset array index value)`
    ArraySet,
    /// `(alength array)`
    ArrayLength,
    /// `(identical? a b)`
    Identical,
    /// `(nil? a)`
    IsNil,
    /// `(not a)`
    Not,
    /// Is it a vector? (patterns)
    IsVector,
    /// Is it a map, a record or an error value? (patterns: an error matches as a map)
    IsMap,
    /// Is it a keyword, string, …: `a` is tested against the class keyword constant `b`.
    IsClass,
    /// Is it the mark of an early end of a reduction?
    IsReduced,
    /// Do the vars that fused pipelines rely on have their first values? No arguments.
    CoreUnchanged,
    /// Elements of a vector known to be one. (patterns)
    VectorCount,
    /// Element of a vector at a constant index known to be inside. (patterns)
    VectorNth,
    /// Where the element of a vector at an index lies; known to be inside. (fused loops)
    SlotAddress,
    /// The index behind the leaf of a vector that an element stands in. (fused loops)
    LeafEnd,
    /// The element that lies there. (fused loops)
    LoadSlot,
    /// Equality with a constant of an immediate kind (keyword, small integer, nil, boolean,
    /// character): one comparison of words. (patterns)
    WordEq,
    /// Starts looking through the mailbox: no arguments.
    ReceiveStart,
    /// The next message not looked at yet: `(deadline)`, nil or a deadline made by
    /// `DeadlineIn`. Waits. Gives the message, or the timeout mark.
    ReceiveNext,
    /// Takes the message last looked at out of the mailbox.
    ReceiveAccept,
    /// Looks through the mailbox from the start again (the priority form).
    ReceiveRewind,
    /// A deadline so many milliseconds from now.
    DeadlineIn,
    /// Is it the timeout mark of `ReceiveNext`?
    IsTimeout,
    /// `(matcher timeout-ms)`: the actor's next receive in tail position; gives its stack back.
    /// Only in tail position of a function in tail position of an actor's body.
    Park,
    /// Inside a parked matcher: the message did not match; `(message)`.
    NoMatch,
}
