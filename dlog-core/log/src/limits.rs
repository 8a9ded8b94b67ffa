//! Every bound, once, with its reason.

/// One commit, encoded. A commit is held in memory and written in one piece.
pub const COMMIT_BYTES_MAX: usize = 128 << 20;
/// The payload of one frame: a commit, and the schemas that it changes.
pub const FRAME_BYTES_MAX: usize = 2 * COMMIT_BYTES_MAX;
/// Journal files that may wait for their records to be sealed: what recovery reads at most.
pub const JOURNAL_FILES_MAX: usize = 3;
/// At so many the next appender seals before it goes on: what is not sealed is in memory, and read
/// again by the next opening.
pub const JOURNAL_FILES_HARD_MAX: usize = 4;
/// A log or column name: the longest file name most systems take.
pub const NAME_BYTES_MAX: usize = 249;
/// A key: it is held in memory by the key index.
pub const KEY_BYTES_MAX: usize = 64 << 10;
/// Headers of one record.
pub const HEADERS_MAX: usize = 1024;
/// Their names and values: they are read with every record.
pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// Columns of a log, counting nested ones: a schema is written whole with every change.
pub const COLUMNS_MAX: usize = 4096;
/// Lists and maps within each other: decoding and building recurse once per level, and a schema this
/// deep still reads back as JSON.
pub const NESTING_MAX: usize = 32;
/// Partitions of a log.
pub const PARTITIONS_MAX: u32 = 1024;
/// Waiting commits above this make the appender do the writing itself.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Commits written in one piece; a larger single commit goes alone.
pub const GROUP_BYTES_MAX: usize = 16 << 20;
/// Producers that are remembered, and written with every manifest; the ones longest silent are
/// forgotten.
pub const PRODUCERS_MAX: usize = 10_000;
/// Receipts remembered of each producer: how many of its commits may be on their way at once.
pub const PRODUCER_RECEIPTS: usize = 5;
/// So many neighbouring small segments are merged at once, or more: fewer would be written anew too
/// often.
pub const MERGE_SEGMENTS_MIN: usize = 4;
/// Bytes of segments merged into one: they are held in memory meanwhile.
pub const MERGE_BYTES_MAX: u64 = 64 << 20;
/// Arrow bytes of one segment of a bulk commit: it is encoded in memory.
pub const BULK_SEGMENT_BYTES: usize = 128 << 20;
/// Bytes of a disk that appends leave free: sealing, which gives journal files back, needs some, and
/// what a file system promises on credit must not fail a sync.
pub const FREE_BYTES_MIN: u64 = 4 << 20;
/// Rows of one batch of the tail's Arrow form.
pub const TAIL_BATCH_ROWS: usize = 65_536;

// Lengths inside a frame are 32 bits.
const _: () = assert!(FRAME_BYTES_MAX < u32::MAX as usize);
