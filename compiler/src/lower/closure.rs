//! Closures: captured values, and groups of functions that know one another.
//!
//! The functions of a `letfn` do not hold each other, which would be a cycle that counting never
//! frees. All of them capture the same outside values; inside one, a sibling is made anew from
//! those values where it is named.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use batuta_runtime::function::FnCode;

use crate::core_tree::{Core, CoreFunction, CoreKind, LocalId};
use crate::ir::entity::ValueId;
use crate::ir::function::Literal;
use crate::ir::instruction::Op;

use super::{Lower, Want};

/// A function of a group, as it is made where it is named.
#[derive(Clone)]
pub(super) struct Sibling {
    function: Arc<CoreFunction>,
    environment: Vec<ValueId>,
}

impl Lower<'_> {
    /// Loads what this arity uses of the captured values.
    pub(super) fn load_captures(&mut self, function: &CoreFunction, body: &Core) {
        let group = self.surroundings.own_group();
        let mut used = HashSet::new();
        used_locals(body, &mut used);
        let Some(group) = group else {
            for (index, capture) in function.captures.iter().enumerate() {
                if used.contains(&capture.inner) {
                    let value = self.builder.value(Op::Capture(index as u32));
                    self.locals.insert(capture.inner, value);
                }
            }
            return;
        };
        let needs_sibling = function
            .captures
            .iter()
            .any(|c| group.is_member(c.outer) && used.contains(&c.inner));
        let mut environment = Vec::new();
        for (index, outer) in group.environment.iter().enumerate() {
            let capture = function.captures.iter().find(|c| c.outer == *outer);
            let is_used = capture.is_some_and(|c| used.contains(&c.inner));
            if !is_used && !needs_sibling {
                continue;
            }
            let value = self.builder.value(Op::Capture(index as u32));
            environment.push(value);
            if let Some(capture) = capture {
                self.locals.insert(capture.inner, value);
            }
        }
        for capture in &function.captures {
            if let Some(member) = group.member(capture.outer) {
                let sibling = Sibling {
                    function: member.clone(),
                    environment: environment.clone(),
                };
                self.siblings.insert(capture.inner, sibling);
            }
        }
    }

    pub(super) fn closure(&mut self, function: &Arc<CoreFunction>) -> ValueId {
        let captured: Vec<ValueId> = function
            .captures
            .iter()
            .map(|c| self.local(c.outer))
            .collect();
        self.make_closure(function, captured)
    }

    fn make_closure(&mut self, function: &Arc<CoreFunction>, captured: Vec<ValueId>) -> ValueId {
        let code = self.surroundings.code_for(function);
        let code = self.builder.literal(Literal::Code(code));
        self.builder.value(Op::MakeClosure(code, captured))
    }

    pub(super) fn sibling_closure(&mut self, sibling: &Sibling) -> ValueId {
        self.make_closure(&sibling.function, sibling.environment.clone())
    }

    pub(super) fn recursive_closures(
        &mut self,
        functions: &[(LocalId, Arc<CoreFunction>)],
        body: &Core,
        want: Want,
    ) -> Option<ValueId> {
        let group = Arc::new(Group::new(functions));
        self.surroundings.add_group(&group);
        let environment: Vec<ValueId> = group
            .environment
            .iter()
            .map(|outer| self.local(*outer))
            .collect();
        for (local, function) in functions {
            let value = self.make_closure(function, environment.clone());
            self.locals.insert(*local, value);
        }
        self.lower(body, want)
    }
}

/// Functions that know one another.
pub struct Group {
    members: Vec<(LocalId, Arc<CoreFunction>)>,
    environment: Vec<LocalId>,
    codes: Mutex<Vec<Weak<FnCode>>>,
}

impl Group {
    fn new(functions: &[(LocalId, Arc<CoreFunction>)]) -> Group {
        let is_member = |local: LocalId| functions.iter().any(|(name, _)| *name == local);
        let mut environment: Vec<LocalId> = Vec::new();
        for (_, function) in functions {
            for capture in &function.captures {
                if !is_member(capture.outer) && !environment.contains(&capture.outer) {
                    environment.push(capture.outer);
                }
            }
        }
        let codes = functions.iter().map(|_| Weak::new()).collect();
        Group {
            members: functions.to_vec(),
            environment,
            codes: Mutex::new(codes),
        }
    }

    fn member(&self, outer: LocalId) -> Option<&Arc<CoreFunction>> {
        self.members
            .iter()
            .find(|(name, _)| *name == outer)
            .map(|(_, function)| function)
    }

    fn is_member(&self, outer: LocalId) -> bool {
        self.member(outer).is_some()
    }

    /// The code of a member, made once while any closure of it lives: every member names the
    /// others, so a new one each time would be compiled each time.
    pub fn code_of(
        &self,
        function: &Arc<CoreFunction>,
        make: impl FnOnce() -> Arc<FnCode>,
    ) -> Option<Arc<FnCode>> {
        let is_member = |(_, member): &(LocalId, Arc<CoreFunction>)| Arc::ptr_eq(member, function);
        let index = self.members.iter().position(is_member)?;
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        Some(codes[index].upgrade().unwrap_or_else(|| {
            let code = make();
            codes[index] = Arc::downgrade(&code);
            code
        }))
    }
}

/// The locals a node names, those that its closures capture included.
fn used_locals(core: &Core, used: &mut HashSet<LocalId>) {
    if let CoreKind::Local(local) = &core.kind {
        used.insert(*local);
    }
    if let CoreKind::Fn(function) = &core.kind {
        used.extend(function.captures.iter().map(|c| c.outer));
    }
    if let CoreKind::LetFn(functions, _) = &core.kind {
        used.extend(
            functions
                .iter()
                .flat_map(|(_, f)| f.captures.iter().map(|c| c.outer)),
        );
    }
    core.for_each_child(&mut |child| used_locals(child, used));
}
