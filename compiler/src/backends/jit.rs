//! The JIT: machine code in this process, one `JITModule` for each function that is compiled.
//!
//! All code and its literals lie in one reserved region ([`region`]), so that calls and loads
//! between them are short. A [`Unit`] keeps the code of one function and what its literals hold;
//! it is freed when the function is gone and every worker has passed a scheduling point.

pub mod assembly;
pub mod code_map;
mod region;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use batuta_runtime::abi;
use batuta_runtime::function::{ENTRIES, Entry, FnCode, Stubs, install_stubs};
use batuta_runtime::namespace;
use batuta_runtime::site;
use cranelift_codegen::Context;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{DataDescription, Linkage, Module, ModuleError, default_libcall_names};

use super::cranelift::symbols::{STUB_PREFIX, VAR_PREFIX};
use super::cranelift::translate::Declared;
use super::cranelift::translate::leaf::leaf;
use super::cranelift::{entry_signature, stubs, target, translated};
use crate::ir::function::{IrFunction, Literal};
use region::UnitMemory;

/// See the module's head. One for the process.
pub struct Jit {
    isa: OwnedTargetIsa,
    /// Addresses of ABI entries, and of the stubs made so far.
    symbols: Arc<RwLock<HashMap<String, usize>>>,
    /// Held by who makes stubs.
    making: Mutex<()>,
}

static JIT: OnceLock<Jit> = OnceLock::new();

/// The process's JIT; the first call makes the stubs.
pub fn jit() -> &'static Jit {
    JIT.get_or_init(Jit::new)
}

/// The addresses that compiled code may have.
///
/// # Errors
/// There is no address space for it.
pub fn code_range() -> io::Result<Range<usize>> {
    region::code_range()
}

/// Machine code of one function with the literals it holds.
pub struct Unit {
    module: ManuallyDrop<JITModule>,
    literals: Vec<Literal>,
    entry: Entry,
}

// SAFETY: after `finalize` the module is only kept, and freed once; code addresses are numbers.
unsafe impl Send for Unit {}
// SAFETY: as above.
unsafe impl Sync for Unit {}

impl Unit {
    /// Where the function starts.
    pub fn entry(&self) -> Entry {
        self.entry
    }
}

/// A unit's memory and literals, freed after quiescence.
struct Retired {
    module: Option<JITModule>,
    _literals: Vec<Literal>,
}

// SAFETY: nobody runs the code any more when this is dropped; the module is moved, not shared.
unsafe impl Send for Retired {}

impl Drop for Retired {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: dropped by the quiescence module, after every worker has left the code.
            unsafe { module.free_memory() }
        }
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // SAFETY: taken once, in `drop`.
        let module = Some(unsafe { ManuallyDrop::take(&mut self.module) });
        let literals = std::mem::take(&mut self.literals);
        let retired = Retired {
            module,
            _literals: literals,
        };
        batuta_runtime::quiescence::retire_boxed(Box::new(retired));
    }
}

impl Jit {
    fn new() -> Jit {
        let isa = target();
        let symbols: HashMap<String, usize> = abi::ENTRIES
            .iter()
            .map(|entry| (entry.name.to_owned(), entry.address as usize))
            .collect();
        let jit = Jit {
            isa,
            symbols: Arc::new(RwLock::new(symbols)),
            making: Mutex::new(()),
        };
        jit.make_stubs(stubs::of_runtime())
            .expect("the stubs compile: they do not depend on programs");
        jit.install();
        jit
    }

    fn module(&self, memory: UnitMemory) -> JITModule {
        let mut builder = JITBuilder::with_isa(self.isa.clone(), default_libcall_names());
        let symbols = self.symbols.clone();
        builder.symbol_lookup_fn(Box::new(move |name| match name.strip_prefix(VAR_PREFIX) {
            Some(var) => var_address(var),
            None => {
                let symbols = symbols.read().unwrap_or_else(PoisonError::into_inner);
                symbols.get(name).map(|address| *address as *const u8)
            }
        }));
        builder.memory_provider(Box::new(memory));
        JITModule::new(builder)
    }

    /// Makes the stubs that are wanted and not there, and those that they name. Their module is
    /// never freed.
    fn make_stubs(&self, mut wanted: BTreeSet<String>) -> Result<(), Box<ModuleError>> {
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.retain(|name| self.address(name).is_none());
        if wanted.is_empty() {
            return Ok(());
        }
        let mut module = self.module(UnitMemory::default());
        let is_known = |name: &str| self.address(name).is_some();
        let defined = stubs::define(&mut module, wanted, is_known)?;
        module.finalize_definitions()?;
        let defined = defined
            .into_iter()
            .map(|(name, id)| (name, module.get_finalized_function(id) as usize));
        let mut symbols = self.symbols.write().unwrap_or_else(PoisonError::into_inner);
        symbols.extend(defined);
        std::mem::forget(module);
        Ok(())
    }

