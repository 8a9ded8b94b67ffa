//! What is known of the parts of a value at a place in a decision tree.
//!
//! [`Facts::known`] answers a test from the tests made on the way; a test it answers is not made
//! again. An answer must be certain: where two literals might be equal though written differently,
//! nothing is concluded.

use batuta_lang::form::{Form, FormKind};
use im::HashMap;

use crate::analyze::is_immediate;

/// A part of the matched values: an index into the tree's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Occurrence(pub(crate) u32);

/// A literal, or an expression values are compared with: an index into the tree's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Operand(pub(crate) u32);

/// A question about parts of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    /// Is it a vector?
    Vector(Occurrence),
    /// Has the vector exactly so many elements?
    CountIs(Occurrence, usize),
    /// Has the vector at least so many elements?
    CountMin(Occurrence, usize),
    /// Is it of one of these classes?
    Classes(Occurrence, Shapes),
    /// Is it a map, a record or an error?
    MapLike(Occurrence),
    /// Is it equal to this literal?
    Equals(Occurrence, Operand),
    /// Is it equal to the value of this expression?
    Pinned(Occurrence, Operand),
    /// Is it an instance of the value of this expression?
    Instance(Occurrence, Operand),
    /// Are both equal?
    Same(Occurrence, Occurrence),
    /// Was the key there that this is the value of?
    Present(Occurrence),
}

impl Test {
    fn subject(self) -> Occurrence {
        match self {
            Test::Vector(subject)
            | Test::CountIs(subject, _)
            | Test::CountMin(subject, _)
            | Test::Classes(subject, _)
            | Test::MapLike(subject)
            | Test::Equals(subject, _)
            | Test::Pinned(subject, _)
            | Test::Instance(subject, _)
            | Test::Same(subject, _)
            | Test::Present(subject) => subject,
        }
    }
}

/// A set of classes of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shapes(u32);

/// The classes, by the keyword `(class x)` gives; the bit is the place in this table.
const CLASSES: [&str; 16] = [
    "nil", "bool", "char", "keyword", "int", "float", "ratio", "decimal", "string", "symbol",
    "vector", "list", "map", "set", "fn", "error",
];

const NIL: Shapes = Shapes(1);
const VECTOR: Shapes = Shapes(1 << 10);
pub(crate) const LIST: Shapes = Shapes(1 << 11);
const MAP: Shapes = Shapes(1 << 12);
const SET: Shapes = Shapes(1 << 13);
pub(crate) const ERROR: Shapes = Shapes(1 << 15);
/// Everything that is in no class of the table, records for one.
const OTHER: Shapes = Shapes(1 << 16);
const ALL: Shapes = Shapes((1 << 17) - 1);

impl Shapes {
    /// The classes that a type's name stands for, if it is one of Batuta's own.
    pub(crate) fn of_type(name: &str) -> Option<Shapes> {
        let classes: &[&str] = match name {
            "Int" | "Long" | "Integer" | "BigInt" => &["int"],
            "Float" | "Double" => &["float"],
            "Num" | "Number" => &["int", "float", "ratio", "decimal"],
            "Ratio" => &["ratio"],
            "Decimal" => &["decimal"],
            "String" => &["string"],
            "Char" | "Character" => &["char"],
            "Bool" | "Boolean" => &["bool"],
            "Keyword" => &["keyword"],
            "Symbol" => &["symbol"],
            "Vector" => &["vector"],
            "List" => &["list"],
            "Map" => &["map"],
            "Set" => &["set"],
            "Fn" => &["fn"],
            "Nil" => &["nil"],
            _ => return None,
        };
        Some(
            classes
                .iter()
                .fold(Shapes(0), |all, class| all.with(Shapes::of_class(class))),
        )
    }

    fn of_class(class: &str) -> Shapes {
        let at = CLASSES.iter().position(|known| *known == class);
        at.map_or(OTHER, |at| Shapes(1 << at))
    }

    /// The names of the classes.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let indexed = CLASSES.iter().enumerate();
        indexed
            .filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, name)| *name)
    }

    const fn with(self, other: Shapes) -> Shapes {
        Shapes(self.0 | other.0)
    }

    const fn without(self, other: Shapes) -> Shapes {
        Shapes(self.0 & !other.0)
    }

    const fn only(self, other: Shapes) -> Shapes {
        Shapes(self.0 & other.0)
    }

    const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes a value equal to the literal may be of.
    fn of_literal(form: &Form) -> Shapes {
        match &form.kind {
            FormKind::Nil => NIL,
            FormKind::Bool(_) => Shapes::of_class("bool"),
            FormKind::Int(_) | FormKind::BigInt(_) => Shapes::of_class("int"),
            FormKind::Ratio(..) => Shapes::of_class("ratio"),
            FormKind::Float(_) => Shapes::of_class("float"),
            FormKind::Decimal { .. } => Shapes::of_class("decimal"),
            FormKind::Str(_) => Shapes::of_class("string"),
            FormKind::Char(_) => Shapes::of_class("char"),
            FormKind::Keyword(_) => Shapes::of_class("keyword"),
            FormKind::Symbol(_) => Shapes::of_class("symbol"),
            FormKind::List(_) | FormKind::Vector(_) => VECTOR.with(LIST).with(OTHER),
            FormKind::Map(_) => MAP.with(OTHER),
            FormKind::Set(_) => SET.with(OTHER),
            FormKind::Regex(_) | FormKind::Tagged(..) => ALL,
        }
    }
}

