//! Counters and Snowflake ids, beside a bare loop where they write.
//!
//! `cargo bench -p dlog-log --bench ids [-- DIR]`

use std::sync::Arc;
use std::time::{Duration, Instant};

use dlog_sequencer::device::{Device, FileDevice};
use dlog_sequencer::{Counter, CounterOptions, Mode, Snowflake, SnowflakeOptions, SyncLevel};

mod common;

use common::{BLOCK, BLOCKS, Bare, Place, heading, report_time, seconds, take_turns};

fn main() {
    let place = Place::new("ids");
    let device: Arc<dyn Device> = Arc::new(FileDevice::new(place.dir.join("counters")));
    let open = |name: &str, mode, level| {
        let options = CounterOptions {
            mode,
            level,
            ..CounterOptions::default()
        };
        Counter::open(&device, name, options).expect("a new counter opens")
    };
    heading();
    let leased = open("leased", Mode::Leased, SyncLevel::Power);
    let count = 20_000_000;
    let time = seconds(|| {
        for _ in 0..count {
            std::hint::black_box(leased.increment().expect("it counts"));
        }
    });
    println!(
        "{:<46}{:>12.1}ns{:>32}",
        "leased counter",
        time * 1e9 / f64::from(count),
        "<= 50 ns"
    );
    for (what, level, sync, bar) in [
        (
            "strict counter, :process",
            SyncLevel::Process,
            false,
            "<= 1.5",
        ),
        ("strict counter, :power", SyncLevel::Power, true, "<= 1.2"),
    ] {
        let name = if sync { "power" } else { "process" };
        let counter = open(name, Mode::Strict, level);
        let mut bare = Bare::new(&place.dir.join(format!("bare-{name}")));
        let turns = take_turns(
            BLOCKS,
            |_| {
                for _ in 0..BLOCK {
                    std::hint::black_box(counter.increment().expect("it counts"));
                }
            },
            |_| (0..BLOCK).for_each(|_| bare.write(32, sync)),
        );
        report_time(what, &turns, BLOCK as f64, bar);
    }
    snowflakes(&device);
}

/// Fewer than 4,096 in a millisecond: more have to wait for the next.
fn snowflakes(device: &Arc<dyn Device>) {
    let flakes = Snowflake::open(device, "flakes", SnowflakeOptions::default());
    let flakes = flakes.expect("a new generator opens");
    let mut total = 0.0;
    let (rounds, each) = (400, 2_000);
    for _ in 0..rounds {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        total += seconds(|| {
            for _ in 0..each {
                std::hint::black_box(flakes.next_id().expect("the clock goes on"));
            }
        });
    }
    let each = total * 1e9 / f64::from(rounds * each);
    println!("{:<46}{each:>12.1}ns{:>32}", "snowflake ids", "<= 30 ns");
}
