//! Numbers never repeat, whatever the device does: power cuts after every operation with every tear,
//! killed processes, and every call failing once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use dlog_sequencer::device::faulty::{
    Disk, Failure, Fate, FaultyDevice, Operation, Plan, Step, Unsynced,
};
use dlog_sequencer::device::{Device, MemoryDevice};
use dlog_sequencer::{
    Counter, CounterError, CounterOptions, DEFAULT_EPOCH_MS, Mode, Snowflake, SnowflakeOptions,
    StateError, SyncLevel,
};

const PATH: &str = "counters/c";

fn counter(device: &dyn DeviceHandle, options: CounterOptions) -> Result<Counter, CounterError> {
    Counter::open(&device.handle(), PATH, options)
}

trait DeviceHandle {
    fn handle(&self) -> Arc<dyn Device>;
}

impl DeviceHandle for FaultyDevice {
    fn handle(&self) -> Arc<dyn Device> {
        Arc::new(self.clone())
    }
}

impl DeviceHandle for MemoryDevice {
    fn handle(&self) -> Arc<dyn Device> {
        Arc::new(self.clone())
    }
}

fn options(mode: Mode, level: SyncLevel) -> CounterOptions {
    CounterOptions {
        mode,
        level,
        create: true,
    }
}

/// Opens, takes numbers, closes or is killed, several times. Every number is noted in the trace
/// after it was handed out, and after it may have been when a call failed. The highest one.
fn session(device: &mut FaultyDevice, options: CounterOptions) -> u64 {
    let mut last = 0;
    for round in 0..6_u64 {
        let Ok(counter) = counter(device, options) else {
            continue;
        };
        for step in 0..3 + round * 20 {
            let taken = match step % 5 {
                4 => counter.reserve(1 + step * 3).map(|range| range.end - 1),
                _ => counter.increment(),
            };
            if let Ok(number) = taken {
                assert!(number > last, "{number} after {last}");
                last = number;
                device.mark(last);
            }
        }
        if round % 2 == 0 {
            drop(counter);
        } else {
            *device = device.kill();
        }
    }
    last
}

/// What a power cut may leave: each unsynced change kept, lost, or torn at every byte.
fn cuts(disk: &Disk) -> Vec<MemoryDevice> {
    let unsynced = disk.unsynced();
    let mut fates = vec![
        vec![Fate::Lost; unsynced.len()],
        vec![Fate::Kept; unsynced.len()],
    ];
    for (index, change) in unsynced.iter().enumerate() {
        for others in [Fate::Lost, Fate::Kept] {
            let mut with = |own| {
                let mut all = vec![others; unsynced.len()];
                all[index] = own;
                fates.push(all);
            };
            with(Fate::Kept);
            with(Fate::Lost);
            with(Fate::LengthOnly);
            if let Unsynced::Write(bytes) = change {
                (1..*bytes).for_each(|torn| with(Fate::Torn(torn)));
            }
        }
    }
    fates.iter().map(|fates| disk.power_cut(fates)).collect()
}

#[test]
fn counters_never_repeat_after_a_power_cut() {
    for mode in [Mode::Leased, Mode::Strict] {
        let options = options(mode, SyncLevel::Power);
        let mut device = FaultyDevice::new();
        session(&mut device, options);
        let (mut disk, mut last, mut images) = (Disk::default(), 0, 0);
        for step in device.trace() {
            match step {
                Step::Mark(number) => {
                    last = number;
                    continue;
                }
                Step::Done(operation) => disk.apply(&operation),
            }
            for image in cuts(&disk) {
                let again = counter(&image, options).unwrap();
                let next = again.increment().unwrap();
                assert!(next > last, "{mode:?}: {next} after {last}");
                images += 1;
            }
        }
        assert!(images > 2_000, "{images}");
    }
}

#[test]
fn counters_never_repeat_after_a_kill_at_any_level() {
    for mode in [Mode::Leased, Mode::Strict] {
        for level in [SyncLevel::Process, SyncLevel::Power] {
            session(&mut FaultyDevice::new(), options(mode, level));
        }
    }
}

