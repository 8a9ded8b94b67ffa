//! The key file of a segment: does it have records of a key, and in which rows?
//!
//! A Bloom filter says no for almost every key that is not there, a sorted table of hashes names the
//! rows of the others. Both are in pages that are checked alone, so that a lookup reads one page or
//! two. Everything here is derived from the segment and can be made anew from it: what does not check
//! is not believed. `FORMAT.md` has the bytes.

use std::borrow::Cow;
use std::sync::Arc;

use crate::datum::hash_of_key;
use crate::error::ReadError;
use crate::format_version;
use crate::frame::{u32_at, u64_at};
use crate::segment::SegmentMeta;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, DeviceFile, OpenMode, read_exact_at};

const MAGIC: [u8; 4] = *b"DLky";
/// What a page holds at most; its number and checksum, `END_BYTES`, are behind it.
const BODY_BYTES: usize = 4088;
const END_BYTES: usize = 8;
const HEAD_BYTES: usize = 32;
const ENTRY_BYTES: usize = 8;
const PAGE_ENTRIES: usize = BODY_BYTES / ENTRY_BYTES;
const BLOCK_BYTES: usize = 32;
const PAGE_BLOCKS: usize = BODY_BYTES / BLOCK_BYTES;
/// One key of a hundred that are not there is taken for one that may be.
const BITS_PER_RECORD: usize = 10;
/// The odd numbers of Parquet's split-block filters: one bit in each word of a block.
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// The hash of a key's bytes, frozen with the format: that of partitions, mixed until every bit counts.
pub(crate) fn hash_key(key: &[u8]) -> u64 {
    let hash = hash_of_key(key).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn high(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The place of a hash among `count` of even spread.
fn spread(hash: u64, count: usize) -> usize {
    // Below `count`, since the factor is below 2^32.
    ((u64::from(high(hash)) * count as u64) >> 32) as usize
}

fn bits(hash: u64) -> [u32; 8] {
    SALTS.map(|salt| 1 << ((hash as u32).wrapping_mul(salt) >> 27))
}

/// The file of a segment whose rows have these key hashes, in their order; its bytes.
pub(crate) fn encode(meta: &SegmentMeta, hashes: &[u64]) -> Vec<u8> {
    let blocks = (hashes.len() * BITS_PER_RECORD)
        .div_ceil(BLOCK_BYTES * 8)
        .max(1);
    let mut filter = vec![[0_u32; 8]; blocks];
    for hash in hashes {
        let block = &mut filter[spread(*hash, blocks)];
        block
            .iter_mut()
            .zip(bits(*hash))
            .for_each(|(word, bit)| *word |= bit);
    }
    // Rows of a segment are far fewer than 2^32.
    let mut entries: Vec<(u32, u32)> = hashes.iter().map(|hash| high(*hash)).zip(0..).collect();
    entries.sort_unstable();
    let mut out = Vec::new();
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&format_version::CURRENT.to_le_bytes());
    head.extend_from_slice(&[0; 2]);
    head.extend_from_slice(&meta.id.to_le_bytes());
    head.extend_from_slice(&meta.checksum.to_le_bytes());
    head.extend_from_slice(&(blocks as u32).to_le_bytes());
    head.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    let mut number = 0;
    let mut put = |body: &[u8], out: &mut Vec<u8>| {
        put_page(number, body, out);
        number += 1;
    };
    put(&head, &mut out);
    for page in filter.chunks(PAGE_BLOCKS) {
        let words = page.iter().flatten();
        put(
            &words
                .flat_map(|word| word.to_le_bytes())
                .collect::<Vec<u8>>(),
            &mut out,
        );
    }
    for page in entries.chunks(PAGE_ENTRIES) {
        let mut body = Vec::with_capacity(BODY_BYTES);
        for (hash, row) in page {
            body.extend_from_slice(&hash.to_le_bytes());
            body.extend_from_slice(&row.to_le_bytes());
        }
        put(&body, &mut out);
    }
    out
}

fn put_page(number: u32, body: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(body);
    out.extend_from_slice(&number.to_le_bytes());
    let checksum = crc32c(&out[start..]);
    out.extend_from_slice(&checksum.to_le_bytes());
}

/// Where the pages are.
#[derive(Debug)]
enum Pages {
    File(Arc<dyn DeviceFile>),
    Memory(Vec<u8>),
}

/// An open key file.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: String,
    pages: Pages,
    blocks: usize,
    entries: usize,
}

