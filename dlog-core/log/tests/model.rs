//! Random histories against a model in memory: appends, deletions, seals, merges, compaction,
//! retention, purges, killed processes and power cuts, in any order.

use std::collections::BTreeMap;
use std::sync::Arc;

use dlog_log::device::Device;
use dlog_log::device::faulty::{Disk, Fate, FaultyDevice};
use dlog_log::{
    AppendBatch, CommitNumber, Cut, Datum, Headers, LogOptions, ReadError, Retention, Row, Store,
    StoreOptions, conform_batch,
};
use proptest::prelude::*;

mod support;
use support::{append, batches, integers, row, text};

#[derive(Debug, Clone)]
enum Action {
    Put { key: u8 },
    Delete { key: u8 },
    Plain { rows: u8 },
    Seal,
    Compact { back: u8 },
    Retain,
    Purge { key: u8 },
    Clone { back: u8 },
    PutInClone { key: u8 },
    Kill,
    Close,
    PowerCut { fates: u64 },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (0..5_u8).prop_map(|key| Action::Put { key }),
        2 => (0..5_u8).prop_map(|key| Action::Delete { key }),
        2 => (1..4_u8).prop_map(|rows| Action::Plain { rows }),
        4 => Just(Action::Seal),
        2 => (0..4_u8).prop_map(|back| Action::Compact { back }),
        1 => Just(Action::Retain),
        1 => (0..5_u8).prop_map(|key| Action::Purge { key }),
        2 => (0..4_u8).prop_map(|back| Action::Clone { back }),
        2 => (0..5_u8).prop_map(|key| Action::PutInClone { key }),
        1 => Just(Action::Kill),
        1 => Just(Action::Close),
        1 => any::<u64>().prop_map(|fates| Action::PowerCut { fates }),
    ]
}

/// The state of the keyed log by commit, and what the plain one was given.
#[derive(Debug, Default)]
struct Model {
    states: BTreeMap<u64, BTreeMap<u8, i64>>,
    living: BTreeMap<u8, i64>,
    plain: Vec<i64>,
    /// What the newest clone has.
    clone: Option<BTreeMap<u8, i64>>,
    next: i64,
    /// No cut below this one need be shown.
    floor: u64,
}

impl Model {
    fn commit(&mut self, number: u64) {
        self.states.insert(number, self.living.clone());
    }

    fn at(&self, commit: u64) -> BTreeMap<u8, i64> {
        let before = self.states.range(..=commit).next_back();
        before.map(|(_, state)| state.clone()).unwrap_or_default()
    }
}

fn name(key: u8) -> Datum {
    text(&format!("key{key}"))
}

fn record(key: u8, n: i64) -> Row {
    let mut record = row(&[("key", name(key)), ("n", Datum::Int(n))]);
    record.0.extend(header_of(n));
    record
}

/// Every third record has a header.
fn header_of(n: i64) -> Option<(Arc<str>, Datum)> {
    let header = vec![("trace".into(), text(&n.to_string()))];
    (n % 3 == 0).then(|| ("_headers".into(), Datum::Struct(header)))
}

fn headers_of(n: &Datum) -> Headers {
    match n {
        Datum::Int(n) if n % 3 == 0 => vec![("trace".into(), n.to_string().into())],
        _ => Headers::new(),
    }
}

struct Run {
    device: FaultyDevice,
    store: Option<Store>,
    model: Model,
}

impl Run {
    fn new() -> Self {
        let mut run = Self {
            device: FaultyDevice::new(),
            store: None,
            model: Model::default(),
        };
        run.reopen();
        let keyed = LogOptions {
            key: Some("key".to_owned()),
            partitions: 2,
            ..LogOptions::default()
        };
        let retention = Retention {
            max_bytes: Some(6_000),
            ..Retention::default()
        };
        let plain = LogOptions {
            retention,
            ..LogOptions::default()
        };
        run.store().create_log("keyed", keyed).unwrap();
        run.store().create_log("plain", plain).unwrap();
        run
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store = None;
        let device: Arc<dyn Device> = Arc::new(self.device.clone());
        let options = StoreOptions {
            journal_file_bytes: 5_000,
            ..StoreOptions::new("model")
        };
        let store = Store::open_on(device, options).unwrap();
        assert!(store.recovery().damage.is_empty(), "{}", store.recovery());
        self.store = Some(store);
    }

