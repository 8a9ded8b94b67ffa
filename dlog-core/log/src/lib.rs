//! The log: journal, segments, recovery.
//!
//! A [`Store`] holds logs; an append of records for any of them is one commit in the store's one
//! journal, and is sealed into Parquet segments later. Readers take a [`Cut`] and see exactly the
//! commits up to it. `FORMAT.md` beside this crate describes the files byte by byte.
//!
//! Appends come in through `intake`, are numbered and written by `commit`, and are published to a
//! `partition`, where `scan` finds them; `seal` moves them to segments and `recovery` reads it all
//! back.
//!
//! ```
//! use dlog_log::{AppendBatch, Datum, LogOptions, Row, Store};
//!
//! let store = Store::memory();
//! store.create_log("trips", LogOptions::default())?;
//! let row = Row(vec![("to".into(), Datum::Keyword("oslo".into())), ("km".into(), Datum::Int(12))]);
//! let receipt = store.append(vec![AppendBatch::rows("trips", vec![row])], None)?.wait()?;
//! assert_eq!(receipt.parts[0].first_offset.0, 0);
//! let scan = store.scan("trips", store.cut())?;
//! assert_eq!(scan.tail[0].num_rows(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use dlog_sequencer::device;

mod alter;
mod backup;
mod beside;
mod bound;
mod bulk;
mod catalogue;
mod check;
mod clock;
mod clone;
mod columns;
mod commit;
mod datum;
mod describe;
mod error;
mod follow;
mod format_version;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod groups;
mod headers;
mod ids;
mod inspect;
mod intake;
mod journal;
mod key_index;
pub mod limits;
mod log_state;
mod lookup;
mod manifest;
mod mend;
mod ordered;
mod partition;
mod producers;
mod record;
mod recovery;
mod rewrite;
mod row_codec;
mod rows_batch;
mod scan;
mod schema;
mod seal;
mod segment;
mod select;
mod store;
mod sync;
mod tail;
mod ticket;

pub use alter::Alteration;
pub use beside::CaughtUp;
pub use catalogue::{Durability, LogOptions, Retention, SizeLimit, WhenFull};
pub use check::{Checked, LostRecords, check};
pub use clock::Clock;
pub use columns::{conform_batch, datum_at};
pub use datum::{Datum, Row, key_bytes};
pub use describe::{LogDescription, MemoryUse, PartitionDescription};
pub use error::{AppendError, CatalogError, OpenError, ReadError, SealError};
pub use follow::TailReader;
pub use groups::{Assignment, GroupMember, Lag};
pub use headers::{Headers, headers_at};
pub use ids::{CommitNumber, Cut, Epoch, LogId, Offset, PartitionId, StoreId};
pub use inspect::{JournalFileSize, PartitionLayout};
pub use intake::{AppendBatch, Rows};
pub use mend::{MendError, Mended, RestoreError, mend, restore};
pub use ordered::{OrderedReader, Vlsn};
pub use producers::{AppendOptions, Producer, ProducerProblem};
pub use record::StoredRecord;
pub use recovery::{Damage, DroppedTail, RecoveryReport};
pub use rewrite::Purged;
pub use rows_batch::rows_to_batch;
pub use scan::LogScan;
pub use schema::{
    ArrowKindError, Column, KIND_METADATA, Kind, LogSchema, OP_DELETE, OP_PUT, SYSTEM_COLUMNS,
    system_fields,
};
pub use segment::{SegmentReader, SegmentRef};
pub use select::{SelectedRecords, Selection};
pub use store::{Creation, Store, StoreOptions};
pub use ticket::{AppendTicket, Receipt, ReceiptPart};
