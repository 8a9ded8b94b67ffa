//! Multimethods: methods by what a dispatch function gives, chosen by `isa?`.
//!
//! What was chosen for a dispatch value is remembered until a method, a preference or the
//! hierarchy changes.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::hierarchy::{self, is_a};
use crate::collections::{map, set};
use crate::failure::{Fault, FaultKind};
use crate::function::VarBody;
use crate::value::cell::as_cell;
use crate::value::object::{Native, make_native};
use crate::value::{Value, print};

/// What `defmulti` makes.
pub struct Multimethod {
    name: Arc<str>,
    dispatch: Value,
    default: Value,
    /// A var or a cell that holds a hierarchy, or one itself; nil for the global one.
    hierarchy: Value,
    table: RwLock<Table>,
}

struct Table {
    /// From dispatch value to function.
    methods: Value,
    /// From a dispatch value to the set of those it is preferred to.
    prefers: Value,
    /// From dispatch value to the function chosen for it.
    chosen: Value,
    /// The hierarchy by which it was chosen.
    chosen_by: Value,
}

impl Native for Multimethod {
    fn class(&self) -> &'static str {
        "multimethod"
    }

    fn print(&self) -> String {
        format!("#multimethod<{}>", self.name)
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.dispatch);
        visitor(&mut self.default);
        visitor(&mut self.hierarchy);
        let table = self.table.get_mut().unwrap_or_else(PoisonError::into_inner);
        visitor(&mut table.methods);
        visitor(&mut table.prefers);
        visitor(&mut table.chosen);
        visitor(&mut table.chosen_by);
    }
}

/// Makes a multimethod without methods.
pub fn make(name: &str, dispatch: Value, default: Value, hierarchy: Value) -> Value {
    let made = make_native(Multimethod {
        name: name.into(),
        dispatch,
        default,
        hierarchy,
        table: RwLock::new(Table {
            methods: map::empty(),
            prefers: map::empty(),
            chosen: map::empty(),
            chosen_by: Value::NIL,
        }),
    });
    // Its methods come from any actor and go to any. It is defined once and called often.
    made.publish();
    if let Some(header) = made.header() {
        header.make_immortal();
    }
    made
}

/// The multimethod, if the value is one.
pub fn as_multimethod(value: &Value) -> Option<&Multimethod> {
    value.as_native()
}

impl Multimethod {
    /// Its qualified name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function that gives the dispatch value.
    pub fn dispatch(&self) -> &Value {
        &self.dispatch
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Table)) {
        let mut table = self.write();
        change(&mut table);
        table.chosen = map::empty();
        table.methods.publish();
        table.prefers.publish();
        table.chosen.publish();
    }

    /// Gives it a method.
    pub fn add(&self, value: Value, function: Value) {
        self.change(|table| {
            let methods = std::mem::take(&mut table.methods);
            table.methods = map::assoc(methods, value, function);
        });
    }

    /// Takes a method away.
    pub fn remove(&self, value: &Value) {
        self.change(|table| {
            let methods = std::mem::take(&mut table.methods);
            table.methods = map::dissoc(methods, value);
        });
    }

    /// Takes all methods and preferences away.
    pub fn remove_all(&self) {
        self.change(|table| {
            table.methods = map::empty();
            table.prefers = map::empty();
        });
    }

    /// Prefers a dispatch value to another.
    ///
    /// # Errors
    /// The other is preferred to it already.
    pub fn prefer(&self, value: Value, other: Value) -> Result<(), Fault> {
        let hierarchy = self.hierarchy();
        if self.read().prefers(&hierarchy, &other, &value) {
            let (value, other) = (print::short(&value), print::short(&other));
            let message = format!("{}: {other} is preferred to {value} already", self.name);
            return Err(Fault::new(FaultKind::Type, message));
        }
        self.change(|table| {
            let prefers = std::mem::take(&mut table.prefers);
            let lesser = map::get(&prefers, &value).cloned();
            let lesser = set::conj(lesser.unwrap_or_else(set::empty), other);
            table.prefers = map::assoc(prefers, value, lesser);
        });
        Ok(())
    }

    /// The methods, from dispatch value to function.
    pub fn methods(&self) -> Value {
        self.read().methods.clone()
    }

    /// The preferences, from dispatch value to the set of those it is preferred to.
    pub fn preferences(&self) -> Value {
        self.read().prefers.clone()
    }

    fn hierarchy(&self) -> Value {
        if self.hierarchy.is_nil() {
            return hierarchy::global();
        }
        let held = self
            .hierarchy
            .as_object::<VarBody>()
            .and_then(VarBody::root);
        let held = held.unwrap_or_else(|| self.hierarchy.clone());
        match as_cell(&held) {
            Some(cell) => cell.load(),
            None => held,
        }
    }

    /// The method for a dispatch value, that of the default value included.
    ///
    /// # Errors
    /// Two methods fit and neither is preferred.
    pub fn find(&self, value: &Value) -> Result<Option<Value>, Fault> {
        let hierarchy = self.hierarchy();
        {
            let table = self.read();
            if table.chosen_by.is_identical(&hierarchy)
                && let Some(found) = map::get(&table.chosen, value)
            {
                return Ok(Some(found.clone()));
            }
        }
        let mut table = self.write();
        let found = match table.best(&self.name, &hierarchy, value)? {
            Some(found) => found,
            None => match map::get(&table.methods, &self.default) {
                Some(found) => found.clone(),
                None => return Ok(None),
            },
        };
        if !table.chosen_by.is_identical(&hierarchy) {
            table.chosen = map::empty();
            hierarchy.publish();
            table.chosen_by = hierarchy;
        }
        let chosen = std::mem::take(&mut table.chosen);
        table.chosen = map::assoc(chosen, value.clone(), found.clone());
        table.chosen.publish();
        Ok(Some(found))
    }

    /// How many methods it has.
    pub fn count(&self) -> usize {
        map::len(&self.read().methods).unwrap_or(0)
    }

    /// Has the dispatch value a method other than that of the default value?
    ///
    /// # Errors
    /// Two methods fit and neither is preferred.
    pub fn has_own(&self, value: &Value) -> Result<bool, Fault> {
        let found = self.find(value)?;
        let default = map::get(&self.methods(), &self.default).cloned();
        Ok(match (found, default) {
            (Some(found), Some(default)) => !found.is_identical(&default),
            (found, _) => found.is_some(),
        })
    }

    /// The fault of a call that no method fits.
    #[cold]
    pub fn no_method(&self, value: &Value) -> Fault {
        let shown = print::short(value);
        let message = format!("{} has no method for the dispatch value {shown}", self.name);
        Fault::new(FaultKind::Type, message)
            .hint("`defmethod` adds one; the method of `:default` takes what no other one fits")
    }
}