impl KeyFile {
    /// Opens the file of a segment.
    pub(crate) fn open(device: &dyn Device, meta: &SegmentMeta) -> Result<Self, ReadError> {
        let path = meta.keys_path();
        let opened = device.open(&path, OpenMode::Read);
        let file = opened.map_err(|source| ReadError::Io {
            file: path.clone(),
            source,
        })?;
        Self::over(path, Pages::File(file), meta)
    }

    /// The same of bytes in memory.
    pub(crate) fn of_bytes(bytes: Vec<u8>, meta: &SegmentMeta) -> Result<Self, ReadError> {
        Self::over(meta.keys_path(), Pages::Memory(bytes), meta)
    }

    fn over(path: String, pages: Pages, meta: &SegmentMeta) -> Result<Self, ReadError> {
        let mut file = Self {
            path,
            pages,
            blocks: 0,
            entries: 0,
        };
        let head = file.page(0, 0, HEAD_BYTES)?;
        if head[..4] != MAGIC || head[4..6] != format_version::CURRENT.to_le_bytes() {
            return Err(file.damaged(0, "its format is not one this program knows"));
        }
        let (blocks, entries) = (u32_at(&head, 20) as usize, u64_at(&head, 24));
        let is_own = u64_at(&head, 8) == meta.id && u32_at(&head, 16) == meta.checksum;
        let is_bounded = entries < 1 << 32 && blocks > 0;
        if !is_own || entries != meta.rows || !is_bounded {
            return Err(file.damaged(0, "it belongs to another segment"));
        }
        drop(head);
        file.blocks = blocks;
        file.entries = usize::try_from(entries).unwrap_or(usize::MAX);
        Ok(file)
    }

    fn damaged(&self, position: usize, text: &str) -> ReadError {
        ReadError::Damaged {
            file: self.path.clone(),
            position: position as u64,
            text: text.to_owned(),
        }
    }

    /// The content of a page, checked; so many bytes from a position.
    fn page(&self, number: usize, start: usize, body: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        let bytes = body + END_BYTES;
        let page = match &self.pages {
            Pages::Memory(all) => {
                let page = all.get(start..start.saturating_add(bytes));
                Cow::from(page.ok_or_else(|| self.damaged(start, "the file is too short"))?)
            }
            Pages::File(file) => {
                let mut page = vec![0; bytes];
                let read = read_exact_at(file.as_ref(), &mut page, start as u64);
                read.map_err(|source| ReadError::Io {
                    file: self.path.clone(),
                    source,
                })?;
                Cow::from(page)
            }
        };
        let is_good = crc32c(&page[..bytes - 4]) == u32_at(&page, bytes - 4)
            && u32_at(&page, body) as usize == number;
        if is_good {
            Ok(page)
        } else {
            Err(self.damaged(start, "the checksum of the page is wrong"))
        }
    }

    fn filter_pages(&self) -> usize {
        self.blocks.div_ceil(PAGE_BLOCKS)
    }

    fn filter_page(&self, page: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        let blocks = (self.blocks - page * PAGE_BLOCKS).min(PAGE_BLOCKS);
        let start = HEAD_BYTES + END_BYTES + page * (PAGE_BLOCKS * BLOCK_BYTES + END_BYTES);
        self.page(1 + page, start, blocks * BLOCK_BYTES)
    }

