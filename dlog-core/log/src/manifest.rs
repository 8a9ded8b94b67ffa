//! The manifest: what files there are and what the journal no longer tells.
//!
//! A new manifest is written beside the old one, synced and renamed; the one with the highest number
//! counts, and what it does not name is removed at the next opening for writing. A manifest stands
//! twice in its file, so that one damaged place does not cost the store.

use serde::{Deserialize, Serialize};

use crate::catalogue::LogOptions;
use crate::error::OpenError;
use crate::format_version;
use crate::frame::{u32_at, u64_at};
use crate::groups::Groups;
use crate::ids::{CommitNumber, Epoch, LogId, StoreId};
use crate::partition::Marks;
use crate::producers::Producers;
use crate::recovery::Damage;
use crate::schema::LogSchema;
use crate::segment::SegmentMeta;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, OpenMode, read_exact_at};

const MAGIC: [u8; 4] = *b"DLmf";
const HEADER_BYTES: usize = 20;
/// The second copy begins at a multiple of this: no sector has bytes of both.
const COPY_ALIGNMENT: usize = 4096;
const PREFIX: &str = "manifest-";
/// The store's own directory, as errors name it.
pub(crate) const DIRECTORY: &str = ".";

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) store: String,
    pub(crate) epoch: Epoch,
    /// The last commit before it was written; later ones are in the journal.
    pub(crate) commit: CommitNumber,
    pub(crate) append_time_us: i64,
    /// The first journal file that is still needed.
    pub(crate) journal_start: u64,
    pub(crate) next_log: u64,
    pub(crate) next_segment: u64,
    pub(crate) logs: Vec<ManifestLog>,
    pub(crate) producers: Producers,
    pub(crate) groups: Groups,
}

/// A log as the manifest has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManifestLog {
    pub(crate) id: LogId,
    pub(crate) name: String,
    pub(crate) options: LogOptions,
    pub(crate) schema: LogSchema,
    pub(crate) schema_version: u32,
    /// It takes no appends.
    pub(crate) is_frozen: bool,
    pub(crate) segments: Vec<SegmentMeta>,
    /// By partition.
    pub(crate) marks: Vec<Marks>,
}

