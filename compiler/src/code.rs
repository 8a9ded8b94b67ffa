//! Functions that compile at their first calls.
//!
//! A [`LazyFunction`] stands behind an [`FnCode`] whose entries point at the resolve stub. The
//! runtime asks [`FirstCall`] for an entry; it is lowered, compiled and put into the table, and
//! the unit is kept here as long as the function lives. A short function without loops is interpreted
//! at first, because most functions of a program's start are called once. Library functions are not
//! even read until then.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use batuta_lang::diagnostic::Diagnostic;
use batuta_runtime::abi::call::{Resolved, Resolver, Wanted};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::function::{
    Arities, CodeSource, Compiled, FnCode, FunctionBody, MAX_ARITY, VarBody,
};
use batuta_runtime::{namespace, quiescence};

use crate::analyze::{Analyzer, TopLevel};
use crate::backends::jit::{Unit, code_map, jit};
use crate::core_tree::{Core, CoreFunction, CoreKind, VarRef};
use crate::ir::function::{IrFunction, Literal};
use crate::ir::interpret::{ARGUMENTS_MAX, interpreted, is_cheap};
use crate::ir::text::function_text;
use crate::ir::verify::{Stage, verify};
use crate::library::Passage;
use crate::lower::{Group, Surroundings, Target, lower_arity};
use crate::macro_run::{ActorHost, describe};
use crate::passes::inline::{Bodies, Body};
use crate::session::EvaluationError;
use crate::{diagnostics_text, fuse, passes};

/// So many calls of a function are interpreted before it is compiled, if it is cheap.
const INTERPRETED_CALLS: u32 = 2;

/// See the module's head.
pub struct LazyFunction {
    source: Mutex<Source>,
    group: Option<Arc<Group>>,
    units: Mutex<Vec<(Wanted, Unit)>>,
    /// Calls that came before there was code.
    calls: AtomicU32,
}

enum Source {
    Core(Arc<CoreFunction>),
    Passage(Arc<Passage>),
}

/// Code for an analysed function.
pub fn code_of(function: &Arc<CoreFunction>) -> Arc<FnCode> {
    code_in_group(function, None)
}

fn code_in_group(function: &Arc<CoreFunction>, group: Option<Arc<Group>>) -> Arc<FnCode> {
    let function_name = function.name.clone();
    let fixed = function.arities.iter().filter(|a| a.rest.is_none());
    let arities = Arities {
        fixed: fixed.map(|a| a.params.len()).collect(),
        variadic: function
            .arities
            .iter()
            .find(|a| a.rest.is_some())
            .map(|a| a.params.len()),
    };
    let function = LazyFunction::of(Source::Core(function.clone()), group);
    Arc::new(FnCode::lazy(
        function_name,
        Some(arities),
        Arc::new(function),
    ))
}

/// Code for a function definition of the library, not read before its first call.
pub(crate) fn code_of_passage(name: Arc<str>, passage: Arc<Passage>) -> Arc<FnCode> {
    let function = LazyFunction::of(Source::Passage(passage), None);
    Arc::new(FnCode::lazy(name, None, Arc::new(function)))
}

/// Compiles functions at their first call.
pub struct FirstCall;

impl Resolver for FirstCall {
    fn resolve(&self, code: &Arc<FnCode>, wanted: Wanted) -> Result<usize, Fault> {
        let function = match &code.source {
            CodeSource::Compiled(function) => LazyFunction::behind(function),
            CodeSource::Native(_) | CodeSource::Ahead(_) | CodeSource::Bounce => None,
        };
        match function {
            Some(function) => function.compile(code, wanted, || function.ir_for(code, wanted)),
            None => Err(Fault::new(FaultKind::Panic, "code of another compiler")),
        }
    }

    fn resolve_call(&self, code: &Arc<FnCode>, count: usize) -> Result<Resolved, Fault> {
        let wanted = Wanted::Entry(count);
        if let CodeSource::Compiled(function) = &code.source
            && let Some(function) = LazyFunction::behind(function)
            && let Some(ir) = function.ir_of_early_call(count)?
        {
            return Ok(match !ir.owns_self && is_cheap(&ir) {
                true => Resolved::Interpreted(interpreted(Arc::new(ir))),
                false => Resolved::Entry(function.compile(code, wanted, || Ok(ir))?),
            });
        }
        let entry = self.resolve(code, wanted)?;
        Ok(Resolved::Entry(entry))
    }
}

impl Compiled for LazyFunction {
    fn arities(&self) -> Arities {
        match &*self.source() {
            Source::Passage(passage) => passage.arities(),
            Source::Core(_) => unreachable!("code of analysed functions is made with its arities"),
        }
    }
}

impl LazyFunction {
    fn of(source: Source, group: Option<Arc<Group>>) -> LazyFunction {
        LazyFunction {
            source: Mutex::new(source),
            group,
            units: Mutex::new(Vec::new()),
            calls: AtomicU32::new(0),
        }
    }