#[test]
fn counters_never_repeat_when_any_call_fails() {
    for mode in [Mode::Leased, Mode::Strict] {
        let options = options(mode, SyncLevel::Power);
        let mut device = FaultyDevice::new();
        session(&mut device, options);
        let count = device.operations();
        let failures = [Failure::Io, Failure::Full, Failure::Half, Failure::Short];
        for failure in failures {
            for is_lasting in [false, true] {
                for after in 0..count {
                    let mut device = FaultyDevice::new();
                    device.fail(Plan {
                        after,
                        failure,
                        is_lasting,
                    });
                    let last = session(&mut device, options);
                    device.heal();
                    let device = device.kill();
                    let next = counter(&device, options).unwrap().increment().unwrap();
                    assert!(
                        next > last,
                        "{mode:?}, {failure:?} at {after}: {next} after {last}"
                    );
                    for image in [Fate::Lost, Fate::Kept].map(|fate| {
                        let disk = device.disk();
                        disk.power_cut(&vec![fate; disk.unsynced().len()])
                    }) {
                        let later = counter(&image, options).unwrap().increment().unwrap();
                        assert!(
                            later > next,
                            "{mode:?}, {failure:?} at {after}: {later} after {next}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_failed_sync_poisons_until_the_counter_is_opened_again() {
    for mode in [Mode::Leased, Mode::Strict] {
        for syncs in 0..12 {
            let options = options(mode, SyncLevel::Power);
            let device = FaultyDevice::new();
            drop(counter(&device, options).unwrap());
            let counter_before = counter(&device, options).unwrap();
            device.fail_sync(syncs);
            let (mut last, mut errors) = (0, Vec::new());
            for _ in 0..300 {
                match counter_before.increment() {
                    Ok(number) => {
                        assert!(errors.is_empty(), "a number after a failed sync");
                        last = number;
                    }
                    Err(error) => errors.push(error),
                }
            }
            if errors.is_empty() {
                continue;
            }
            assert!(matches!(
                &errors[0],
                CounterError::State(StateError::Io { action: "sync", .. })
            ));
            assert!(errors[1..].iter().all(|error| {
                matches!(error, CounterError::State(StateError::Poisoned { .. }))
            }));
            drop(counter_before);
            let again = counter(&device, options).unwrap();
            let next = again.increment().unwrap();
            assert!(next > last);
            let image = device.disk().power_cut(&[]);
            assert!(counter(&image, options).unwrap().increment().unwrap() > next);
        }
    }
}

#[test]
fn a_new_counter_is_there_with_its_name_before_the_first_number() {
    let device = FaultyDevice::new();
    let counter = counter(&device, CounterOptions::default()).unwrap();
    counter.increment().unwrap();
    let synced = device
        .trace()
        .into_iter()
        .any(|step| matches!(step, Step::Done(Operation::SyncDir { dir }) if dir == "counters"));
    assert!(synced);
    let image = device.disk().power_cut(&[]);
    assert!(image.exists(PATH).unwrap());
}

#[test]
fn ids_ascend_through_power_cuts_and_steps_of_the_clock() {
    let clock = Arc::new(AtomicI64::new(1_000_000));
    let open = |device: Arc<dyn Device>| {
        let clock = clock.clone();
        let now = Box::new(move || clock.load(Ordering::SeqCst) + DEFAULT_EPOCH_MS);
        Snowflake::open_with_clock(&device, "ids", SnowflakeOptions::default(), now).unwrap()
    };
    let mut device = FaultyDevice::new();
    let mut ids = open(device.handle());
    let mut times = Vec::new();
    for step in [0, 1, -500, 2_999, 3_001, -4_000, 30_000, -29_000, 5] {
        let time = clock.fetch_add(step, Ordering::SeqCst) + step;
        for _ in 0..5_000 {
            device.mark(ids.next_id().unwrap().0 as u64);
        }
        times.push(time);
        if step < 0 {
            device = device.kill();
            ids = open(device.handle());
        }
    }
    let (mut disk, mut last) = (Disk::default(), 0);
    let slowest = times.iter().min().copied().unwrap();
    clock.store(slowest + 20_000, Ordering::SeqCst);
    for step in device.trace() {
        match step {
            Step::Mark(id) => last = last.max(id),
            Step::Done(operation) => {
                disk.apply(&operation);
                for image in cuts(&disk) {
                    // A clock that is far behind is refused; it never makes an earlier id.
                    if let Ok(id) = open(image.handle()).next_id() {
                        assert!(id.0 as u64 > last);
                    }
                }
            }
        }
    }
}
