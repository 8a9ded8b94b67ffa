//! Doors for fuzzers: any bytes can be read, and what they read as is written as bytes that read the
//! same. Not part of what the crate promises.

use crate::frame::{Frame, decode_frame, encode_frame};
use crate::manifest::Manifest;
use crate::row_codec::{decode_rows, encode_rows};
use crate::segment::{Companion, KeyFile, SegmentMeta};

/// Bytes as a frame of the journal.
pub fn frame(bytes: &[u8]) {
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
    if let Ok(companion) = Companion::decode(bytes, &meta) {
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

/// Bytes as a manifest file.
pub fn manifest(bytes: &[u8]) {
    if let Ok((manifest, _)) = Manifest::decode_either(bytes, "manifest") {
        let again = Manifest::decode_either(&manifest.encode_twice(), "manifest");
        let is_same = again.is_ok_and(|(again, damage)| again == manifest && damage.is_empty());
        assert!(is_same, "a manifest comes back as another");
    }
}
