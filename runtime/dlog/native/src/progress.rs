//! How far `copy-into` has come, as a bar on the terminal; nothing where there is none.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use batuta_dlog::CopyProgress;
use indicatif::{ProgressBar, ProgressStyle};

/// The file being loaded and its bar.
static CURRENT: Mutex<Option<(PathBuf, ProgressBar)>> = Mutex::new(None);

/// Shows the progress of a load; the database's copy reporter.
pub(crate) fn show(progress: &CopyProgress) {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if current
        .as_ref()
        .is_none_or(|(file, _)| *file != progress.file)
    {
        if let Some((_, bar)) = current.take() {
            bar.finish_and_clear();
        }
        *current = Some((progress.file.clone(), bar_for(progress)));
    }
    let Some((_, bar)) = &*current else { return };
    bar.set_position(progress.rows_done);
    if progress.rows_total == Some(progress.rows_done) {
        bar.finish_and_clear();
        *current = None;
    }
}

/// Takes a bar away that a load of unknown length left.
pub(crate) fn clear() {
    let current = CURRENT
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some((_, bar)) = current {
        bar.finish_and_clear();
    }
}

fn bar_for(progress: &CopyProgress) -> ProgressBar {
    let name = progress
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (bar, template) = match progress.rows_total {
        Some(rows) => (
            ProgressBar::new(rows),
            "{msg} {wide_bar} {human_pos}/{human_len} rows {eta}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{msg} {spinner} {human_pos} rows",
        ),
    };
    let style = ProgressStyle::with_template(template);
    bar.with_message(name)
        .with_style(style.expect("the template is well-formed"))
}
