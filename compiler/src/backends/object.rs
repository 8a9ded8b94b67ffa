//! Object files: machine code of a whole program, for the system's linker.
//!
//! Code is the JIT's code. What the JIT resolves in its process stands here by name: ABI entries
//! and tables of builtins are symbols of the runtime, stubs are in the same file, and a var is a
//! place in zeroed memory under the var's name. Literals are zeroed tables that the runtime fills
//! at start from the image (`batuta_runtime::image`). Beside code that `rustc` made of the program,
//! the file holds all but the functions' bodies.

use batuta_lang::source::Span;
use batuta_runtime::failure_state::SiteId;
use batuta_runtime::function::{ENTRIES, VAR_BYTES};
use batuta_runtime::image::{PROGRAM_WORDS, STUBS, fingerprint};
use batuta_runtime::site::{Site, SiteTable};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{
    DataDescription, DataId, FuncId, Linkage, Module, ModuleError, default_libcall_names,
};
use cranelift_object::{ObjectBuilder, ObjectModule};

use super::cranelift::symbols::VAR_PREFIX;
use super::cranelift::translate::Declared;
use super::cranelift::translate::leaf::leaf;
use super::cranelift::{entry_signature, stubs, target, translated};
use super::rust;
use crate::ir::function::IrFunction;

/// A program's object file while it grows.
pub struct ObjectCode {
    module: ObjectModule,
    stubs: Vec<FuncId>,
    sites: SiteTable,
    functions: usize,
    /// How what the file defines is seen in others.
    linkage: Linkage,
}

/// Where a function came to lie.
#[derive(Clone, Copy)]
pub struct Placed {
    /// Where callers enter.
    pub entry: FuncId,
    /// Its table of literals.
    pub literals: DataId,
}

/// What the tables of a program hold, in the order in which its image names them.
pub struct Tables {
    /// The image itself.
    pub image: Vec<u8>,
    /// Entries.
    pub entries: Vec<FuncId>,
    /// Places of vars.
    pub vars: Vec<DataId>,
    /// Tables of literals.
    pub literals: Vec<DataId>,
    /// Symbols of tables of builtins.
    pub builtins: Vec<&'static str>,
    /// Symbol of the function that starts what the program holds besides the runtime.
    pub start: Option<&'static str>,
    /// Symbol of what makes regular expressions, if there are any.
    pub regex: Option<&'static str>,
}

type Result<T> = std::result::Result<T, Box<ModuleError>>;

impl ObjectCode {
    /// A file with the stubs in it.
    ///
    /// # Errors
    /// What Cranelift says.
    pub fn new() -> Result<ObjectCode> {
        let builder = ObjectBuilder::new(target(), "batuta program", default_libcall_names());
        let mut module = ObjectModule::new(builder?);
        let defined = stubs::define_all(&mut module)?;
        let find = |name: String| {
            let found = defined.iter().find(|(known, _)| *known == name);
            found.expect("every kind of stub is among them").1
        };
        let kinds = stubs::ENTRY_KINDS.into_iter();
        let tables =
            kinds.flat_map(|kind| (0..ENTRIES).map(move |index| stubs::entry_stub(kind, index)));
        let ways_in = stubs::WAYS_IN.map(str::to_owned);
        let stubs: Vec<FuncId> = tables.chain(ways_in).map(find).collect();
        debug_assert_eq!(stubs.len(), STUBS);
        Ok(ObjectCode {
            module,
            stubs,
            sites: SiteTable::default(),
            functions: 0,
            linkage: Linkage::Local,
        })
    }

    /// A file for functions whose bodies are emitted as Rust.
    ///
    /// # Errors
    /// As [`ObjectCode::new`].
    pub fn beside_rust() -> Result<ObjectCode> {
        let mut code = ObjectCode::new()?;
        code.linkage = Linkage::Export;
        rust::adapters::define(&mut code.module)?;
        Ok(code)
    }

