//! The folder of the files of packets: names, room, and what is deleted.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::file::SUFFIX;
use crate::incidents::IncidentId;

/// The incidents that files are named after.
pub(super) fn incidents(state: &Path) -> Vec<IncidentId> {
    all(state).iter().filter_map(Found::incident).collect()
}

/// Deletes the files of incidents that are not `known` any more, and those of no incident by name that were last written before
/// `cutoff`. Gives how many octets went.
pub(super) fn tidy(state: &Path, known: &[IncidentId], cutoff: SystemTime) -> u64 {
    let is_over = |file: &Found| match file.incident() {
        Some(id) => !known.contains(&id),
        None => file.written < cutoff,
    };
    let mut gone = 0;
    for file in all(state).into_iter().filter(is_over) {
        match fs::remove_file(&file.path) {
            Ok(()) => {
                gone += file.octets;
                tracing::info!(file = %file.path.display(), "deleted the packets of an incident: their time is over");
            }
            Err(error) => {
                tracing::warn!(file = %file.path.display(), %error, "a file of packets cannot be deleted");
            }
        }
    }
    gone
}

/// The file of an incident, from the state directory on.
pub(super) fn name(id: IncidentId) -> String {
    format!("{FOLDER}/{}.{SUFFIX}", id.0)
}

/// Makes the folder where it is missing, for its owner alone.
pub(super) fn make(state: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(state.join(FOLDER))
}

/// A file of packets.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) octets: u64,
    pub(super) written: SystemTime,
}

impl Found {
    /// The incident whose number is its name.
    pub(super) fn incident(&self) -> Option<IncidentId> {
        self.path.file_stem()?.to_str()?.parse().ok().map(IncidentId)
    }
}

/// Every file of packets, the one first that was written longest ago.
pub(super) fn all(state: &Path) -> Vec<Found> {
    let mut files = files(&state.join(FOLDER));
    files.sort_by(|a, b| (a.written, &a.path).cmp(&(b.written, &b.path)));
    files
}

fn files(folder: &Path) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.path().extension().is_some_and(|suffix| suffix == SUFFIX));
    files
        .filter_map(|entry| {
            let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(Found { path: entry.path(), octets: facts.len(), written: facts.modified().ok()? })
        })
        .collect()
}

const FOLDER: &str = "packets";
