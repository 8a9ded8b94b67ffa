//! Memory for compiled code: one reserved region, given out by pages.
//!
//! The lower half holds code (readable and executable once finished), the upper half data. Pages
//! of freed units are used again. Invariant: a page is never writable and executable at once.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};

use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};

/// Code and data stay within reach of a 32-bit displacement.
const HALF_BYTES: usize = 512 << 20;
const PAGE: usize = 4096;

struct Half {
    base: usize,
    used: usize,
    /// Free runs of pages: length in bytes to addresses.
    free: BTreeMap<usize, Vec<usize>>,
}

struct Region {
    code: Mutex<Half>,
    data: Mutex<Half>,
}

static REGION: OnceLock<Option<Region>> = OnceLock::new();

fn region() -> io::Result<&'static Region> {
    let region = REGION.get_or_init(|| {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice.
        let base = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                2 * HALF_BYTES,
                ProtFlags::empty(),
                flags,
            )
        };
        let base = base.ok()? as usize;
        let half = |base| {
            Mutex::new(Half {
                base,
                used: 0,
                free: BTreeMap::new(),
            })
        };
        Some(Region {
            code: half(base),
            data: half(base + HALF_BYTES),
        })
    });
    region
        .as_ref()
        .ok_or_else(|| io::Error::other("no address space for compiled code"))
}

/// The addresses of the lower half.
pub(super) fn code_range() -> io::Result<Range<usize>> {
    let code = region()?.code.lock();
    let base = code.unwrap_or_else(PoisonError::into_inner).base;
    Ok(base..base + HALF_BYTES)
}

impl Half {
    fn take(&mut self, bytes: usize) -> io::Result<usize> {
        if let Some(runs) = self.free.get_mut(&bytes)
            && let Some(address) = runs.pop()
        {
            return Ok(address);
        }
        if self.used + bytes > HALF_BYTES {
            return Err(io::Error::other("the region for compiled code is full"));
        }
        let address = self.base + self.used;
        self.used += bytes;
        Ok(address)
    }

    fn give_back(&mut self, run: &Run) {
        self.free.entry(run.bytes).or_default().push(run.address);
    }
}

struct Run {
    address: usize,
    bytes: usize,
    used: usize,
    is_code: bool,
}

impl Run {
    /// A part of what is left.
    fn take(&mut self, size: usize, align: usize) -> Option<usize> {
        let start = self.used.next_multiple_of(align);
        let end = start.checked_add(size).filter(|end| *end <= self.bytes)?;
        self.used = end;
        Some(self.address + start)
    }
}

/// The pages of one unit; its functions and tables stand in them one behind the other.
#[derive(Default)]
pub(super) struct UnitMemory {
    runs: Vec<Run>,
}

fn protect(run: &Run, flags: MprotectFlags) -> io::Result<()> {
    let address = NonNull::new(run.address as *mut std::ffi::c_void)
        .ok_or_else(|| io::Error::other("no memory for compiled code"))?;
    // SAFETY: the pages are this unit's alone, inside the reserved region.
    unsafe { mprotect(address.as_ptr(), run.bytes, flags) }?;
    Ok(())
}

impl JITMemoryProvider for UnitMemory {
    fn allocate(&mut self, size: usize, align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        let align = align as usize;
        debug_assert!(align <= PAGE);
        let is_code = matches!(kind, JITMemoryKind::Executable);
        let mut runs = self.runs.iter_mut().filter(|run| run.is_code == is_code);
        if let Some(address) = runs.find_map(|run| run.take(size.max(1), align)) {
            return Ok(address as *mut u8);
        }
        let bytes = size.max(1).next_multiple_of(PAGE);
        let region = region()?;
        let half = if is_code { &region.code } else { &region.data };
        let address = half
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(bytes)?;
        let run = Run {
            address,
            bytes,
            used: size.max(1),
            is_code,
        };
        protect(&run, MprotectFlags::READ | MprotectFlags::WRITE)?;
        self.runs.push(run);
        Ok(address as *mut u8)
    }

    unsafe fn free_memory(&mut self) {
        let Ok(region) = region() else { return };
        for run in self.runs.drain(..) {
            let half = if run.is_code {
                &region.code
            } else {
                &region.data
            };
            half.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .give_back(&run);
        }
    }

    fn finalize(&mut self, _branch_protection: BranchProtection) -> ModuleResult<()> {
        for run in self.runs.iter().filter(|run| run.is_code) {
            protect(run, MprotectFlags::READ | MprotectFlags::EXEC)
                .map_err(|error| ModuleError::Allocation { err: error })?;
        }
        Ok(())
    }
}
