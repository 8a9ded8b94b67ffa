//! A key's records in a segment, found through its key file.

use arrow::array::{AsArray, RecordBatch};

use crate::error::ReadError;
use crate::segment::keys::{self, KeyFile};
use crate::segment::{SegmentRef, hash_key};

const BATCH_ROWS: usize = 65_536;

impl SegmentRef {
    /// The newest record of a key, or tombstone, with all columns of the file.
    pub(crate) fn newest_of_key(&self, key: &[u8]) -> Result<Option<RecordBatch>, ReadError> {
        for row in self.rows_of(key)? {
            // Other keys may have the same hash.
            let found = self.read_row(None, u64::from(row))?;
            if let Some(found) = found.filter(|found| has_key(found, key)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether it may have records of a key.
    pub(crate) fn may_have_key(&self, key: &[u8]) -> Result<bool, ReadError> {
        Ok(!self.meta().has_keys || !self.rows_of(key)?.is_empty())
    }

    /// The rows that may have a key, the newest first. A key file that cannot be believed is made
    /// anew, in memory.
    fn rows_of(&self, key: &[u8]) -> Result<Vec<u32>, ReadError> {
        let hash = hash_key(key);
        if !self.meta().has_keys {
            return Ok(Vec::new());
        }
        match self.key_file()?.rows(hash) {
            Err(error @ (ReadError::Damaged { .. } | ReadError::Io { .. })) => {
                self.make_keys(&error)?.rows(hash)
            }
            rows => rows,
        }
    }

    fn key_file(&self) -> Result<&KeyFile, ReadError> {
        if let Some(made) = self.shared.made_keys.get() {
            return Ok(made);
        }
        if let Some(file) = self.shared.keys.get() {
            return Ok(file);
        }
        match KeyFile::open(self.shared.device.as_ref(), self.meta()) {
            Ok(file) => Ok(self.shared.keys.get_or_init(|| file)),
            Err(error) => self.make_keys(&error),
        }
    }

    fn make_keys(&self, error: &ReadError) -> Result<&KeyFile, ReadError> {
        tracing::warn!(%error, "the key file is made anew from its segment");
        let bytes = self.encode_keys()?.unwrap_or_default();
        let made = KeyFile::of_bytes(bytes, self.meta())?;
        Ok(self.shared.made_keys.get_or_init(|| made))
    }

    /// The bytes of the key file as the segment's records make it.
    pub(crate) fn encode_keys(&self) -> Result<Option<Vec<u8>>, ReadError> {
        if !self.meta().has_keys {
            return Ok(None);
        }
        let reader = self.read(Some(&["_key"]), BATCH_ROWS)?;
        let batches = reader.collect::<Result<Vec<_>, _>>()?;
        let hashes = super::writer::hashes_of(&batches).unwrap_or_default();
        Ok(Some(keys::encode(self.meta(), &hashes)))
    }
}

fn has_key(row: &RecordBatch, key: &[u8]) -> bool {
    let keys = row
        .column_by_name("_key")
        .and_then(|keys| keys.as_binary_opt::<i32>());
    keys.is_some_and(|keys| keys.iter().next().flatten() == Some(key))
}
