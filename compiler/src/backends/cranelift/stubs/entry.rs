//! Stubs that stand in entry tables, one for each number of arguments, and the ways in from Rust.
//!
//! Each spills its arguments into the context, asks an ABI entry where to go, and jumps there or
//! gives the word back. Index [`SPREAD`] stands for one argument that is the list of all.

use batuta_runtime::context::{
    CALLEE_OFFSET, ENTRY_OFFSET, RESULT_OFFSET, RESUME_OFFSET, SPILL_COUNT_OFFSET, SPILL_OFFSET,
    STACK_LIMIT_OFFSET,
};
use batuta_runtime::function::{ENTRIES, MAX_ARITY, SPREAD};
use batuta_runtime::value::{Control, TAG_CONTROL};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Switch;
use cranelift_module::ModuleError;

use super::{Maker, Stub, entry_stub};
use crate::backends::cranelift::entry_signature;
use crate::backends::cranelift::symbols::{self, Symbol};

/// Most arguments that stand in registers: the fixed ones and a rest sequence.
const REGISTER_ARGUMENTS: usize = MAX_ARITY + 1;

pub(super) fn define(maker: &mut Maker<'_>) -> Result<(), Box<ModuleError>> {
    for count in 0..=REGISTER_ARGUMENTS {
        maker.stub(&symbols::check(count), check)?;
    }
    maker.stub(&apply_entry(), apply)?;
    maker.stub(&check_native(), |stub, params| {
        check_spilled(stub, params[0])
    })?;
    maker.stub(&symbols::drive(), drive_body)?;
    for index in 0..ENTRIES {
        let count = if index == SPREAD { 1 } else { index };
        let symbol = |kind: &str| Symbol::tail(entry_stub(kind, index), count + 2);
        maker.stub(&symbol("native"), |stub, params| {
            native(stub, params, index)
        })?;
        maker.stub(&symbol("resolve"), |stub, params| find(stub, params, index))?;
    }
    maker.stub(&Symbol::rust("stub_run_entry", 1), |stub, params| {
        let word = stub
            .call(&apply_entry(), params)
            .expect("entries give a word");
        stub.builder.ins().return_(&[word]);
    })?;
    maker.stub(&Symbol::rust("stub_enter", 3), |stub, params| {
        let found = stub.call_rust("bt_prepare", params);
        return_if_failed(stub, found);
        let word = stub
            .call(&apply_entry(), &params[..1])
            .expect("entries give a word");
        stub.builder.ins().return_(&[word]);
    })
}

fn apply_entry() -> Symbol {
    Symbol::tail("stub_apply", 1)
}

/// A builtin's entry whose stack check failed: the call lies in the context.
fn check_native() -> Symbol {
    Symbol::tail("stub_check_native", 1)
}

fn spill(stub: &mut Stub<'_>, params: &[Value]) {
    for (index, argument) in params[2..].iter().enumerate() {
        stub.store(*argument, params[0], SPILL_OFFSET + 8 * index as i32);
    }
}

fn unspill(stub: &mut Stub<'_>, context: Value, count: usize) -> Vec<Value> {
    (0..count)
        .map(|index| stub.load(context, SPILL_OFFSET + 8 * index as i32))
        .collect()
}

/// Goes to the entry that the context names, with so many spilled arguments.
fn jump_to_entry(stub: &mut Stub<'_>, context: Value, count: usize) {
    let callee = stub.load(context, CALLEE_OFFSET);
    let entry = stub.load(context, ENTRY_OFFSET);
    let arguments = unspill(stub, context, count);
    let args: Vec<Value> = [context, callee].into_iter().chain(arguments).collect();
    let signature = stub.builder.import_signature(entry_signature(count));
    stub.builder
        .ins()
        .return_call_indirect(signature, entry, &args);
}

fn return_if_failed(stub: &mut Stub<'_>, word: Value) {
    let (failed, go_on) = (stub.builder.create_block(), stub.builder.create_block());
    stub.builder.set_cold_block(failed);
    let sentinel = Control::Failed.word() as i64;
    let is_failed = stub.builder.ins().icmp_imm_s(IntCC::Equal, word, sentinel);
    stub.builder.ins().brif(is_failed, failed, &[], go_on, &[]);
    stub.builder.switch_to_block(failed);
    stub.builder.ins().return_(&[word]);
    stub.builder.switch_to_block(go_on);
}

/// The function whose stack check failed: its address is in the context already.
fn check(stub: &mut Stub<'_>, params: &[Value]) {
    let context = params[0];
    leave_call(stub, params);
    check_spilled(stub, context);
}

/// Leaves a call of `self` with these arguments in the context.
fn leave_call(stub: &mut Stub<'_>, params: &[Value]) {
    spill(stub, params);
    stub.store(params[1], params[0], CALLEE_OFFSET);
    let arguments = stub.constant(params.len() as u64 - 2);
    stub.store(arguments, params[0], SPILL_COUNT_OFFSET);
}

