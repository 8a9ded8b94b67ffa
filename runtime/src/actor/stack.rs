//! Memory for the stacks that Batuta code runs on.
//!
//! A coroutine starts on a [`SlotStack`]: one of many equal slots of a slab, so that a million of
//! them cost few mappings (Linux allows some 65,000 per process). Deep recursion goes on in
//! [`Segment`]s, mappings of their own that double in size. Every function checks the limit at its
//! entry, so the one guard page in front of a slab is for bugs, not for programs.
//!
//! Invariant: the lowest [`RED_ZONE`] bytes of each stack are never used by compiled code; the
//! small Rust functions that run over it live there.

use std::ffi::c_void;
use std::io;
use std::num::NonZeroUsize;
use std::ptr;

use corosensei::stack::{Stack, StackPointer};
use parking_lot::Mutex;
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap,
};

use crate::context::Cx;

/// Address space of the stack a coroutine starts on.
pub(crate) const SLOT_BYTES: usize = 256 << 10;
/// Bytes above the end of a stack that compiled code leaves alone.
pub(crate) const RED_ZONE: usize = 16 << 10;
const SLOTS_PER_SLAB: usize = 256;
/// What a pooled stack keeps resident: shallow handlers touch no more.
const KEPT_BYTES: usize = 16 << 10;
const PAGE: usize = 4096;
const FIRST_SEGMENT_BYTES: usize = 512 << 10;

static FREE_SLOTS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn map(bytes: usize) -> io::Result<usize> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice aliases nothing.
    let start = unsafe {
        let start = mmap_anonymous(
            ptr::null_mut(),
            bytes,
            ProtFlags::READ | ProtFlags::WRITE,
            flags,
        )?;
        mprotect(start, PAGE, MprotectFlags::empty())?;
        start
    };
    Ok(start as usize)
}

/// One slot of a slab; goes back to the free ones when dropped.
pub(crate) struct SlotStack {
    bottom: NonZeroUsize,
}

impl SlotStack {
    /// A free slot, from a new slab if there is none.
    pub(crate) fn take() -> io::Result<SlotStack> {
        let free = FREE_SLOTS.lock().pop();
        let bottom = match free {
            Some(bottom) => bottom,
            None => SlotStack::from_new_slab()?,
        };
        let bottom = NonZeroUsize::new(bottom).expect("a mapping never starts at address zero");
        Ok(SlotStack { bottom })
    }

    fn from_new_slab() -> io::Result<usize> {
        let bytes = PAGE + SLOTS_PER_SLAB * SLOT_BYTES;
        let start = map(bytes)?;
        // Huge pages would make one deep call resident two megabytes at a time; a kernel that
        // does not know the advice loses nothing but memory.
        // SAFETY: the range is the mapping just made; the advice changes no contents.
        let _ = unsafe { madvise(start as *mut c_void, bytes, Advice::LinuxNoHugepage) };
        let first = start + PAGE;
        FREE_SLOTS
            .lock()
            .extend((1..SLOTS_PER_SLAB).rev().map(|i| first + i * SLOT_BYTES));
        Ok(first)
    }

    /// Lowest address that compiled code may use.
    pub(crate) fn usable_limit(&self) -> usize {
        self.bottom.get() + RED_ZONE
    }

    /// One past its highest address.
    pub(crate) fn top(&self) -> usize {
        self.bottom.get() + SLOT_BYTES
    }
}

/// Gives the pages of a slot that only deep calls touched back to the system. Nothing may be live
/// in them: the coroutine stands at its outermost frame.
pub(crate) fn drop_deep_pages(usable_limit: usize) {
    let bottom = usable_limit - RED_ZONE;
    // SAFETY: the range is inside the slot and holds no live frame, as the caller says.
    let _ = unsafe {
        madvise(
            bottom as *mut c_void,
            SLOT_BYTES - KEPT_BYTES,
            Advice::LinuxDontNeed,
        )
    };
}

impl Drop for SlotStack {
    fn drop(&mut self) {
        FREE_SLOTS.lock().push(self.bottom.get());
    }
}

