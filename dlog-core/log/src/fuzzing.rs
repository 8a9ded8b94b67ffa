//! Doors for fuzzers: any bytes can be read, and what they read as is written as bytes that read the
//! same. Not part of what the crate promises.
//!
//! No fuzzer guesses a checksum, and what lies behind one is read after all when a program of another
//! kind has written it: bytes are read as they are, and again with their checksums put right.

use std::sync::Arc;

use crate::format_version;
use crate::frame::{Frame, decode_frame, encode_frame, with_checksums};
use crate::manifest::Manifest;
use crate::row_codec::{decode_rows, encode_rows};
use crate::segment::{Companion, KeyFile, SegmentMeta};
use dlog_sequencer::device::{Device, MemoryDevice};
use dlog_sequencer::{Counter, CounterOptions, crc32c};

/// Bytes as a frame of the journal.
pub fn frame(bytes: &[u8]) {
    read_frame(bytes);
    if let Some(right) = with_checksums(bytes) {
        read_frame(&right);
    }
}

fn read_frame(bytes: &[u8]) {
    let Ok(frame) = decode_frame(bytes) else {
        return;
    };
    let mut again = Vec::new();
    encode_frame(&frame.head, &frame.entries, frame.payload, &mut again);
    let same = decode_frame(&again);
    let is_same = same.is_ok_and(|same| is_same(&frame, &same));
    assert!(is_same, "a frame comes back as another");
    // Parts of a frame are read one by one at opening.
    frame.parts().for_each(|(_, bytes)| record(bytes));
}

fn is_same(one: &Frame<'_>, other: &Frame<'_>) -> bool {
    one.head == other.head && one.entries == other.entries && one.payload == other.payload
}

/// Bytes as rows; the first says how many there should be.
pub fn record(bytes: &[u8]) {
    let Some((count, bytes)) = bytes.split_first() else {
        return;
    };
    let Ok(rows) = decode_rows(bytes, usize::from(*count)) else {
        return;
    };
    let mut again = Vec::new();
    encode_rows(rows.iter(), &mut again);
    let same = decode_rows(&again, rows.len());
    // Compared as text: a float that is no number is not equal to itself.
    let is_same = same.is_ok_and(|same| format!("{same:?}") == format!("{rows:?}"));
    assert!(is_same, "rows come back as others");
}

/// Bytes as a companion: the first eight say how long its segment is.
pub fn companion(bytes: &[u8]) {
    let Some((length, bytes)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let meta = SegmentMeta::of_length(u64::from_le_bytes(*length));
    read_companion(bytes, &meta);
    if bytes.len() >= 48 {
        let mut right = bytes.to_vec();
        right[..4].copy_from_slice(b"DLcp");
        right[4..6].copy_from_slice(&format_version::CURRENT.to_le_bytes());
        right[8..16].copy_from_slice(&meta.id.to_le_bytes());
        right[16..24].copy_from_slice(&meta.length.to_le_bytes());
        let end = right.len() - 4;
        let checksum = crc32c(&right[..end]);
        right[end..].copy_from_slice(&checksum.to_le_bytes());
        read_companion(&right, &meta);
    }
}

fn read_companion(bytes: &[u8], meta: &SegmentMeta) {
    if let Ok(companion) = Companion::decode(bytes, meta) {
        assert!(companion.footer_position() <= meta.length);
        assert!(companion.check(&[7; 100], 0).is_err() || meta.length > 0);
    }
}

/// Bytes as a key file of a segment with as many records as the first eight say.
pub fn keys(bytes: &[u8]) {
    let Some((rows, bytes)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let meta = SegmentMeta {
        rows: u64::from_le_bytes(*rows),
        ..SegmentMeta::of_length(1)
    };
    let Ok(file) = KeyFile::of_bytes(bytes.to_vec(), &meta) else {
        return;
    };
    for key in 0..8_u64 {
        drop(file.rows(key.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    }
}

/// Bytes as a manifest file, and as the body of one.
pub fn manifest(bytes: &[u8]) {
    read_manifest(bytes);
    let mut right = b"DLmf".to_vec();
    right.extend_from_slice(&format_version::CURRENT.to_le_bytes());
    right.extend_from_slice(&[0; 2]);
    right.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    right.extend_from_slice(&crc32c(bytes).to_le_bytes());
    right.extend_from_slice(bytes);
    right.resize(right.len().next_multiple_of(4096), 0);
    right.extend_from_within(..);
    read_manifest(&right);
}

fn read_manifest(bytes: &[u8]) {
    if let Ok((manifest, _)) = Manifest::decode_either(bytes, "manifest") {
        let again = Manifest::decode_either(&manifest.encode_twice(), "manifest");
        let is_same = again.is_ok_and(|(again, damage)| again == manifest && damage.is_empty());
        assert!(is_same, "a manifest comes back as another");
    }
}

/// Bytes as the file of a counter: the number after it is above what they say.
pub fn counter(bytes: &[u8]) {
    read_counter(bytes);
    let mut right = bytes.to_vec();
    let slots = right.chunks_mut(4096).take(2);
    for slot in slots.filter_map(|slot| slot.get_mut(..32)) {
        slot[..4].copy_from_slice(b"DLct");
        slot[4..6].copy_from_slice(&format_version::CURRENT.to_le_bytes());
        let checksum = crc32c(&slot[..28]);
        slot[28..].copy_from_slice(&checksum.to_le_bytes());
    }
    read_counter(&right);
}

fn read_counter(bytes: &[u8]) {
    let device = MemoryDevice::with_files([("c".to_owned(), bytes.to_vec())]);
    let device: Arc<dyn Device> = Arc::new(device);
    if let Ok(counter) = Counter::open(&device, "c", CounterOptions::default()) {
        let before = counter.value();
        // The ceiling may be the last there is; then it says so.
        if let Ok(number) = counter.increment() {
            assert!(number > before, "a number is given again");
        }
    }
}
