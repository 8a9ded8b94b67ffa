//! Reading the journal back: what counts, what was torn, what is damaged.
//!
//! Frames count as long as each is the successor of the one before. Where none is, the journal ends,
//! unless something later shows that this place was durable: a valid frame behind it that names it
//! as durable, or a later file, which is only begun when the one before is synced. Then it is damage:
//! it is reported, nothing is cut, and what follows is still read.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::OpenError;
use crate::frame::{ALIGNMENT, FLAG_CLOSED, Frame, FrameError, FrameHead, decode_frame};
use crate::ids::{CommitNumber, Epoch, StoreId};
use crate::journal::file::HeaderError;
use crate::journal::{DIRECTORY, FileHeader, HEADER_BLOCK, path_of};
use crate::recovery::{Damage, DroppedTail};
use dlog_sequencer::device::{Device, OpenMode, read_exact_at};

/// Where the journal ends and what was met on the way.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// The file to continue in; `None` when the journal has no usable file.
    pub(crate) generation: Option<u64>,
    /// Behind the last frame of that file.
    pub(crate) position: u64,
    /// Where the last frame of that file begins.
    pub(crate) last: Option<u64>,
    /// The first frame of that file that nothing shows to be durable begins here.
    pub(crate) unproven: u64,
    /// Of the last frame.
    pub(crate) checksum: u32,
    /// The last commit that counts.
    pub(crate) commit: CommitNumber,
    pub(crate) epoch: Epoch,
    pub(crate) append_time_us: i64,
    pub(crate) frames: u64,
    pub(crate) is_clean: bool,
    pub(crate) dropped: Option<DroppedTail>,
    pub(crate) damage: Vec<Damage>,
    /// Files behind the end: prepared ones, or torn while being made.
    pub(crate) surplus: Vec<String>,
}

/// Takes a frame, the bytes it is a part of, the file they are, and whether something before it is
/// damaged.
pub(crate) type Apply<'a> = dyn FnMut(&Frame<'_>, &Bytes, u64, bool) -> Result<(), OpenError> + 'a;

/// Reads the journal from file `start`, giving every frame that counts to `apply`.
pub(crate) fn replay(
    device: &dyn Device,
    store: StoreId,
    start: u64,
    apply: &mut Apply<'_>,
) -> Result<Replayed, OpenError> {
    let generations = list_generations(device, start)?;
    let mut state = Replay {
        store,
        next: None,
        places: Vec::new(),
        result: Replayed::empty(),
    };
    if generations.first() != Some(&start) {
        state.damage(start, 0, "the file is missing");
    }
    let mut files = generations.iter().peekable();
    while let Some(generation) = files.next() {
        let later: Vec<u64> = files.clone().copied().collect();
        let bytes = Bytes::from(read_file(device, *generation)?);
        match state.read_file(device, *generation, &bytes, &later, apply)? {
            Next::GoOn => {}
            Next::Stop => break,
        }
    }
    let end = state.result.generation.unwrap_or(0);
    state.result.surplus = generations
        .iter()
        .filter(|g| **g > end)
        .map(|g| path_of(*g))
        .collect();
    Ok(state.result)
}

enum Next {
    GoOn,
    Stop,
}

/// What the next frame must be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) commit: CommitNumber,
    pub(crate) previous_checksum: u32,
    pub(crate) epoch: Epoch,
}

impl Expected {
    /// Behind this frame.
    pub(crate) fn behind(frame: &Frame<'_>) -> Self {
        Self {
            commit: CommitNumber(frame.head.commit.0 + 1),
            previous_checksum: frame.checksum,
            epoch: frame.head.epoch,
        }
    }

    pub(crate) fn is_met_by(&self, head: &FrameHead) -> bool {
        head.commit == self.commit
            && head.previous_checksum == self.previous_checksum
            && head.epoch >= self.epoch
    }

    /// Whether the next frame is the first of a file with this header.
    pub(crate) fn begins(&self, header: &FileHeader) -> bool {
        header.first_commit == self.commit
            && header.previous_checksum == self.previous_checksum
            && header.epoch >= self.epoch
    }
}

struct Replay {
    store: StoreId,
    next: Option<Expected>,
    /// The commits of the file that is read, with where they begin.
    places: Vec<(CommitNumber, u64)>,
    result: Replayed,
}

impl Replayed {
    fn empty() -> Self {
        Self {
            generation: None,
            position: HEADER_BLOCK,
            last: None,
            unproven: HEADER_BLOCK,
            checksum: 0,
            commit: CommitNumber(0),
            epoch: Epoch(0),
            append_time_us: i64::MIN,
            frames: 0,
            is_clean: false,
            dropped: None,
            damage: Vec::new(),
            surplus: Vec::new(),
        }
    }
}

