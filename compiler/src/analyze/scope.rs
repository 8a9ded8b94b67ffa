//! Names in scope: the stack of functions being analysed, their locals and captures.
//!
//! Invariant: a [`LocalId`] belongs to one function of the stack. A name found in a surrounding
//! function is captured through every function in between, once each, so all users share it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use batuta_lang::source::Span;

use super::error_set::ErrorSet;
use crate::core_tree::{Capture, CoreArity, CoreFunction, LabelId, LocalId};

/// How the program wrote a function: decides what `?` leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FnKind {
    /// `fn`, `#()`, `defn`.
    Written,
    /// Made by the named construct for its body.
    Generated(Arc<str>),
    /// A top-level form.
    TopLevel,
    /// A part of an actor, or the clauses of its `receive`.
    Actor,
}

/// One function being analysed.
pub(crate) struct FnScope {
    pub(crate) name: Arc<str>,
    pub(crate) kind: FnKind,
    self_name: Option<Arc<str>>,
    self_local: Option<LocalId>,
    bindings: Vec<(Arc<str>, LocalId)>,
    local_names: Vec<Arc<str>>,
    label_count: u32,
    captures: Vec<Capture>,
    captured: HashMap<LocalId, LocalId>,
    /// Locals whose names mean what the cell in them holds.
    cells: HashSet<LocalId>,
    /// The errors that the function declares to return.
    pub(crate) errors: Option<ErrorSet>,
}

impl FnScope {
    pub(crate) fn new(name: Arc<str>, kind: FnKind, self_name: Option<Arc<str>>) -> FnScope {
        FnScope {
            name,
            kind,
            self_name,
            self_local: None,
            bindings: Vec::new(),
            local_names: Vec::new(),
            label_count: 0,
            captures: Vec::new(),
            captured: HashMap::new(),
            cells: HashSet::new(),
            errors: None,
        }
    }

    /// A local without a name in scope; `name` is for people.
    pub(crate) fn fresh(&mut self, name: &str) -> LocalId {
        self.local_names.push(without_number(name).into());
        LocalId(self.local_names.len() as u32 - 1)
    }

    /// Brings a name into scope for an existing local.
    pub(crate) fn bind(&mut self, name: Arc<str>, local: LocalId) {
        self.bindings.push((name, local));
    }

    /// Lets the local's name mean what the cell in it holds.
    pub(crate) fn mark_cell(&mut self, local: LocalId) {
        self.cells.insert(local);
    }

    /// Does the local's name mean what the cell in it holds?
    pub(crate) fn is_cell(&self, local: LocalId) -> bool {
        self.cells.contains(&local)
    }

    /// A mark to leave the present scope with.
    pub(crate) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Leaves all scopes entered since the mark.
    pub(crate) fn leave(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    pub(crate) fn label(&mut self) -> LabelId {
        self.label_count += 1;
        LabelId(self.label_count - 1)
    }

    /// The local that stands for the function itself.
    pub(crate) fn self_local(&mut self) -> LocalId {
        if let Some(local) = self.self_local {
            return local;
        }
        let local = self.fresh("self");
        self.self_local = Some(local);
        local
    }

    fn find(&mut self, name: &str) -> Option<LocalId> {
        let bound = self
            .bindings
            .iter()
            .rev()
            .find(|(bound, _)| &**bound == name);
        if let Some((_, local)) = bound {
            return Some(*local);
        }
        (self.self_name.as_deref() == Some(name)).then(|| self.self_local())
    }

    fn import(&mut self, outer: LocalId, name: Arc<str>) -> LocalId {
        if let Some(inner) = self.captured.get(&outer) {
            return *inner;
        }
        let inner = self.fresh(&name);
        self.captures.push(Capture { outer, inner });
        self.captured.insert(outer, inner);
        inner
    }

    pub(crate) fn finish(self, span: Span, arities: Vec<CoreArity>) -> CoreFunction {
        CoreFunction {
            name: self.name,
            span,
            captures: self.captures,
            self_local: self.self_local,
            arities,
            is_top_level: false,
            local_count: self.local_names.len() as u32,
            label_count: self.label_count,
            local_names: self.local_names,
        }
    }
}

/// A name without the number that made it fresh: the local's own number tells it apart.
fn without_number(name: &str) -> &str {
    match name.rsplit_once("__") {
        Some((prefix, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => prefix,
        Some(_) | None => name,
    }
}

/// The functions around the place being analysed, outermost first.
#[derive(Default)]
pub(crate) struct ScopeStack {
    functions: Vec<FnScope>,
}

impl ScopeStack {
    pub(crate) fn push(&mut self, function: FnScope) {
        self.functions.push(function);
    }

    pub(crate) fn pop(&mut self) -> FnScope {
        self.functions
            .pop()
            .expect("every pop stands behind the push of the same function")
    }

    /// Index of the innermost function.
    pub(crate) fn depth(&self) -> usize {
        self.functions.len() - 1
    }

    pub(crate) fn current(&mut self) -> &mut FnScope {
        self.functions
            .last_mut()
            .expect("analysis stands inside a function, at least that of the top-level form")
    }

    pub(crate) fn at(&mut self, depth: usize) -> &mut FnScope {
        &mut self.functions[depth]
    }

    pub(crate) fn kind(&self) -> &FnKind {
        let innermost = self.functions.last();
        innermost.map_or(&FnKind::TopLevel, |function| &function.kind)
    }

    /// The errors that the innermost function a program wrote declares, if it does.
    pub(crate) fn declared_errors(&self) -> Option<&ErrorSet> {
        let is_written = |function: &&FnScope| function.kind == FnKind::Written;
        let innermost = self.functions.iter().rev().find(is_written);
        innermost.and_then(|function| function.errors.as_ref())
    }

    /// The local that a name stands for, captured into the innermost function where needed.
    pub(crate) fn resolve(&mut self, name: &str) -> Option<LocalId> {
        let depths = (0..self.functions.len()).rev();
        let (depth, local) = depths
            .map(|depth| (depth, self.functions[depth].find(name)))
            .find_map(|(depth, found)| found.map(|local| (depth, local)))?;
        Some(self.import(depth, local))
    }

    /// Is the name a local here? Captures nothing.
    pub(crate) fn is_local(&self, name: &str) -> bool {
        self.functions.iter().any(|function| {
            function.bindings.iter().any(|(bound, _)| &**bound == name)
                || function.self_name.as_deref() == Some(name)
        })
    }

    /// A local of the function at `depth`, as the innermost function sees it.
    pub(crate) fn import(&mut self, depth: usize, local: LocalId) -> LocalId {
        let name = self.functions[depth].local_names[local.0 as usize].clone();
        let is_cell = self.functions[depth].is_cell(local);
        self.functions[depth + 1..]
            .iter_mut()
            .fold(local, |outer, function| {
                let inner = function.import(outer, name.clone());
                if is_cell {
                    function.mark_cell(inner);
                }
                inner
            })
    }

    /// The names in scope, innermost last, each once.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for function in &self.functions {
            let bound = function.bindings.iter().map(|(name, _)| name);
            for name in function.self_name.iter().chain(bound) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        names
    }
}