/// Asks for stack, or for leave to go on, and makes the call that lies in the context.
fn check_spilled(stub: &mut Stub<'_>, context: Value) {
    let outcome = stub.call_rust("bt_check", &[context]);
    return_if_failed(stub, outcome);
    let (again, done) = (stub.builder.create_block(), stub.builder.create_block());
    stub.builder.ins().brif(outcome, done, &[], again, &[]);
    stub.builder.switch_to_block(done);
    let word = stub.load(context, RESULT_OFFSET);
    stub.builder.ins().return_(&[word]);
    stub.builder.switch_to_block(again);
    let apply = stub.import(&apply_entry());
    stub.builder.ins().return_call(apply, &[context]);
}

/// Goes to the entry that the context names, with as many arguments as it says.
fn apply(stub: &mut Stub<'_>, params: &[Value]) {
    let context = params[0];
    let count = stub.load(context, SPILL_COUNT_OFFSET);
    let mut switch = Switch::new();
    let blocks: Vec<_> = (0..=REGISTER_ARGUMENTS)
        .map(|_| stub.builder.create_block())
        .collect();
    for (number, block) in blocks.iter().enumerate() {
        switch.set_entry(number as u128, *block);
    }
    switch.emit(&mut stub.builder, count, blocks[0]);
    for (number, block) in blocks.iter().enumerate() {
        stub.builder.switch_to_block(*block);
        jump_to_entry(stub, context, number);
    }
}

/// Does what a builtin asked for until it gives a value or fails.
fn drive_body(stub: &mut Stub<'_>, params: &[Value]) {
    let context = params[0];
    let blocks: [_; 6] = std::array::from_fn(|_| stub.builder.create_block());
    let [head, call, tail, resumed, not_call, pending] = blocks;
    let done = stub.builder.create_block();
    let word = stub.builder.append_block_param(head, types::I64);
    stub.builder.ins().jump(head, &[params[1].into()]);

    stub.builder.switch_to_block(head);
    let mark = Control::Call.word() as i64;
    let is_call = stub.builder.ins().icmp_imm_s(IntCC::Equal, word, mark);
    stub.builder.ins().brif(is_call, call, &[], not_call, &[]);

    stub.builder.switch_to_block(call);
    let has_resume = stub.load(context, RESUME_OFFSET);
    stub.builder.ins().brif(has_resume, resumed, &[], tail, &[]);

    stub.builder.switch_to_block(tail);
    let apply = stub.import(&apply_entry());
    stub.builder.ins().return_call(apply, &[context]);

    stub.builder.switch_to_block(resumed);
    let result = stub
        .call(&apply_entry(), &[context])
        .expect("entries give a word");
    let next = stub.call_on_native("bt_resume", context, &[result]);
    stub.builder.ins().jump(head, &[next.into()]);

    stub.builder.switch_to_block(not_call);
    let mark = Control::Pending.word() as i64;
    let is_pending = stub.builder.ins().icmp_imm_s(IntCC::Equal, word, mark);
    stub.builder.ins().brif(is_pending, pending, &[], done, &[]);

    stub.builder.switch_to_block(pending);
    let next = stub.call_rust("bt_wait", &[context]);
    stub.builder.ins().jump(head, &[next.into()]);

    stub.builder.switch_to_block(done);
    stub.builder.ins().return_(&[word]);
}

/// Calls a builtin on the worker's stack.
fn native(stub: &mut Stub<'_>, params: &[Value], index: usize) {
    let context = params[0];
    let (short, checked) = (stub.builder.create_block(), stub.builder.create_block());
    stub.builder.set_cold_block(short);
    let stack = stub.builder.ins().get_stack_pointer(types::I64);
    let limit = stub.load(context, STACK_LIMIT_OFFSET);
    let must_stop = stub
        .builder
        .ins()
        .icmp(IntCC::UnsignedLessThan, stack, limit);
    stub.builder.ins().brif(must_stop, short, &[], checked, &[]);

    stub.builder.switch_to_block(short);
    let itself = stub.import(&Symbol::tail(entry_stub("native", index), params.len()));
    let itself = stub.builder.ins().func_addr(types::I64, itself);
    stub.store(itself, context, ENTRY_OFFSET);
    leave_call(stub, params);
    let check = stub.import(&check_native());
    stub.builder.ins().return_call(check, &[context]);

    stub.builder.switch_to_block(checked);
    spill(stub, params);
    let number = stub.constant(index as u64);
    let word = stub.call_on_native("bt_native", context, &[params[1], number]);
    let (steer, done) = (stub.builder.create_block(), stub.builder.create_block());
    let tag = stub.builder.ins().band_imm_s(word, 0b111);
    let is_control = stub
        .builder
        .ins()
        .icmp_imm_s(IntCC::Equal, tag, TAG_CONTROL as i64);
    stub.builder.ins().brif(is_control, steer, &[], done, &[]);
    stub.builder.switch_to_block(steer);
    let drive = stub.import(&symbols::drive());
    stub.builder.ins().return_call(drive, &[context, word]);
    stub.builder.switch_to_block(done);
    stub.builder.ins().return_(&[word]);
}

/// Asks where the call goes, and goes there: with other arguments, perhaps, since code compiled
/// ahead of time may want the rest of them as a list.
fn find(stub: &mut Stub<'_>, params: &[Value], index: usize) {
    let context = params[0];
    spill(stub, params);
    let number = stub.constant(index as u64);
    let found = stub.call_rust("bt_resolve", &[context, params[1], number]);
    return_if_failed(stub, found);
    let apply = stub.import(&apply_entry());
    stub.builder.ins().return_call(apply, &[context]);
}
