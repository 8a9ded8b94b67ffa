//! Rows of patterns to a decision tree.
//!
//! A row is what is still to be checked before its clause is taken. At each place the rows are
//! simplified by what is known there; then one open test of the first row is made, the one that
//! most other rows wait for as well, and both answers go on with the rows they leave possible.
//! Bodies stand in `Join`s around the tree, so a clause reached on several ways is there once.

use std::collections::HashMap;
use std::sync::Arc;

use batuta_lang::form::Form;
use batuta_lang::source::Span;
use batuta_runtime::value::Value;

use super::clauses::Clause;
use super::emit::{Known, Source};
use super::facts::{ERROR, Facts, LIST, Occurrence, Operand, Test};
use super::{Key, MapEntry, Pattern, SequenceKind, TypeTest};
use crate::analyze::unit::{Ctx, Unit, constant_value, core, do_, if_, let_, local};
use crate::core_tree::{Core, CoreKind, LabelId, LocalId};
use crate::messages;

/// A value that is matched.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root {
    /// This local's value.
    Value(LocalId),
    /// A rest parameter: `nil` stands for no elements.
    Rest(LocalId),
}

/// How a tree is built into its surroundings.
pub(crate) struct Setting<'s> {
    /// What happens if no clause matches. Must bind no locals: it may be copied.
    pub(crate) otherwise: &'s Core,
    /// What is done before a clause's body is entered. Must bind no locals.
    pub(crate) before_body: Option<&'s Core>,
    /// What is matched, as a whole.
    pub(crate) span: Span,
    /// Surroundings of the bodies.
    pub(crate) ctx: Ctx,
}

/// One thing to be checked before a row's clause is taken.
#[derive(Clone, Copy)]
enum Todo<'p> {
    Match(Occurrence, &'p Pattern),
    /// The remaining items and rest of a sequence pattern, against a seq.
    Tail(Occurrence, &'p [Pattern], Option<&'p Pattern>),
    Test(Test),
}

enum Step<'p> {
    Done(Vec<Todo<'p>>),
    Fail,
    Need(Test),
}

#[derive(Clone)]
struct Row<'p> {
    clause: usize,
    todo: Vec<Todo<'p>>,
    binders: Vec<(Arc<str>, Occurrence)>,
}

struct Target {
    label: LabelId,
    binders: Vec<Arc<str>>,
    reached: bool,
}

pub(crate) struct Tree<'t, 'u> {
    pub(super) unit: &'t mut Unit<'u>,
    pub(super) setting: &'t Setting<'t>,
    pub(super) sources: Vec<Source>,
    interned: HashMap<Source, Occurrence>,
    pub(super) operands: Vec<Form>,
    clauses: &'t [Clause],
    targets: Vec<Target>,
}

/// The core that tries the clauses in order on the values of `roots`. `body` gives a clause's body
/// in the scope of its names.
pub(crate) fn compile_clauses(
    unit: &mut Unit<'_>,
    roots: &[Root],
    clauses: &[Clause],
    setting: &Setting<'_>,
    body: &mut dyn FnMut(&mut Unit<'_>, &Clause) -> Core,
) -> Core {
    let mut targets = Vec::with_capacity(clauses.len());
    let mut bodies = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let mut binders: Vec<Arc<str>> = Vec::new();
        for name in clause.patterns.iter().flat_map(Pattern::binders) {
            if !binders.contains(&name) {
                binders.push(name);
            }
        }
        let mark = unit.scopes.current().mark();
        let params: Vec<LocalId> = binders.iter().map(|name| unit.bind(name)).collect();
        let core = body(unit, clause);
        unit.scopes.current().leave(mark);
        let label = unit.scopes.current().label();
        bodies.push((label, params, core));
        targets.push(Target {
            label,
            binders,
            reached: false,
        });
    }
    let tree = Tree {
        unit,
        setting,
        sources: Vec::new(),
        interned: HashMap::new(),
        operands: Vec::new(),
        clauses,
        targets,
    };
    let (inner, targets) = tree.build(roots);
    let reached = bodies
        .into_iter()
        .zip(targets)
        .filter(|(_, target)| target.reached);
    reached.fold(inner, |inner, ((label, params, body), _)| {
        let (body, inner) = (Box::new(body), Box::new(inner));
        let kind = CoreKind::Join {
            label,
            params,
            body,
            inner,
        };
        core(kind, setting.span)
    })
}

