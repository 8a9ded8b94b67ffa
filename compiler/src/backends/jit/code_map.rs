//! Which function the code at an address belongs to, for who watches the process from outside or
//! by samples.
//!
//! Kept only once somebody has asked for it; then nothing is forgotten, so an address in code that
//! was freed and used again has the newer name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use cranelift_codegen::{Final, MachSrcLoc};
use parking_lot::Mutex;

use crate::ir::function::IrFunction;

struct Known {
    end: usize,
    name: Arc<str>,
    copies: Vec<Copied>,
}

/// Code of functions that were copied into another one.
pub(super) struct Copied {
    /// Where it lies, from the start of the function that it was copied into.
    pub range: Range<u32>,
    /// Whose it is, the innermost first, without the function that holds it.
    pub functions: Vec<Arc<str>>,
}

/// What of a function's code belongs to functions copied into it.
pub(super) fn copied(ir: &IrFunction, locations: &[MachSrcLoc<Final>]) -> Vec<Copied> {
    let copied = |location: &MachSrcLoc<Final>| {
        let mut place = ir.places.get(location.loc.bits() as usize)?;
        let mut functions = Vec::new();
        while let Some(inlined) = &place.inlined {
            functions.push(inlined.function.clone());
            place = ir.places.get(inlined.call as usize)?;
        }
        let range = location.start..location.end;
        (!functions.is_empty()).then_some(Copied { range, functions })
    };
    locations.iter().filter_map(copied).collect()
}

#[derive(Default)]
struct CodeMap {
    functions: BTreeMap<usize, Known>,
    perf: Option<File>,
}

static MAP: OnceLock<Mutex<CodeMap>> = OnceLock::new();

/// Keeps names from now on. Call it before anything is compiled.
pub fn keep() {
    MAP.get_or_init(Mutex::default);
}

/// Keeps names, also in a file that `perf report` reads: where it lies.
///
/// # Errors
/// The file cannot be made.
pub fn keep_for_perf() -> io::Result<PathBuf> {
    let path = PathBuf::from(format!("/tmp/perf-{}.map", std::process::id()));
    let file = File::create(&path)?;
    MAP.get_or_init(Mutex::default).lock().perf = Some(file);
    Ok(path)
}

/// Is anybody interested?
pub(crate) fn is_kept() -> bool {
    MAP.get().is_some()
}

/// The code of a function, or of one of its entries, lies here.
pub(super) fn note(name: &str, start: usize, bytes: usize, copies: Vec<Copied>) {
    let Some(map) = MAP.get() else { return };
    let mut map = map.lock();
    if let Some(perf) = &mut map.perf {
        // Who watches from outside does without the name if the disk is full.
        let _ = writeln!(perf, "{start:x} {bytes:x} {name}");
    }
    let known = Known {
        end: start + bytes,
        name: name.into(),
        copies,
    };
    map.functions.insert(start, known);
}

/// The functions whose code this address lies in, `user/f:2`: one that was copied into another
/// comes before that one. None for stubs.
pub fn functions_at(address: usize) -> Vec<Arc<str>> {
    let Some(map) = MAP.get() else {
        return Vec::new();
    };
    let map = map.lock();
    let found = map.functions.range(..=address).next_back();
    let Some((start, known)) = found.filter(|(_, known)| address < known.end) else {
        return Vec::new();
    };
    let offset = (address - start) as u32;
    let copied = known.copies.iter().find(|it| it.range.contains(&offset));
    let copied = copied.map_or(&[][..], |copied| &copied.functions);
    copied.iter().chain([&known.name]).cloned().collect()
}
