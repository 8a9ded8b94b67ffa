//! Versions of code: the same point of a function translated once for each set of facts it is
//! reached with (Chevalier-Boisvert and Feeley, "Simple and Effective Type Check Removal through
//! Lazy Basic Block Versioning", ECOOP 2015, here ahead of execution).
//!
//! Invariant: a version is entered with exactly its facts. Every way gets the version that it asks
//! for. When that one's turn comes and its point has as many as it may have, it only leads to
//! another one, whose facts are among its own: the one that knows most, or one that knows what all
//! have in common, in the end one that knows nothing; what is unboxed only is boxed before. Likely
//! ways have their turn first. Versions that only rare ways lead to come last, and none is made
//! for what is known in them.

use std::collections::{BTreeSet, HashMap};

use cranelift_codegen::ir::{Block, InstBuilder};

use super::Translator;
use super::facts::{self, Fact, Facts};
use crate::ir::entity::{BlockId, ValueId};
use crate::ir::function::IrFunction;
use crate::ir::graph::in_loops;
use crate::ir::instruction::Op;

/// Versions of one point that are made for their own sake, in a loop and elsewhere: a loop's first
/// turns know less than those that count.
const OWN: [usize; 2] = [2, 1];
/// Versions of one point besides the one without facts and its own.
const COMMON: usize = 1;
/// From so many instructions on a function gets one version of each point besides the one without
/// facts: nobody waits for the fastest code of a table of a thousand clauses.
const LARGE: usize = 2000;

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

/// A version that is asked for.
pub(super) struct Version {
    pub point: Point,
    pub facts: Facts,
    pub block: Block,
    /// Do only rare ways lead to it, or is it rare in itself?
    pub is_rare: bool,
    /// Do only rare ways lead to it?
    is_led_to_rarely: bool,
}

/// The versions of a function.
pub(super) struct Versions {
    /// What is needed from each point on; none if nothing can be known in this function.
    needed: Option<Vec<Vec<BTreeSet<ValueId>>>>,
    in_loops: Vec<bool>,
    is_large: bool,
    /// The function itself: what is known of it matters to calls, which do not name it.
    own: ValueId,
    /// Those asked for, by their point, with the blocks that ways lead to.
    asked: HashMap<Point, Vec<(Facts, Block)>>,
    /// Those translated.
    made: HashMap<Point, Vec<Facts>>,
    /// Those that the way under translation leads to, the likeliest first.
    fresh: Vec<Version>,
    pending: Vec<Version>,
    /// Is the way under translation a rare one?
    pub is_rare: bool,
}

impl Versions {
    pub(super) fn of(ir: &IrFunction, needed: Vec<Vec<BTreeSet<ValueId>>>) -> Versions {
        let has_numbers = ir.blocks.iter().flat_map(|block| &block.insts).any(|inst| {
            matches!(
                inst.op,
                Op::Arith(..)
                    | Op::Unary(..)
                    | Op::Compare(..)
                    | Op::Equal(..)
                    | Op::ArrayGet(..)
                    | Op::ArraySet(..)
                    | Op::ArrayLength(_)
            )
        });
        Versions {
            needed: has_numbers.then_some(needed),
            in_loops: in_loops(ir),
            is_large: ir
                .blocks
                .iter()
                .map(|block| block.insts.len())
                .sum::<usize>()
                > LARGE,
            own: ir.self_value(),
            asked: HashMap::new(),
            made: HashMap::new(),
            fresh: Vec::new(),
            pending: Vec::new(),
            is_rare: false,
        }
    }

    /// The next version to translate: in depth, the likeliest first, so that it is the likely ways
    /// that get the versions which a point may have.
    pub(super) fn next(&mut self) -> Option<Version> {
        self.pending.extend(self.fresh.drain(..).rev());
        let next = self.pending.iter().rposition(|version| !version.is_rare);
        match next {
            Some(index) => Some(self.pending.remove(index)),
            None => self.pending.pop(),
        }
    }