/// What is known of one part.
#[derive(Clone, Debug)]
struct Part {
    shapes: Shapes,
    equal: Option<Operand>,
    count_min: usize,
    count_max: usize,
    not_counts: Vec<usize>,
}

impl Part {
    const UNKNOWN: Part = Part {
        shapes: ALL,
        equal: None,
        count_min: 0,
        count_max: usize::MAX,
        not_counts: Vec::new(),
    };
}

/// What is known at a place.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    parts: HashMap<Occurrence, Part>,
    answers: HashMap<Test, bool>,
}

impl Facts {
    /// The answer to a test, if what is known decides it.
    pub(crate) fn known(&self, test: Test, literals: &[Form]) -> Option<bool> {
        if let Some(answer) = self.answers.get(&test) {
            return Some(*answer);
        }
        let part = self.parts.get(&test.subject())?;
        match test {
            Test::Vector(_) => by_shape(part, VECTOR, VECTOR),
            Test::Classes(_, shapes) => by_shape(part, shapes, shapes),
            Test::MapLike(_) => by_shape(part, MAP.with(ERROR).with(OTHER), MAP.with(ERROR)),
            Test::CountIs(_, count) => {
                let outside = count < part.count_min
                    || count > part.count_max
                    || part.not_counts.contains(&count);
                match (outside, part.count_min == part.count_max) {
                    (true, _) => Some(false),
                    (false, true) => Some(true),
                    (false, false) => None,
                }
            }
            Test::CountMin(_, count) if count <= part.count_min => Some(true),
            Test::CountMin(_, count) => (count > part.count_max).then_some(false),
            Test::Equals(_, literal) => {
                let form = &literals[literal.0 as usize];
                let shapes = Shapes::of_literal(form);
                if part.shapes.only(shapes).is_empty() {
                    return Some(false);
                }
                let other = &literals[part.equal?.0 as usize];
                differ(form, other).then_some(false)
            }
            Test::Pinned(..) | Test::Instance(..) | Test::Same(..) | Test::Present(_) => None,
        }
    }

    /// What is known once a test has been answered.
    pub(crate) fn learn(&self, test: Test, answer: bool, literals: &[Form]) -> Facts {
        let mut facts = self.clone();
        facts.answers.insert(test, answer);
        let mut part = facts
            .parts
            .get(&test.subject())
            .cloned()
            .unwrap_or(Part::UNKNOWN);
        part.learn(test, answer, literals);
        facts.parts.insert(test.subject(), part);
        facts
    }
}

fn by_shape(part: &Part, may_be: Shapes, surely: Shapes) -> Option<bool> {
    if part.shapes.only(may_be).is_empty() {
        Some(false)
    } else if part.shapes.without(surely).is_empty() {
        Some(true)
    } else {
        None
    }
}

/// Are both literals of kinds for which different text means different values?
fn differ(one: &Form, other: &Form) -> bool {
    let is_plain = |form: &Form| {
        is_immediate(form) || matches!(form.kind, FormKind::Str(_) | FormKind::Symbol(_))
    };
    is_plain(one) && is_plain(other) && one != other
}

impl Part {
    fn learn(&mut self, test: Test, answer: bool, literals: &[Form]) {
        match (test, answer) {
            (Test::Vector(_), true) => self.shapes = self.shapes.only(VECTOR),
            (Test::Vector(_), false) => self.shapes = self.shapes.without(VECTOR),
            (Test::Classes(_, shapes), true) => self.shapes = self.shapes.only(shapes),
            (Test::Classes(_, shapes), false) => self.shapes = self.shapes.without(shapes),
            (Test::MapLike(_), true) => {
                self.shapes = self.shapes.only(MAP.with(ERROR).with(OTHER));
            }
            (Test::MapLike(_), false) => self.shapes = self.shapes.without(MAP.with(ERROR)),
            (Test::CountIs(_, count), true) => (self.count_min, self.count_max) = (count, count),
            (Test::CountIs(_, count), false) => self.exclude_count(count),
            (Test::CountMin(_, count), true) => self.count_min = self.count_min.max(count),
            (Test::CountMin(_, count), false) => {
                self.count_max = self.count_max.min(count.saturating_sub(1));
            }
            (Test::Equals(_, literal), true) => {
                let form = &literals[literal.0 as usize];
                self.shapes = self.shapes.only(Shapes::of_literal(form));
                self.equal = Some(literal);
            }
            (Test::Equals(_, literal), false) => {
                if matches!(literals[literal.0 as usize].kind, FormKind::Nil) {
                    self.shapes = self.shapes.without(NIL);
                }
            }
            (Test::Pinned(..) | Test::Instance(..) | Test::Same(..) | Test::Present(_), _) => {}
        }
        while self.not_counts.contains(&self.count_min) && self.count_min < self.count_max {
            self.count_min += 1;
        }
    }

    fn exclude_count(&mut self, count: usize) {
        if count == self.count_max {
            self.count_max = self.count_max.saturating_sub(1);
        } else {
            self.not_counts.push(count);
        }
    }
}