    fn perform(&mut self, action: &Action) {
        match action {
            Action::Put { key } => {
                self.model.next += 1;
                append(self.store(), "keyed", vec![record(*key, self.model.next)]);
                self.model.living.insert(*key, self.model.next);
                self.model.commit(self.store().cut().0.0);
            }
            Action::Delete { key } => {
                let ticket = self.store().delete("keyed", &name(*key), None).unwrap();
                assert_eq!(ticket.is_some(), self.model.living.remove(key).is_some());
                if let Some(ticket) = ticket {
                    let commit = ticket.wait().unwrap().commit.0;
                    self.model.commit(commit);
                }
            }
            Action::Plain { rows } => {
                let numbers = (0..*rows).map(|_| {
                    self.model.next += 1;
                    self.model.plain.push(self.model.next);
                    row(&[("n", Datum::Int(self.model.next))])
                });
                let rows = numbers.collect();
                append(self.store(), "plain", rows);
            }
            Action::Seal => {
                self.store().seal("keyed").unwrap();
                self.store().seal("plain").unwrap();
            }
            Action::Compact { back } => {
                let commit = self.store().cut().0.0.saturating_sub(u64::from(*back));
                let cut = Cut(CommitNumber(commit));
                self.store().compact("keyed", cut, 0).unwrap();
                self.model.floor = self.model.floor.max(commit);
            }
            Action::Retain => drop(self.store().retain("plain").unwrap()),
            Action::Purge { key } => {
                self.store().purge("keyed", &name(*key)).unwrap();
                self.model.living.remove(key);
                self.model.states.values_mut().for_each(|state| {
                    state.remove(key);
                });
            }
            Action::Clone { back } => self.clone_keyed(u64::from(*back)),
            Action::PutInClone { key } => {
                let next = self.model.next + 1;
                if let Some(clone) = &mut self.model.clone {
                    clone.insert(*key, next);
                    self.model.next = next;
                    append(self.store(), "clone", vec![record(*key, next)]);
                }
            }
            Action::Kill => {
                self.device = self.device.kill();
                self.reopen();
            }
            Action::Close => {
                self.store().close().unwrap();
                self.reopen();
            }
            Action::PowerCut { fates } => {
                let disk = self.device.disk();
                let mut bits = *fates;
                let fates: Vec<Fate> = disk
                    .unsynced()
                    .iter()
                    .map(|_| {
                        bits = bits.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                        [Fate::Kept, Fate::Lost, Fate::Torn(bits as usize % 64)][bits as usize % 3]
                    })
                    .collect();
                let files = disk.power_cut(&fates).files();
                drop(self.device.kill());
                self.device = FaultyDevice::over(Disk::with_files(files));
                self.reopen();
            }
        }
    }

    /// Another log of what the keyed one was a few commits ago, in the place of an earlier one.
    fn clone_keyed(&mut self, back: u64) {
        let store = self.store();
        let cut = Cut(CommitNumber(store.cut().0.0.saturating_sub(back)));
        let made = store.clone_log("keyed", "new", Some(cut));
        match made {
            Ok(at) => assert_eq!(at, cut),
            Err(error) => {
                assert!(error.to_string().contains("history"), "{error}");
                assert!(cut.0.0 < self.model.floor);
                return;
            }
        }
        store.drop_log("clone").unwrap();
        store.rename_log("new", "clone").unwrap();
        self.model.clone = Some(self.model.at(cut.0.0));
    }

