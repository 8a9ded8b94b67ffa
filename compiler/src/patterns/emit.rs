//! The core of tests, and of getting at the parts of a value.
//!
//! A part is fetched by a `let` where it is first needed on a way, and known below that place.

use std::sync::Arc;

use batuta_lang::form::Form;
use batuta_runtime::value::Value;

use super::Key;
use super::facts::{Occurrence, Shapes, Test};
use super::tree::Tree;
use crate::analyze::unit::{constant_value, core, if_, local, primitive, small_int};
use crate::analyze::{is_immediate, unit};
use crate::core_tree::{Core, CoreKind, LocalId, Primitive};

/// What a map lookup gives for a key that is not there. A program has no reason to store it.
const ABSENT: &str = "batuta.core/absent";

/// Where a part comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A matched value.
    Root(LocalId),
    /// A rest parameter, nil if nothing is left.
    RestRoot(LocalId),
    /// An element of a vector that has as many.
    Element(Occurrence, usize),
    /// The elements of a vector from an index on, as a seq.
    VectorRest(Occurrence, usize),
    /// `seq` of a list or seq: nil or a cell.
    Cell(Occurrence),
    /// The first of a cell.
    First(Occurrence),
    /// What comes after a cell, not realised.
    Rest(Occurrence),
    /// The value of a key of a map, or the mark of absence.
    Key(Occurrence, Key),
    /// The value of a key, or this form's if it is absent.
    Default(Occurrence, Form),
}

/// The locals that hold parts at a place.
pub(crate) type Known = im::HashMap<Occurrence, LocalId>;

type Lets = Vec<(LocalId, Core)>;

impl Tree<'_, '_> {
    /// The local that holds a part; fetches it if no local does yet.
    pub(super) fn part(&mut self, part: Occurrence, known: &mut Known, lets: &mut Lets) -> LocalId {
        if let Some(id) = known.get(&part) {
            return *id;
        }
        let (name, fetched) = match self.sources[part.0 as usize].clone() {
            Source::Root(id) => return id,
            Source::RestRoot(id) => ("rest", self.rest_root(id)),
            Source::Element(vector, index) => {
                let index = small_int(index, self.setting.span);
                let arguments = vec![self.fetch(vector, known, lets), index];
                ("element", self.primitive(Primitive::VectorNth, arguments))
            }
            Source::VectorRest(vector, from) => {
                let from = small_int(from, self.setting.span);
                let arguments = vec![self.fetch(vector, known, lets), from];
                ("rest", self.call("vector-rest", arguments))
            }
            Source::Cell(seq) => {
                let seq = self.fetch(seq, known, lets);
                ("cell", self.call("seq", vec![seq]))
            }
            Source::First(cell) => {
                let cell = self.fetch(cell, known, lets);
                ("element", self.call("first", vec![cell]))
            }
            Source::Rest(cell) => {
                let cell = self.fetch(cell, known, lets);
                ("rest", self.call("rest", vec![cell]))
            }
            Source::Key(map, key) => {
                let map = self.fetch(map, known, lets);
                let arguments = vec![map, self.key(&key), self.absent()];
                ("value", self.call("get", arguments))
            }
            Source::Default(value, default) => {
                let present = self.fetch(value, known, lets);
                ("value", self.or_default(present, &default))
            }
        };
        let id = self.unit.fresh(name);
        lets.push((id, fetched));
        known.insert(part, id);
        id
    }

    fn fetch(&mut self, part: Occurrence, known: &mut Known, lets: &mut Lets) -> Core {
        let id = self.part(part, known, lets);
        local(id, self.setting.span)
    }

    fn rest_root(&mut self, id: LocalId) -> Core {
        let span = self.setting.span;
        let empty = self.unit.constant(&Form::list(span, Vec::new()));
        let is_nil = self.primitive(Primitive::IsNil, vec![local(id, span)]);
        if_(is_nil, empty, local(id, span), span)
    }

    fn or_default(&mut self, present: Core, default: &Form) -> Core {
        let absent = self.absent();
        let is_absent = self.primitive(Primitive::WordEq, vec![present.clone(), absent]);
        let default = self.unit.expr(default, self.setting.ctx.value());
        if_(is_absent, default, present, self.setting.span)
    }

    fn key(&mut self, key: &Key) -> Core {
        match key {
            Key::Data(form) => self.unit.constant(form),
            Key::Computed(form) => self.unit.expr(form, self.setting.ctx.value()),
        }
    }

    fn absent(&self) -> Core {
        constant_value(Value::keyword(ABSENT), self.setting.span)
    }

    fn primitive(&self, operation: Primitive, arguments: Vec<Core>) -> Core {
        primitive(operation, arguments, self.setting.span)
    }

    fn call(&mut self, name: &str, arguments: Vec<Core>) -> Core {
        self.unit.core_call(name, arguments, self.setting.span)
    }

