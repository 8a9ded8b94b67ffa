//! Patterns and their compilation to decision trees.
//!
//! [`clauses`] splits `pattern when guard -> body …` lists, [`parse`] reads patterns, [`tree`]
//! turns rows of patterns into tests that are each made at most once on any way (after Maranget,
//! "Compiling Pattern Matching to Good Decision Trees", 2008), [`facts`] is what is known of a
//! value on the way to a place, [`emit`] the core of tests and of the parts of a value.
//! To add a kind of pattern: a variant here, its reading in `parse`, its step in `tree`.

use std::sync::Arc;

use batuta_lang::form::Form;

pub(crate) mod clauses;
pub(crate) mod emit;
pub(crate) mod facts;
pub(crate) mod parse;
pub(crate) mod tree;

/// A pattern.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// `_`
    Wild,
    /// A name; a second time in one clause it means equality.
    Bind(Arc<str>),
    /// `(as p name)`
    As(Box<Pattern>, Arc<str>),
    /// Equal to this data.
    Literal(Form),
    /// Equal to the value of this expression: `~x`, a qualified symbol.
    Pin(Form),
    /// `(p :: T)`
    Type(TypeTest, Box<Pattern>),
    /// `(or p q)`
    Or(Vec<Pattern>),
    /// `[p… & r]`, or `(list p… & r)`, which vectors do not match.
    Sequence {
        /// What it matches.
        kind: SequenceKind,
        /// Its first elements.
        items: Vec<Pattern>,
        /// What comes after them; without it nothing may.
        rest: Option<Box<Pattern>>,
    },
    /// `{…}`
    Map(Vec<MapEntry>),
    /// A fault of one of these kinds: `(catch ClassCastException e …)`.
    Fault(CatchKinds, Box<Pattern>),
}

/// Which sequences a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SequenceKind {
    /// Vectors, lists, seqs.
    Any,
    /// Lists and seqs.
    List,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CatchKinds(pub(crate) &'static [&'static str]);

/// What `:: T` asks.
#[derive(Clone, Debug)]
pub(crate) enum TypeTest {
    /// Everything is one.
    Any,
    /// One of these, as `(class x)` names them.
    Classes(facts::Shapes),
    /// Whatever `instance?` says.
    Instance(Form),
}

/// One entry of a map pattern.
#[derive(Clone, Debug)]
pub(crate) struct MapEntry {
    /// Whose value is looked at.
    pub(crate) key: Key,
    /// `:or`: what stands in for a key that is not there; without it the key must be there.
    pub(crate) default: Option<Form>,
    /// What the value must match.
    pub(crate) pattern: Pattern,
}

/// A key of a map pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// This data.
    Data(Form),
    /// The value of this expression.
    Computed(Form),
}

impl Pattern {
    /// The names the pattern binds, each once, in the order they stand.
    pub(crate) fn binders(&self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        self.collect_binders(&mut names);
        names
    }

    fn collect_binders(&self, names: &mut Vec<Arc<str>>) {
        match self {
            Pattern::Wild | Pattern::Literal(_) | Pattern::Pin(_) => {}
            Pattern::Bind(name) => add_name(names, name),
            Pattern::As(inner, name) => {
                inner.collect_binders(names);
                add_name(names, name);
            }
            Pattern::Type(_, inner) | Pattern::Fault(_, inner) => inner.collect_binders(names),
            Pattern::Or(choices) => {
                choices
                    .iter()
                    .for_each(|choice| choice.collect_binders(names));
            }
            Pattern::Sequence { items, rest, .. } => {
                items.iter().for_each(|item| item.collect_binders(names));
                rest.iter().for_each(|rest| rest.collect_binders(names));
            }
            Pattern::Map(entries) => {
                entries
                    .iter()
                    .for_each(|entry| entry.pattern.collect_binders(names));
            }
        }
    }

    /// The pattern without alternatives inside: all ways to choose among them, in order.
    pub(crate) fn alternatives(&self) -> Vec<Pattern> {
        match self {
            Pattern::Wild | Pattern::Bind(_) | Pattern::Literal(_) | Pattern::Pin(_) => {
                vec![self.clone()]
            }
            Pattern::As(inner, name) => {
                map_all(inner, |inner| Pattern::As(Box::new(inner), name.clone()))
            }
            Pattern::Type(test, inner) => {
                map_all(inner, |inner| Pattern::Type(test.clone(), Box::new(inner)))
            }
            Pattern::Or(choices) => choices.iter().flat_map(Pattern::alternatives).collect(),
            Pattern::Sequence { kind, items, rest } => {
                let rests: Vec<Option<Box<Pattern>>> = match rest {
                    Some(rest) => map_all(rest, |rest| Some(Box::new(rest))),
                    None => vec![None],
                };
                let mut all = Vec::new();
                for items in combinations(items.iter().map(Pattern::alternatives)) {
                    for rest in &rests {
                        let (kind, items, rest) = (*kind, items.clone(), rest.clone());
                        all.push(Pattern::Sequence { kind, items, rest });
                    }
                }
                all
            }
            Pattern::Map(entries) => {
                let choices = entries.iter().map(|entry| {
                    map_all(&entry.pattern, |pattern| MapEntry {
                        pattern,
                        ..entry.clone()
                    })
                });
                combinations(choices)
                    .into_iter()
                    .map(Pattern::Map)
                    .collect()
            }
            Pattern::Fault(kinds, inner) => {
                let inners = inner.alternatives();
                let one = |kind| {
                    let kinds = CatchKinds(std::slice::from_ref(kind));
                    let fault =
                        move |inner: &Pattern| Pattern::Fault(kinds, Box::new(inner.clone()));
                    inners.iter().map(fault).collect::<Vec<_>>()
                };
                kinds.0.iter().flat_map(one).collect()
            }
        }
    }
}

fn add_name(names: &mut Vec<Arc<str>>, name: &Arc<str>) {
    if !names.contains(name) {
        names.push(name.clone());
    }
}

fn map_all<T>(pattern: &Pattern, make: impl Fn(Pattern) -> T) -> Vec<T> {
    pattern.alternatives().into_iter().map(make).collect()
}

/// Every way to take one of each.
pub(crate) fn combinations<T: Clone>(choices: impl Iterator<Item = Vec<T>>) -> Vec<Vec<T>> {
    choices.fold(vec![Vec::new()], |ways, choices| {
        let extend = |way: &Vec<T>| {
            let way = way.clone();
            choices
                .iter()
                .map(move |choice| way.iter().chain([choice]).cloned().collect())
                .collect::<Vec<Vec<T>>>()
        };
        ways.iter().flat_map(extend).collect()
    })
}
