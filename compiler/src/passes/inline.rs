//! Inlines small functions: another one in place of a call of its var, and a recursion once into
//! itself, so that its body serves two levels a call. What is known of an argument is then known
//! in the copy, and a float stays unboxed on its way through.
//!
//! A call through a var stays undoable: the copy runs while the var holds the function it was
//! copied from, otherwise the call is made as it was. A failure in the copy is traced as if the
//! call had been made. To allow another instruction in a copy: [`moves`].

mod copy;

use crate::ir::entity::{BlockId, LiteralId};
use crate::ir::function::{Block, ENTRY, IrFunction, Literal};
use crate::ir::graph::in_loops;
use crate::ir::instruction::{Inst, Op, RuntimeEntry, Terminator};

use copy::{Callee, Copy};

/// Instructions that a function may have to be inlined, and where the call is in a loop: there the
/// copy shares what the loop knows, and is worth more.
const SMALL: [usize; 2] = [24, 120];
/// Instructions that copies may add to a function.
const ROOM: usize = 320;
/// How deep copies in copies go.
const DEPTH: usize = 3;

/// A function that a var holds, with its body as it was lowered.
pub struct Body {
    /// The function; immortal.
    pub function: batuta_runtime::value::Value,
    /// Its code for the number of arguments asked for.
    pub ir: IrFunction,
}

/// Who knows the bodies of the functions that vars hold.
pub trait Bodies {
    /// The body of what the var holds, for so many arguments, if it may be of `most` instructions
    /// at most.
    fn body_of(&self, var: &Literal, arguments: usize, most: usize) -> Option<Body>;
}

/// Nobody knows any: for code that runs once.
pub struct NoBodies;

impl Bodies for NoBodies {
    fn body_of(&self, _: &Literal, _: usize, _: usize) -> Option<Body> {
        None
    }
}

/// See the module's head.
pub fn run(function: &mut IrFunction, bodies: &dyn Bodies) {
    inline_itself(function);
    let mut room = ROOM;
    for _ in 0..DEPTH {
        if !inline_others(function, bodies, &mut room) {
            return;
        }
    }
}

fn inline_itself(function: &mut IrFunction) {
    if function.owns_self || loops(function) || !is_inlinable(function, SMALL[0]) {
        return;
    }
    let body = function.clone();
    for id in body.block_ids() {
        let calls = calls_in(&body, id, |var, count| body.is_own_call(var, count));
        // From the last to the first: what stands before a call keeps its place in the block.
        for index in calls.into_iter().rev() {
            Copy::new(function, &body, Callee::Itself, id, index).run();
        }
    }
}

/// Gives whether anything was inlined. Calls in copies come in the next round.
fn inline_others(function: &mut IrFunction, bodies: &dyn Bodies, room: &mut usize) -> bool {
    let mut inlined = false;
    let in_loops = in_loops(function);
    for id in function.block_ids() {
        if function.block(id).is_rare || function.block(id).is_handler {
            continue;
        }
        let calls = calls_in(function, id, |var, count| !function.is_own_call(var, count));
        let is_in_loop = in_loops[id.index()];
        for index in calls.into_iter().rev() {
            let Op::CallGlobal(var, args) = &function.block(id).insts[index].op else {
                continue;
            };
            let most = SMALL[usize::from(is_in_loop)].min(*room);
            let var = &function.literals[var.index()];
            let Some(body) = bodies.body_of(var, args.len(), most) else {
                continue;
            };
            let is_recursive = is_copied_from(function, id, index, &body.ir.name);
            let is_for_loops = !is_in_loop && loops(&body.ir);
            if is_for_loops || is_recursive || !is_inlinable(&body.ir, most) {
                continue;
            }
            *room -= size_of(&body.ir);
            inlined = true;
            Copy::new(function, &body.ir, Callee::Other(&body.function), id, index).run();
        }
    }
    inlined
}

/// Does the instruction stand in a copy of the function with this name?
fn is_copied_from(function: &IrFunction, id: BlockId, index: usize, name: &str) -> bool {
    let mut place = function.block(id).insts[index].place;
    while let Some(inlined) = &function.places[place as usize].inlined {
        if &*inlined.function == name {
            return true;
        }
        place = inlined.call;
    }
    function.name == name
}

fn size_of(function: &IrFunction) -> usize {
    function.blocks.iter().map(|block| block.insts.len()).sum()
}

fn loops(function: &IrFunction) -> bool {
    in_loops(function).contains(&true)
}

/// Has the function so many instructions at most, and does all of it mean the same in another
/// frame?
fn is_inlinable(function: &IrFunction, most: usize) -> bool {
    let stays_whole = |block: &Block| {
        let Some(end) = &block.end else { return false };
        // The copy's entry has no parameters, and no function that it belongs to.
        !matches!(end, Terminator::Rethrow(..))
            && !end.successors().contains(&ENTRY)
            && !end.used().contains(&function.self_value())
    };
    let insts = || function.blocks.iter().flat_map(|block| &block.insts);
    size_of(function) <= most
        && function
            .blocks
            .iter()
            .all(|block| !block.is_handler && stays_whole(block))
        && insts().all(|inst| moves(function, inst))
}

/// May the instruction stand in another function?
fn moves(function: &IrFunction, inst: &Inst) -> bool {
    let own = function.self_value();
    let is_plain = match &inst.op {
        Op::Capture(_) | Op::CatchTake | Op::MakeClosure(..) => false,
        Op::Runtime(entry, _) => matches!(
            entry,
            RuntimeEntry::IsClass
                | RuntimeEntry::IsMap
                | RuntimeEntry::VectorCount
                | RuntimeEntry::VectorNth
        ),
        _ => true,
    };
    is_plain && inst.op.operands().iter().all(|(value, _)| *value != own)
}

fn calls_in(
    function: &IrFunction,
    id: BlockId,
    wanted: impl Fn(LiteralId, usize) -> bool,
) -> Vec<usize> {
    let insts = function.block(id).insts.iter().enumerate();
    insts
        .filter(|(_, inst)| match &inst.op {
            Op::CallGlobal(var, args) => wanted(*var, args.len()),
            _ => false,
        })
        .map(|(index, _)| index)
        .collect()
}
