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

/// Deletes the file of an incident, if there is one.
///
/// # Errors
/// Where the host does not let it.
pub fn delete(state: &Path, id: IncidentId) -> io::Result<()> {
    match fs::remove_file(state.join(name(id))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Deletes what was last written before `cutoff`, whatever incident it is of: also what is left of incidents that nobody knows any
/// more. Gives how many files went.
pub fn sweep(state: &Path, cutoff: SystemTime) -> usize {
    let old = files(&state.join(FOLDER)).into_iter().filter(|file| file.written < cutoff);
    old.filter(|file| match fs::remove_file(&file.path) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(file = %file.path.display(), %error, "a file of packets cannot be deleted");
            false
        }
    })
    .count()
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
