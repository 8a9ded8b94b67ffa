//! The stubs: small code between compiled functions and the runtime, made by a back end.
//!
//! [`cold`] has the preserve-all ones for counting, slow arithmetic, polls and traces; [`entry`]
//! has those that stand in entry tables, and the ways in from Rust. An object file has all of them;
//! a process that compiles makes at its start those that the runtime must have, in several threads,
//! and any other when code is made that names it.

mod cold;
mod entry;

use std::collections::BTreeSet;
use std::thread;

use batuta_runtime::function::ENTRIES;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    FuncRef, Function, InstBuilder, MemFlagsData, UserFuncName, Value, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module, ModuleError, ModuleReloc};

use super::symbols::{STUB_PREFIX, Symbol};

/// Defines all stubs in the module; gives their names with their ids.
///
/// # Errors
/// What the module says; with a correct build there is nothing to say.
pub fn define_all(module: &mut dyn Module) -> Result<Vec<(String, FuncId)>, Box<ModuleError>> {
    let mut maker = Maker::new(module, None);
    maker.make()?;
    maker.finish()
}

/// Defines these stubs, and those that they name and that are not known, in the module; gives the
/// names with the ids.
///
/// # Errors
/// As [`define_all`].
pub fn define(
    module: &mut dyn Module,
    wanted: BTreeSet<String>,
    is_known: impl Fn(&str) -> bool,
) -> Result<Vec<(String, FuncId)>, Box<ModuleError>> {
    let mut maker = Maker::new(module, Some(wanted));
    while maker.wanted.as_ref().is_some_and(|names| !names.is_empty()) {
        maker.make()?;
        let made: BTreeSet<&String> = maker.names.iter().map(|(name, _)| name).collect();
        let named = std::mem::take(&mut maker.named).into_iter();
        let missing = named.filter(|name| !made.contains(name) && !is_known(name));
        maker.wanted = Some(missing.collect());
    }
    maker.finish()
}

/// The stubs that the runtime is told of when it starts: those of entry tables, and the ways in.
pub fn of_runtime() -> BTreeSet<String> {
    let tables = ENTRY_KINDS.into_iter();
    let tables = tables.flat_map(|kind| (0..ENTRIES).map(move |index| entry_stub(kind, index)));
    tables.chain(WAYS_IN.map(str::to_owned)).collect()
}

/// Kinds of stubs that stand in entry tables.
pub const ENTRY_KINDS: [&str; 2] = ["resolve", "native"];

/// Stubs that Rust calls.
pub const WAYS_IN: [&str; 2] = ["stub_run_entry", "stub_enter"];

/// The name of a stub in an entry table.
pub fn entry_stub(kind: &str, index: usize) -> String {
    format!("{STUB_PREFIX}{kind}_{index}")
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
    /// The stubs to be made; none stands for all.
    wanted: Option<BTreeSet<String>>,
    /// The stubs that those made so far name.
    named: BTreeSet<String>,
    names: Vec<(String, FuncId)>,
    functions: Vec<(FuncId, Function)>,
}

impl Maker<'_> {
    fn new(module: &mut dyn Module, wanted: Option<BTreeSet<String>>) -> Maker<'_> {
        Maker {
            module,
            scratch: FunctionBuilderContext::new(),
            wanted,
            named: BTreeSet::new(),
            names: Vec::new(),
            functions: Vec::new(),
        }
    }

    /// Makes what is wanted.
    fn make(&mut self) -> Result<(), Box<ModuleError>> {
        cold::define(self)?;
        entry::define(self)
    }

    /// Compiles what was made.
    fn finish(self) -> Result<Vec<(String, FuncId)>, Box<ModuleError>> {
        for code in compiled(self.module.isa(), self.functions) {
            let code = code?;
            self.module.define_function_bytes(
                code.id,
                code.alignment,
                &code.bytes,
                &code.relocations,
            )?;
        }
        Ok(self.names)
    }

    fn stub(
        &mut self,
        symbol: &Symbol,
        body: impl FnOnce(&mut Stub<'_>, &[Value]),
    ) -> Result<(), Box<ModuleError>> {
        let wanted = self.wanted.as_ref();
        if wanted.is_some_and(|wanted| !wanted.contains(&symbol.name)) {
            return Ok(());
        }
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
            named: &mut self.named,
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
    named: &'a mut BTreeSet<String>,
    builder: FunctionBuilder<'a>,
}

impl Stub<'_> {
    fn import(&mut self, symbol: &Symbol) -> FuncRef {
        if symbol.name.starts_with(STUB_PREFIX) {
            self.named.insert(symbol.name.clone());
        }
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
