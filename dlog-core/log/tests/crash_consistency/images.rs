//! What a power cut may leave after each operation, and that a store opens there as it should.

use std::collections::{BTreeSet, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dlog_log::device::faulty::{Disk, Fate, FaultyDevice, Step, Unsynced};
use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{AppendBatch, Datum, Store};

use crate::contents::{SegmentCache, check_commit, clone_contents, contents, contents_with};
use crate::script::{
    Action, Attempt, Outcome, Progress, Random, Runner, Session, clone_name, options, script,
};
use crate::support::row;

const DEFAULT_IMAGES: u64 = 100_000;
const SCRIPT_LENGTH: usize = 40;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The fates to try for these unsynced changes: none and all kept, each alone kept, lost and without
/// its bytes, every tear of the last write at a sector's end and at some other places, and some
/// subsets by chance.
fn choices(unsynced: &[Unsynced], random: &mut Random) -> HashSet<Vec<Fate>> {
    let count = unsynced.len();
    let all = |fate| vec![fate; count];
    let mut choices = HashSet::from([all(Fate::Lost), all(Fate::Kept)]);
    for index in 0..count {
        for (others, own) in [
            (Fate::Lost, Fate::Kept),
            (Fate::Kept, Fate::Lost),
            (Fate::Kept, Fate::LengthOnly),
        ] {
            let mut fates = all(others);
            fates[index] = own;
            choices.insert(fates);
        }
        if let Unsynced::Write(bytes) = unsynced[index] {
            let step = (bytes / 8).clamp(8, 512);
            for torn in (1..bytes).step_by(step).chain([bytes - 1]) {
                let mut fates = all(Fate::Kept);
                fates[index] = Fate::Torn(torn);
                choices.insert(fates);
            }
        }
    }
    for _ in 0..count.min(6) {
        let fate = |random: &mut Random| match random.below(5) {
            0 | 1 => Fate::Lost,
            2 | 3 => Fate::Kept,
            _ => Fate::Torn(random.below(400) as usize),
        };
        choices.insert((0..count).map(|_| fate(random)).collect());
    }
    choices
}

fn open(image: &MemoryDevice) -> Store {
    let device: Arc<dyn Device> = Arc::new(image.clone());
    Store::open_on(device, options()).unwrap_or_else(|error| panic!("{error}"))
}

/// Opens the image twice and compares it with what the session knows.
fn check(
    session: &Session,
    progress: Progress,
    image: &MemoryDevice,
    is_thorough: bool,
    cache: &mut SegmentCache,
) {
    let store = open(image);
    assert!(store.recovery().damage.is_empty(), "{}", store.recovery());
    // The opening's own mark is the last commit.
    let last = store.cut().0.0 - 1;
    assert!(
        last >= progress.durable,
        "commit {} was durable, the store ends with {last}",
        progress.durable
    );
    assert!(store.epoch().0 > progress.epoch || progress.last == 0);
    check_logs(session, &store, last);
    let found = contents_with(&store, cache);
    check_records(session, progress, &store, last, &found);
    check_clones(session, progress, &store, &found, cache);
    // Killed right after opening, it opens the same again.
    let again_image = image.image();
    let again = open(&again_image);
    assert!(again.recovery().damage.is_empty(), "{}", again.recovery());
    let same = contents_with(&again, cache);
    assert_eq!(same, found, "a second opening shows something else");
    assert!(again.epoch() > store.epoch());
    if is_thorough && again.logs().contains(&"power".to_owned()) {
        check_going_on(&again, &again_image);
    }
}

fn check_logs(session: &Session, store: &Store, last: u64) {
    let logs = store.logs().into_iter();
    let logs: BTreeSet<String> = logs.filter(|log| !log.starts_with("clone")).collect();
    let living = session
        .logs
        .iter()
        .filter(|(_, (made, dropped))| *made <= last && last < *dropped)
        .map(|(log, _)| log.clone());
    assert_eq!(logs, living.collect(), "the logs at commit {last}");
}

fn check_records(
    session: &Session,
    progress: Progress,
    store: &Store,
    last: u64,
    found: &std::collections::BTreeMap<u64, Vec<crate::script::Found>>,
) {
    let logs = store.logs();
    let mut expected = 0;
    for attempt in &session.attempts {
        let Outcome::Acknowledged(commit, _) = attempt.outcome else {
            panic!("nothing failed in this session: {attempt:?}")
        };
        let is_here =
            |attempt: &Attempt| attempt.places.iter().any(|place| logs.contains(&place.0));
        // The number of a bulk commit is taken before the manifest that makes it.
        let is_unfinished = attempt.is_bulk && commit > progress.durable;
        if is_unfinished && !found.contains_key(&commit) {
            continue;
        }
        if commit <= last && is_here(attempt) {
            expected += 1;
            check_commit(attempt, found.get(&commit)).unwrap_or_else(|text| panic!("{text}"));
        }
    }
    assert_eq!(found.len(), expected, "there are commits that nobody made");
}

/// Clones that were acknowledged are there, and every clone that is there has what its source had.
fn check_clones(
    session: &Session,
    progress: Progress,
    store: &Store,
    found: &std::collections::BTreeMap<u64, Vec<crate::script::Found>>,
    cache: &mut SegmentCache,
) {
    let logs = store.logs();
    for (place, cut) in session.clones.iter().enumerate() {
        let name = clone_name(place);
        if !logs.contains(&name) {
            assert!(place >= progress.clones, "{name} is gone");
            continue;
        }
        let source = found.range(..=cut).flat_map(|(_, places)| places);
        let mut expected: Vec<(i32, i64, i64)> = source
            .filter(|(log, ..)| log == "keyed")
            .map(|(_, partition, offset, id)| (*partition, *offset, *id))
            .collect();
        expected.sort_unstable();
        assert_eq!(clone_contents(store, &name, cache), expected, "{name}");
    }
}

/// What is appended now gets the next offset and is found again.
fn check_going_on(store: &Store, image: &MemoryDevice) {
    let count = |store: &Store| store.describe("power").unwrap().record_count;
    let before = count(store);
    let record = row(&[("id", Datum::Int(1_000_000))]);
    let ticket = store.append(vec![AppendBatch::rows("power", vec![record])], None);
    ticket.unwrap().wait().unwrap();
    let last = open(&image.image());
    assert!(last.recovery().damage.is_empty(), "{}", last.recovery());
    assert_eq!(count(&last), before + 1);
}

/// Runs one session and checks images of it; how many.
fn run_session(seed: u64, prewriting: bool, wanted: u64, done: &AtomicU64) {
    let actions = script(seed, SCRIPT_LENGTH);
    let device = FaultyDevice::new();
    let device = if prewriting {
        device.prewriting()
    } else {
        device
    };
    let mut runner = Runner::new(device);
    runner.run(&actions);
    let session = &runner.session;
    let mut disk = Disk::default();
    let mut random = Random(seed);
    let mut progress = Progress::default();
    let mut seen = HashSet::new();
    let mut cache = SegmentCache::new();
    for (place, step) in runner.device.trace().iter().enumerate() {
        match step {
            Step::Mark(mark) => {
                progress = session.progress[*mark as usize];
                continue;
            }
            Step::Done(operation) => disk.apply(operation),
        }
        for fates in choices(&disk.unsynced(), &mut random) {
            let image = disk.power_cut(&fates);
            // What is there counts, not how it came about.
            if !seen.insert((hash_of(&image), progress.durable)) {
                continue;
            }
            let number = done.fetch_add(1, Ordering::Relaxed);
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                check(
                    session,
                    progress,
                    &image,
                    number.is_multiple_of(8),
                    &mut cache,
                );
            }));
            if outcome.is_err() {
                panic!(
                    "seed {seed}, prewriting {prewriting}, operation {place} ({step:?}), fates {fates:?}, of {actions:?}"
                );
            }
            if number >= wanted {
                return;
            }
        }
    }
}

