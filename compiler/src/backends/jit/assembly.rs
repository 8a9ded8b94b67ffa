//! Machine code for people: the bytes of a function with what they refer to and come from.

use std::ops::Range;

use batuta_runtime::site;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_module::{
    DataId, FuncId, Module, ModuleDeclarations, ModuleError, ModuleReloc, ModuleRelocTarget,
};

use super::{Jit, UnitMemory, declare};
use crate::backends::cranelift::translated;
use crate::ir::function::{IrFunction, Place};

/// The code of one function.
pub struct MachineCode {
    /// Its name, and which entry of it this is.
    pub name: String,
    /// The bytes, not yet at their address.
    pub bytes: Vec<u8>,
    /// What the field at an offset refers to.
    pub targets: Vec<(u32, String)>,
    /// Which bytes come from which place of the source.
    pub places: Vec<(Range<u32>, Place)>,
}

impl Jit {
    /// The code of a function: the full one, and its quick entry if it has one.
    ///
    /// # Errors
    /// As [`Jit::compile`].
    pub fn machine_code(&self, ir: &IrFunction) -> Result<Vec<MachineCode>, Box<ModuleError>> {
        let mut module = self.module(UnitMemory::default());
        let declared = declare(&mut module, ir)?;
        let mut codes = Vec::new();
        for (id, text) in translated(ir, &mut module, declared, &mut site::register) {
            let mut context = Context::for_function(text);
            context
                .compile(&*self.isa, &mut ControlPlane::default())
                .map_err(|error| Box::new(ModuleError::from(error)))?;
            let compiled = context
                .compiled_code()
                .expect("it is kept by the compilation just done");
            let relocations = compiled.buffer.relocs().iter();
            let places = compiled.buffer.get_srclocs_sorted().iter();
            let bytes = compiled.code_buffer().to_vec();
            let places = places
                .filter_map(|from| {
                    let place = ir.places.get(from.loc.bits() as usize)?;
                    Some((from.start..from.end, place.clone()))
                })
                .collect();
            let targets = relocations
                .map(|relocation| ModuleReloc::from_mach_reloc(relocation, &context.func, id))
                .map(|found| {
                    (
                        found.offset,
                        target_name(&found.name, module.declarations(), ir),
                    )
                })
                .collect();
            let name = match id == declared.body {
                true => ir.name.clone(),
                false => format!("{}, quick entry", ir.name),
            };
            codes.push(MachineCode {
                name,
                bytes,
                targets,
                places,
            });
        }
        Ok(codes)
    }
}

fn target_name(
    target: &ModuleRelocTarget,
    declarations: &ModuleDeclarations,
    ir: &IrFunction,
) -> String {
    match *target {
        ModuleRelocTarget::User {
            namespace: 0,
            index,
        } => {
            let name = declarations.get_function_decl(FuncId::from_u32(index));
            match name.name.as_deref() {
                Some("function") | None => ir.name.clone(),
                Some("quick entry") => format!("{}, quick entry", ir.name),
                Some(name) => name.to_owned(),
            }
        }
        ModuleRelocTarget::User { index, .. } => declarations
            .get_data_decl(DataId::from_u32(index))
            .linkage_name(DataId::from_u32(index))
            .into_owned(),
        ref other => other.to_string(),
    }
}
