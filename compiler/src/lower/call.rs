//! Calls: of globals, of values, in tail position, with many arguments.

use batuta_runtime::function::{CodeSource, FunctionBody, MAX_ARITY, VarBody};
use batuta_runtime::namespace;

use crate::core_tree::{Core, CoreKind, VarRef};
use crate::ir::entity::ValueId;
use crate::ir::function::Literal;
use crate::ir::instruction::{Change, Look, Op, Terminator};
use crate::resolve;

use super::primitive::builtin_in;
use super::{Lower, Want};

/// Is it a builtin that calls nothing itself? Such a call in tail position is made like any other:
/// no stack is saved by leaving first, and a failure would not name this place.
fn is_native_leaf(var: &VarRef) -> bool {
    let Some(body) = var.0.as_object::<VarBody>() else {
        return false;
    };
    let _pin = batuta_runtime::quiescence::pin();
    let is_native = body.root().is_some_and(|root| {
        root.as_object::<FunctionBody>()
            .is_some_and(|function| matches!(function.code.source, CodeSource::Native(_)))
    });
    is_native && !matches!(&*body.name, "apply" | "invoke" | "eval" | "load-string")
}

/// Functions of core that wait for others and then come back.
const WAITING: [&str; 5] = [
    "deploy-map",
    "deploy-reduce",
    "flock",
    "for-each",
    "receive-all",
];

/// Is it a function of the library that goes on to nothing of the program's without an end? A
/// program's call of it in tail position leaves its place behind, which a failure names then.
fn comes_back(var: &VarRef) -> bool {
    let Some(body) = var.0.as_object::<VarBody>() else {
        return false;
    };
    match &*body.namespace {
        namespace::CORE => WAITING.contains(&&*body.name),
        other => resolve::is_library(other),
    }
}

/// Functions of core that make sequences, sorted by name.
const SEQUENCE_MAKERS: [&str; 20] = [
    "concat",
    "cycle",
    "distinct",
    "drop",
    "drop-while",
    "filter",
    "interleave",
    "iterate",
    "keep",
    "map",
    "map-indexed",
    "mapcat",
    "range",
    "reductions",
    "remove",
    "repeat",
    "repeatedly",
    "sequence",
    "take",
    "take-while",
];

/// Is it a look that walks a sequence just made? The call of the core function gets the only
/// reference, so that nothing it has passed is kept; a look would keep the first item to its end.
fn is_walk(look: Look, args: &[Core]) -> bool {
    let makes_sequence = |arg: &Core| match &arg.kind {
        CoreKind::CallGlobal(var, _) => resolve::core_name(&var.0)
            .is_some_and(|name| SEQUENCE_MAKERS.binary_search(&name).is_ok()),
        _ => false,
    };
    matches!(look, Look::Nth | Look::NthOr | Look::Count)
        && args.first().is_some_and(makes_sequence)
}