    /// The function behind code of this compiler.
    pub fn behind(function: &Arc<dyn Compiled>) -> Option<&LazyFunction> {
        let function: &dyn Any = &**function;
        function.downcast_ref()
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The function as one of its first calls has it, which the interpreter may run; none if it is
    /// called often, or gathers a rest.
    fn ir_of_early_call(&self, count: usize) -> Result<Option<IrFunction>, Fault> {
        let may_be = count <= ARGUMENTS_MAX && !code_map::is_kept();
        if !may_be || self.calls.fetch_add(1, Ordering::Relaxed) >= INTERPRETED_CALLS {
            return Ok(None);
        }
        let core = self.core()?;
        let target = target_of(&core, Wanted::Entry(count));
        let Some(target) = target.filter(|target| target.arguments.is_none()) else {
            return Ok(None);
        };
        Ok(Some(self.lower(&core, target)))
    }

    fn compile(
        &self,
        code: &FnCode,
        wanted: Wanted,
        lowered: impl FnOnce() -> Result<IrFunction, Fault>,
    ) -> Result<usize, Fault> {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, unit)) = units.iter().find(|(made_for, _)| *made_for == wanted) {
            return Ok(unit.entry() as usize);
        }
        let ir = lowered()?;
        let unit = jit().compile(&ir).map_err(|error| {
            let text = format!("`{}` does not compile: {error}", ir.name);
            Fault::new(FaultKind::Panic, text)
                .hint("this is a bug of Batuta, not of your program: please report it")
        })?;
        let entry = unit.entry();
        match wanted {
            Wanted::Entry(count) => code.entries[count].store(entry, Ordering::Release),
            Wanted::Variadic => code.variadic.store(entry, Ordering::Release),
            Wanted::Wide(_) => {}
        }
        units.push((wanted, unit));
        Ok(entry as usize)
    }

    /// The IR of the code that serves a call.
    ///
    /// # Errors
    /// There is no such arity, or a library form that does not compile.
    pub(crate) fn ir_for(&self, code: &FnCode, wanted: Wanted) -> Result<IrFunction, Fault> {
        let core = self.core()?;
        let target = target_of(&core, wanted).ok_or_else(|| {
            let text = format!("no such arity of `{}`", code.name);
            Fault::new(FaultKind::Arity, text)
        })?;
        Ok(self.lower(&core, target))
    }

    /// The analysed function; a definition of the library is analysed now.
    fn core(&self) -> Result<Arc<CoreFunction>, Fault> {
        let passage = match &*self.source() {
            Source::Core(function) => return Ok(function.clone()),
            Source::Passage(passage) => passage.clone(),
        };
        let mut analyzer = Analyzer::new();
        analyzer.set_namespace(passage.namespace());
        let function = match analyzer.analyze_top_level(&mut ActorHost::default(), passage.form()) {
            Ok(TopLevel::Define { function, .. }) => function,
            Ok(_) => {
                return Err(Fault::new(
                    FaultKind::Panic,
                    "a library form that is no function",
                ));
            }
            Err(errors) => return Err(syntax_fault(&errors)),
        };
        let unknown = analyzer.unresolved();
        if !unknown.is_empty() {
            return Err(syntax_fault(&unknown));
        }
        // Another thread may have analysed it meanwhile: the two come to the same.
        *self.source() = Source::Core(function.clone());
        Ok(function)
    }

    /// The analysed function, if it is analysed by now.
    fn known_core(&self) -> Option<Arc<CoreFunction>> {
        match &*self.source() {
            Source::Core(function) => Some(function.clone()),
            Source::Passage(_) => None,
        }
    }

    fn lower(&self, core: &Arc<CoreFunction>, target: Target) -> IrFunction {
        let mut nest = Nest {
            own: self.group.clone(),
            groups: Vec::new(),
        };
        lowered(core, target, &mut nest, &HeldFunctions)
    }

    /// The IR of all arities, for `--emit`.
    ///
    /// # Errors
    /// A library form that does not compile.
    pub fn ir(&self) -> Result<Vec<IrFunction>, Fault> {
        let core = self.core()?;
        let targets = (0..core.arities.len()).map(|arity| Target {
            arity,
            arguments: None,
        });
        Ok(targets.map(|target| self.lower(&core, target)).collect())
    }

    /// What the passes make of each arity.
    ///
    /// # Errors
    /// A library form that does not compile.
    pub fn stages(&self) -> Result<Vec<Stages>, Fault> {
        let core = self.core()?;
        let stages = |arity| {
            let target = Target {
                arity,
                arguments: None,
            };
            let mut ir = before_passes(&core, target, &mut Nest::default());
            let mut stages = vec![("lowered", function_text(&ir))];
            for (name, pass) in passes::PASSES {
                pass(&mut ir, &HeldFunctions);
                stages.push((name, function_text(&ir)));
            }
            stages
        };
        Ok((0..core.arities.len()).map(stages).collect())
    }
}