    fn entry_page(&self, page: usize) -> Result<Cow<'_, [u8]>, ReadError> {
        let entries = (self.entries - page * PAGE_ENTRIES).min(PAGE_ENTRIES);
        let filter = self.blocks * BLOCK_BYTES + self.filter_pages() * END_BYTES;
        let before = page * (PAGE_ENTRIES * ENTRY_BYTES + END_BYTES);
        let start = HEAD_BYTES + END_BYTES + filter + before;
        self.page(1 + self.filter_pages() + page, start, entries * ENTRY_BYTES)
    }

    /// The rows that may have the key with this hash, the newest first.
    pub(crate) fn rows(&self, hash: u64) -> Result<Vec<u32>, ReadError> {
        if !self.may_have(hash)? {
            return Ok(Vec::new());
        }
        let last = self.entries.saturating_sub(1) / PAGE_ENTRIES;
        let mut page = spread(hash, self.entries) / PAGE_ENTRIES;
        // The guess is seldom off by more than a page: go back to where the hash begins.
        while page > 0 && self.first_hash(page)? >= high(hash) {
            page -= 1;
        }
        let mut found = Vec::new();
        while page <= last {
            let is_behind = self.collect(page, high(hash), &mut found)?;
            if is_behind {
                break;
            }
            page += 1;
        }
        found.reverse();
        Ok(found)
    }

    fn may_have(&self, hash: u64) -> Result<bool, ReadError> {
        let block = spread(hash, self.blocks);
        let page = self.filter_page(block / PAGE_BLOCKS)?;
        let start = block % PAGE_BLOCKS * BLOCK_BYTES;
        let mut words = page[start..start + BLOCK_BYTES].chunks_exact(4);
        Ok(bits(hash)
            .into_iter()
            .all(|bit| words.next().is_some_and(|word| u32_at(word, 0) & bit != 0)))
    }

    fn first_hash(&self, page: usize) -> Result<u32, ReadError> {
        Ok(u32_at(&self.entry_page(page)?, 0))
    }

    /// Adds the rows of a hash in a page; whether the page ends behind it.
    fn collect(&self, page: usize, hash: u32, found: &mut Vec<u32>) -> Result<bool, ReadError> {
        let bytes = self.entry_page(page)?;
        let entries = &bytes[..bytes.len() - END_BYTES];
        for entry in entries.chunks_exact(ENTRY_BYTES) {
            let own = u32_at(entry, 0);
            if own > hash {
                return Ok(true);
            }
            if own == hash {
                found.push(u32_at(entry, 4));
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meta(rows: u64) -> SegmentMeta {
        SegmentMeta {
            rows,
            ..SegmentMeta::of_length(100)
        }
    }

    fn hashes(count: u64) -> Vec<u64> {
        (0..count).map(|n| hash_key(&n.to_le_bytes())).collect()
    }

    #[test]
    fn rows_are_found_and_strangers_seldom_looked_for() {
        for count in [1, 2, 511, 512, 30_000] {
            let hashes = hashes(count);
            let file = KeyFile::of_bytes(encode(&meta(count), &hashes), &meta(count)).unwrap();
            for (row, hash) in hashes.iter().enumerate().step_by(97) {
                assert!(file.rows(*hash).unwrap().contains(&(row as u32)));
            }
            let strangers = (count..count + 10_000).map(|n| hash_key(&n.to_le_bytes()));
            let taken = strangers
                .filter(|hash| file.may_have(*hash).unwrap())
                .count();
            assert!(taken < 200, "{taken} of 10,000 strangers among {count}");
        }
    }

    #[test]
    fn all_rows_of_a_key_are_found_the_newest_first() {
        let hashes = vec![hash_key(b"same"); 2_000];
        let file = KeyFile::of_bytes(encode(&meta(2_000), &hashes), &meta(2_000)).unwrap();
        let expected: Vec<u32> = (0..2_000).rev().collect();
        assert_eq!(file.rows(hashes[0]).unwrap(), expected);
    }

    #[test]
    fn every_flipped_byte_is_seen_by_whoever_reads_its_page() {
        let hashes = hashes(600);
        let good = encode(&meta(600), &hashes);
        for at in (0..good.len()).step_by(7) {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            let found = KeyFile::of_bytes(bytes, &meta(600))
                .and_then(|file| hashes.iter().map(|hash| file.rows(*hash)).collect());
            let found: Result<Vec<Vec<u32>>, _> = found;
            assert!(found.is_err(), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..9000)) {
            prop_assert!(KeyFile::of_bytes(bytes, &meta(3)).is_err());
        }
    }
}
