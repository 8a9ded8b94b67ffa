//! Plain functions: a second version of a function for arguments that are machine integers, floats,
//! booleans and arrays of 64-bit integers or floats, with such values only inside. The general
//! function tests its arguments and calls the plain one where they fit; where they do not, or the
//! plain one finds that a result does not fit 64 bits, it does the work itself.
//!
//! Which arguments to expect is told by declared types, by what calls in the program hand over, or
//! guessed from what is done with a parameter: a wrong guess costs a test.
//!
//! The plain version has no counts (its caller keeps the arrays) and asks for no redefinition on its
//! way: the general function looks at the vars of all that it calls before it starts it. It may give
//! up only as long as nothing has been written to an array, since the work is then done again: a
//! function that writes is plain only if `ranges` shows that no sum in it can overflow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::plain_effects::{may_fail, may_give_up, spread_effects, without_writers_that_give_up};
use super::plain_types::{Known, Plain, made_by_builtin, operation};
use super::ranges::Ranges;
use super::structure::Structure;
use super::{Function, Key};
use crate::backends::cranelift::translate::names_float;
use crate::ir::entity::{LiteralId, ValueId};
use crate::ir::function::{ENTRY, IrFunction, Literal};
use crate::ir::graph::{definitions, reachable};
use crate::ir::instruction::{Inst, Op, Target, Terminator};

/// The plain version of a function.
pub(super) struct PlainFunction {
    /// The function without the ways that redefinitions take.
    pub(super) ir: IrFunction,
    /// Types of its parameters.
    pub(super) params: Vec<Plain>,
    /// Type of its result.
    pub(super) result: Plain,
    /// Types of its values.
    pub(super) types: Vec<Option<Plain>>,
    pub(super) ranges: Ranges,
    /// May it give up?
    pub(super) gives_up: bool,
    /// May it give up or fail?
    pub(super) may_fail: bool,
    /// May it call itself, so that its depth is not known?
    pub(super) is_recursive: bool,
    /// Does it write to an array?
    pub(super) writes: bool,
    /// The plain functions that it calls.
    pub(super) calls: BTreeSet<usize>,
}

/// The functions with a plain version, by their places among all.
pub(super) type PlainFunctions = BTreeMap<usize, PlainFunction>;

/// One function in the search for types.
struct Candidate {
    ir: IrFunction,
    params: Vec<Known>,
    result: Known,
}

/// Finds all plain functions.
pub(super) fn find(functions: &[Function]) -> PlainFunctions {
    let places: HashMap<Key, usize> = functions
        .iter()
        .enumerate()
        .map(|(place, function)| (function.key, place))
        .collect();
    let mut candidates = BTreeMap::new();
    for (place, function) in functions.iter().enumerate() {
        let ir = without_redefinitions(&function.ir);
        let is_nested = Structure::of(&ir).is_some();
        if function.is_own && !ir.owns_self && is_nested {
            let params = vec![Known::Nothing; ir.argument_count()];
            let candidate = Candidate {
                ir,
                params,
                result: Known::Nothing,
            };
            candidates.insert(place, candidate);
        }
    }
    let search = Search { functions, places };
    search.guess_params(&mut candidates);
    candidates.retain(|_, one| one.params.iter().all(|known| known.plain().is_some()));
    search.settle(candidates)
}

/// The function as it is while no var that it names is redefined.
fn without_redefinitions(ir: &IrFunction) -> IrFunction {
    let mut pruned = ir.clone();
    let definitions: Vec<bool> = definitions(ir)
        .iter()
        .map(|op| matches!(op, Some(Op::VarHolds(..))))
        .collect();
    for block in &mut pruned.blocks {
        if let Some(Terminator::Branch(condition, then, _)) = &block.end
            && definitions[condition.index()]
        {
            block.end = Some(Terminator::Jump(then.clone()));
        }
    }
    let kept = reachable(&pruned);
    for id in pruned.block_ids() {
        if !kept.contains(&id) {
            let block = &mut pruned.blocks[id.index()];
            block.insts.clear();
            block.end = None;
        }
    }
    pruned
}

struct Search<'a> {
    functions: &'a [Function],
    places: HashMap<Key, usize>,
}