impl<'t> Tree<'t, '_> {
    fn build(mut self, roots: &[Root]) -> (Core, Vec<Target>) {
        let roots: Vec<Occurrence> = roots
            .iter()
            .map(|root| match root {
                Root::Value(id) => self.occurrence(Source::Root(*id)),
                Root::Rest(id) => self.occurrence(Source::RestRoot(*id)),
            })
            .collect();
        let expanded: Vec<(usize, Vec<Pattern>)> = self.alternatives();
        let rows = expanded.iter().map(|(clause, patterns)| Row {
            clause: *clause,
            todo: roots
                .iter()
                .zip(patterns)
                .map(|(root, pattern)| Todo::Match(*root, pattern))
                .collect(),
            binders: Vec::new(),
        });
        let core = self.node(rows.collect(), &Facts::default(), &Known::default());
        for (clause, target) in self.clauses.iter().zip(&self.targets) {
            if !target.reached && clause.warns && self.unit.errors.is_empty() {
                self.unit
                    .session
                    .warn(messages::unreachable_clause(clause.span));
            }
        }
        (core, self.targets)
    }

    fn alternatives(&self) -> Vec<(usize, Vec<Pattern>)> {
        let ways = |clause: &Clause| {
            super::combinations(clause.patterns.iter().map(Pattern::alternatives))
        };
        let numbered = self.clauses.iter().enumerate();
        numbered
            .flat_map(|(index, clause)| ways(clause).into_iter().map(move |way| (index, way)))
            .collect()
    }

    /// The occurrence of a part; one and the same for equal sources.
    pub(super) fn occurrence(&mut self, source: Source) -> Occurrence {
        if let Some(known) = self.interned.get(&source) {
            return *known;
        }
        let occurrence = Occurrence(self.sources.len() as u32);
        self.sources.push(source.clone());
        self.interned.insert(source, occurrence);
        occurrence
    }

    fn operand(&mut self, form: &Form) -> Operand {
        let known = self.operands.iter().position(|operand| operand == form);
        let at = known.unwrap_or_else(|| {
            self.operands.push(form.clone());
            self.operands.len() - 1
        });
        Operand(at as u32)
    }

    fn node(&mut self, rows: Vec<Row<'_>>, facts: &Facts, known: &Known) -> Core {
        let mut rows: Vec<Row<'_>> = rows
            .into_iter()
            .filter_map(|row| self.simplify(row, facts))
            .collect();
        if let Some(end) = rows
            .iter()
            .position(|row| row.todo.is_empty() && self.clauses[row.clause].guard.is_none())
        {
            rows.truncate(end + 1);
        }
        let Some(first) = rows.first() else {
            return self.setting.otherwise.clone();
        };
        if first.todo.is_empty() {
            return self.leaf(rows, facts, known);
        }
        let Some(test) = self.choose(&rows, facts) else {
            return self.setting.otherwise.clone();
        };
        let mut known = known.clone();
        let mut lets = Vec::new();
        let question = self.test_core(test, &mut known, &mut lets);
        let yes = facts.learn(test, true, &self.operands);
        let then = self.node(rows.clone(), &yes, &known);
        let no = facts.learn(test, false, &self.operands);
        let otherwise = self.node(rows, &no, &known);
        let span = self.setting.span;
        let_(lets, if_(question, then, otherwise, span), span)
    }

    /// The open test of the first row that most rows wait for.
    fn choose(&mut self, rows: &[Row<'_>], facts: &Facts) -> Option<Test> {
        let mut open: Vec<Vec<Test>> = Vec::with_capacity(rows.len());
        for row in rows {
            let tests = row
                .todo
                .iter()
                .filter_map(|todo| match self.step(*todo, facts) {
                    Step::Need(test) => Some(test),
                    Step::Done(_) | Step::Fail => None,
                });
            open.push(tests.collect());
        }
        let (first, others) = open.split_first()?;
        let score = |test: &Test| others.iter().filter(|tests| tests.contains(test)).count();
        let best = first
            .iter()
            .enumerate()
            .max_by_key(|(at, test)| (score(test), std::cmp::Reverse(*at)))?;
        Some(*best.1)
    }

    /// Takes off all that is known to hold; `None` if something is known not to.
    fn simplify<'p>(&mut self, mut row: Row<'p>, facts: &Facts) -> Option<Row<'p>> {
        let mut at = 0;
        while let Some(todo) = row.todo.get(at) {
            let todo = *todo;
            let step = match todo {
                Todo::Match(occurrence, Pattern::Bind(name)) => {
                    Step::Done(bind(&mut row, name, occurrence))
                }
                Todo::Match(occurrence, Pattern::As(inner, name)) => {
                    let mut more = bind(&mut row, name, occurrence);
                    more.push(Todo::Match(occurrence, inner));
                    Step::Done(more)
                }
                _ => self.step(todo, facts),
            };
            match step {
                Step::Done(more) => drop(row.todo.splice(at..=at, more)),
                Step::Fail => return None,
                Step::Need(_) => at += 1,
            }
        }
        Some(row)
    }

    fn step<'p>(&mut self, todo: Todo<'p>, facts: &Facts) -> Step<'p> {
        match todo {
            Todo::Test(test) => self.ask(test, facts, Vec::new()),
            Todo::Tail(seq, items, rest) => self.tail_step(seq, items, rest, facts),
            Todo::Match(occurrence, pattern) => self.pattern_step(occurrence, pattern, facts),
        }
    }

    fn ask<'p>(&mut self, test: Test, facts: &Facts, then: Vec<Todo<'p>>) -> Step<'p> {
        match facts.known(test, &self.operands) {
            Some(true) => Step::Done(then),
            Some(false) => Step::Fail,
            None => Step::Need(test),
        }
    }

    fn pattern_step<'p>(
        &mut self,
        occurrence: Occurrence,
        pattern: &'p Pattern,
        facts: &Facts,
    ) -> Step<'p> {
        match pattern {
            // Names are bound, and alternatives told apart, before steps are taken.
            Pattern::Wild | Pattern::Bind(_) | Pattern::As(..) | Pattern::Or(_) => {
                Step::Done(Vec::new())
            }
            Pattern::Literal(form) => {
                let test = Test::Equals(occurrence, self.operand(form));
                self.ask(test, facts, Vec::new())
            }
            Pattern::Pin(form) => {
                let test = Test::Pinned(occurrence, self.operand(form));
                self.ask(test, facts, Vec::new())
            }
            Pattern::Type(test, inner) => {
                let inner = vec![Todo::Match(occurrence, inner)];
                match test {
                    TypeTest::Any => Step::Done(inner),
                    TypeTest::Classes(shapes) => {
                        self.ask(Test::Classes(occurrence, *shapes), facts, inner)
                    }
                    TypeTest::Instance(class) => {
                        let test = Test::Instance(occurrence, self.operand(class));
                        self.ask(test, facts, inner)
                    }
                }
            }
            Pattern::Sequence { kind, items, rest } => {
                self.sequence_step(occurrence, *kind, items, rest.as_deref(), facts)
            }
            Pattern::Map(entries) => {
                let then = self.entries(occurrence, entries);
                self.ask(Test::MapLike(occurrence), facts, then)
            }
            Pattern::Fault(kinds, inner) => {
                let key = Key::Data(Form::keyword(self.setting.span, "kind"));
                let kind = self.occurrence(Source::Key(occurrence, key));
                let mut then = vec![Todo::Match(occurrence, inner)];
                for name in kinds.0 {
                    let wanted = self.operand(&Form::keyword(self.setting.span, name));
                    then.push(Todo::Test(Test::Equals(kind, wanted)));
                }
                self.ask(Test::Classes(occurrence, ERROR), facts, then)
            }
        }
    }

    fn sequence_step<'p>(
        &mut self,
        occurrence: Occurrence,
        kind: SequenceKind,
        items: &'p [Pattern],
        rest: Option<&'p Pattern>,
        facts: &Facts,
    ) -> Step<'p> {
        let walk = vec![Todo::Tail(occurrence, items, rest)];
        if matches!(self.sources[occurrence.0 as usize], Source::RestRoot(_)) {
            return Step::Done(walk);
        }
        if kind == SequenceKind::List {
            return self.ask(Test::Classes(occurrence, LIST), facts, walk);
        }
        match facts.known(Test::Vector(occurrence), &self.operands) {
            None => Step::Need(Test::Vector(occurrence)),
            Some(false) => self.ask(Test::Classes(occurrence, LIST), facts, walk),
            Some(true) => {
                let count = items.len();
                let mut then: Vec<Todo<'p>> = Vec::with_capacity(count + 1);
                for (index, item) in items.iter().enumerate() {
                    let element = self.occurrence(Source::Element(occurrence, index));
                    then.push(Todo::Match(element, item));
                }
                if let Some(rest) = rest {
                    let after = self.occurrence(Source::VectorRest(occurrence, count));
                    then.push(Todo::Match(after, rest));
                }
                match (rest, count) {
                    (None, _) => self.ask(Test::CountIs(occurrence, count), facts, then),
                    (Some(_), 0) => Step::Done(then),
                    (Some(_), _) => self.ask(Test::CountMin(occurrence, count), facts, then),
                }
            }
        }
    }

    /// One cell of a list or seq at a time, so that no more of it is realised than is asked.
    fn tail_step<'p>(
        &mut self,
        seq: Occurrence,
        items: &'p [Pattern],
        rest: Option<&'p Pattern>,
        facts: &Facts,
    ) -> Step<'p> {
        if let (Some(rest), []) = (rest, items) {
            return Step::Done(vec![Todo::Match(seq, rest)]);
        }
        let cell = self.occurrence(Source::Cell(seq));
        let nil = self.operand(&Form::nil(self.setting.span));
        let is_empty = Test::Equals(cell, nil);
        match (facts.known(is_empty, &self.operands), items) {
            (None, _) => Step::Need(is_empty),
            (Some(true), []) => Step::Done(Vec::new()),
            (Some(false), [item, items @ ..]) => {
                let first = self.occurrence(Source::First(cell));
                let more = self.occurrence(Source::Rest(cell));
                Step::Done(vec![
                    Todo::Match(first, item),
                    Todo::Tail(more, items, rest),
                ])
            }
            (Some(true), [_, ..]) | (Some(false), []) => Step::Fail,
        }
    }

    fn entries<'p>(&mut self, map: Occurrence, entries: &'p [MapEntry]) -> Vec<Todo<'p>> {
        let mut then = Vec::with_capacity(2 * entries.len());
        for entry in entries {
            let value = self.occurrence(Source::Key(map, entry.key.clone()));
            match &entry.default {
                None => {
                    // What is equal to a literal is there.
                    if !matches!(entry.pattern, Pattern::Literal(_)) {
                        then.push(Todo::Test(Test::Present(value)));
                    }
                    then.push(Todo::Match(value, &entry.pattern));
                }
                Some(default) => {
                    let value = self.occurrence(Source::Default(value, default.clone()));
                    then.push(Todo::Match(value, &entry.pattern));
                }
            }
        }
        then
    }

    fn leaf(&mut self, mut rows: Vec<Row<'_>>, facts: &Facts, known: &Known) -> Core {
        let row = rows.remove(0);
        let span = self.setting.span;
        let clauses = self.clauses;
        let clause = &clauses[row.clause];
        let mut known = known.clone();
        let mut lets = Vec::new();
        let target = &self.targets[row.clause];
        let (label, binders) = (target.label, target.binders.clone());
        self.targets[row.clause].reached = true;
        let mut locals = Vec::with_capacity(binders.len());
        for name in &binders {
            let bound = row.binders.iter().find(|(bound, _)| bound == name);
            locals.push(match bound {
                Some((_, occurrence)) => self.part(*occurrence, &mut known, &mut lets),
                // Only after a reported error: alternatives that bind different names.
                None => return constant_value(Value::NIL, span),
            });
        }
        let arguments = locals.iter().map(|id| local(*id, span)).collect();
        let mut taken = core(CoreKind::Jump(label, arguments), span);
        if let Some(before) = self.setting.before_body {
            taken = do_(vec![before.clone(), taken], span);
        }
        let Some(guard) = &clause.guard else {
            return let_(lets, taken, span);
        };
        let question = self.guard(guard, &binders, &locals);
        let otherwise = self.node(rows, facts, &known);
        let_(lets, if_(question, taken, otherwise, span), span)
    }
}

/// Binds a name; if the row has it already, asks for equality instead.
fn bind<'p>(row: &mut Row<'_>, name: &Arc<str>, occurrence: Occurrence) -> Vec<Todo<'p>> {
    match row.binders.iter().find(|(bound, _)| bound == name) {
        Some((_, first)) if *first == occurrence => Vec::new(),
        Some((_, first)) => vec![Todo::Test(Test::Same(*first, occurrence))],
        None => {
            row.binders.push((name.clone(), occurrence));
            Vec::new()
        }
    }
}