impl Manifest {
    pub(crate) fn new(store: StoreId) -> Self {
        Self {
            store: store.to_string(),
            epoch: Epoch(0),
            commit: CommitNumber(0),
            append_time_us: 0,
            journal_start: 1,
            next_log: 1,
            next_segment: 1,
            logs: Vec::new(),
            producers: Producers::default(),
            groups: Groups::default(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let body =
            serde_json::to_vec(self).expect("a manifest has only string keys and finite numbers");
        let mut out = Vec::with_capacity(HEADER_BYTES + body.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&format_version::CURRENT.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&(body.len() as u64).to_le_bytes());
        out.extend_from_slice(&crc32c(&body).to_le_bytes());
        out.extend_from_slice(&body);
        out
    }

    /// The bytes of the file: the manifest, zeros, and the same again.
    pub(crate) fn encode_twice(&self) -> Vec<u8> {
        let mut out = self.encode();
        out.resize(out.len().next_multiple_of(COPY_ALIGNMENT), 0);
        out.extend_from_within(..);
        out
    }

    /// Reads the first copy, or else the second and what is wrong with the first.
    pub(crate) fn decode_either(
        bytes: &[u8],
        file: &str,
    ) -> Result<(Self, Vec<Damage>), OpenError> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let (wrong, position, good) = match (Self::decode(bytes, file), Self::decode(second, file))
        {
            (Ok(manifest), Ok(_)) => return Ok((manifest, Vec::new())),
            (Ok(manifest), Err(error)) => (error, first.len(), manifest),
            (Err(error), Ok(manifest)) => (error, 0, manifest),
            (Err(error), Err(_)) => return Err(error),
        };
        let damage = Damage {
            file: file.to_owned(),
            position: position as u64,
            text: wrong.to_string(),
        };
        Ok((good, vec![damage]))
    }

    fn decode(bytes: &[u8], file: &str) -> Result<Self, OpenError> {
        let damaged = |text: String| OpenError::Damaged {
            file: file.to_owned(),
            text,
        };
        if bytes.len() < HEADER_BYTES || bytes[..4] != MAGIC {
            return Err(damaged("it does not begin as a manifest".to_owned()));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != format_version::CURRENT {
            return Err(OpenError::UnknownFormat {
                file: file.to_owned(),
                version,
            });
        }
        let length = usize::try_from(u64_at(bytes, 8)).unwrap_or(usize::MAX);
        let body = bytes[HEADER_BYTES..].get(..length).unwrap_or_default();
        if bytes[6..8] != [0; 2] || body.len() != length || crc32c(body) != u32_at(bytes, 16) {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        serde_json::from_slice(body).map_err(|error| damaged(error.to_string()))
    }
}

/// A manifest with its number and what of its file is damaged.
pub(crate) type Numbered = (u64, Manifest, Vec<Damage>);

/// The manifest in force; `None` in a directory without one.
pub(crate) fn read_newest(device: &dyn Device) -> Result<Option<Numbered>, OpenError> {
    let Some(number) = newest_number(device)? else {
        return Ok(None);
    };
    let path = path_of(number);
    let bytes = (|| {
        let file = device.open(&path, OpenMode::Read)?;
        let mut bytes = vec![0; usize::try_from(file.length()?).map_err(std::io::Error::other)?];
        read_exact_at(file.as_ref(), &mut bytes, 0)?;
        Ok(bytes)
    })()
    .map_err(|source| OpenError::Io {
        action: "read",
        file: path.clone(),
        source,
    })?;
    let (manifest, damage) = Manifest::decode_either(&bytes, &path)?;
    Ok(Some((number, manifest, damage)))
}

/// The number of the manifest in force.
pub(crate) fn newest_number(device: &dyn Device) -> Result<Option<u64>, OpenError> {
    Ok(numbers(device)?.pop())
}

/// Why a manifest was not put in force.
#[derive(Debug)]
pub(crate) struct NotInForce {
    pub(crate) source: std::io::Error,
    /// Whether it may be found in force after a crash all the same.
    pub(crate) may_be: bool,
}

/// Puts a manifest in force.
pub(crate) fn write(
    device: &dyn Device,
    number: u64,
    manifest: &Manifest,
) -> Result<(), NotInForce> {
    let prepared = prepare(device, number, manifest);
    let beside = prepared.map_err(|source| NotInForce {
        source,
        may_be: false,
    })?;
    let named = device.rename(&beside, &path_of(number));
    named
        .and_then(|()| device.sync_dir(""))
        .map_err(|source| NotInForce {
            source,
            may_be: true,
        })
}

/// Writes a manifest beside the one in force; its name.
fn prepare(device: &dyn Device, number: u64, manifest: &Manifest) -> std::io::Result<String> {
    let path = path_of(number);
    let beside = format!("{path}.new");
    if device.exists(&beside)? {
        device.remove(&beside)?;
    }
    let file = device.open(&beside, OpenMode::CreateNew)?;
    file.write_at(&manifest.encode_twice(), 0)?;
    file.sync_data()?;
    Ok(beside)
}

impl From<NotInForce> for std::io::Error {
    fn from(error: NotInForce) -> Self {
        error.source
    }
}

/// Removes every manifest file but the one in force; their names.
pub(crate) fn remove_others(device: &dyn Device, number: u64) -> std::io::Result<Vec<String>> {
    let kept = path_of(number);
    let names = device
        .list("")?
        .into_iter()
        .filter(|name| name.starts_with(PREFIX) && *name != kept);
    names
        .map(|name| device.remove(&name).map(|()| name))
        .collect()
}

fn path_of(number: u64) -> String {
    format!("{PREFIX}{number:08}")
}

/// The numbers of the complete manifests, ascending.
fn numbers(device: &dyn Device) -> Result<Vec<u64>, OpenError> {
    let names = device.list("").map_err(|source| OpenError::Io {
        action: "list",
        file: DIRECTORY.to_owned(),
        source,
    })?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_prefix(PREFIX)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Kind;

    fn deep(levels: usize) -> Kind {
        (0..levels).fold(Kind::Int, |kind, _| {
            Kind::Struct(vec![crate::schema::Column {
                name: "x".into(),
                kind: Kind::List(Box::new(kind)),
            }])
        })
    }

    #[test]
    fn the_deepest_schema_reads_back_and_every_flip_is_seen() {
        let mut manifest = Manifest::new(StoreId([3; 16]));
        manifest.logs.push(ManifestLog {
            id: LogId(1),
            name: "a".to_owned(),
            options: LogOptions::default(),
            schema: LogSchema::new([("c", deep(crate::limits::NESTING_MAX / 2))]),
            schema_version: 3,
            is_frozen: false,
            segments: Vec::new(),
            marks: Vec::new(),
        });
        let bytes = manifest.encode();
        assert_eq!(Manifest::decode(&bytes, "m").unwrap(), manifest);
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Manifest::decode(&bytes, "m").is_err(), "byte {at}");
        }
    }

    #[test]
    fn one_damaged_place_is_made_good_by_the_other_copy() {
        let manifest = Manifest::new(StoreId([3; 16]));
        let bytes = manifest.encode_twice();
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            let (found, damage) = Manifest::decode_either(&bytes, "m").unwrap();
            assert_eq!(found, manifest);
            let is_padding = at % (bytes.len() / 2) >= manifest.encode().len();
            assert_eq!(damage.is_empty(), is_padding, "byte {at}");
            assert!(damage.iter().all(|damage| damage.position as usize <= at));
        }
    }
}
