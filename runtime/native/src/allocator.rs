//! The allocator of a process that runs Batuta code: mimalloc.
//!
//! Its entries for an alignment go a long way round even where every block is aligned so, which is
//! a fifth of the time of a program that makes small objects. Only what wants more than that goes
//! through them.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys::{
    mi_free, mi_malloc, mi_malloc_aligned, mi_realloc, mi_realloc_aligned, mi_zalloc,
    mi_zalloc_aligned,
};

/// Every block of mimalloc is aligned to this.
const NATURAL_ALIGNMENT: usize = 8;

/// See the module's head.
pub struct Allocator;

fn is_natural(layout: Layout) -> bool {
    layout.align() <= NATURAL_ALIGNMENT
}

// SAFETY: mimalloc gives blocks of the size and alignment asked for, or null, and takes back what
// any of its entries gave.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size may be asked for; the alignment of a layout is a power of two.
        unsafe {
            match is_natural(layout) {
                true => mi_malloc(layout.size()).cast(),
                false => mi_malloc_aligned(layout.size(), layout.align()).cast(),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller gives a block of this allocator.
        unsafe { mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe {
            match is_natural(layout) {
                true => mi_zalloc(layout.size()).cast(),
                false => mi_zalloc_aligned(layout.size(), layout.align()).cast(),
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller gives a block of this allocator with its layout.
        unsafe {
            match is_natural(layout) {
                true => mi_realloc(block.cast(), size).cast(),
                false => mi_realloc_aligned(block.cast(), size, layout.align()).cast(),
            }
        }
    }
}
