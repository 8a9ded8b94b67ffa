//! One commit as bytes, checkable alone.
//!
//! A frame is a header, a table of what it holds, and the payload, padded to eight bytes. The header
//! checksum covers header and table, the payload has its own; the header also names the store, the
//! file's generation, the epoch, the commit, the checksum of the frame before it and the highest
//! commit that was durable when it was written. Bytes and their order are in `FORMAT.md`.

use crate::format_version;
use crate::ids::{CommitNumber, Epoch, LogId, Offset, PartitionId, StoreId};
use crate::limits::FRAME_BYTES_MAX;
use dlog_sequencer::crc32c;

pub(crate) const HEADER_BYTES: usize = 96;
pub(crate) const ENTRY_BYTES: usize = 48;
/// Frames begin at multiples of this, which is what a search for them relies on.
pub(crate) const ALIGNMENT: usize = 8;
const MAGIC: [u8; 4] = *b"DLfr";
/// The header checksum stands behind the fields it covers.
const CHECKED_BYTES: usize = 88;
/// Where in a frame its checksum stands, which no other frame has in its place.
pub(crate) const CHECKSUM_AT: u64 = CHECKED_BYTES as u64;

/// The first frame of an epoch.
pub(crate) const FLAG_EPOCH: u16 = 1;
/// The last frame of an epoch that ended as it should.
pub(crate) const FLAG_CLOSED: u16 = 2;
/// The frame of a bulk commit: its records are in the manifest that follows, or nowhere.
pub(crate) const FLAG_BULK: u16 = 4;

/// How an entry's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Rows in the row codec.
    Rows,
    /// Tombstones: rows that hold only the key.
    Tombstones,
    /// An Arrow IPC stream.
    Arrow,
    /// A change of the catalogue.
    Catalogue,
    /// Who appended the commit.
    Producer,
}

impl Encoding {
    fn code(self) -> u16 {
        match self {
            Self::Rows => 1,
            Self::Tombstones => 2,
            Self::Arrow => 3,
            Self::Catalogue => 4,
            Self::Producer => 5,
        }
    }

    fn of_code(code: u16) -> Option<Self> {
        let all = [
            Self::Rows,
            Self::Tombstones,
            Self::Arrow,
            Self::Catalogue,
            Self::Producer,
        ];
        all.into_iter().find(|e| e.code() == code)
    }
}

/// One line of a frame's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) encoding: Encoding,
    pub(crate) partition: PartitionId,
    pub(crate) log: LogId,
    pub(crate) first_offset: Offset,
    pub(crate) count: u64,
    /// Bytes in the payload, behind those of the entries before.
    pub(crate) length: u64,
}

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) flags: u16,
    pub(crate) store: StoreId,
    pub(crate) generation: u64,
    pub(crate) epoch: Epoch,
    pub(crate) commit: CommitNumber,
    pub(crate) durable: CommitNumber,
    pub(crate) append_time_us: i64,
    pub(crate) previous_checksum: u32,
    pub(crate) payload_length: u32,
    pub(crate) payload_checksum: u32,
    pub(crate) entry_count: u32,
}

impl FrameHead {
    /// All bytes of the frame with its padding.
    pub(crate) fn frame_bytes(&self) -> usize {
        frame_bytes(self.entry_count as usize, self.payload_length as usize)
    }
}

pub(crate) fn frame_bytes(entries: usize, payload: usize) -> usize {
    (HEADER_BYTES + entries * ENTRY_BYTES + payload).next_multiple_of(ALIGNMENT)
}

/// Writes a frame behind what `out` holds; its checksum, for the next one to name.
pub(crate) fn encode_frame(
    head: &FrameHead,
    entries: &[Entry],
    payload: &[u8],
    out: &mut Vec<u8>,
) -> u32 {
    debug_assert_eq!(head.entry_count as usize, entries.len());
    debug_assert_eq!(head.payload_length as usize, payload.len());
    let start = out.len();
    out.reserve(head.frame_bytes());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&format_version::CURRENT.to_le_bytes());
    out.extend_from_slice(&head.flags.to_le_bytes());
    out.extend_from_slice(&head.store.0);
    for number in [head.generation, head.epoch.0, head.commit.0, head.durable.0] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&head.append_time_us.to_le_bytes());
    for number in [
        head.previous_checksum,
        head.payload_length,
        head.payload_checksum,
        head.entry_count,
    ] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&[0; HEADER_BYTES - 80]);
    for entry in entries {
        encode_entry(entry, out);
    }
    let checksum = header_checksum(&out[start..start + HEADER_BYTES + entries.len() * ENTRY_BYTES]);
    out[start + CHECKED_BYTES..start + CHECKED_BYTES + 4].copy_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(payload);
    out.resize(start + head.frame_bytes(), 0);
    checksum
}