impl Lower<'_> {
    /// Is the function part of the library?
    fn is_in_library(&self) -> bool {
        let name = &*self.builder.function().name;
        resolve::is_library(name.split('/').next().unwrap_or_default())
    }

    pub(super) fn call_global(
        &mut self,
        var: &VarRef,
        args: &[Core],
        want: Want,
    ) -> Option<ValueId> {
        let values = self.values(args)?;
        if values.len() > MAX_ARITY {
            let var = self.var_literal(var);
            let callee = self.builder.value(Op::GlobalGet(var));
            return self.call_with_list(callee, &values, want);
        }
        let is_leaf = is_native_leaf(var);
        let look = resolve::core_name(&var.0)
            .filter(|_| is_leaf)
            .and_then(|name| Look::of(name, values.len()))
            .filter(|look| !is_walk(*look, args));
        if self.is_equality(var, values.len()) {
            let equal = self.equality(var, values[0], values[1]);
            return Some(self.builder.value(Op::FromBool(equal)));
        }
        if let Some(look) = look {
            let var = self.var_literal(var);
            return Some(self.builder.value(Op::Look(look, var, values)));
        }
        if let Some(changed) = self.change(var, &values) {
            return Some(changed);
        }
        let leaves_place = is_leaf || comes_back(var) && !self.is_in_library();
        let var = self.var_literal(var);
        if want == Want::Tail && !leaves_place {
            self.builder.end(Terminator::TailCallGlobal(var, values));
            return None;
        }
        Some(self.builder.value(Op::CallGlobal(var, values)))
    }

    /// A call of a core function that changes a collection; `(assoc coll k v k v …)` one pair after
    /// the other.
    fn change(&mut self, var: &VarRef, values: &[ValueId]) -> Option<ValueId> {
        let name = resolve::core_name(&var.0)?;
        let (coll, rest) = values.split_first()?;
        let step = match name {
            "conj" if rest.len() == 1 => 1,
            "assoc" if !rest.is_empty() && rest.len() % 2 == 0 => 2,
            _ => return None,
        };
        let change = Change::of(name, step + 1)?;
        let function = builtin_in(var)?;
        let held = self.builder.literal(Literal::Held {
            var: var.0.clone(),
            function,
        });
        let held = self.builder.value(Op::Literal(held));
        let var = self.var_literal(var);
        Some(rest.chunks_exact(step).fold(*coll, |coll, added| {
            let args = std::iter::once(coll).chain(added.iter().copied());
            let op = Op::Change(change, var, held, args.collect());
            self.builder.value(op)
        }))
    }

    /// Is a call of this var with so many arguments one of `=` with two?
    pub(super) fn is_equality(&self, var: &VarRef, arguments: usize) -> bool {
        let is_named = resolve::core_name(&var.0).is_some_and(|name| name == "=");
        arguments == 2 && is_named && is_native_leaf(var)
    }

    /// Such a call, as a `Bool`.
    pub(super) fn equality(&mut self, var: &VarRef, a: ValueId, b: ValueId) -> ValueId {
        let var = self.var_literal(var);
        self.builder.value(Op::Equal(var, a, b))
    }

    pub(super) fn call_value(
        &mut self,
        callee: &Core,
        args: &[Core],
        want: Want,
    ) -> Option<ValueId> {
        let callee = self.value(callee)?;
        let values = self.values(args)?;
        if values.len() > MAX_ARITY {
            return self.call_with_list(callee, &values, want);
        }
        if want == Want::Tail {
            self.builder.end(Terminator::TailCall(callee, values));
            return None;
        }
        Some(self.builder.value(Op::Call(callee, values)))
    }

    fn call_with_list(
        &mut self,
        callee: ValueId,
        values: &[ValueId],
        want: Want,
    ) -> Option<ValueId> {
        let list = self.list(values);
        self.call_core("apply", vec![callee, list], want)
    }

    /// A list of any length, made front part by front part from the back.
    fn list(&mut self, values: &[ValueId]) -> ValueId {
        let chunk = MAX_ARITY - 1;
        let split = (values.len() - 1) / chunk * chunk;
        let mut list = self.core_value("list", values[split..].to_vec());
        for part in values[..split].chunks(chunk).rev() {
            let args = part.iter().copied().chain([list]).collect();
            list = self.core_value("list*", args);
        }
        list
    }

    /// Calls a core function and goes on with its value.
    pub(super) fn core_value(&mut self, name: &'static str, args: Vec<ValueId>) -> ValueId {
        let var = self.surroundings.core_var(name);
        let var = self.var_literal(&var);
        self.builder.value(Op::CallGlobal(var, args))
    }

    fn call_core(&mut self, name: &'static str, args: Vec<ValueId>, want: Want) -> Option<ValueId> {
        if want == Want::Value {
            return Some(self.core_value(name, args));
        }
        let var = self.surroundings.core_var(name);
        let var = self.var_literal(&var);
        self.builder.end(Terminator::TailCallGlobal(var, args));
        None
    }

    /// Makes the arguments beyond the fixed ones a list, or nil if there are none.
    pub(super) fn collect_rest(&mut self, arguments: &[ValueId], fixed: usize) -> Vec<ValueId> {
        let (front, rest) = arguments.split_at(fixed);
        let rest = match rest {
            [] => self.nil(),
            _ => self.core_value("list", rest.to_vec()),
        };
        front.iter().copied().chain([rest]).collect()
    }

    /// Takes the arguments of a function with many parameters out of the list they come in.
    pub(super) fn unpack_wide(
        &mut self,
        list: ValueId,
        fixed: usize,
        has_rest: bool,
    ) -> Vec<ValueId> {
        let small = |n: usize| batuta_runtime::number::int(n as i64).word();
        let mut values: Vec<ValueId> = (0..fixed)
            .map(|index| {
                let index = self.builder.word(small(index));
                self.core_value("nth", vec![list, index])
            })
            .collect();
        if has_rest {
            let count = self.builder.word(small(fixed));
            values.push(self.core_value("nthnext", vec![list, count]));
        }
        values
    }
}