impl Search<'_> {
    /// The place of the function that a call enters.
    fn callee(&self, caller: usize, var: LiteralId, arguments: usize) -> Option<usize> {
        let (key, _) = self.functions[caller].callees.get(&(var, arguments))?;
        self.places.get(key).copied()
    }

    /// What calls hand over; where no call says, what is done with the parameter.
    fn guess_params(&self, candidates: &mut BTreeMap<usize, Candidate>) {
        for (place, candidate) in candidates.iter_mut() {
            for (param, declared) in candidate
                .params
                .iter_mut()
                .zip(declared(&self.functions[*place].ir))
            {
                *param = declared.map_or(Known::Nothing, Known::Always);
            }
        }
        self.spread(candidates);
        for candidate in candidates.values_mut() {
            let params = candidate.ir.block(ENTRY).params[1..].to_vec();
            for (known, param) in candidate.params.iter_mut().zip(params) {
                if *known == Known::Nothing {
                    *known = guess(&candidate.ir, param);
                }
            }
        }
        self.spread(candidates);
    }

    /// Infers and hands argument types on until nothing changes.
    fn spread(&self, candidates: &mut BTreeMap<usize, Candidate>) {
        let mut changed = true;
        // Every round makes something known that was not: the limit is for bugs.
        for _ in 0..candidates.len() * 4 + 4 {
            if !std::mem::replace(&mut changed, false) {
                break;
            }
            let all: Vec<usize> = candidates.keys().copied().collect();
            for place in all {
                let types = self.infer(place, candidates);
                let result = result_type(&candidates[&place].ir, &types);
                let result = self.tail_results(place, candidates).or(result);
                let calls = self.calls(place, &candidates[&place].ir, &types);
                if let Some(candidate) = candidates.get_mut(&place)
                    && candidate.result != result
                {
                    candidate.result = result;
                    changed = true;
                }
                for (callee, args) in calls {
                    let Some(candidate) = candidates.get_mut(&callee) else {
                        continue;
                    };
                    for (param, arg) in candidate.params.iter_mut().zip(args) {
                        if *param == Known::Nothing && arg.plain().is_some() {
                            *param = arg;
                            changed = true;
                        }
                    }
                }
            }
        }
    }

    /// What calls in tail position give, besides those of the function itself.
    fn tail_results(&self, place: usize, candidates: &BTreeMap<usize, Candidate>) -> Known {
        let ends = candidates[&place].ir.blocks.iter();
        let ends = ends.filter_map(|block| block.end.as_ref());
        let results = ends.map(|end| match end {
            Terminator::TailCallGlobal(var, args) => match self.callee(place, *var, args.len()) {
                Some(callee) if callee == place => Known::Nothing,
                Some(callee) => candidates
                    .get(&callee)
                    .map_or(Known::Other, |one| one.result),
                None => Known::Other,
            },
            Terminator::TailCall(..) | Terminator::Rethrow(..) => Known::Other,
            _ => Known::Nothing,
        });
        results.fold(Known::Nothing, Known::or)
    }

    /// Every call of a function of the program, with what is known of the arguments.
    fn calls(&self, place: usize, ir: &IrFunction, types: &[Known]) -> Vec<(usize, Vec<Known>)> {
        let insts = ir.blocks.iter().flat_map(|block| &block.insts);
        let calls = insts.filter_map(|inst| match &inst.op {
            Op::CallGlobal(var, args) => Some((*var, args)),
            _ => None,
        });
        let ends = ir.blocks.iter().filter_map(|block| match &block.end {
            Some(Terminator::TailCallGlobal(var, args)) => Some((*var, args)),
            _ => None,
        });
        let known = |args: &Vec<ValueId>| args.iter().map(|arg| types[arg.index()]).collect();
        calls
            .chain(ends)
            .filter_map(|(var, args)| Some((self.callee(place, var, args.len())?, known(args))))
            .collect()
    }

    /// Types of all values.
    fn infer(&self, place: usize, candidates: &BTreeMap<usize, Candidate>) -> Vec<Known> {
        let candidate = &candidates[&place];
        let ir = &candidate.ir;
        let mut types = vec![Known::Nothing; ir.values.len()];
        for (param, known) in ir.block(ENTRY).params[1..].iter().zip(&candidate.params) {
            types[param.index()] = *known;
        }
        let mut before = Vec::new();
        while before != types {
            before.clone_from(&types);
            for block in &ir.blocks {
                for inst in &block.insts {
                    if let Some(result) = inst.result {
                        let known = self.result_of(place, inst, &types, candidates);
                        types[result.index()] = types[result.index()].or(known);
                    }
                }
                if let Some(end) = &block.end {
                    hand_over(ir, end, &mut types);
                }
            }
        }
        types
    }

    fn result_of(
        &self,
        place: usize,
        inst: &Inst,
        types: &[Known],
        candidates: &BTreeMap<usize, Candidate>,
    ) -> Known {
        let ir = &candidates[&place].ir;
        match &inst.op {
            Op::CallGlobal(var, args) => match self.callee(place, *var, args.len()) {
                Some(callee) => candidates
                    .get(&callee)
                    .map_or(Known::Other, |one| one.result),
                None => made_by_builtin(&ir.literals[var.index()]),
            },
            op => operation(ir, op, types),
        }
    }

    /// Takes away what is not plain until all that is left is.
    fn settle(&self, mut candidates: BTreeMap<usize, Candidate>) -> PlainFunctions {
        loop {
            candidates
                .values_mut()
                .for_each(|one| one.result = Known::Nothing);
            self.spread_results(&mut candidates);
            let all: Vec<usize> = candidates.keys().copied().collect();
            let refused: Vec<usize> = all
                .into_iter()
                .filter(|place| !self.is_plain(*place, &candidates))
                .collect();
            if refused.is_empty() {
                break;
            }
            refused
                .iter()
                .for_each(|place| drop(candidates.remove(place)));
        }
        let mut found = PlainFunctions::new();
        for (place, candidate) in &candidates {
            let types = self.infer(*place, &candidates);
            found.insert(*place, self.described(*place, candidate, &types));
        }
        spread_effects(&mut found);
        without_writers_that_give_up(found)
    }

    fn spread_results(&self, candidates: &mut BTreeMap<usize, Candidate>) {
        let mut changed = true;
        while std::mem::replace(&mut changed, false) {
            let all: Vec<usize> = candidates.keys().copied().collect();
            for place in all {
                let types = self.infer(place, candidates);
                let result = result_type(&candidates[&place].ir, &types);
                let result = self.tail_results(place, candidates).or(result);
                if let Some(candidate) = candidates.get_mut(&place) {
                    let known = candidate.result.or(result);
                    changed |= known != candidate.result;
                    candidate.result = known;
                }
            }
        }
    }

    /// Are all values of a function of plain types, and its operations such that have a plain form?
    fn is_plain(&self, place: usize, candidates: &BTreeMap<usize, Candidate>) -> bool {
        let candidate = &candidates[&place];
        let ir = &candidate.ir;
        let types = self.infer(place, candidates);
        let is_value = |known: Known| known.plain().is_some();
        let result = candidate.result.plain();
        if result.is_none_or(Plain::is_array) {
            return false;
        }
        let calls = self.calls(place, ir, &types);
        let fit = calls.iter().all(|(callee, args)| {
            let callee = candidates.get(callee);
            callee.is_some_and(|callee| callee.params == *args)
        });
        let own = ir.self_value();
        let blocks = || ir.blocks.iter().filter(|block| block.end.is_some());
        let params = blocks().flat_map(|block| &block.params);
        let insts = || blocks().flat_map(|block| &block.insts);
        fit && insts().any(works)
            && params
                .filter(|param| **param != own)
                .all(|param| is_value(types[param.index()]))
            && insts().all(|inst| self.has_plain_form(place, ir, inst, &types))
            && blocks()
                .filter_map(|block| block.end.as_ref())
                .all(|end| match end {
                    Terminator::TailCallGlobal(var, args) => {
                        self.callee(place, *var, args.len()).is_some()
                    }
                    Terminator::TailCall(..) | Terminator::Rethrow(..) => false,
                    Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Return(_) => true,
                })
    }

    fn has_plain_form(&self, place: usize, ir: &IrFunction, inst: &Inst, types: &[Known]) -> bool {
        let has_handler = inst
            .unwind
            .as_ref()
            .is_some_and(|way| way.handler.is_some());
        let is_known = inst
            .result
            .is_none_or(|result| types[result.index()].plain().is_some());
        match &inst.op {
            // Only a test of a var names it.
            Op::Literal(literal)
                if matches!(ir.literals[literal.index()], Literal::Held { .. }) =>
            {
                true
            }
            Op::VarHolds(..) => true,
            Op::CallGlobal(var, args) => {
                !has_handler && is_known && self.callee(place, *var, args.len()).is_some()
            }
            _ => !has_handler && is_known,
        }
    }

    fn described(&self, place: usize, candidate: &Candidate, types: &[Known]) -> PlainFunction {
        let ir = candidate.ir.clone();
        let types: Vec<Option<Plain>> = types.iter().map(|known| known.plain()).collect();
        let ranges = Ranges::of(&ir, &types);
        let calls = self.calls(place, &ir, &vec![Known::Nothing; ir.values.len()]);
        let insts = || ir.blocks.iter().flat_map(|block| &block.insts);
        let gives_up = insts().any(|inst| may_give_up(inst, &types, &ranges))
            || self.hands_over_too_much(place, &ir, &types, &ranges);
        let may_fail = gives_up || insts().any(|inst| may_fail(inst, &types, &ranges));
        PlainFunction {
            params: candidate
                .params
                .iter()
                .filter_map(|known| known.plain())
                .collect(),
            result: candidate.result.plain().unwrap_or(Plain::Nil),
            gives_up,
            may_fail,
            is_recursive: false,
            writes: insts().any(|inst| matches!(inst.op, Op::ArraySet(..))),
            calls: calls.into_iter().map(|(callee, _)| callee).collect(),
            types,
            ranges,
            ir,
        }
    }

    /// Does a call hand over an integer beyond those that plain functions expect?
    fn hands_over_too_much(
        &self,
        place: usize,
        ir: &IrFunction,
        types: &[Option<Plain>],
        ranges: &Ranges,
    ) -> bool {
        let is_integer = |value: &ValueId| types[value.index()] == Some(Plain::I64);
        ir.block_ids().any(|id| {
            let block = ir.block(id);
            let calls = block.insts.iter().filter_map(|inst| match &inst.op {
                Op::CallGlobal(_, args) => Some(args),
                _ => None,
            });
            let end = match &block.end {
                Some(Terminator::TailCallGlobal(var, args)) => {
                    self.callee(place, *var, args.len()).map(|_| args)
                }
                _ => None,
            };
            let args = calls.chain(end).flatten();
            args.filter(|arg| is_integer(arg))
                .any(|arg| !ranges.is_argument(*arg, id))
        })
    }
}

