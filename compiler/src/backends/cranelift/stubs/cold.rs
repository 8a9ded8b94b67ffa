//! Preserve-all stubs: they keep every register and leave their result in the context.

use batuta_runtime::context::RESULT_OFFSET;
use batuta_runtime::value::TAG_POINTER;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
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

/// Counting of local objects inline; of published ones, and the last drop, out of line. The slow
/// way has a stub of its own so that the fast one saves no registers.
fn counting(maker: &mut Maker<'_>) -> Result<(), Box<ModuleError>> {
    let dup_slow = Symbol::cold("stub_dup_slow", 2);
    let drop_slow = Symbol::cold("stub_drop_slow", 2);
    maker.stub(&dup_slow, |stub, params| {
        stub.call_rust("bt_dup", params);
        stub.builder.ins().return_(&[]);
    })?;
    maker.stub(&drop_slow, |stub, params| {
        stub.call_on_native("bt_drop", params[0], &params[1..]);
        stub.builder.ins().return_(&[]);
    })?;
    maker.stub(&symbols::dup(), |stub, params| {
        count(stub, params, 0, 1, &dup_slow)
    })?;
    maker.stub(&symbols::drop(), |stub, params| {
        count(stub, params, 1, -1, &drop_slow)
    })
}

/// Changes a count above `limit` by `step` in place.
fn count(stub: &mut Stub<'_>, params: &[Value], limit: i64, step: i64, slow: &Symbol) {
    let (fast_block, slow_block) = (stub.builder.create_block(), stub.builder.create_block());
    stub.builder.set_cold_block(slow_block);
    let flags = MemFlagsData::trusted();
    let offset = -(TAG_POINTER as i32);
    let present = stub
        .builder
        .ins()
        .load(types::I32, flags, params[1], offset);
    let is_local = stub
        .builder
        .ins()
        .icmp_imm_s(IntCC::SignedGreaterThan, present, limit);
    stub.builder
        .ins()
        .brif(is_local, fast_block, &[], slow_block, &[]);
    stub.builder.switch_to_block(fast_block);
    let changed = stub.builder.ins().iadd_imm_s(present, step);
    stub.builder.ins().store(flags, changed, params[1], offset);
    stub.builder.ins().return_(&[]);
    stub.builder.switch_to_block(slow_block);
    stub.call(slow, params);
    stub.builder.ins().return_(&[]);
}