/// An arity as it is lowered, and behind each pass: the pass's name and the text.
pub type Stages = Vec<(&'static str, String)>;

/// Lowers an arity and runs the passes; test builds verify what comes out.
pub(crate) fn lowered(
    core: &CoreFunction,
    target: Target,
    surroundings: &mut dyn Surroundings,
    bodies: &dyn Bodies,
) -> IrFunction {
    let mut ir = before_passes(core, target, surroundings);
    passes::run(&mut ir, bodies);
    check(&ir, Stage::Owned);
    ir
}

fn before_passes(
    core: &CoreFunction,
    target: Target,
    surroundings: &mut dyn Surroundings,
) -> IrFunction {
    let fused = fuse::fused(core, target.arity);
    let ir = lower_arity(fused.as_ref().unwrap_or(core), target, surroundings);
    check(&ir, Stage::Lowered);
    ir
}

/// The functions that vars hold now.
struct HeldFunctions;

impl Bodies for HeldFunctions {
    fn body_of(&self, var: &Literal, arguments: usize, most: usize) -> Option<Body> {
        let Literal::Var(var) = var else { return None };
        let _pin = quiescence::pin();
        let function = var.as_object::<VarBody>().and_then(VarBody::root)?;
        let is_immortal = function.header().is_some_and(|header| header.is_immortal());
        let CodeSource::Compiled(source) = &function.as_object::<FunctionBody>()?.code.source
        else {
            return None;
        };
        let core = LazyFunction::behind(source)?.known_core()?;
        let target = target_of(&core, Wanted::Entry(arguments))?;
        let is_small = is_small(&core.arities[target.arity].body, most);
        if !is_immortal || target.arguments.is_some() || !is_small {
            return None;
        }
        let ir = before_passes(&core, target, &mut Nest::default());
        Some(Body { function, ir })
    }
}

/// May the body become at most so many instructions, none of which belongs to its function alone?
fn is_small(body: &Core, most: usize) -> bool {
    fn count(core: &Core, left: &mut usize) {
        let costs = match core.kind {
            CoreKind::Fn(_) | CoreKind::LetFn(..) | CoreKind::Try { .. } => usize::MAX,
            CoreKind::Const(_) | CoreKind::Local(_) => 0,
            _ => 1,
        };
        *left = left.saturating_sub(costs);
        if *left > 0 {
            core.for_each_child(&mut |child| count(child, left));
        }
    }
    let mut left = most + 1;
    count(body, &mut left);
    left > 0
}

fn check(ir: &IrFunction, stage: Stage) {
    if cfg!(debug_assertions)
        && let Err(broken) = verify(ir, stage)
    {
        let text = function_text(ir);
        panic!("{stage:?} IR is broken: {}\n{text}", broken[0]);
    }
}

/// The fault of a form without a value.
pub(crate) fn evaluation_fault(error: &EvaluationError) -> Fault {
    match error {
        EvaluationError::Diagnostics(errors) => syntax_fault(errors),
        EvaluationError::Failure(failure) => Fault::new(FaultKind::Undefined, describe(failure)),
    }
}

/// The fault of source text that does not compile: the message of the first, all in its text.
pub(crate) fn syntax_fault(errors: &[Diagnostic]) -> Fault {
    Fault::new(FaultKind::Syntax, diagnostics_text(errors))
}

/// Which arity serves a call, and with how many arguments in registers.
fn target_of(core: &CoreFunction, wanted: Wanted) -> Option<Target> {
    let find = |test: &dyn Fn(usize, bool) -> bool| {
        core.arities
            .iter()
            .position(|a| test(a.params.len(), a.rest.is_some()))
    };
    match wanted {
        Wanted::Entry(count) => match find(&|fixed, rest| fixed == count && !rest) {
            Some(arity) => Some(Target {
                arity,
                arguments: None,
            }),
            None => find(&|fixed, rest| rest && fixed <= count).map(|arity| Target {
                arity,
                arguments: Some(count),
            }),
        },
        Wanted::Variadic => find(&|_, rest| rest).map(|arity| Target {
            arity,
            arguments: None,
        }),
        Wanted::Wide(count) => {
            find(&|fixed, _| fixed == count && fixed > MAX_ARITY).map(|arity| Target {
                arity,
                arguments: None,
            })
        }
    }
}

/// Makes code for inner functions and keeps track of groups.
#[derive(Default)]
pub(crate) struct Nest {
    own: Option<Arc<Group>>,
    groups: Vec<Arc<Group>>,
}

impl Surroundings for Nest {
    fn code_for(&mut self, function: &Arc<CoreFunction>) -> Arc<FnCode> {
        let groups = self.groups.iter().chain(&self.own);
        let mut in_group = groups.filter_map(|group| {
            group.code_of(function, || code_in_group(function, Some(group.clone())))
        });
        in_group
            .next()
            .unwrap_or_else(|| code_in_group(function, None))
    }

    fn own_group(&self) -> Option<Arc<Group>> {
        self.own.clone()
    }

    fn add_group(&mut self, group: &Arc<Group>) {
        self.groups.push(group.clone());
    }

    fn core_var(&mut self, name: &'static str) -> VarRef {
        VarRef(namespace::intern(namespace::CORE, name))
    }
}
