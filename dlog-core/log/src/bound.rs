//! Logs that may have a size: an append that finds one full is refused, or lets the oldest go.
//!
//! What goes are whole segments from the front, the oldest of all partitions first, and of a keyed log
//! what was replaced; tails of bounded logs are sealed early and merged little, so that there are
//! several.

use std::sync::Arc;

use crate::catalogue::{SizeLimit, WhenFull};
use crate::commit::Core;
use crate::error::{AppendError, SealError};
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::rewrite;
use crate::seal;
use crate::segment::SegmentRef;

/// Bytes of segments and unsealed records.
fn size_of(log: &LogState) -> u64 {
    let partitions = log.partitions.iter();
    partitions
        .map(|partition| partition.tail_bytes() + partition.sealed_size().2)
        .sum()
}

/// Sees to it that the store and these logs may grow: before every append, whatever way it comes.
pub(crate) fn make_room(core: &Arc<Core>, logs: &[Arc<LogState>]) -> Result<(), AppendError> {
    if logs.is_empty() {
        // A consumer's positions, which must be kept even by a full store.
        return Ok(());
    }
    core.check_size()?;
    for log in logs {
        make_room_in(core, log)?;
    }
    if core.is_behind() {
        seal::seal_due(core);
    }
    Ok(())
}

fn make_room_in(core: &Arc<Core>, log: &Arc<LogState>) -> Result<(), AppendError> {
    let Some(limit) = log.settings().limit else {
        return Ok(());
    };
    if size_of(log) < limit.bytes {
        return Ok(());
    }
    if limit.when_full == WhenFull::DropOldest {
        drop_oldest(core, log, limit).map_err(|error| AppendError::NotWritten {
            text: error.to_string(),
        })?;
    }
    match size_of(log) {
        bytes if bytes < limit.bytes => Ok(()),
        bytes => Err(AppendError::LogFull {
            log: log.name.clone(),
            bytes,
            max: limit.bytes,
        }),
    }
}

/// Lets the oldest segments go until an eighth of the limit is free.
fn drop_oldest(core: &Arc<Core>, log: &Arc<LogState>, limit: SizeLimit) -> Result<(), SealError> {
    let _one_at_a_time = log.sealing.lock();
    let durable = core.flush()?;
    seal::seal_until(core, log, durable)?;
    if log.key.is_some() {
        // Whatever age it has, what was replaced goes, and what was not stays.
        return rewrite::compact_sealed(core, log, core.cut(), 0).map(drop);
    }
    let mut bytes = size_of(log);
    let mut oldest: Vec<(&Partition, SegmentRef)> = Vec::new();
    for partition in &log.partitions {
        oldest.extend(
            partition
                .segments()
                .into_iter()
                .map(|segment| (partition, segment)),
        );
    }
    oldest.sort_by_key(|(_, segment)| segment.max_append_time_us());
    let wanted = limit.bytes - limit.part().min(limit.bytes);
    for (partition, segment) in oldest {
        if bytes <= wanted {
            return Ok(());
        }
        rewrite::let_go(core, log, partition, std::slice::from_ref(&segment))?;
        bytes = size_of(log);
    }
    Ok(())
}
