//! The stubs: small code between compiled functions and the runtime, made once by a back end.
//!
//! [`cold`] has the preserve-all ones for counting, slow arithmetic, polls and traces; [`entry`]
//! has those that stand in entry tables, and the ways in from Rust. Every stub of this list is
//! defined under its name in the module given.

mod cold;
mod entry;

use cranelift_codegen::Context;
use cranelift_codegen::ir::{FuncRef, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module, ModuleError};

use super::symbols::Symbol;

/// Defines all stubs in the module; gives their names with their ids.
///
/// # Errors
/// What the module says; with a correct build there is nothing to say.
pub fn define_all(module: &mut dyn Module) -> Result<Vec<(String, FuncId)>, Box<ModuleError>> {
    let mut maker = Maker {
        module,
        scratch: FunctionBuilderContext::new(),
        context: Context::new(),
        defined: Vec::new(),
    };
    cold::define(&mut maker)?;
    entry::define(&mut maker)?;
    Ok(maker.defined)
}

struct Maker<'a> {
    module: &'a mut dyn Module,
    scratch: FunctionBuilderContext,
    context: Context,
    defined: Vec<(String, FuncId)>,
}

impl Maker<'_> {
    fn stub(
        &mut self,
        symbol: &Symbol,
        body: impl FnOnce(&mut Stub<'_>, &[Value]),
    ) -> Result<(), Box<ModuleError>> {
        let signature = symbol.signature();
        let id = self
            .module
            .declare_function(&symbol.name, Linkage::Export, &signature)?;
        self.module.clear_context(&mut self.context);
        self.context.func.signature = signature;
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.scratch);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let params = builder.block_params(entry).to_vec();
        let mut stub = Stub {
            module: self.module,
            builder,
        };
        body(&mut stub, &params);
        let frontend = stub.module.target_config();
        stub.builder.seal_all_blocks();
        stub.builder.finalize(frontend);
        self.module.define_function(id, &mut self.context)?;
        self.defined.push((symbol.name.clone(), id));
        Ok(())
    }
}

/// A stub while it is built.
struct Stub<'a> {
    module: &'a mut dyn Module,
    builder: FunctionBuilder<'a>,
}

impl Stub<'_> {
    fn import(&mut self, symbol: &Symbol) -> FuncRef {
        let id = self
            .module
            .declare_function(&symbol.name, Linkage::Import, &symbol.signature())
            .expect("a symbol has one signature: it is made in `symbols` only");
        self.module.declare_func_in_func(id, self.builder.func)
    }

    fn call(&mut self, symbol: &Symbol, args: &[Value]) -> Option<Value> {
        let function = self.import(symbol);
        let call = self.builder.ins().call(function, args);
        self.builder.inst_results(call).first().copied()
    }

    fn call_rust(&mut self, name: &str, args: &[Value]) -> Value {
        self.call(&Symbol::rust(name, args.len()), args)
            .expect("ABI entries give a word")
    }

    /// Calls an ABI entry on the worker's own stack.
    fn call_on_native(&mut self, name: &str, context: Value, args: &[Value]) -> Value {
        let target = self.import(&Symbol::rust(name, 4));
        let target = self.builder.ins().func_addr(types::I64, target);
        let zero = self.builder.ins().iconst(types::I64, 0);
        let arg = |index: usize| args.get(index).copied().unwrap_or(zero);
        let args = [context, arg(0), arg(1), arg(2), target];
        self.call_rust("bt_on_native", &args)
    }

    fn load(&mut self, base: Value, offset: i32) -> Value {
        self.builder
            .ins()
            .load(types::I64, MemFlagsData::trusted(), base, offset)
    }

    fn store(&mut self, value: Value, base: Value, offset: i32) {
        self.builder
            .ins()
            .store(MemFlagsData::trusted(), value, base, offset);
    }

    fn constant(&mut self, word: u64) -> Value {
        self.builder.ins().iconst(types::I64, word as i64)
    }
}