/// Does an instruction make a plain version worth while?
fn works(inst: &Inst) -> bool {
    matches!(
        inst.op,
        Op::Arith(..) | Op::Unary(..) | Op::Compare(..) | Op::ArrayGet(..) | Op::ArraySet(..)
    )
}

/// The type of what is returned.
fn result_type(ir: &IrFunction, types: &[Known]) -> Known {
    let returned = ir.blocks.iter().filter_map(|block| match &block.end {
        Some(Terminator::Return(value)) => Some(types[value.index()]),
        _ => None,
    });
    returned.fold(Known::Nothing, Known::or)
}

fn hand_over(ir: &IrFunction, end: &Terminator, types: &mut [Known]) {
    let mut hand = |target: &Target| {
        for (param, arg) in ir.block(target.block).params.iter().zip(&target.args) {
            types[param.index()] = types[param.index()].or(types[arg.index()]);
        }
    };
    match end {
        Terminator::Jump(target) => hand(target),
        Terminator::Branch(_, then, otherwise) => {
            hand(then);
            hand(otherwise);
        }
        _ => {}
    }
}

/// The plain types that are declared for the parameters.
fn declared(ir: &IrFunction) -> impl Iterator<Item = Option<Plain>> + '_ {
    ir.declared.iter().map(|name| match name.as_deref()? {
        "I64" | "Int" => Some(Plain::I64),
        "Float" => Some(Plain::F64),
        "Bool" => Some(Plain::Bool),
        "long-array" => Some(Plain::Longs),
        "double-array" => Some(Plain::Doubles),
        _ => None,
    })
}

/// What a parameter seems to be, from what is done with it.
fn guess(ir: &IrFunction, param: ValueId) -> Known {
    let insts = || ir.blocks.iter().flat_map(|block| &block.insts);
    let names_float = names_float(ir);
    for inst in insts() {
        let known = match &inst.op {
            Op::ArrayGet(array, _) | Op::ArraySet(array, ..) | Op::ArrayLength(array)
                if *array == param =>
            {
                match names_float {
                    true => Plain::Doubles,
                    false => Plain::Longs,
                }
            }
            op if works(inst) && op.operands().iter().any(|(value, _)| *value == param) => {
                Plain::I64
            }
            _ => continue,
        };
        return Known::Always(known);
    }
    Known::Nothing
}