fn hash_of(image: &MemoryDevice) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for (path, bytes) in image.files() {
        // Zeros behind the last byte are what a file ends with anyhow.
        let end = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        (path, &bytes[..end], bytes.len()).hash(&mut hasher);
    }
    hasher.finish()
}

#[test]
fn every_power_cut_leaves_a_store_that_has_what_was_acknowledged() {
    let wanted = setting("DLOG_CRASH_IMAGES").unwrap_or(DEFAULT_IMAGES);
    let first = setting("DLOG_CRASH_SEED").unwrap_or(1);
    let done = AtomicU64::new(0);
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    println!("images {wanted}, first seed {first}");
    std::thread::scope(|scope| {
        let work = || {
            while done.load(Ordering::Relaxed) < wanted {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                run_session(seed, seed.is_multiple_of(16), wanted, &done);
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    println!(
        "{} images of {} sessions",
        done.into_inner(),
        next.into_inner() - first
    );
}

/// What acknowledged offsets name, by commit, log and place, never changes: the promise itself, over
/// several crashes in a row.
#[test]
fn an_acknowledged_offset_never_names_a_second_record() {
    let mut random = Random(setting("DLOG_CRASH_SEED").unwrap_or(1));
    for _ in 0..200 {
        let mut device = FaultyDevice::new();
        let mut acknowledged: Vec<Attempt> = Vec::new();
        for session in 0..4 {
            let mut runner = Runner::numbered(device, session);
            runner.run(&script(random.next(), 6));
            let durable = runner.session.progress.last().unwrap().durable;
            let attempts = runner.session.attempts.iter();
            acknowledged.extend(
                attempts
                    .filter(|attempt| matches!(attempt.outcome, Outcome::Acknowledged(commit, _) if commit <= durable))
                    .cloned(),
            );
            let disk = runner.device.disk();
            let fates: Vec<Fate> = disk
                .unsynced()
                .iter()
                .map(|_| {
                    if random.below(2) == 0 {
                        Fate::Kept
                    } else {
                        Fate::Lost
                    }
                })
                .collect();
            let image = disk.power_cut(&fates);
            let store = open(&image);
            let (found, logs) = (contents(&store), store.logs());
            for attempt in &acknowledged {
                let Outcome::Acknowledged(commit, _) = attempt.outcome else {
                    continue;
                };
                if attempt.places.iter().any(|place| logs.contains(&place.0)) {
                    check_commit(attempt, found.get(&commit))
                        .unwrap_or_else(|text| panic!("{text}"));
                }
            }
            drop(store);
            device = FaultyDevice::over(Disk::with_files(image.files()));
        }
    }
}

#[test]
fn the_script_has_everything_in_it() {
    let actions = script(1, 400);
    let has = |what: fn(&Action) -> bool| actions.iter().any(what);
    assert!(has(|action| matches!(
        action,
        Action::Seal { log: "keyed" }
    )));
    assert!(has(|action| *action == Action::Kill) && has(|action| *action == Action::Drop));
}