    /// A way that is not rare leads to this version.
    fn is_expected(&mut self, block: Block, is_rare: bool) {
        let mut waiting = self.fresh.iter_mut().chain(&mut self.pending);
        if let Some(version) = waiting.find(|version| version.block == block) {
            version.is_rare = is_rare;
            version.is_led_to_rarely = false;
        }
    }

    /// Is the value used from this point on, and can something be known of it?
    pub(super) fn is_needed(&self, value: ValueId, point: Point) -> bool {
        self.needed.as_ref().is_some_and(|needed| {
            value == self.own || needed[point.block.index()][point.index].contains(&value)
        })
    }

    /// The facts of the version that serves this one: its own if it is made.
    fn admitted(&self, version: &Version) -> Facts {
        let wanted = &version.facts;
        let made = self.made.get(&version.point).map_or(&[][..], Vec::as_slice);
        let (own, common) = match self.in_loops[version.point.block.index()] {
            _ if self.is_large => (1, 0),
            true => (OWN[0], COMMON),
            false => (OWN[1], COMMON),
        };
        if !version.is_led_to_rarely && made.len() < own {
            return wanted.clone();
        }
        let fitting = made
            .iter()
            .filter(|facts| facts::common(wanted, facts) == **facts);
        let best = fitting.max_by_key(|facts| facts.len());
        if let Some(best) = best.filter(|facts| !facts.is_empty()) {
            return best.clone();
        }
        if version.is_led_to_rarely || made.len() >= own + common {
            return Facts::new();
        }
        let others = made.iter().filter(|facts| !facts.is_empty());
        others.fold(wanted.clone(), |common, facts| {
            facts::common(&common, facts)
        })
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
        let target = self.branch_target(point);
        self.builder.ins().jump(target, &[]);
    }

    /// Goes on at this point and forgets what is known.
    pub(super) fn jump_forgetting(&mut self, point: Point) {
        self.forget_to(point, &Facts::new());
        self.jump_to(point);
    }

    /// Leaves only these facts; what is needed at this point gets its word again.
    fn forget_to(&mut self, point: Point, facts: &Facts) {
        let lost: Vec<ValueId> = self
            .versions
            .needed(&self.facts, point)
            .filter(|(value, fact)| **fact == Fact::Unboxed && !facts.contains_key(value))
            .map(|(value, _)| *value)
            .collect();
        for value in lost {
            self.box_for_good(value);
        }
        self.facts = facts.clone();
    }

    /// The target of a way to this point with what is known now.
    pub(super) fn branch_target(&mut self, point: Point) -> Block {
        let wanted = self.versions.needed(&self.facts, point);
        let facts: Facts = wanted.map(|(value, fact)| (*value, *fact)).collect();
        self.version(point, facts)
    }

    /// The block of a version, which is asked for herewith.
    fn version(&mut self, point: Point, facts: Facts) -> Block {
        let is_led_to_rarely = self.versions.is_rare;
        let is_rare = is_led_to_rarely || self.ir.block(point.block).is_rare;
        let asked = self.versions.asked.entry(point).or_default();
        if let Some((_, block)) = asked.iter().find(|(known, _)| *known == facts) {
            let block = *block;
            if !is_led_to_rarely {
                self.versions.is_expected(block, is_rare);
            }
            return block;
        }
        let block = self.builder.create_block();
        asked.push((facts.clone(), block));
        self.versions.fresh.push(Version {
            point,
            facts,
            block,
            is_rare,
            is_led_to_rarely,
        });
        block
    }

    /// Translates the version, or leads to the one that serves it.
    pub(super) fn make(&mut self, version: Version) {
        self.builder.switch_to_block(version.block);
        self.versions.is_rare = version.is_rare;
        if version.is_rare {
            self.builder.set_cold_block(version.block);
        }
        let admitted = self.versions.admitted(&version);
        self.facts = version.facts.clone();
        if admitted == version.facts {
            let made = self.versions.made.entry(version.point).or_default();
            made.push(version.facts);
            return self.translate_from(version.point);
        }
        self.versions.is_rare = version.is_led_to_rarely;
        self.forget_to(version.point, &admitted);
        let target = self.version(version.point, admitted);
        self.builder.ins().jump(target, &[]);
    }
}