    /// A keyed log as a table at a cut.
    fn table(&self, log: &str, cut: Cut) -> Result<BTreeMap<u8, i64>, ReadError> {
        let scan = self.store().scan(log, cut)?;
        let mut all = scan.tail.clone();
        for segment in &scan.segments {
            for batch in segment.read(None, 100)? {
                all.push(conform_batch(&batch?, &scan.schema)?);
            }
        }
        let mut table = BTreeMap::new();
        for batch in all {
            let live = scan.live(batch)?;
            for values in support::rows(&[live]) {
                let (Datum::Str(key), Datum::Int(n)) = (&values[0], &values[1]) else {
                    panic!("{values:?}")
                };
                let key: u8 = key.trim_start_matches("key").parse().unwrap();
                assert!(table.insert(key, *n).is_none(), "key {key} twice");
            }
        }
        Ok(table)
    }

    fn check(&self, probe: u64) {
        let now = self.store().cut();
        assert_eq!(self.table("keyed", now).unwrap(), self.model.living);
        if let Some(clone) = &self.model.clone {
            assert_eq!(&self.table("clone", now).unwrap(), clone);
            for key in 0..5 {
                let found = self.store().find_row("clone", &name(key)).unwrap();
                let value = found.map(|found| found.row.get("n").cloned().unwrap());
                assert_eq!(value, clone.get(&key).map(|n| Datum::Int(*n)));
            }
        }
        for key in 0..5 {
            let found = self.store().find_row("keyed", &name(key)).unwrap();
            let value = found.as_ref().map(|found| {
                let n = found.row.get("n").cloned().unwrap();
                assert_eq!(found.headers, headers_of(&n), "the headers of {key}");
                n
            });
            assert_eq!(value, self.model.living.get(&key).map(|n| Datum::Int(*n)));
        }
        let earlier = Cut(CommitNumber(probe % (now.0.0 + 1)));
        match self.table("keyed", earlier) {
            Ok(table) => assert_eq!(table, self.model.at(earlier.0.0), "as of {}", earlier.0),
            Err(ReadError::HistoryGone { .. }) => assert!(earlier.0.0 < self.model.floor),
            Err(error) => panic!("{error}"),
        }
        let plain = batches(self.store(), "plain");
        let (numbers, offsets) = (
            integers_or_none(&plain, "n"),
            integers_or_none(&plain, "_offset"),
        );
        let missing = self.model.plain.len() - numbers.len();
        assert_eq!(numbers, self.model.plain[missing..], "a suffix is left");
        let expected: Vec<i64> = (missing as i64..self.model.plain.len() as i64).collect();
        assert_eq!(offsets, expected, "nothing is renumbered");
    }
}

fn integers_or_none(batches: &[arrow::array::RecordBatch], column: &str) -> Vec<i64> {
    let with: Vec<_> = batches
        .iter()
        .filter(|batch| batch.num_rows() > 0)
        .cloned()
        .collect();
    integers(&with, column)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_histories_agree_with_the_model(
        actions in proptest::collection::vec(action(), 1..14),
        probe in any::<u64>(),
    ) {
        let mut run = Run::new();
        for action in &actions {
            run.perform(action);
        }
        run.check(probe);
        run.device = run.device.kill();
        run.reopen();
        run.check(probe >> 8);
    }
}

#[test]
fn a_purged_key_is_in_no_file() {
    let mut run = Run::new();
    let secret = AppendBatch::rows(
        "keyed",
        vec![row(&[("key", text("secretsecret")), ("n", Datum::Int(1))])],
    );
    run.store()
        .append(vec![secret], None)
        .unwrap()
        .wait()
        .unwrap();
    run.perform(&Action::Put { key: 1 });
    let purged = run.store().purge("keyed", &text("secretsecret")).unwrap();
    assert_eq!((purged.records, purged.elsewhere.len()), (1, 0));
    let image = run.device.disk().power_cut(&[Fate::Kept; 64]);
    for (path, bytes) in image.files() {
        let found = bytes.windows(12).any(|window| window == b"secretsecret");
        assert!(!found, "{path} still has it");
    }
    run.check(0);
}
