//! Preserve-all stubs: they keep every register and leave their result in the context.

use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::value::TAG_POINTER;
use batuta_runtime::value::object::HEADER_COUNT_OFFSET;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Value, types};
use cranelift_module::ModuleError;

use super::{Maker, Stub};
use crate::backends::cranelift::entry_signature;
use crate::backends::cranelift::symbols::{self, Symbol};
use crate::ir::instruction::RuntimeEntry;
use crate::ir::operator::{ArithOp, CompareOp, UnaryOp};

pub(super) fn define(maker: &mut Maker<'_>) -> Result<(), Box<ModuleError>> {
    counting(maker)?;
    let arithmetic = ArithOp::ALL.map(|op| (symbols::arith(op), op.name()));
    let unary = UnaryOp::ALL.map(|op| (symbols::unary(op), op.name()));
    let comparisons = CompareOp::ALL.map(|op| (symbols::compare(op), op.name()));
    for (symbol, name) in arithmetic.iter().chain(&unary).chain(&comparisons) {
        on_native(maker, symbol, &format!("bt_{name}"))?;
    }
    on_native(maker, &symbols::array_get(), "bt_array_get")?;
    on_native(maker, &symbols::array_set(), "bt_array_set")?;
    on_native(maker, &symbols::array_length(), "bt_array_length")?;
    on_native(maker, &symbols::box_float(), "bt_box_float")?;
    on_native(maker, &symbols::unbound(), "bt_unbound")?;
    for entry in [RuntimeEntry::SlotAddress, RuntimeEntry::LeafEnd] {
        if let Some(symbol) = symbols::leaf(entry) {
            on_coroutine(maker, &symbol, entry.symbol())?;
        }
    }
    calls(maker)?;
    on_coroutine(maker, &symbols::poll(), "bt_poll")?;
    on_coroutine(maker, &symbols::trace(), "bt_trace")
}

fn on_native(maker: &mut Maker<'_>, symbol: &Symbol, entry: &str) -> Result<(), Box<ModuleError>> {
    maker.stub(symbol, |stub, params| {
        let word = stub.call_on_native(entry, params[0], &params[1..]);
        stub.store(word, params[0], RESULT_OFFSET);
        stub.builder.ins().return_(&[]);
    })
}

fn on_coroutine(
    maker: &mut Maker<'_>,
    symbol: &Symbol,
    entry: &str,
) -> Result<(), Box<ModuleError>> {
    maker.stub(symbol, |stub, params| {
        let word = stub.call_rust(entry, params);
        stub.store(word, params[0], RESULT_OFFSET);
        stub.builder.ins().return_(&[]);
    })
}

/// Calls from where hardly anybody comes: in a loop that mostly goes another way, values stay in
/// their registers.
fn calls(maker: &mut Maker<'_>) -> Result<(), Box<ModuleError>> {
    for arguments in 0..=symbols::RARE_ARGUMENTS {
        maker.stub(&symbols::rare_call(arguments), |stub, params| {
            let signature = stub.builder.import_signature(entry_signature(arguments));
            let (entry, mut handed) = (params[2], params[..2].to_vec());
            handed.extend(&params[3..]);
            let call = stub.builder.ins().call_indirect(signature, entry, &handed);
            let word = stub.builder.inst_results(call)[0];
            stub.store(word, params[0], RESULT_OFFSET);
            stub.builder.ins().return_(&[]);
        })?;
    }
    on_native(maker, &symbols::rare_quick(), "bt_quick")?;
    maker.stub(&symbols::rare_drive(), |stub, params| {
        if let Some(word) = stub.call(&symbols::drive(), params) {
            stub.store(word, params[0], RESULT_OFFSET);
        }
        stub.builder.ins().return_(&[]);
    })
}

/// Counting inline. Only what must be freed goes out of line, by a stub of its own so that the others
/// save no registers.
fn counting(maker: &mut Maker<'_>) -> Result<(), Box<ModuleError>> {
    let free_only = Symbol::cold("stub_free_only", 2);
    let free_shared = Symbol::cold("stub_free_shared", 2);
    for (symbol, entry) in [(&free_only, "bt_drop"), (&free_shared, "bt_free")] {
        maker.stub(symbol, |stub, params| {
            stub.call_on_native(entry, params[0], &params[1..]);
            stub.builder.ins().return_(&[]);
        })?;
    }
    maker.stub(&symbols::dup(), |stub, params| {
        let (place, _) = local_or_for_ever(stub, params[1], 0, 1);
        add_atomically(stub, place, -1);
        stub.builder.ins().return_(&[]);
    })?;
    maker.stub(&symbols::drop(), |stub, params| {
        let (place, count) = local_or_for_ever(stub, params[1], 1, -1);
        let [only, shared, last, go_on] = std::array::from_fn(|_| stub.builder.create_block());
        let is_local = stub
            .builder
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThan, count, 0);
        stub.builder.ins().brif(is_local, only, &[], shared, &[]);
        stub.builder.switch_to_block(only);
        stub.call(&free_only, params);
        stub.builder.ins().return_(&[]);
        stub.builder.switch_to_block(shared);
        let before = add_atomically(stub, place, 1);
        let was_last = stub.builder.ins().icmp_imm_s(IntCC::Equal, before, -1);
        stub.builder.ins().brif(was_last, last, &[], go_on, &[]);
        stub.builder.switch_to_block(last);
        stub.call(&free_shared, params);
        stub.builder.ins().return_(&[]);
        stub.builder.switch_to_block(go_on);
        stub.builder.ins().return_(&[]);
    })
}

/// Changes a count above `limit` by `step` in place and returns; returns if the object lives for ever.
/// Goes on, with the count's address and the count, for all others.
fn local_or_for_ever(stub: &mut Stub<'_>, word: Value, limit: i64, step: i64) -> (Value, Value) {
    let [local, other, done, shared] = std::array::from_fn(|_| stub.builder.create_block());
    let flags = MemFlagsData::trusted();
    let place = stub
        .builder
        .ins()
        .iadd_imm_s(word, i64::from(HEADER_COUNT_OFFSET) - TAG_POINTER as i64);
    let count = stub.builder.ins().load(types::I32, flags, place, 0);
    let is_local = stub
        .builder
        .ins()
        .icmp_imm_s(IntCC::SignedGreaterThan, count, limit);
    stub.builder.ins().brif(is_local, local, &[], other, &[]);
    stub.builder.switch_to_block(local);
    let changed = stub.builder.ins().iadd_imm_s(count, step);
    stub.builder.ins().store(flags, changed, place, 0);
    stub.builder.ins().return_(&[]);
    stub.builder.switch_to_block(other);
    stub.builder.ins().brif(count, shared, &[], done, &[]);
    stub.builder.switch_to_block(done);
    stub.builder.ins().return_(&[]);
    stub.builder.switch_to_block(shared);
    (place, count)
}

/// Gives what was there before.
fn add_atomically(stub: &mut Stub<'_>, place: Value, step: i64) -> Value {
    let step = stub.builder.ins().iconst(types::I32, step);
    stub.builder.ins().atomic_rmw(
        types::I32,
        MemFlagsData::trusted(),
        AtomicRmwOp::Add,
        place,
        step,
    )
}
