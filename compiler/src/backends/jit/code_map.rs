//! Which function the code at an address belongs to, for who watches the process from outside or
//! by samples.
//!
//! Kept only once somebody has asked for it; then nothing is forgotten, so an address in code that
//! was freed and used again has the newer name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

struct Known {
    end: usize,
    name: Arc<str>,
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
pub(super) fn note(name: &str, start: usize, bytes: usize) {
    let Some(map) = MAP.get() else { return };
    let mut map = map.lock();
    if let Some(perf) = &mut map.perf {
        // Who watches from outside does without the name if the disk is full.
        let _ = writeln!(perf, "{start:x} {bytes:x} {name}");
    }
    let known = Known {
        end: start + bytes,
        name: name.into(),
    };
    map.functions.insert(start, known);
}

/// The name of the function whose code this address lies in: `user/f:2`. None for stubs.
pub fn function_at(address: usize) -> Option<Arc<str>> {
    let map = MAP.get()?.lock();
    let (_, known) = map.functions.range(..=address).next_back()?;
    (address < known.end).then(|| known.name.clone())
}
