//! The way between emitted functions, which are C's, and Batuta's calling convention. Rust has
//! neither that convention nor tail calls, so this code is Cranelift's and lies in the object file
//! beside the emitted one.
//!
//! | symbol | what |
//! | --- | --- |
//! | `bt_entry_N` | entry of an emitted function: calls it, then does the call it left behind |
//! | `bt_call_N` | `(context, callee, entry, arguments…)`: calls an entry |
//! | `bt_check_N` | `(context, self, arguments…, entry)`: what a failed entry check leads to |
//! | `bt_drive` | `(context, word)`: does what a builtin asked for |

use batuta_runtime::context::ENTRY_OFFSET;
use batuta_runtime::function::MAX_ARITY;
use batuta_runtime::value::Control;
use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, MemFlagsData, Signature, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module, ModuleError};

use crate::backends::cranelift::symbols::{self, Symbol};
use crate::backends::cranelift::{entry_signature, words};

type Result<T> = std::result::Result<T, Box<ModuleError>>;

/// What an emitted function gives if it leaves a call to its caller: target and arguments lie in
/// the context, as those of a builtin that asks for a call do.
pub(super) const TAIL: u64 = Control::Call.word();

/// Defines the ways out of emitted functions.
pub(crate) fn define(module: &mut dyn Module) -> Result<()> {
    for count in 0..=MAX_ARITY {
        let name = format!("bt_call_{count}");
        function(module, &name, c_words(count + 3), |make, params| {
            let mut handed = params[..2].to_vec();
            handed.extend(&params[3..]);
            let signature = make.builder.import_signature(entry_signature(count));
            let call = make.builder.ins();
            let call = call.call_indirect(signature, params[2], &handed);
            make.return_result(call);
        })?;
    }
    for count in 0..=MAX_ARITY + 1 {
        let name = format!("bt_check_{count}");
        function(module, &name, c_words(count + 3), |make, params| {
            let (entry, handed) = (params[count + 2], &params[..count + 2]);
            let flags = MemFlagsData::trusted();
            let store = make.builder.ins();
            store.store(flags, entry, params[0], ENTRY_OFFSET);
            make.pass_on(&symbols::check(count), handed);
        })?;
    }
    function(module, "bt_drive", c_words(2), |make, params| {
        make.pass_on(&symbols::drive(), params);
    })?;
    Ok(())
}

/// Defines the entry of an emitted function with so many arguments.
pub(crate) fn define_entry(
    module: &mut dyn Module,
    name: &str,
    emitted: &str,
    arguments: usize,
) -> Result<FuncId> {
    let emitted = Symbol::rust(emitted, arguments + 2);
    function(module, name, entry_signature(arguments), |make, params| {
        let word = make.call(&emitted, params);
        let (left, done) = (make.builder.create_block(), make.builder.create_block());
        make.builder.set_cold_block(left);
        let test = make.builder.ins();
        let is_left = test.icmp_imm_s(IntCC::Equal, word, TAIL as i64);
        let branch = make.builder.ins();
        branch.brif(is_left, left, &[], done, &[]);
        make.builder.switch_to_block(left);
        let apply = make.import(&Symbol::tail("stub_apply", 1));
        make.builder.ins().return_call(apply, &params[..1]);
        make.builder.switch_to_block(done);
        make.builder.ins().return_(&[word]);
    })
}

fn c_words(params: usize) -> Signature {
    words(CallConv::SystemV, params, true)
}

/// A function while it is built.
struct Make<'m, 'f> {
    module: &'m mut dyn Module,
    builder: FunctionBuilder<'f>,
}

impl Make<'_, '_> {
    fn import(&mut self, symbol: &Symbol) -> cranelift_codegen::ir::FuncRef {
        let id = self
            .module
            .declare_function(&symbol.name, Linkage::Import, &symbol.signature())
            .expect("a symbol has one signature: it is made in `symbols` and here only");
        self.module.declare_func_in_func(id, self.builder.func)
    }

    fn call(&mut self, symbol: &Symbol, args: &[Value]) -> Value {
        let function = self.import(symbol);
        let call = self.builder.ins().call(function, args);
        self.builder.inst_results(call)[0]
    }

    fn pass_on(&mut self, symbol: &Symbol, args: &[Value]) {
        let word = self.call(symbol, args);
        self.builder.ins().return_(&[word]);
    }

    fn return_result(&mut self, call: cranelift_codegen::ir::Inst) {
        let word = self.builder.inst_results(call)[0];
        self.builder.ins().return_(&[word]);
    }
}

fn function(
    module: &mut dyn Module,
    name: &str,
    signature: Signature,
    body: impl FnOnce(&mut Make<'_, '_>, &[Value]),
) -> Result<FuncId> {
    let id = module.declare_function(name, Linkage::Export, &signature)?;
    let mut function = Function::new();
    function.signature = signature;
    let mut scratch = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut scratch);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params = builder.block_params(block).to_vec();
    let mut make = Make { module, builder };
    body(&mut make, &params);
    let Make {
        module,
        mut builder,
    } = make;
    builder.seal_all_blocks();
    builder.finalize(module.target_config());
    module.define_function(id, &mut Context::for_function(function))?;
    Ok(id)
}
