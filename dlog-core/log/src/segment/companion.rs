//! The companion of a segment: a checksum per block and a second copy of the footer.
//!
//! Parquet checks neither its footer nor its statistics; with the companion every byte that is read
//! is checked, and a damaged footer does not cost the file.

use crate::error::ReadError;
use crate::format_version;
use crate::frame::{u32_at, u64_at};
use crate::segment::SegmentMeta;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, OpenMode, read_exact_at};

const MAGIC: [u8; 4] = *b"DLcp";
const HEADER_BYTES: usize = 40;
/// Large enough that checksums are a ten-thousandth, small enough for a point read.
const BLOCK_BYTES: u64 = 64 << 10;

/// See the module.
#[derive(Debug)]
pub(crate) struct Companion {
    block_bytes: u64,
    checksums: Vec<u32>,
    footer: Vec<u8>,
    footer_position: u64,
}

impl Companion {
    /// The companion of a Parquet file with these bytes; its own bytes.
    pub(crate) fn encode(segment_id: u64, parquet: &[u8]) -> Vec<u8> {
        let footer = &parquet[footer_position(parquet)..parquet.len().saturating_sub(8)];
        let blocks = parquet.chunks(BLOCK_BYTES as usize);
        let mut out = Vec::with_capacity(HEADER_BYTES + blocks.len() * 4 + footer.len() + 4);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&format_version::CURRENT.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&segment_id.to_le_bytes());
        out.extend_from_slice(&(parquet.len() as u64).to_le_bytes());
        // A segment is far smaller than 2^32 blocks, a footer than 2^32 bytes.
        for number in [
            BLOCK_BYTES as u32,
            blocks.len() as u32,
            footer.len() as u32,
            0,
        ] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for block in blocks {
            out.extend_from_slice(&crc32c(block).to_le_bytes());
        }
        out.extend_from_slice(footer);
        let checksum = crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    /// Reads the companion of a segment.
    pub(crate) fn read(device: &dyn Device, meta: &SegmentMeta) -> Result<Self, ReadError> {
        let path = meta.companion_path();
        let bytes = (|| {
            let file = device.open(&path, OpenMode::Read)?;
            let length = usize::try_from(file.length()?).map_err(std::io::Error::other)?;
            let mut bytes = vec![0; length];
            read_exact_at(file.as_ref(), &mut bytes, 0)?;
            Ok(bytes)
        })()
        .map_err(|source| ReadError::Io {
            file: path.clone(),
            source,
        })?;
        let decoded = Self::decode(&bytes, meta);
        decoded.map_err(|text| ReadError::Damaged {
            file: path,
            position: 0,
            text: text.to_owned(),
        })
    }

    pub(crate) fn decode(bytes: &[u8], meta: &SegmentMeta) -> Result<Self, &'static str> {
        let end = bytes
            .len()
            .checked_sub(4)
            .filter(|end| *end >= HEADER_BYTES)
            .ok_or("it is too short")?;
        if bytes[..4] != MAGIC || crc32c(&bytes[..end]) != u32_at(bytes, end) {
            return Err("its checksum is wrong");
        }
        if bytes[4..6] != format_version::CURRENT.to_le_bytes() {
            return Err("its format is not one this program knows");
        }
        let length = u64_at(bytes, 16);
        let block_bytes = u64::from(u32_at(bytes, 24));
        let (blocks, footer) = (u32_at(bytes, 28) as usize, u32_at(bytes, 32) as usize);
        let sums_end = HEADER_BYTES + blocks * 4;
        let fits = u64_at(bytes, 8) == meta.id
            && length == meta.length
            && block_bytes > 0
            && blocks as u64 == length.div_ceil(block_bytes)
            && sums_end + footer == end
            && footer as u64 + 8 <= length;
        if !fits {
            return Err("it belongs to another segment");
        }
        let checksums = bytes[HEADER_BYTES..sums_end]
            .chunks_exact(4)
            .map(|sum| u32_at(sum, 0))
            .collect();
        let footer = bytes[sums_end..end].to_vec();
        let footer_position = length - 8 - footer.len() as u64;
        Ok(Self {
            block_bytes,
            checksums,
            footer,
            footer_position,
        })
    }

    pub(crate) fn block_bytes(&self) -> u64 {
        self.block_bytes
    }

    /// The Parquet metadata, without the eight bytes that end the file.
    pub(crate) fn footer(&self) -> &[u8] {
        &self.footer
    }

    pub(crate) fn footer_position(&self) -> u64 {
        self.footer_position
    }

    /// Checks whole blocks that begin at `start`; the position of the first wrong one.
    pub(crate) fn check(&self, bytes: &[u8], start: u64) -> Result<(), u64> {
        let first = (start / self.block_bytes) as usize;
        for (index, block) in bytes.chunks(self.block_bytes as usize).enumerate() {
            if self.checksums.get(first + index) != Some(&crc32c(block)) {
                return Err(start + index as u64 * self.block_bytes);
            }
        }
        Ok(())
    }
}

/// Where a Parquet file's metadata begin: their length stands before the last four bytes.
fn footer_position(parquet: &[u8]) -> usize {
    let end = parquet.len().saturating_sub(8);
    let length = if end > 0 {
        u32_at(parquet, end) as usize
    } else {
        0
    };
    end.saturating_sub(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meta(length: u64) -> SegmentMeta {
        SegmentMeta {
            id: 7,
            ..SegmentMeta::of_length(length)
        }
    }

    #[test]
    fn blocks_and_footer_are_found_and_flips_seen() {
        let mut parquet: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        parquet.extend_from_slice(b"footer");
        parquet.extend_from_slice(&6_u32.to_le_bytes());
        parquet.extend_from_slice(b"PAR1");
        let bytes = Companion::encode(7, &parquet);
        let companion = Companion::decode(&bytes, &meta(parquet.len() as u64)).unwrap();
        assert_eq!(
            (companion.footer(), companion.footer_position()),
            (&b"footer"[..], 200_000)
        );
        assert_eq!(companion.check(&parquet, 0), Ok(()));
        parquet[70_000] ^= 1;
        assert_eq!(companion.check(&parquet, 0), Err(BLOCK_BYTES));
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Companion::decode(&bytes, &meta(parquet.len() as u64)).is_err());
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Companion::decode(&bytes, &meta(100)).is_err());
        }
    }
}
