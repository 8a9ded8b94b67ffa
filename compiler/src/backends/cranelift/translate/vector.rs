//! Vectors where they lie: elements are read from the tail or down the trie, and added or replaced in
//! the tail of a vector with one owner. See `batuta_runtime::collections::vector` for the layout.

use batuta_runtime::collections::vector::{BITS, VectorBody, WIDTH};
use batuta_runtime::value::TAG_POINTER;
use batuta_runtime::value::object::{HEADER_KIND_OFFSET, Kind, unique_header};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};

use super::Translator;
use super::call::body_field;
use super::count::Count;
use super::facts::{Fact, small_constant};
use crate::ir::entity::ValueId;

/// Bits of the header in front of the number of slots.
const SLOTS_SHIFT: i64 = 48;
/// Where the slots of a node of the trie begin.
const NODE_SLOTS: i32 = body_field(0);
/// Where the slots of the tail begin.
const TAIL_SLOTS: i32 = body_field(size_of::<VectorBody>());

impl Translator<'_> {
    /// Goes to `done` with the element if `coll` is a vector that has it; the current block is then
    /// the one for all else.
    pub(super) fn nth_in_place(&mut self, coll: ValueId, index: ValueId, done: Block) {
        let other = self.new_block();
        let word = self.get(coll);
        let Some(place) = self.small_index(index, other) else {
            return self.go_on_in(other);
        };
        self.go_unless_pointer(word, other);
        let flags = MemFlagsData::trusted();
        let offset = HEADER_KIND_OFFSET - TAG_POINTER as i32;
        let kind = self.builder.ins().load(types::I8, flags, word, offset);
        let vector = Kind::Vector as i64;
        let differs = self.builder.ins().icmp_imm_s(IntCC::NotEqual, kind, vector);
        self.go_unless(differs, other);
        if let Some(index) = self.index_in_tail(index) {
            return self.nth_of_short(word, index, done, other);
        }
        let len = self.load(word, body_field(VectorBody::LEN));
        let outside = IntCC::UnsignedGreaterThanOrEqual;
        let is_outside = self.builder.ins().icmp(outside, place, len);
        self.go_unless(is_outside, other);
        let element = self.element(word, len, place);
        self.builder.ins().jump(done, &[element.into()]);
        self.builder.switch_to_block(other);
    }

    /// The index, if it is a constant within the first leaf: a vector that ends there is all tail.
    fn index_in_tail(&self, index: ValueId) -> Option<i64> {
        let index = small_constant(self.constants[index.index()])?;
        (0..WIDTH as i64).contains(&index).then_some(index)
    }

    /// Goes to `done` with the element if the vector has it and is all tail, else to `other`.
    fn nth_of_short(&mut self, vector: Value, index: i64, done: Block, other: Block) {
        let len = self.load(vector, body_field(VectorBody::LEN));
        // One comparison for `index < len <= WIDTH`.
        let behind = self.builder.ins().iadd_imm_s(len, -(index + 1));
        let outside = IntCC::UnsignedGreaterThanOrEqual;
        let room = WIDTH as i64 - index;
        let is_outside = self.builder.ins().icmp_imm_s(outside, behind, room);
        self.go_unless(is_outside, other);
        let element = self.load(vector, TAIL_SLOTS + 8 * index as i32);
        self.count(element, Count::Dup);
        self.builder.ins().jump(done, &[element.into()]);
        self.builder.switch_to_block(other);
    }

    /// The element at a place that is inside, counted.
    fn element(&mut self, vector: Value, len: Value, place: Value) -> Value {
        let (trie, found) = (self.new_block(), self.new_block());
        let slot = self.builder.append_block_param(found, types::I64);
        let in_trie = self.trie_len(len);
        let in_tail = self.builder.ins().isub(place, in_trie);
        let offset = self.builder.ins().ishl_imm_s(in_tail, 3);
        let in_vector = self.builder.ins().iadd(vector, offset);
        let in_vector = self
            .builder
            .ins()
            .iadd_imm_s(in_vector, i64::from(TAIL_SLOTS));
        let before = IntCC::SignedLessThan;
        let is_before = self.builder.ins().icmp_imm_s(before, in_tail, 0);
        self.builder
            .ins()
            .brif(is_before, trie, &[], found, &[in_vector.into()]);

        self.builder.switch_to_block(trie);
        let leaf = self.leaf_of(vector, in_trie, place);
        let offset = self.offset_in_node(place);
        let in_leaf = self.builder.ins().iadd(leaf, offset);
        let in_leaf = self
            .builder
            .ins()
            .iadd_imm_s(in_leaf, i64::from(NODE_SLOTS));
        self.builder.ins().jump(found, &[in_leaf.into()]);

        self.builder.switch_to_block(found);
        let element = self.load(slot, 0);
        self.count(element, Count::Dup);
        element
    }

    /// The leaf of the trie that a place is in: the depth follows from the number of elements.
    fn leaf_of(&mut self, vector: Value, in_trie: Value, place: Value) -> Value {
        let root = self.load(vector, body_field(VectorBody::ROOT));
        let last = self.builder.ins().iadd_imm_s(in_trie, -1);
        let zeros = self.builder.ins().clz(last);
        let sixty_three = self.constant(63);
        let log = self.builder.ins().isub(sixty_three, zeros);
        // A fifth, for what is below 64.
        let fifths = self.builder.ins().imul_imm_s(log, 205);
        let level = self.builder.ins().ushr_imm_s(fifths, 10);
        let shift = self.builder.ins().imul_imm_s(level, i64::from(BITS));

        let (descent, inner, leaf) = (self.new_block(), self.new_block(), self.new_block());
        let node = self.builder.append_block_param(descent, types::I64);
        let left = self.builder.append_block_param(descent, types::I64);
        self.builder
            .ins()
            .jump(descent, &[root.into(), shift.into()]);
        self.builder.switch_to_block(descent);
        self.builder.ins().brif(left, inner, &[], leaf, &[]);

        self.builder.switch_to_block(inner);
        let moved = self.builder.ins().ushr(place, left);
        let offset = self.offset_in_node(moved);
        let slot = self.builder.ins().iadd(node, offset);
        let below = self.load(slot, NODE_SLOTS);
        let less = self.builder.ins().iadd_imm_s(left, -i64::from(BITS));
        self.builder
            .ins()
            .jump(descent, &[below.into(), less.into()]);

        self.builder.switch_to_block(leaf);
        node
    }

    /// Bytes from the first slot of a node to that of a place.
    fn offset_in_node(&mut self, place: Value) -> Value {
        let index = self.builder.ins().band_imm_s(place, WIDTH as i64 - 1);
        self.builder.ins().ishl_imm_s(index, 3)
    }

    /// The element that lies at an address.
    pub(super) fn load_slot(&mut self, address: ValueId) -> Value {
        let address = self.get(address);
        let element = self.load(address, 0);
        self.count(element, Count::Dup);
        element
    }

    /// Number of elements of what is known to be a vector.
    pub(super) fn vector_count(&mut self, vector: Value) -> Value {
        let len = self.load(vector, body_field(VectorBody::LEN));
        self.builder.ins().ishl_imm_s(len, 3)
    }

    /// Goes to `done` with the vector if it takes one more element; the current block is then the
    /// one for all else, where nothing has happened yet.
    pub(super) fn push_in_place(&mut self, vector: ValueId, item: ValueId, done: Block) {
        if self.is_uncounted(vector) {
            return;
        }
        let other = self.cold_block();
        let (word, slots) = self.own_vector(vector, other);
        let len = self.load(word, body_field(VectorBody::LEN));
        let in_trie = self.trie_len(len);
        let in_tail = self.builder.ins().isub(len, in_trie);
        let full = IntCC::UnsignedGreaterThanOrEqual;
        let is_full = self.builder.ins().icmp(full, in_tail, slots);
        self.go_unless(is_full, other);
        let offset = self.builder.ins().ishl_imm_s(in_tail, 3);
        let slot = self.builder.ins().iadd(word, offset);
        let element = self.get(item);
        let flags = MemFlagsData::trusted();
        self.builder.ins().store(flags, element, slot, TAIL_SLOTS);
        let longer = self.builder.ins().iadd_imm_s(len, 1);
        let place = body_field(VectorBody::LEN);
        self.builder.ins().store(flags, longer, word, place);
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(other);
    }

    /// Goes to `done` with the vector if it takes the element in place of one in its tail; the
    /// current block is then the one for all else, where nothing has happened yet.
    pub(super) fn assoc_in_place(&mut self, [vector, index, item]: [ValueId; 3], done: Block) {
        if self.is_uncounted(vector) {
            return;
        }
        let other = self.new_block();
        let Some(place) = self.small_index(index, other) else {
            return self.go_on_in(other);
        };
        let (word, _) = self.own_vector(vector, other);
        let len = self.load(word, body_field(VectorBody::LEN));
        let in_trie = self.trie_len(len);
        let in_tail = self.builder.ins().isub(place, in_trie);
        let tail = self.builder.ins().isub(len, in_trie);
        let outside = IntCC::UnsignedGreaterThanOrEqual;
        let is_outside = self.builder.ins().icmp(outside, in_tail, tail);
        self.go_unless(is_outside, other);
        let offset = self.builder.ins().ishl_imm_s(in_tail, 3);
        let slot = self.builder.ins().iadd(word, offset);
        let element = self.get(item);
        let before = self.load(slot, TAIL_SLOTS);
        let flags = MemFlagsData::trusted();
        self.builder.ins().store(flags, element, slot, TAIL_SLOTS);
        self.count(before, Count::Drop);
        self.builder.ins().jump(done, &[word.into()]);
        self.builder.switch_to_block(other);
    }

    /// The word of a vector that has one owner, and the number of its slots; goes elsewhere with
    /// any other value.
    fn own_vector(&mut self, vector: ValueId, elsewhere: Block) -> (Value, Value) {
        let word = self.get(vector);
        self.go_unless_pointer(word, elsewhere);
        let header = self.load(word, -(TAG_POINTER as i32));
        let slots = self.builder.ins().ushr_imm_s(header, SLOTS_SHIFT);
        let shifted = self.builder.ins().ishl_imm_s(header, 64 - SLOTS_SHIFT);
        let wanted = (unique_header(Kind::Vector) << (64 - SLOTS_SHIFT)) as i64;
        let other = IntCC::NotEqual;
        let is_other = self.builder.ins().icmp_imm_s(other, shifted, wanted);
        self.go_unless(is_other, elsewhere);
        (word, slots)
    }

    fn go_unless_pointer(&mut self, word: Value, elsewhere: Block) {
        let tag = self.builder.ins().band_imm_s(word, 0b111);
        let differs = IntCC::NotEqual;
        let is_other = self
            .builder
            .ins()
            .icmp_imm_s(differs, tag, TAG_POINTER as i64);
        self.go_unless(is_other, elsewhere);
    }

    /// The index that a value is; goes elsewhere with what is no small integer. None if it is
    /// known to be none.
    fn small_index(&mut self, index: ValueId, elsewhere: Block) -> Option<Value> {
        let fact = self.fact(index);
        if !matches!(fact, None | Some(Fact::Small(_))) {
            return None;
        }
        let at = self.get(index);
        if fact.is_none() {
            let tag = self.builder.ins().band_imm_s(at, 0b111);
            self.go_unless(tag, elsewhere);
        }
        Some(self.builder.ins().sshr_imm_s(at, 3))
    }

    /// How many elements stand in the trie; of an empty vector a whole leaf less than none.
    fn trie_len(&mut self, len: Value) -> Value {
        let last = self.builder.ins().iadd_imm_s(len, -1);
        self.builder.ins().band_imm_s(last, !(WIDTH as i64 - 1))
    }
}