impl Replay {
    fn read_file(
        &mut self,
        device: &dyn Device,
        generation: u64,
        bytes: &Bytes,
        later: &[u64],
        apply: &mut Apply<'_>,
    ) -> Result<Next, OpenError> {
        match FileHeader::decode(bytes) {
            Ok(header) if self.follows(&header, generation) => self.enter(&header),
            Err(HeaderError::UnknownFormat(version)) => {
                return Err(OpenError::UnknownFormat {
                    file: path_of(generation),
                    version,
                });
            }
            Ok(_) | Err(HeaderError::Damaged) => {
                return self.bad_header(device, generation, bytes, later, apply);
            }
        }
        self.read_frames(device, generation, bytes, later, apply)
    }

    fn enter(&mut self, header: &FileHeader) {
        self.next = Some(Expected {
            commit: header.first_commit,
            previous_checksum: header.previous_checksum,
            epoch: header.epoch,
        });
        self.result.generation = Some(header.generation);
        self.result.position = HEADER_BLOCK;
        self.result.last = None;
        self.result.unproven = HEADER_BLOCK;
        self.result.checksum = header.previous_checksum;
        self.result.commit = CommitNumber(header.first_commit.0.saturating_sub(1));
        self.result.epoch = self.result.epoch.max(header.epoch);
    }

    /// Whether a file continues what was read.
    fn follows(&self, header: &FileHeader, generation: u64) -> bool {
        header.store == self.store
            && header.generation == generation
            && self.next.is_none_or(|next| next.begins(header))
    }

    /// A file whose header is unreadable or does not continue the journal.
    fn bad_header(
        &mut self,
        device: &dyn Device,
        generation: u64,
        bytes: &Bytes,
        later: &[u64],
        apply: &mut Apply<'_>,
    ) -> Result<Next, OpenError> {
        let has_frames = find_frame(bytes, HEADER_BLOCK as usize, |head| {
            self.is_ours(head, generation)
        })
        .is_some();
        if !has_frames && !self.later_file_has_frames(device, later)? {
            // Torn while being made: nothing was ever written behind its header.
            return Ok(Next::Stop);
        }
        self.damage(
            generation,
            0,
            "the header of the file does not continue the journal",
        );
        self.result.generation = Some(generation);
        self.next = None;
        self.read_frames(device, generation, bytes, later, apply)
    }

    fn read_frames(
        &mut self,
        device: &dyn Device,
        generation: u64,
        bytes: &Bytes,
        later: &[u64],
        apply: &mut Apply<'_>,
    ) -> Result<Next, OpenError> {
        let mut position = HEADER_BLOCK as usize;
        self.places.clear();
        loop {
            let error = match decode_frame(bytes.get(position..).unwrap_or_default()) {
                Ok(frame) if self.is_next(&frame.head, generation) => {
                    self.places.push((frame.head.commit, position as u64));
                    position += frame.head.frame_bytes();
                    self.accept(&frame, position as u64);
                    apply(&frame, bytes, generation, !self.result.damage.is_empty())?;
                    continue;
                }
                Ok(_) => "a valid frame that does not follow the one before".to_owned(),
                Err(FrameError::UnknownFormat(version)) => {
                    return Err(OpenError::UnknownFormat {
                        file: path_of(generation),
                        version,
                    });
                }
                Err(error) => error.to_string(),
            };
            let expected = self.result.commit.0 + 1;
            let proof = |head: &FrameHead| {
                self.is_ours(head, generation)
                    && head.durable.0 >= expected
                    && head.commit.0 >= expected
            };
            if let Some(found) = find_frame(bytes, position, proof) {
                self.damage(generation, position as u64, &error);
                position = found;
                self.next = None;
                continue;
            }
            return self.end_of_file(device, generation, bytes, position, later, &error);
        }
    }

    /// No frame follows in this file: go on to the next one, or end.
    fn end_of_file(
        &mut self,
        device: &dyn Device,
        generation: u64,
        bytes: &[u8],
        position: usize,
        later: &[u64],
        error: &str,
    ) -> Result<Next, OpenError> {
        if let Some(following) = later.first() {
            let next = FileHeader::decode(&read_header(device, *following)?);
            if next.is_ok_and(|header| self.follows(&header, *following)) {
                return Ok(Next::GoOn);
            }
            if next.is_err() && self.continues_in(device, *following)? {
                // Only its header is damaged, which reading it will say.
                return Ok(Next::GoOn);
            }
            // A file is begun only when the one before is synced: one that begins further on shows
            // that something is missing here.
            let expected = self.result.commit.0 + 1;
            let begins_beyond = next
                .is_ok_and(|header| header.store == self.store && header.first_commit.0 > expected);
            if begins_beyond || self.later_file_has_frames(device, later)? {
                self.damage(generation, position as u64, error);
                self.next = None;
                return Ok(Next::GoOn);
            }
        }
        let rest = bytes.get(position..).unwrap_or_default();
        if let Some(last) = rest.iter().rposition(|byte| *byte != 0) {
            self.result.dropped = Some(DroppedTail {
                file: path_of(generation),
                position: position as u64,
                bytes: last as u64 + 1,
            });
            self.result.is_clean = false;
        }
        Ok(Next::Stop)
    }

