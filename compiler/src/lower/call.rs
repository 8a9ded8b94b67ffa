//! Calls: of globals, of values, in tail position, with many arguments.

use batuta_runtime::function::{CodeSource, FunctionBody, MAX_ARITY, VarBody};

use crate::core_tree::{Core, VarRef};
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::instruction::{Look, Op, Terminator};
use crate::resolve;

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

impl Lower<'_> {
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
            .and_then(|name| Look::of(name, values.len()));
        if self.is_equality(var, values.len()) {
            let equal = self.equality(var, values[0], values[1]);
            return Some(self.builder.value(Op::FromBool(equal)));
        }
        let is_assoc = is_leaf && resolve::core_name(&var.0).is_some_and(|name| name == "assoc");
        let var = self.var_literal(var);
        if let Some(look) = look {
            return Some(self.builder.value(Op::Look(look, var, values)));
        }
        if is_assoc
            && let [coll, pairs @ ..] = &values[..]
            && pairs.len() >= 4
            && pairs.len() % 2 == 0
        {
            return Some(self.pair_by_pair(var, *coll, pairs));
        }
        if want == Want::Tail && !is_leaf {
            self.builder.end(Terminator::TailCallGlobal(var, values));
            return None;
        }
        Some(self.builder.value(Op::CallGlobal(var, values)))
    }

    /// `(assoc coll k v k v …)`, one pair after the other: each has a quick way.
    fn pair_by_pair(&mut self, assoc: LiteralId, coll: ValueId, pairs: &[ValueId]) -> ValueId {
        pairs.chunks_exact(2).fold(coll, |coll, pair| {
            let values = vec![coll, pair[0], pair[1]];
            self.builder.value(Op::CallGlobal(assoc, values))
        })
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
