//! `batuta log verify` and `repair`: what is damaged, by file and place, what that costs, and what is
//! left of it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use dlog_core::log::{Checked, Damage, LostRecords, MendError, check, mend};
use dlog_core::sequencer::device::{Device, FileDevice};
use serde::Serialize;

use super::output::{Output, size};
use super::{DAMAGED, Failure, Outcome};
use crate::driver::CRASHED;

#[derive(Serialize)]
struct Report {
    whole: bool,
    commit: u64,
    logs: usize,
    records: u64,
    segments: usize,
    segment_bytes: u64,
    journal_commits: u64,
    counters: usize,
    unfinished: Option<Place>,
    damage: Vec<Place>,
    repaired: Vec<Place>,
    lost: Vec<Lost>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lost_counters: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mended: Option<String>,
}

#[derive(Serialize)]
struct Place {
    file: String,
    position: u64,
    text: String,
}

#[derive(Serialize)]
struct Lost {
    file: String,
    log: String,
    partition: u32,
    first_offset: u64,
    last_offset: u64,
    records: u64,
}

fn device(dir: &Path) -> Arc<dyn Device> {
    Arc::new(FileDevice::new(dir))
}

fn place(damage: &Damage) -> Place {
    Place {
        file: damage.file.clone(),
        position: damage.position,
        text: damage.text.clone(),
    }
}

fn lost(lost: &LostRecords) -> Lost {
    Lost {
        file: lost.file.clone(),
        log: lost.log.clone(),
        partition: lost.partition.0,
        first_offset: lost.first.0,
        last_offset: lost.last.0,
        records: lost.records,
    }
}

impl Report {
    fn of(found: &Checked) -> Report {
        Report {
            whole: found.is_whole(),
            commit: found.commit.0,
            logs: found.logs,
            records: found.records,
            segments: found.segments,
            segment_bytes: found.segment_bytes,
            journal_commits: found.journal_commits,
            counters: found.counters,
            unfinished: found.unfinished.as_ref().map(|tail| Place {
                file: tail.file.clone(),
                position: tail.position,
                text: format!("{} bytes", tail.bytes),
            }),
            damage: found.damage.iter().map(place).collect(),
            repaired: found.repaired.iter().map(place).collect(),
            lost: found.lost.iter().map(lost).collect(),
            lost_counters: Vec::new(),
            mended: None,
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{} records of {} logs read: {} segments with {}, {} commits in the journal, {} counters\n",
            self.records,
            self.logs,
            self.segments,
            size(self.segment_bytes),
            self.journal_commits,
            self.counters
        );
        for place in &self.damage {
            text += &format!(
                "damaged: {} at {}: {}\n",
                place.file, place.position, place.text
            );
        }
        for place in &self.repaired {
            text += &format!(
                "damaged, nothing lost: {} at {}: {}\n",
                place.file, place.position, place.text
            );
        }
        for lost in &self.lost {
            text += &format!(
                "lost: {}, partition {}, offsets {} to {} ({} records in {})\n",
                lost.log,
                lost.partition,
                lost.first_offset,
                lost.last_offset,
                lost.records,
                lost.file
            );
        }
        for counter in &self.lost_counters {
            text += &format!("lost: the counter {counter}; it would begin anew\n");
        }
        if let Some(place) = &self.unfinished {
            text += &format!(
                "unfinished: {} at {} ({}): a commit that was never acknowledged as durable, or one \
                 that is being written\n",
                place.file, place.position, place.text
            );
        }
        text
    }

    /// Zero for a whole store.
    fn code(&self) -> ExitCode {
        if self.whole {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(DAMAGED)
        }
    }
}

/// Looks at every byte.
pub(super) fn verify(dir: &Path, out: &mut Output) -> Outcome {
    let report = Report::of(&check(&device(dir), dir)?);
    out.show(&report, |report| {
        let end = if report.whole {
            "the store is whole\n"
        } else {
            "the store is damaged; `batuta log repair` writes what can be read to a new one\n"
        };
        report.text() + end
    });
    Ok(report.code())
}

/// What repairing would come to.
pub(super) fn foresee(dir: &Path, out: &mut Output) -> Outcome {
    let report = Report::of(&check(&device(dir), dir)?);
    out.show(&report, |report| {
        let end = if report.whole {
            "the store is whole: there is nothing to repair\n".to_owned()
        } else {
            format!("a new store would have {} records\n", report.records)
        };
        report.text() + &end
    });
    Ok(ExitCode::SUCCESS)
}

/// Writes what can be read to a new store.
pub(super) fn repair(dir: &Path, target: &Path, out: &mut Output) -> Outcome {
    let is_free = match std::fs::read_dir(target) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !is_free {
        let text = format!(
            "{} is there already; name another directory behind `repair`",
            target.display()
        );
        return Err(Failure::misuse(text));
    }
    let mended = mend(&device(dir), dir, &device(target)).map_err(|error| match error {
        MendError::Open(error) => Failure::from(error),
        MendError::Write(error) => Failure {
            code: CRASHED,
            text: format!("{error}; {} is no store", target.display()),
        },
    })?;
    let report = Report {
        lost_counters: mended.lost_counters,
        mended: Some(target.display().to_string()),
        ..Report::of(&mended.found)
    };
    out.show(&report, |report| {
        format!(
            "{}{} records are in {}; {} is as it was\n",
            report.text(),
            mended.mended.records,
            target.display(),
            dir.display()
        )
    });
    Ok(ExitCode::SUCCESS)
}