// SAFETY: base and limit describe a live, aligned slot that this value alone owns. Overflow is
// caught by the limit check of every compiled function; the slab's guard page stands below all.
unsafe impl Stack for SlotStack {
    fn base(&self) -> StackPointer {
        self.bottom.saturating_add(SLOT_BYTES)
    }

    fn limit(&self) -> StackPointer {
        self.bottom
    }
}

/// Which addresses compiled code uses: from the limit up to the top.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) limit: usize,
    pub(crate) top: usize,
}

/// A further stretch of stack for deep recursion.
struct Segment {
    start: usize,
    bytes: usize,
}

impl Segment {
    fn top(&self) -> usize {
        self.start + self.bytes
    }

    fn usable_limit(&self) -> usize {
        self.start + PAGE + RED_ZONE
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own and no frame stands in it any more.
        let _ = unsafe { munmap(self.start as *mut c_void, self.bytes) };
    }
}

/// The segments an actor has grown into.
#[derive(Default)]
pub(crate) struct Segments {
    depth: u32,
    in_use: usize,
    /// The last one given back: a recursion that hovers around the edge maps nothing.
    cached: Option<Segment>,
}

/// The actor has used up the stack it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Segments {
    fn enter(&mut self, max_bytes: usize) -> Result<Segment, Overflow> {
        let bytes = FIRST_SEGMENT_BYTES << self.depth.min(16);
        if self.in_use + bytes > max_bytes {
            return Err(Overflow);
        }
        let cached = self.cached.take_if(|segment| segment.bytes == bytes);
        let segment = match cached {
            Some(segment) => segment,
            None => Segment {
                start: map(bytes).map_err(|_| Overflow)?,
                bytes,
            },
        };
        self.depth += 1;
        self.in_use += bytes;
        Ok(segment)
    }

    fn leave(&mut self, segment: Segment) {
        self.depth -= 1;
        self.in_use -= segment.bytes;
        self.cached = Some(segment);
    }

    /// Between messages nothing is kept.
    pub(crate) fn reset(&mut self) {
        self.cached = None;
    }
}

/// A function that runs on a new segment.
pub type OnSegment = extern "C" fn(*mut Cx) -> u64;

/// Runs `run(cx)` on the next segment. `set_extent` is told
/// what to use before and after, and gives what was in use.
pub(crate) fn run_on_next_segment(
    cx: &mut Cx,
    max_bytes: usize,
    run: OnSegment,
    mut set_extent: impl FnMut(&mut Cx, Extent) -> Extent,
) -> Result<u64, Overflow> {
    let segment = cx.coroutine.segments.enter(max_bytes)?;
    let inner = Extent {
        limit: segment.usable_limit(),
        top: segment.top(),
    };
    let outer = set_extent(cx, inner);
    // SAFETY: the segment is mapped, 16-aligned at its top and empty; `run` returns normally
    // (failures are sentinel words), so the stack pointer comes back.
    let word = unsafe { switch_stack(segment.top(), run, cx) };
    set_extent(cx, outer);
    cx.coroutine.segments.leave(segment);
    Ok(word)
}

/// Calls `run(cx)` with the stack pointer at `top`.
#[unsafe(naked)]
unsafe extern "C" fn switch_stack(top: usize, run: OnSegment, cx: *mut Cx) -> u64 {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov rsp, rdi",
        "mov rdi, rdx",
        "call rsi",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_distinct_and_reused() {
        let first = SlotStack::take().expect("address space for a slab");
        let second = SlotStack::take().expect("address space for a slab");
        assert!(first.base().get().abs_diff(second.base().get()) >= SLOT_BYTES);
        assert_eq!(first.base().get() % 16, 0);
    }

    #[test]
    fn segments_double_until_the_maximum() {
        let mut segments = Segments::default();
        let max = 4 << 20;
        let taken: Vec<Segment> = std::iter::from_fn(|| segments.enter(max).ok()).collect();
        assert_eq!(
            taken.iter().map(|s| s.bytes >> 10).collect::<Vec<_>>(),
            [512, 1024, 2048]
        );
        for segment in taken.into_iter().rev() {
            segments.leave(segment);
        }
        assert_eq!((segments.depth, segments.in_use), (0, 0));
        assert_eq!(segments.cached.as_ref().map(|s| s.bytes), Some(512 << 10));
    }
}
