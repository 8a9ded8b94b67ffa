//! Versions of code: the same point of a function translated once for each set of facts it is
//! reached with (Chevalier-Boisvert and Feeley, "Simple and Effective Type Check Removal through
//! Lazy Basic Block Versioning", ECOOP 2015, here ahead of execution).
//!
//! Invariant: a version is entered with exactly its facts. Where a point has as many versions as
//! it may have, a further way leads to one with the facts that all have in common, in the end to
//! the one without any; what is unboxed on the way there only is boxed. Versions that only rare
//! ways lead to are translated last, without further versions for what is known in them.

use std::collections::{BTreeSet, HashMap};

use cranelift_codegen::ir::{Block, InstBuilder};

use super::Translator;
use super::facts::{self, Fact, Facts};
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::IrFunction;
use crate::ir::instruction::{Inst, Op, Terminator};

/// Versions of one point that are made for their own sake.
const OWN: usize = 2;
/// Versions of one point besides the one without facts.
const VERSIONS: usize = 4;

/// A point of the function: before this instruction, or before the end of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Point {
    pub block: BlockId,
    pub index: usize,
}

impl Point {
    /// The start of a block.
    pub(super) fn start(block: BlockId) -> Point {
        Point { block, index: 0 }
    }

    /// Behind the instruction before which this is.
    pub(super) fn next(self) -> Point {
        Point {
            index: self.index + 1,
            ..self
        }
    }
}

/// A version that waits for its translation.
pub(super) struct Version {
    pub point: Point,
    pub facts: Facts,
    pub block: Block,
    pub is_rare: bool,
}

/// A way into a version on which something is boxed first.
struct Edge {
    block: Block,
    target: Block,
    facts: Facts,
    lost: Vec<ValueId>,
}

/// The versions of a function.
pub(super) struct Versions {
    /// What is needed from each point on; none if nothing can be known in this function.
    live: Option<Vec<Vec<BTreeSet<ValueId>>>>,
    /// The function itself: what is known of it matters to calls, which do not name it.
    own: ValueId,
    made: HashMap<Point, Vec<(Facts, Block)>>,
    pending: Vec<Version>,
    edges: Vec<Edge>,
    /// Is the way under translation a rare one?
    pub is_rare: bool,
}

impl Versions {
    pub(super) fn of(ir: &IrFunction) -> Versions {
        let has_numbers = ir.blocks.iter().flat_map(|block| &block.insts).any(|inst| {
            matches!(
                inst.op,
                Op::Arith(..)
                    | Op::Unary(..)
                    | Op::Compare(..)
                    | Op::ArrayGet(..)
                    | Op::ArraySet(..)
                    | Op::ArrayLength(_)
            )
        });
        Versions {
            live: has_numbers.then(|| live_values(ir)),
            own: ir.self_value(),
            made: HashMap::new(),
            pending: Vec::new(),
            edges: Vec::new(),
            is_rare: false,
        }
    }

    /// The next version to translate.
    pub(super) fn next(&mut self) -> Option<Version> {
        let next = self.pending.iter().rposition(|version| !version.is_rare);
        match next {
            Some(index) => Some(self.pending.remove(index)),
            None => self.pending.pop(),
        }
    }

    /// A way that is not rare leads to this version.
    fn is_expected(&mut self, block: Block) {
        let version = self
            .pending
            .iter_mut()
            .find(|version| version.block == block);
        if let Some(version) = version {
            version.is_rare = false;
        }
    }

    /// Is the value used from this point on, and can something be known of it?
    pub(super) fn is_needed(&self, value: ValueId, point: Point) -> bool {
        self.live.as_ref().is_some_and(|live| {
            value == self.own || live[point.block.index()][point.index].contains(&value)
        })
    }

    /// The facts of the version that a way with the wanted ones leads to.
    fn admitted(&self, point: Point, wanted: &Facts) -> Facts {
        let made = self.made.get(&point).map_or(&[][..], Vec::as_slice);
        let exists = |facts: &Facts| made.iter().any(|(known, _)| known == facts);
        if exists(wanted) {
            return wanted.clone();
        }
        if self.is_rare {
            return Facts::new();
        }
        if made.len() < OWN {
            return wanted.clone();
        }
        let versions = made.iter().filter(|(facts, _)| !facts.is_empty());
        let common = versions.fold(wanted.clone(), |common, (facts, _)| {
            facts::common(&common, facts)
        });
        if made.len() < VERSIONS || exists(&common) {
            common
        } else {
            Facts::new()
        }
    }

    fn needed<'f>(
        &'f self,
        facts: &'f Facts,
        point: Point,
    ) -> impl Iterator<Item = (&'f ValueId, &'f Fact)> {
        facts
            .iter()
            .filter(move |(value, _)| self.is_needed(**value, point))
    }
}