    /// Makes room for a var. Before any function that names it.
    ///
    /// # Errors
    /// As [`ObjectCode::new`].
    pub fn var(&mut self, qualified: &str) -> Result<DataId> {
        self.zeroed(&format!("{VAR_PREFIX}{qualified}"), VAR_BYTES)
    }

    fn zeroed(&mut self, name: &str, bytes: usize) -> Result<DataId> {
        let id = self.module.declare_data(name, self.linkage, true, false)?;
        let mut data = DataDescription::new();
        data.define_zeroinit(bytes);
        data.set_align(8);
        self.module.define_data(id, &data)?;
        Ok(id)
    }

    /// Adds a function.
    ///
    /// # Errors
    /// As [`ObjectCode::new`].
    pub fn function(&mut self, ir: &IrFunction) -> Result<Placed> {
        let number = self.functions;
        self.functions += 1;
        let name = ir.name.replace('\0', "?");
        let signature = entry_signature(ir.argument_count());
        let mut declare = |name: String| -> Result<FuncId> {
            let module = &mut self.module;
            Ok(module.declare_function(&name, Linkage::Local, &signature)?)
        };
        let body = declare(format!("{name} #{number}"))?;
        let entry = match leaf(ir) {
            Some(_) => declare(format!("{name} #{number} quick"))?,
            None => body,
        };
        let literals = self.literals(number, ir)?;
        let declared = Declared {
            entry,
            body,
            literals,
        };
        let sites = &mut self.sites;
        let mut register = |function: &str, span| sites.register(function, span);
        for (id, text) in translated(ir, &mut self.module, declared, &mut register) {
            self.module
                .define_function(id, &mut Context::for_function(text))?;
        }
        Ok(Placed { entry, literals })
    }

    /// Adds what stands beside a function that is emitted as Rust: its table of literals, and an
    /// entry that calls it.
    ///
    /// # Errors
    /// As [`ObjectCode::new`].
    pub fn entry_of_emitted(&mut self, ir: &IrFunction) -> Result<Placed> {
        let number = self.functions;
        self.functions += 1;
        let literals = self.literals(number, ir)?;
        let (name, emitted) = (rust::entry_symbol(number), rust::emitted_symbol(number));
        let arguments = ir.argument_count();
        let entry = rust::adapters::define_entry(&mut self.module, &name, &emitted, arguments)?;
        Ok(Placed { entry, literals })
    }

    fn literals(&mut self, number: usize, ir: &IrFunction) -> Result<DataId> {
        let words = ir.literals.len().max(1);
        self.zeroed(&rust::literals_symbol(number), 8 * words)
    }

    /// The number of the function that is added next.
    pub fn next_number(&self) -> usize {
        self.functions
    }

    /// The id of a place in the source.
    pub fn site(&mut self, function: &str, span: Span) -> SiteId {
        self.sites.register(function, span)
    }

    /// The places in the source that the code names, in the order of their ids.
    pub fn sites(&self) -> &[Site] {
        self.sites.sites()
    }

    /// The whole file.
    ///
    /// # Errors
    /// As [`ObjectCode::new`].
    pub fn finish(mut self, tables: &Tables) -> Result<Vec<u8>> {
        let program = self.program(tables)?;
        self.main(program)?;
        let product = self.module.finish();
        product
            .emit()
            .map_err(|error| Box::new(ModuleError::Backend(error.into())))
    }

    fn data(&mut self, name: &str, data: &mut DataDescription) -> Result<DataId> {
        data.set_align(8);
        let id = self
            .module
            .declare_data(name, Linkage::Local, false, false)?;
        self.module.define_data(id, data)?;
        Ok(id)
    }

    fn addresses_of_functions(&mut self, name: &str, functions: &[FuncId]) -> Result<DataId> {
        let mut data = words(functions.len());
        for (index, id) in functions.iter().enumerate() {
            let function = self.module.declare_func_in_data(*id, &mut data);
            data.write_function_addr(8 * index as u32, function);
        }
        self.data(name, &mut data)
    }