/// The checksum of header and table, its own place left out.
fn header_checksum(bytes: &[u8]) -> u32 {
    let table = crc32c(&bytes[HEADER_BYTES..]);
    let mut checked = [0; CHECKED_BYTES + 4];
    checked[..CHECKED_BYTES].copy_from_slice(&bytes[..CHECKED_BYTES]);
    checked[CHECKED_BYTES..].copy_from_slice(&table.to_le_bytes());
    crc32c(&checked)
}

/// The same bytes as a frame whose checksums are right, if they are long enough for what their header
/// says.
pub(crate) fn with_checksums(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut frame = bytes.to_vec();
    frame.get_mut(..4)?.copy_from_slice(&MAGIC);
    frame
        .get_mut(4..6)?
        .copy_from_slice(&format_version::CURRENT.to_le_bytes());
    let (length, entries) = (u32_at(frame.get(..HEADER_BYTES)?, 68), u32_at(&frame, 76));
    let table_end = HEADER_BYTES + entries as usize * ENTRY_BYTES;
    let payload = frame.get(table_end..table_end + length as usize)?;
    let checksum = crc32c(payload).to_le_bytes();
    frame[72..76].copy_from_slice(&checksum);
    let checksum = header_checksum(&frame[..table_end]).to_le_bytes();
    frame[CHECKED_BYTES..CHECKED_BYTES + 4].copy_from_slice(&checksum);
    Some(frame)
}

fn encode_entry(entry: &Entry, out: &mut Vec<u8>) {
    out.extend_from_slice(&entry.encoding.code().to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&entry.partition.0.to_le_bytes());
    for number in [
        entry.log.0,
        entry.first_offset.0,
        entry.count,
        entry.length,
        0,
    ] {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// A frame as found in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Frame<'b> {
    pub(crate) head: FrameHead,
    pub(crate) checksum: u32,
    pub(crate) entries: Vec<Entry>,
    pub(crate) payload: &'b [u8],
}

impl<'b> Frame<'b> {
    /// The entries with their bytes.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Entry, &'b [u8])> + '_ {
        let mut rest = self.payload;
        self.entries.iter().map(move |entry| {
            // `decode_frame` checked that the lengths add up to the payload.
            let (bytes, behind) = rest.split_at(entry.length as usize);
            rest = behind;
            (*entry, bytes)
        })
    }
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("nothing was written here")]
    Empty,
    #[error("these bytes do not begin a frame")]
    NoFrame,
    #[error("the frame goes beyond the end of the file")]
    Short,
    #[error("the header's checksum is wrong")]
    HeaderChecksum,
    #[error("the payload's checksum is wrong")]
    PayloadChecksum,
    #[error("the frame has format {0}, which this program does not know")]
    UnknownFormat(u16),
    #[error("the frame's parts do not fit each other")]
    Inconsistent,
}

/// Reads the frame that begins `bytes`.
pub(crate) fn decode_frame(bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let head = bytes.get(..HEADER_BYTES).ok_or(FrameError::Short)?;
    if head[..4] != MAGIC {
        let nothing = head.iter().all(|byte| *byte == 0);
        return Err(if nothing {
            FrameError::Empty
        } else {
            FrameError::NoFrame
        });
    }
    let entry_count = u32_at(head, 76) as usize;
    let payload_length = u32_at(head, 68) as usize;
    if payload_length > FRAME_BYTES_MAX || entry_count > FRAME_BYTES_MAX / ENTRY_BYTES {
        return Err(FrameError::Inconsistent);
    }
    let table_end = HEADER_BYTES + entry_count * ENTRY_BYTES;
    let checked = bytes.get(..table_end).ok_or(FrameError::Short)?;
    let checksum = u32_at(head, CHECKED_BYTES);
    if header_checksum(checked) != checksum {
        return Err(FrameError::HeaderChecksum);
    }
    let version = u16_at(head, 4);
    if version != format_version::CURRENT {
        return Err(FrameError::UnknownFormat(version));
    }
    if bytes.len() < frame_bytes(entry_count, payload_length) {
        return Err(FrameError::Short);
    }
    let payload = &bytes[table_end..table_end + payload_length];
    if crc32c(payload) != u32_at(head, 72) {
        return Err(FrameError::PayloadChecksum);
    }
    let entries = decode_entries(&bytes[HEADER_BYTES..table_end], payload_length)?;
    Ok(Frame {
        head: decode_head(head),
        checksum,
        entries,
        payload,
    })
}