impl Translator<'_> {
    /// Goes on at this point with what is known now.
    pub(super) fn jump_to(&mut self, point: Point) {
        let (target, lost) = self.version(point);
        for value in lost {
            self.box_for_good(value);
        }
        self.builder.ins().jump(target, &[]);
    }

    /// Goes on at this point and forgets what is known.
    pub(super) fn jump_forgetting(&mut self, point: Point) {
        let needed: Vec<ValueId> = self
            .versions
            .needed(&self.facts, point)
            .filter(|(_, fact)| **fact == Fact::Unboxed)
            .map(|(value, _)| *value)
            .collect();
        for value in needed {
            self.box_for_good(value);
        }
        self.facts.clear();
        self.jump_to(point);
    }

    /// The target of a branch to this point with what is known now.
    pub(super) fn branch_target(&mut self, point: Point) -> Block {
        let (target, lost) = self.version(point);
        if lost.is_empty() {
            return target;
        }
        let block = self.builder.create_block();
        self.versions.edges.push(Edge {
            block,
            target,
            facts: self.facts.clone(),
            lost,
        });
        block
    }

    /// Emits the ways that box something, once no block is open.
    pub(super) fn finish_edges(&mut self) {
        while let Some(edge) = self.versions.edges.pop() {
            self.builder.switch_to_block(edge.block);
            self.facts = edge.facts;
            for value in edge.lost {
                self.box_for_good(value);
            }
            self.builder.ins().jump(edge.target, &[]);
        }
    }

    /// The block of the version for what is known now, and the values it wants boxed.
    fn version(&mut self, point: Point) -> (Block, Vec<ValueId>) {
        let wanted: Facts = self
            .versions
            .needed(&self.facts, point)
            .map(|(value, fact)| (*value, *fact))
            .collect();
        let facts = self.versions.admitted(point, &wanted);
        let lost = wanted
            .iter()
            .filter(|(value, fact)| **fact == Fact::Unboxed && !facts.contains_key(value))
            .map(|(value, _)| *value)
            .collect();
        let is_rare = self.versions.is_rare || self.ir.block(point.block).is_rare;
        let made = self.versions.made.entry(point).or_default();
        let known = made.iter().find(|(known, _)| *known == facts);
        let block = match known {
            Some((_, block)) => *block,
            None => {
                let block = self.builder.create_block();
                made.push((facts.clone(), block));
                self.versions.pending.push(Version {
                    point,
                    facts,
                    block,
                    is_rare: true,
                });
                block
            }
        };
        if !is_rare {
            self.versions.is_expected(block);
        }
        (block, lost)
    }
}

/// For each block and each point in it the values used from there on.
fn live_values(ir: &IrFunction) -> Vec<Vec<BTreeSet<ValueId>>> {
    let mut entering = vec![BTreeSet::new(); ir.blocks.len()];
    loop {
        let points: Vec<_> = ir
            .block_ids()
            .map(|id| live_in_block(ir, id, &entering))
            .collect();
        let mut changed = false;
        for (id, points) in ir.block_ids().zip(&points) {
            let mut live = points[0].clone();
            for param in &ir.block(id).params {
                live.remove(param);
            }
            changed |= live != entering[id.index()];
            entering[id.index()] = live;
        }
        if !changed {
            return points;
        }
    }
}

fn live_in_block(
    ir: &IrFunction,
    id: BlockId,
    entering: &[BTreeSet<ValueId>],
) -> Vec<BTreeSet<ValueId>> {
    let block = ir.block(id);
    let mut live = BTreeSet::new();
    if let Some(end) = &block.end {
        live.extend(end.owned_operands());
        for successor in end.successors() {
            live.extend(entering[successor.index()].iter().copied());
        }
        if let Terminator::Rethrow(_, unwind) = end {
            live.extend(unwind.drops.iter().copied());
        }
    }
    let mut points = vec![live.clone()];
    for inst in block.insts.iter().rev() {
        if let Some(result) = inst.result {
            live.remove(&result);
        }
        used(inst, entering, &mut live);
        points.push(live.clone());
    }
    points.reverse();
    points
}

fn used(inst: &Inst, entering: &[BTreeSet<ValueId>], live: &mut BTreeSet<ValueId>) {
    live.extend(inst.op.operands().iter().map(|(value, _)| *value));
    if let Some(unwind) = &inst.unwind {
        live.extend(unwind.drops.iter().copied());
        if let Some(handler) = unwind.handler {
            live.extend(entering[handler.index()].iter().copied());
        }
    }
}
