//! Huge pages: good for a process that lives, a waste for one that says hello. The kernel clears
//! two megabytes at the first touch of each, which is a fifth of such a process's time, so a
//! process begins with small pages and has huge ones from a moment later on.

use std::thread;
use std::time::Duration;

use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

/// About what a program takes that only starts and says something.
const START: Duration = Duration::from_millis(25);

/// Goes without huge pages for a moment. Does nothing where the system does not let it, or where
/// whoever started the process wants none anyway.
pub fn avoid_at_first() {
    if transparent_huge_pages_are_disabled() != Ok(false) {
        return;
    }
    if disable_transparent_huge_pages(true).is_err() {
        return;
    }
    let allow = || {
        // What was forbidden a moment ago may be allowed again; if not, all still works.
        let _ = disable_transparent_huge_pages(false);
    };
    let later = thread::Builder::new()
        .name("batuta-pages".to_owned())
        .stack_size(64 << 10)
        .spawn(move || {
            thread::sleep(START);
            allow();
        });
    if later.is_err() {
        allow();
    }
}
