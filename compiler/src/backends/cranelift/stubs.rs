//! The stubs: small code between compiled functions and the runtime, made once by a back end.
//!
//! [`cold`] has the preserve-all ones for counting, slow arithmetic, polls and traces; [`entry`]
//! has those that stand in entry tables, and the ways in from Rust. Every stub of this list is
//! defined under its name in the module given. A process that compiles waits for them at its start,
//! so their code is made by several threads.

mod cold;
mod entry;

use std::thread;

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    FuncRef, Function, InstBuilder, MemFlagsData, UserFuncName, Value, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module, ModuleError, ModuleReloc};

use super::symbols::Symbol;

/// Defines all stubs in the module; gives their names with their ids.
///
/// # Errors
/// What the module says; with a correct build there is nothing to say.
pub fn define_all(module: &mut dyn Module) -> Result<Vec<(String, FuncId)>, Box<ModuleError>> {
    let mut maker = Maker {
        module,
        scratch: FunctionBuilderContext::new(),
        names: Vec::new(),
        functions: Vec::new(),
    };
    cold::define(&mut maker)?;
    entry::define(&mut maker)?;
    let Maker {
        module,
        names,
        functions,
        ..
    } = maker;
    for code in compiled(module.isa(), functions) {
        let code = code?;
        module.define_function_bytes(code.id, code.alignment, &code.bytes, &code.relocations)?;
    }
    Ok(names)
}

/// Machine code of a stub.
struct Code {
    id: FuncId,
    alignment: u64,
    bytes: Vec<u8>,
    relocations: Vec<ModuleReloc>,
}

/// Compiles the functions, each thread a part of them; the order stays.
fn compiled(
    isa: &dyn TargetIsa,
    functions: Vec<(FuncId, Function)>,
) -> Vec<Result<Code, Box<ModuleError>>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let part = functions.len().div_ceil(threads.min(MOST_THREADS)).max(1);
    let mut functions = functions.into_iter();
    thread::scope(|scope| {
        let mut parts = Vec::new();
        loop {
            let mine: Vec<_> = functions.by_ref().take(part).collect();
            if mine.is_empty() {
                break;
            }
            let compile = move || mine.into_iter().map(|one| code_of(isa, one)).collect();
            parts.push(scope.spawn(compile));
        }
        let parts = parts.into_iter().map(|part| part.join());
        parts
            .flat_map(|codes: thread::Result<Vec<_>>| match codes {
                Ok(codes) => codes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// More threads cost more than they save.
const MOST_THREADS: usize = 4;

fn code_of(
    isa: &dyn TargetIsa,
    (id, function): (FuncId, Function),
) -> Result<Code, Box<ModuleError>> {
    let mut context = Context::for_function(function);
    context
        .compile(isa, &mut ControlPlane::default())
        .map_err(|error| Box::new(ModuleError::from(error)))?;
    let code = context
        .compiled_code()
        .expect("it is kept by the compilation just done");
    let relocations = code.buffer.relocs().iter();
    Ok(Code {
        id,
        alignment: u64::from(code.buffer.alignment)
            .max(u64::from(isa.function_alignment().minimum))
            .max(isa.symbol_alignment()),
        bytes: code.code_buffer().to_vec(),
        relocations: relocations
            .map(|relocation| ModuleReloc::from_mach_reloc(relocation, &context.func, id))
            .collect(),
    })
}

struct Maker<'a> {
    module: &'a mut dyn Module,
    scratch: FunctionBuilderContext,
    names: Vec<(String, FuncId)>,
    functions: Vec<(FuncId, Function)>,
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
        let name = UserFuncName::user(0, id.as_u32());
        let mut function = Function::with_name_signature(name, signature);
        let mut builder = FunctionBuilder::new(&mut function, &mut self.scratch);
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
        self.functions.push((id, function));
        self.names.push((symbol.name.clone(), id));
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
