//! One error type per family of operations, each with what, where and a way out.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ids::{CommitNumber, Offset, PartitionId};
use crate::producers::ProducerProblem;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process is writing to it.
    #[error("the store {dir} is in use by {holder}; close it there, or open it read-only")]
    Locked {
        /// The store.
        dir: PathBuf,
        /// Who has it.
        holder: String,
    },
    /// There is no store and none was to be made.
    #[error("there is no store in {dir}")]
    Missing {
        /// The directory.
        dir: PathBuf,
    },
    /// It is a file.
    #[error("{dir} is a file; a store is a directory, so name another place")]
    NotADirectory {
        /// The file.
        dir: PathBuf,
    },
    /// A file cannot be what was written.
    #[error("{file} is damaged: {text}; restore it from a backup")]
    Damaged {
        /// The file, relative to the store.
        file: String,
        /// What is wrong with it.
        text: String,
    },
    /// A newer program wrote it.
    #[error("{file} has format {version}, this program knows {known}; use the program that wrote it", known = crate::format_version::CURRENT)]
    UnknownFormat {
        /// The file.
        file: String,
        /// What it says.
        version: u16,
    },
    /// The system failed.
    #[error("{action} {file}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file, relative to the store.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Why the catalogue of logs refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CatalogError {
    /// There is no log of this name.
    #[error("there is no log {log}{}", known_logs(known))]
    NoSuchLog {
        /// What was asked for.
        log: String,
        /// The logs there are.
        known: Vec<String>,
    },
    /// The log is there with other options.
    #[error("the log {log} is there already, with {what}; use it as it is, or choose another name")]
    Different {
        /// The log.
        log: String,
        /// What differs.
        what: String,
    },
    /// A name or option that cannot be.
    #[error("{text}")]
    Invalid {
        /// What is wrong, with a way out.
        text: String,
    },
    /// Another log has the name.
    #[error("there is a log {log} already; take another name, or drop it first")]
    Taken {
        /// The name.
        log: String,
    },
    /// The change could not be written.
    #[error(transparent)]
    Commit(#[from] AppendError),
    /// A file that the change needs could not be read or written.
    #[error("{0}")]
    Files(Arc<SealError>),
}

impl From<SealError> for CatalogError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Append(error) => Self::Commit(error),
            error => Self::Files(Arc::new(error)),
        }
    }
}

/// Why an append was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// There is no log of this name.
    #[error("there is no log {log}{}", known_logs(known))]
    NoSuchLog {
        /// What was asked for.
        log: String,
        /// The logs there are.
        known: Vec<String>,
    },
    /// A value has no place in the log's schema; nothing was stored.
    #[error("{path} does not fit the log {log}: {text}; {help}")]
    DoesNotFit {
        /// The log.
        log: String,
        /// Where in what was given, such as `row 3, :tags[2]`.
        path: String,
        /// What does not fit.
        text: String,
        /// The way out.
        help: String,
    },
    /// A keyed log was given a row without a usable key.
    #[error("{path} has no key for the log {log}: {text}")]
    NoKey {
        /// The log.
        log: String,
        /// Where.
        path: String,
        /// What is wrong with the key.
        text: String,
    },
    /// The log, its partition or the request does not allow this.
    #[error("{text}")]
    Refused {
        /// What is wrong, with a way out.
        text: String,
    },
    /// The partition has gone on: the first record would not get the offset that was expected.
    #[error("the next offset of {log}, partition {partition}, is {actual}, not {expected}")]
    Conflict {
        /// The log.
        log: String,
        /// The partition.
        partition: PartitionId,
        /// What was expected.
        expected: Offset,
        /// What it is.
        actual: Offset,
    },
    /// A key has a living record.
    #[error("{path} has a record in the log {log} already, at offset {offset}")]
    Present {
        /// The log.
        log: String,
        /// Which record of the append.
        path: String,
        /// Where the living one is.
        offset: Offset,
    },
    /// A producer's commit is not the next one.
    #[error("sequence {sequence} of producer {id} is refused: {problem}")]
    Producer {
        /// The producer.
        id: u64,
        /// Its sequence.
        sequence: u64,
        /// Why.
        problem: ProducerProblem,
    },
    /// The store has the size it may have.
    #[error(
        "the store has {bytes} bytes and may have {max}; drop logs, shorten their retention, or open \
         it with a larger limit"
    )]
    StoreFull {
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The log has the size it may have.
    #[error(
        "the log {log} has {bytes} bytes and may have {max}; raise its limit, or let it drop the \
         oldest records"
    )]
    LogFull {
        /// The log.
        log: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// A member of a consumer group commits for a generation or a partition that is not its own.
    #[error(
        "the group {group} takes no positions of generation {generation} from this member: {text}; refresh and read on"
    )]
    NotAssigned {
        /// The group.
        group: String,
        /// The member's generation.
        generation: u64,
        /// Why.
        text: String,
    },
    /// The commit is too large to be one.
    #[error(
        "the commit has {bytes} bytes, more than the {max} one may have; split it into several appends"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The store takes no appends.
    #[error("the store is read-only: {why}")]
    ReadOnly {
        /// Why.
        why: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The write failed and nothing was stored; it may be tried again.
    #[error("the commit was not written: {text}; it may be tried again")]
    NotWritten {
        /// What the system said.
        text: String,
    },
    /// The sync failed: the commit may be there or not. The store is read-only until reopened.
    #[error(
        "the outcome of the commit is unknown, its sync failed: {text}; reopen the store and look"
    )]
    Unknown {
        /// What the system said.
        text: String,
    },
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no log of this name.
    #[error("there is no log {log}{}", known_logs(known))]
    NoSuchLog {
        /// What was asked for.
        log: String,
        /// The logs there are.
        known: Vec<String>,
    },
    /// The question does not suit the log.
    #[error("{text}")]
    Refused {
        /// What is wrong, with a way out.
        text: String,
    },
    /// Compaction or retention has taken away what the log was then.
    #[error(
        "the log {log} cannot be shown as of commit {asked}: its history begins with commit {floor}"
    )]
    HistoryGone {
        /// The log.
        log: String,
        /// The first commit it can be shown at.
        floor: CommitNumber,
        /// What was asked for.
        asked: CommitNumber,
    },
    /// A file cannot be what was written.
    #[error("{file} is damaged at {position}: {text}; the rest of the store is readable")]
    Damaged {
        /// The file, relative to the store.
        file: String,
        /// Where in it.
        position: u64,
        /// What is wrong.
        text: String,
    },
    /// A commit of the journal is damaged.
    #[error("commit {commit} of the journal is damaged: {text}")]
    DamagedCommit {
        /// The commit.
        commit: CommitNumber,
        /// What is wrong.
        text: String,
    },
    /// The system failed.
    #[error("read {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// Arrow refused a conversion that the schema promised.
    #[error("{context}: {source}")]
    Arrow {
        /// What was done.
        context: String,
        /// What Arrow said.
        source: arrow::error::ArrowError,
    },
}

/// Why a log could not be sealed; the records stay where they were.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Reading the tail failed, or there is no such log.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store takes no writes, or its journal could not be synced first.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The segment could not be encoded.
    #[error("encode a segment of {log}: {text}")]
    Encode {
        /// The log.
        log: String,
        /// What Parquet said.
        text: String,
    },
    /// The system failed.
    #[error("{action} {file}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

fn known_logs(known: &[String]) -> String {
    if known.is_empty() {
        return "; the store has none yet, create it first".to_owned();
    }
    let shown = known
        .iter()
        .take(8)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "; there are: {shown}{}",
        if known.len() > 8 { ", …" } else { "" }
    )
}
