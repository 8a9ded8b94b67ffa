//! Every byte of a segment looked at: which are damaged, and which records that costs.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use parquet::file::statistics::Statistics;

use super::{Companion, SegmentRef};
use crate::error::ReadError;
use crate::ids::Offset;
use crate::recovery::Damage;
use dlog_sequencer::device::{OpenMode, read_exact_at};

const BATCH_ROWS: usize = 65_536;

/// What looking at a segment found.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    /// Places that cost records.
    pub(crate) damage: Vec<Damage>,
    /// Places that a second copy makes good.
    pub(crate) repaired: Vec<Damage>,
    pub(crate) lost: Vec<LostGroup>,
    /// Bytes of both files.
    pub(crate) bytes: u64,
}

/// A row group that cannot be read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LostGroup {
    pub(crate) first: Offset,
    pub(crate) last: Offset,
    pub(crate) records: u64,
}

impl SegmentRef {
    /// Looks at every byte.
    pub(crate) fn examine(&self) -> Examined {
        let mut found = Examined::default();
        if let Some(damage) = self.damage() {
            found.damage.push(damage);
            found.lost.push(self.all_lost());
            return found;
        }
        let meta = self.meta();
        if let Err(error) = Companion::read(self.shared.device.as_ref(), meta) {
            let damage = damage_of(&error, &meta.companion_path());
            if let Err(error) = self.companion() {
                found.damage.push(damage);
                found.damage.push(damage_of(&error, self.path()));
                found.lost.push(self.all_lost());
                return found;
            }
            found.repaired.push(damage);
        }
        let blocks = self.damaged_blocks();
        let mut order = Order::of(self);
        found.lost = self.read_what_can_be(&mut |batch| order.see(&batch));
        found.bytes = self.len();
        found.damage.extend(order.damage);
        if found.lost.is_empty() {
            found.repaired.extend(self.damaged_keys());
        }
        if found.lost.is_empty() {
            found.repaired.extend(blocks);
        } else {
            found.damage.extend(blocks);
        }
        found
    }

    /// Where the key file is not what the records make it.
    fn damaged_keys(&self) -> Option<Damage> {
        let expected = self.encode_keys().ok().flatten()?;
        let file = self.meta().keys_path();
        let device = self.shared.device.as_ref();
        let mut found = vec![0; expected.len()];
        let read = device.open(&file, OpenMode::Read).and_then(|opened| {
            let length = opened.length()?;
            read_exact_at(opened.as_ref(), &mut found, 0)?;
            Ok(length)
        });
        let (position, text) = match read {
            Ok(length) if length == expected.len() as u64 => {
                let wrong = found.iter().zip(&expected).position(|(a, b)| a != b)?;
                (
                    wrong as u64,
                    "it is not what the records make it".to_owned(),
                )
            }
            Ok(length) => (
                0,
                format!("it has {length} bytes instead of {}", expected.len()),
            ),
            Err(error) => (0, error.to_string()),
        };
        Some(Damage {
            file,
            position,
            text,
        })
    }

    /// Hands over the records that can be read, one row group at a time in memory; the row groups
    /// that cannot.
    pub(crate) fn read_what_can_be(&self, take: &mut dyn FnMut(RecordBatch)) -> Vec<LostGroup> {
        let Ok(metadata) = self.metadata() else {
            return vec![self.all_lost()];
        };
        let mut lost = Vec::new();
        for group in 0..metadata.num_row_groups() {
            let read = self
                .read_groups(None, BATCH_ROWS, Some(vec![group]))
                .and_then(|reader| reader.collect::<Result<Vec<RecordBatch>, ReadError>>());
            match read {
                Ok(read) => read.into_iter().for_each(&mut *take),
                Err(_) => lost.push(self.lost_group(&metadata, group)),
            }
        }
        lost
    }

    fn all_lost(&self) -> LostGroup {
        LostGroup {
            first: self.first_offset(),
            last: self.last_offset(),
            records: self.row_count(),
        }
    }

    /// What a row group held, as the footer says, which is checked.
    fn lost_group(
        &self,
        metadata: &parquet::file::metadata::ParquetMetaData,
        group: usize,
    ) -> LostGroup {
        let group = metadata.row_group(group);
        let offsets = group
            .columns()
            .iter()
            .find(|column| column.column_path().string() == "_offset");
        let bounds = match offsets.and_then(|column| column.statistics()) {
            Some(Statistics::Int64(bounds)) => bounds.min_opt().zip(bounds.max_opt()),
            _ => None,
        };
        let whole = self.all_lost();
        let (first, last) = bounds.map_or((whole.first, whole.last), |(first, last)| {
            (Offset(*first as u64), Offset(*last as u64))
        });
        LostGroup {
            first,
            last,
            records: group.num_rows() as u64,
        }
    }

    fn damaged_blocks(&self) -> Vec<Damage> {
        let block = self.companion().map_or(1 << 16, Companion::block_bytes);
        let blocks = (0..self.len()).step_by(block as usize);
        blocks
            .filter_map(|start| {
                let error = self.read_range(start..start + block).err()?;
                Some(damage_of(&error, self.path()))
            })
            .collect()
    }
}

/// Whether records are where the manifest says.
struct Order {
    file: String,
    next: u64,
    last: u64,
    damage: Option<Damage>,
}

impl Order {
    fn of(segment: &SegmentRef) -> Self {
        Self {
            file: segment.path().to_owned(),
            next: segment.first_offset().0,
            last: segment.last_offset().0,
            damage: None,
        }
    }

    fn see(&mut self, batch: &RecordBatch) {
        let column = batch.column_by_name("_offset");
        let offsets = column.and_then(|column| column.as_primitive_opt::<Int64Type>());
        for offset in offsets.iter().flat_map(|column| column.values()) {
            let offset = *offset as u64;
            let next = self.next;
            if (offset < next || offset > self.last) && self.damage.is_none() {
                self.damage = Some(Damage {
                    file: self.file.clone(),
                    position: 0,
                    text: format!("a record of offset {offset} where one from {next} on belongs"),
                });
            }
            self.next = offset + 1;
        }
    }
}

fn damage_of(error: &ReadError, file: &str) -> Damage {
    let (file, position, text) = match error {
        ReadError::Damaged {
            file,
            position,
            text,
        } => (file.as_str(), *position, text.clone()),
        ReadError::Io { file, source } => (file.as_str(), 0, source.to_string()),
        other => (file, 0, other.to_string()),
    };
    Damage {
        file: file.to_owned(),
        position,
        text,
    }
}