    /// The test as an expression that gives true or false.
    pub(super) fn test_core(&mut self, test: Test, known: &mut Known, lets: &mut Lets) -> Core {
        let span = self.setting.span;
        match test {
            Test::Vector(part) => {
                let value = self.fetch(part, known, lets);
                self.primitive(Primitive::IsVector, vec![value])
            }
            Test::CountIs(part, count) => {
                let value = self.fetch(part, known, lets);
                let present = self.primitive(Primitive::VectorCount, vec![value]);
                self.primitive(Primitive::WordEq, vec![present, small_int(count, span)])
            }
            Test::CountMin(part, count) => {
                let value = self.fetch(part, known, lets);
                let present = self.primitive(Primitive::VectorCount, vec![value]);
                self.primitive(Primitive::Ge, vec![present, small_int(count, span)])
            }
            Test::Classes(part, shapes) => {
                let value = self.fetch(part, known, lets);
                self.class_test(value, shapes)
            }
            Test::MapLike(part) => {
                let value = self.fetch(part, known, lets);
                self.primitive(Primitive::IsMap, vec![value])
            }
            Test::Equals(part, literal) => {
                let value = self.fetch(part, known, lets);
                let form = self.operands[literal.0 as usize].clone();
                let literal = self.unit.constant(&form);
                if is_immediate(&form) {
                    return self.primitive(Primitive::WordEq, vec![value, literal]);
                }
                self.call("=", vec![literal, value])
            }
            Test::Pinned(part, pinned) => {
                let value = self.fetch(part, known, lets);
                let form = self.operands[pinned.0 as usize].clone();
                let pinned = self.unit.expr(&form, self.setting.ctx.value());
                self.call("=", vec![pinned, value])
            }
            Test::Instance(part, class) => {
                let value = self.fetch(part, known, lets);
                let form = self.operands[class.0 as usize].clone();
                let class = self.unit.expr(&form, self.setting.ctx.value());
                self.call("instance?", vec![class, value])
            }
            Test::Same(one, other) => {
                let values = vec![self.fetch(one, known, lets), self.fetch(other, known, lets)];
                self.call("=", values)
            }
            Test::Present(part) => {
                let value = self.fetch(part, known, lets);
                let absent = self.absent();
                let is_absent = self.primitive(Primitive::WordEq, vec![value, absent]);
                self.primitive(Primitive::Not, vec![is_absent])
            }
        }
    }

    fn class_test(&self, value: Core, shapes: Shapes) -> Core {
        let span = self.setting.span;
        let yes = || constant_value(Value::TRUE, span);
        let tests = shapes.names().map(|class| match class {
            "vector" => self.primitive(Primitive::IsVector, vec![value.clone()]),
            "nil" => self.primitive(Primitive::IsNil, vec![value.clone()]),
            class => {
                let class = constant_value(Value::keyword(class), span);
                self.primitive(Primitive::IsClass, vec![value.clone(), class])
            }
        });
        let tests: Vec<Core> = tests.collect();
        let either = tests
            .into_iter()
            .rev()
            .reduce(|rest, test| if_(test, yes(), rest, span));
        either.unwrap_or_else(yes)
    }

    /// A guard in the scope of its clause's names; a fault in it counts as false.
    pub(super) fn guard(&mut self, form: &Form, names: &[Arc<str>], locals: &[LocalId]) -> Core {
        let mark = self.unit.scopes.current().mark();
        for (name, id) in names.iter().zip(locals) {
            self.unit.scopes.current().bind(name.clone(), *id);
        }
        let ctx = unit::Ctx {
            guard: true,
            guarded: true,
            ..self.setting.ctx.value()
        };
        let guard = self.unit.expr(form, ctx);
        self.unit.scopes.current().leave(mark);
        if cannot_fail(&guard) {
            return guard;
        }
        let thrown = self.unit.fresh("fault");
        let no = constant_value(Value::FALSE, form.span);
        let kind = CoreKind::Try {
            body: Box::new(guard),
            catch: Some((thrown, Box::new(no))),
            finally: None,
        };
        core(kind, form.span)
    }
}

/// Nodes that give a value whatever their operands are.
fn cannot_fail(core: &Core) -> bool {
    match &core.kind {
        CoreKind::Const(_) | CoreKind::Local(_) => true,
        CoreKind::If(test, then, otherwise) => {
            cannot_fail(test) && cannot_fail(then) && cannot_fail(otherwise)
        }
        CoreKind::Let(bindings, body) => {
            bindings.iter().all(|(_, value)| cannot_fail(value)) && cannot_fail(body)
        }
        CoreKind::Primitive(
            Primitive::IsNil
            | Primitive::Not
            | Primitive::Identical
            | Primitive::WordEq
            | Primitive::IsVector
            | Primitive::IsMap
            | Primitive::IsClass,
            operands,
        ) => operands.iter().all(cannot_fail),
        _ => false,
    }
}