    /// Whether the first frame of a file is the one that must come next.
    fn continues_in(&self, device: &dyn Device, generation: u64) -> Result<bool, OpenError> {
        let bytes = read_file(device, generation)?;
        let first = bytes.get(HEADER_BLOCK as usize..).unwrap_or_default();
        Ok(decode_frame(first).is_ok_and(|frame| self.is_next(&frame.head, generation)))
    }

    fn is_ours(&self, head: &FrameHead, generation: u64) -> bool {
        head.store == self.store && head.generation == generation
    }

    fn is_next(&self, head: &FrameHead, generation: u64) -> bool {
        self.is_ours(head, generation) && self.next.is_none_or(|next| next.is_met_by(head))
    }

    fn accept(&mut self, frame: &Frame<'_>, position: u64) {
        let head = &frame.head;
        self.next = Some(Expected::behind(frame));
        let result = &mut self.result;
        result.last = self.places.last().map(|(_, at)| *at);
        result.position = position;
        let proven = |(commit, _): &(CommitNumber, u64)| *commit <= head.durable;
        let first = self.places.partition_point(proven);
        result.unproven = self.places.get(first).map_or(position, |(_, at)| *at);
        result.checksum = frame.checksum;
        result.commit = head.commit;
        result.epoch = result.epoch.max(head.epoch);
        result.append_time_us = result.append_time_us.max(head.append_time_us);
        result.frames += 1;
        result.is_clean = head.flags & FLAG_CLOSED != 0;
    }

    fn damage(&mut self, generation: u64, position: u64, text: &str) {
        self.result.damage.push(Damage {
            file: path_of(generation),
            position,
            text: text.to_owned(),
        });
    }

    fn later_file_has_frames(&self, device: &dyn Device, later: &[u64]) -> Result<bool, OpenError> {
        for generation in later {
            let bytes = read_file(device, *generation)?;
            if find_frame(&bytes, HEADER_BLOCK as usize, |head| {
                self.is_ours(head, *generation)
            })
            .is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a journal without a manifest is what a creation left that did not get further.
pub(crate) fn is_unused(device: &dyn Device) -> Result<bool, OpenError> {
    for generation in list_generations(device, 0)? {
        let bytes = read_file(device, generation)?;
        if bytes
            .iter()
            .skip(HEADER_BLOCK as usize)
            .any(|byte| *byte != 0)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first valid frame at or behind `start` that `accepts`.
fn find_frame(bytes: &[u8], start: usize, accepts: impl Fn(&FrameHead) -> bool) -> Option<usize> {
    (start..bytes.len()).step_by(ALIGNMENT).find(|at| {
        bytes[*at] != 0 && decode_frame(&bytes[*at..]).is_ok_and(|frame| accepts(&frame.head))
    })
}

fn list_generations(device: &dyn Device, start: u64) -> Result<Vec<u64>, OpenError> {
    let names = device.list(DIRECTORY).map_err(|source| OpenError::Io {
        action: "list",
        file: DIRECTORY.to_owned(),
        source,
    })?;
    let numbers = names
        .iter()
        .filter_map(|name| name.strip_suffix(".journal")?.parse::<u64>().ok());
    let mut generations: Vec<u64> = numbers.filter(|generation| *generation >= start).collect();
    generations.sort_unstable();
    Ok(generations)
}

fn read_file(device: &dyn Device, generation: u64) -> Result<Vec<u8>, OpenError> {
    read_bytes(device, generation, u64::MAX)
}

fn read_header(device: &dyn Device, generation: u64) -> Result<Vec<u8>, OpenError> {
    read_bytes(device, generation, HEADER_BLOCK)
}

fn read_bytes(device: &dyn Device, generation: u64, limit: u64) -> Result<Vec<u8>, OpenError> {
    let path = path_of(generation);
    let read = || {
        let file: Arc<_> = device.open(&path, OpenMode::Read)?;
        let length = usize::try_from(file.length()?.min(limit)).map_err(std::io::Error::other)?;
        let mut bytes = vec![0; length];
        read_exact_at(file.as_ref(), &mut bytes, 0)?;
        Ok(bytes)
    };
    read().map_err(|source| OpenError::Io {
        action: "read",
        file: path.clone(),
        source,
    })
}