/// The bytes of the frame that a header begins, which may not be one.
pub(crate) fn length_of(header: &[u8]) -> Option<usize> {
    let head = header.get(..HEADER_BYTES)?;
    let (entries, payload) = (u32_at(head, 76) as usize, u32_at(head, 68) as usize);
    let is_possible = head[..4] == MAGIC
        && payload <= FRAME_BYTES_MAX
        && entries <= FRAME_BYTES_MAX / ENTRY_BYTES;
    is_possible.then(|| frame_bytes(entries, payload))
}

fn decode_head(head: &[u8]) -> FrameHead {
    let mut store = [0; 16];
    store.copy_from_slice(&head[8..24]);
    FrameHead {
        flags: u16_at(head, 6),
        store: StoreId(store),
        generation: u64_at(head, 24),
        epoch: Epoch(u64_at(head, 32)),
        commit: CommitNumber(u64_at(head, 40)),
        durable: CommitNumber(u64_at(head, 48)),
        append_time_us: u64_at(head, 56) as i64,
        previous_checksum: u32_at(head, 64),
        payload_length: u32_at(head, 68),
        payload_checksum: u32_at(head, 72),
        entry_count: u32_at(head, 76),
    }
}

fn decode_entries(table: &[u8], payload_length: usize) -> Result<Vec<Entry>, FrameError> {
    let mut entries = Vec::with_capacity(table.len() / ENTRY_BYTES);
    let mut total = 0_u64;
    for line in table.chunks_exact(ENTRY_BYTES) {
        let entry = Entry {
            encoding: Encoding::of_code(u16_at(line, 0)).ok_or(FrameError::Inconsistent)?,
            partition: PartitionId(u32_at(line, 4)),
            log: LogId(u64_at(line, 8)),
            first_offset: Offset(u64_at(line, 16)),
            count: u64_at(line, 24),
            length: u64_at(line, 32),
        };
        total = total
            .checked_add(entry.length)
            .ok_or(FrameError::Inconsistent)?;
        entry
            .first_offset
            .0
            .checked_add(entry.count)
            .ok_or(FrameError::Inconsistent)?;
        entries.push(entry);
    }
    if total == payload_length as u64 {
        Ok(entries)
    } else {
        Err(FrameError::Inconsistent)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut array = [0; 4];
    array.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(array)
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut array = [0; 8];
    array.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> (Vec<u8>, FrameHead) {
        let payload = b"eight by three bytes, ab".to_vec();
        let entry = |log, length| Entry {
            encoding: Encoding::Rows,
            partition: PartitionId(1),
            log: LogId(log),
            first_offset: Offset(10),
            count: 2,
            length,
        };
        let head = FrameHead {
            flags: FLAG_EPOCH,
            store: StoreId([9; 16]),
            generation: 3,
            epoch: Epoch(4),
            commit: CommitNumber(5),
            durable: CommitNumber(4),
            append_time_us: -7,
            previous_checksum: 77,
            payload_length: 24,
            payload_checksum: crc32c(&payload),
            entry_count: 2,
        };
        let mut bytes = Vec::new();
        encode_frame(&head, &[entry(1, 20), entry(2, 4)], &payload, &mut bytes);
        (bytes, head)
    }

    #[test]
    fn a_frame_comes_back() {
        let (bytes, head) = sample();
        let frame = decode_frame(&bytes).unwrap();
        assert_eq!(frame.head, head);
        let lengths: Vec<_> = frame
            .parts()
            .map(|(entry, bytes)| (entry.log.0, bytes.len()))
            .collect();
        assert_eq!(lengths, [(1, 20), (2, 4)]);
        assert_eq!(bytes.len(), head.frame_bytes());
    }

    #[test]
    fn every_flipped_bit_but_padding_is_seen() {
        let (bytes, head) = sample();
        // What stands behind the checksum in the header is padding, as is the end of the frame.
        let padding = |at: usize| (CHECKED_BYTES + 4..HEADER_BYTES).contains(&at);
        for at in (0..HEADER_BYTES + 2 * ENTRY_BYTES + head.payload_length as usize)
            .filter(|at| !padding(*at))
        {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                assert!(decode_frame(&bytes).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn every_truncation_is_seen() {
        let (bytes, _) = sample();
        for length in 0..bytes.len() {
            assert!(decode_frame(&bytes[..length]).is_err());
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_do_not_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), begin in any::<bool>()) {
            if begin && bytes.len() > 4 {
                bytes[..4].copy_from_slice(&MAGIC);
            }
            prop_assert!(decode_frame(&bytes).is_err());
        }
    }
}