impl Table {
    fn best(&self, name: &str, hierarchy: &Value, value: &Value) -> Result<Option<Value>, Fault> {
        let mut best: Option<(&Value, &Value)> = None;
        for (tag, function) in map::iter(&self.methods) {
            if !is_a(hierarchy, value, tag) {
                continue;
            }
            if let Some((other, _)) = best {
                if self.dominates(hierarchy, other, tag) {
                    continue;
                }
                if !self.dominates(hierarchy, tag, other) {
                    return Err(ambiguous(name, value, other, tag));
                }
            }
            best = Some((tag, function));
        }
        Ok(best.map(|(_, function)| function.clone()))
    }

    fn dominates(&self, hierarchy: &Value, one: &Value, other: &Value) -> bool {
        self.prefers(hierarchy, one, other) || is_a(hierarchy, one, other)
    }

    /// Is the one preferred to the other, directly or through parents of either?
    fn prefers(&self, hierarchy: &Value, one: &Value, other: &Value) -> bool {
        let directly = |one: &Value, other: &Value| {
            map::get(&self.prefers, one).is_some_and(|lesser| set::contains(lesser, other))
        };
        let mut pending = vec![(one.clone(), other.clone())];
        let mut seen: Vec<(Value, Value)> = Vec::new();
        while let Some((one, other)) = pending.pop() {
            if directly(&one, &other) {
                return true;
            }
            if seen.contains(&(one.clone(), other.clone())) {
                continue;
            }
            for parent in hierarchy::parents(hierarchy, &other) {
                pending.push((one.clone(), parent));
            }
            for parent in hierarchy::parents(hierarchy, &one) {
                pending.push((parent, other.clone()));
            }
            seen.push((one, other));
        }
        false
    }
}

#[cold]
fn ambiguous(name: &str, value: &Value, one: &Value, other: &Value) -> Fault {
    let (value, one, other) = (print::short(value), print::short(one), print::short(other));
    let message =
        format!("{name}: the methods of {one} and {other} both fit the dispatch value {value}");
    Fault::new(FaultKind::Type, message).hint("`prefer-method` says which of them wins")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::int;

    fn keyword(name: &str) -> Value {
        Value::keyword(name)
    }

    /// `:square` below `:rectangle` and `:rhombus`.
    fn shapes() -> Value {
        let both = || set::from_iter([keyword("rectangle"), keyword("rhombus")]);
        let of_square = || map::from_pairs([(keyword("square"), both())]);
        map::from_pairs([
            (keyword("parents"), of_square()),
            (keyword("ancestors"), of_square()),
            (keyword("descendants"), map::empty()),
        ])
    }

    #[test]
    fn a_preference_decides_between_two_that_fit() {
        let multi = make("tests/f", Value::NIL, keyword("default"), shapes());
        let multi = as_multimethod(&multi).expect("made just now");
        let found = |name: &str| multi.find(&keyword(name));
        assert!(matches!(found("square"), Ok(None)));
        multi.add(keyword("default"), int(0));
        assert!(found("square").is_ok_and(|found| found == Some(int(0))));
        multi.add(keyword("rectangle"), int(1));
        assert!(found("square").is_ok_and(|found| found == Some(int(1))));
        multi.add(keyword("rhombus"), int(2));
        assert!(found("square").is_err());
        assert!(
            multi
                .prefer(keyword("rhombus"), keyword("rectangle"))
                .is_ok()
        );
        assert!(found("square").is_ok_and(|found| found == Some(int(2))));
        assert!(
            multi
                .prefer(keyword("rectangle"), keyword("rhombus"))
                .is_err()
        );
        assert!(multi.has_own(&keyword("square")).is_ok_and(|own| own));
        assert!(multi.has_own(&keyword("circle")).is_ok_and(|own| !own));
        multi.remove(&keyword("rhombus"));
        assert!(found("square").is_ok_and(|found| found == Some(int(1))));
    }

    #[test]
    fn vectors_are_compared_item_by_item() {
        let pair =
            |a: &str, b: &str| crate::collections::vector::from_vec(vec![keyword(a), keyword(b)]);
        let hierarchy = shapes();
        let is = |a: &Value, b: &Value| is_a(&hierarchy, a, b);
        assert!(is(&pair("square", "int"), &pair("rectangle", "num")));
        assert!(!is(&pair("square", "num"), &pair("rectangle", "int")));
        assert!(
            is(&keyword("int"), &keyword("object")) && !is(&keyword("nil"), &keyword("object"))
        );
    }
}