    /// Makes the stubs that the module names, where they are not there yet: hardly ever any.
    fn provide_stubs(&self, module: &JITModule) -> Result<(), Box<ModuleError>> {
        let named = module.declarations().get_functions();
        let missing = named
            .filter_map(|(_, function)| function.name.as_ref())
            .filter(|name| name.starts_with(STUB_PREFIX) && self.address(name).is_none());
        let missing: BTreeSet<String> = missing.cloned().collect();
        match missing.is_empty() {
            true => Ok(()),
            false => self.make_stubs(missing),
        }
    }

    fn address(&self, name: &str) -> Option<usize> {
        let symbols = self.symbols.read().unwrap_or_else(PoisonError::into_inner);
        symbols.get(name).copied()
    }

    fn install(&self) {
        let stub = |name: &str| {
            let address = self.address(name);
            address.expect("those of the runtime were made just now") as Entry
        };
        let table = |kind: &str| -> [Entry; ENTRIES] {
            std::array::from_fn(|index| stub(&stubs::entry_stub(kind, index)))
        };
        let [resolve, native] = stubs::ENTRY_KINDS.map(table);
        let [run_entry, enter] = stubs::WAYS_IN.map(stub);
        install_stubs(Stubs {
            resolve,
            native,
            run_entry,
            enter,
        });
    }

    /// Compiles a function.
    ///
    /// # Errors
    /// What Cranelift says: a limit exceeded, or a bug of the translation.
    pub fn compile(&self, ir: &IrFunction) -> Result<Unit, Box<ModuleError>> {
        let mut module = self.module(UnitMemory::default());
        let declared = declare(&mut module, ir)?;
        let mut defined = Vec::new();
        for (function, text) in translated(ir, &mut module, declared, &mut site::register) {
            tracing::trace!(target: "batuta::jit", "{}", text.display());
            let mut context = Context::for_function(text);
            module.define_function(function, &mut context)?;
            let code = context.compiled_code();
            let bytes = code.map_or(0, |code| code.code_buffer().len());
            let locations = code.map_or(&[][..], |code| code.buffer.get_srclocs_sorted());
            let copies = match code_map::is_kept() {
                true => code_map::copied(ir, locations),
                false => Vec::new(),
            };
            defined.push((function, bytes, copies));
        }
        self.provide_stubs(&module)?;
        module.finalize_definitions()?;
        if code_map::is_kept() {
            for (function, bytes, copies) in defined {
                let start = module.get_finalized_function(function) as usize;
                code_map::note(&ir.name, start, bytes, copies);
            }
        }
        let entry = module.get_finalized_function(declared.entry).cast_mut();
        Ok(Unit {
            module: ManuallyDrop::new(module),
            literals: ir.literals.clone(),
            entry,
        })
    }

    /// Cranelift's text of a function.
    ///
    /// # Errors
    /// As [`Jit::compile`].
    pub fn text(&self, ir: &IrFunction) -> Result<String, Box<ModuleError>> {
        let mut module = self.module(UnitMemory::default());
        let declared = declare(&mut module, ir)?;
        let functions = translated(ir, &mut module, declared, &mut site::register);
        let texts = functions.iter().map(|(_, text)| text.display().to_string());
        Ok(texts.collect::<Vec<_>>().join("\n"))
    }
}

/// The object of a var; vars are immortal.
fn var_address(qualified: &str) -> Option<*const u8> {
    let name = batuta_lang::form::Name::parse(qualified);
    let var = namespace::intern(name.ns.as_deref()?, &name.name);
    var.header().map(|header| std::ptr::from_ref(header).cast())
}

/// Declares the function and defines its table of literals.
fn declare(module: &mut JITModule, ir: &IrFunction) -> Result<Declared, Box<ModuleError>> {
    let signature = entry_signature(ir.argument_count());
    let body = module.declare_function("function", Linkage::Local, &signature)?;
    let entry = match leaf(ir) {
        Some(_) => module.declare_function("quick entry", Linkage::Local, &signature)?,
        None => body,
    };
    let literals = module.declare_data("literals", Linkage::Local, false, false)?;
    let mut data = DataDescription::new();
    let words = ir
        .literals
        .iter()
        .flat_map(|literal| word(literal).to_le_bytes());
    let mut bytes: Vec<u8> = words.collect();
    bytes.resize(bytes.len().max(8), 0);
    data.define(bytes.into_boxed_slice());
    data.set_align(8);
    module.define_data(literals, &data)?;
    Ok(Declared {
        entry,
        body,
        literals,
    })
}

fn word(literal: &Literal) -> u64 {
    match literal {
        Literal::Value(value) | Literal::Var(value) => value.word(),
        Literal::Held { function, .. } => function.word(),
        Literal::Code(code) => Arc::as_ptr(code).cast::<FnCode>() as u64,
    }
}