    fn addresses_of_data(&mut self, name: &str, places: &[DataId]) -> Result<DataId> {
        let mut data = words(places.len());
        for (index, id) in places.iter().enumerate() {
            let place = self.module.declare_data_in_data(*id, &mut data);
            data.write_data_addr(8 * index as u32, place, 0);
        }
        self.data(name, &mut data)
    }

    /// The `Program`, field by field.
    fn program(&mut self, tables: &Tables) -> Result<DataId> {
        let mut image = DataDescription::new();
        image.define(tables.image.clone().into_boxed_slice());
        let image = self.data("image", &mut image)?;
        let stubs = self.stubs.clone();
        let stubs = self.addresses_of_functions("stubs", &stubs)?;
        let entries = self.addresses_of_functions("entries", &tables.entries)?;
        let vars = self.addresses_of_data("vars", &tables.vars)?;
        let literals = self.addresses_of_data("literals", &tables.literals)?;
        let imported = tables.builtins.iter().map(|symbol| -> Result<DataId> {
            let module = &mut self.module;
            Ok(module.declare_data(symbol, Linkage::Import, false, false)?)
        });
        let imported = imported.collect::<Result<Vec<DataId>>>()?;
        let builtins = self.addresses_of_data("builtins", &imported)?;

        let mut bytes = vec![0; 8 * PROGRAM_WORDS];
        bytes[..8].copy_from_slice(&fingerprint().to_le_bytes());
        bytes[16..24].copy_from_slice(&(tables.image.len() as u64).to_le_bytes());
        let mut data = DataDescription::new();
        data.define(bytes.into_boxed_slice());
        let fields = [(1, image), (3, stubs), (4, entries)];
        let more = [(5, vars), (6, literals), (7, builtins)];
        for (field, id) in fields.into_iter().chain(more) {
            let place = self.module.declare_data_in_data(id, &mut data);
            data.write_data_addr(8 * field, place, 0);
        }
        for (field, symbol) in [(8, tables.start), (9, tables.regex)] {
            let Some(symbol) = symbol else { continue };
            // It is not called here, so that its parameters do not matter.
            let signature = Signature::new(CallConv::SystemV);
            let module = &mut self.module;
            let function = module.declare_function(symbol, Linkage::Import, &signature)?;
            let function = module.declare_func_in_data(function, &mut data);
            data.write_function_addr(8 * field, function);
        }
        self.data("program", &mut data)
    }

    /// C's `main`: `bt_main(count, arguments, program)`.
    fn main(&mut self, program: DataId) -> Result<()> {
        let signature = |params: &[types::Type]| {
            let mut signature = Signature::new(CallConv::SystemV);
            signature
                .params
                .extend(params.iter().copied().map(AbiParam::new));
            signature.returns.push(AbiParam::new(types::I32));
            signature
        };
        let own = signature(&[types::I32, types::I64]);
        let called = signature(&[types::I32, types::I64, types::I64]);
        let called = self
            .module
            .declare_function("bt_main", Linkage::Import, &called)?;
        let main = self
            .module
            .declare_function("main", Linkage::Export, &own)?;
        let mut function = Function::new();
        function.signature = own;
        let called = self.module.declare_func_in_func(called, &mut function);
        let program = self.module.declare_data_in_func(program, &mut function);
        let mut scratch = FunctionBuilderContext::new();
        let mut builder = FunctionBuilder::new(&mut function, &mut scratch);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let mut arguments = builder.block_params(block).to_vec();
        arguments.push(builder.ins().symbol_value(types::I64, program));
        let call = builder.ins().call(called, &arguments);
        let code = builder.inst_results(call)[0];
        builder.ins().return_(&[code]);
        builder.seal_all_blocks();
        builder.finalize(self.module.target_config());
        self.module
            .define_function(main, &mut Context::for_function(function))?;
        Ok(())
    }
}

/// Room for so many addresses.
fn words(count: usize) -> DataDescription {
    let mut data = DataDescription::new();
    data.define(vec![0; 8 * count.max(1)].into_boxed_slice());
    data
}
