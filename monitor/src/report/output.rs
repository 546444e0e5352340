//! Where a report goes: a file that is whole or not there, for its owner's eyes only; or standard output.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Something is there already.
    #[error("{} is there already: name another file, or say --force to replace it", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}: {error}; check that its folder is there and that this user may write to it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Says early that a file is there, before anybody is shown anything.
///
/// # Errors
/// Where it is, and is not to be replaced.
pub fn check(path: &Path, force: bool) -> Result<(), OutputError> {
    if force || is_standard_output(path) || fs::symlink_metadata(path).is_err() {
        Ok(())
    } else {
        Err(OutputError::Exists(path.to_owned()))
    }
}

/// Writes a report (mode 0600); `-` is standard output.
///
/// # Errors
/// Where the file is there and is not to be replaced, or cannot be written.
pub fn write(path: &Path, text: &str, force: bool) -> Result<(), OutputError> {
    let fault = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => OutputError::Exists(path.to_owned()),
        _ => OutputError::Io { path: path.to_owned(), error },
    };
    if is_standard_output(path) {
        return match io::stdout().write_all(text.as_bytes()) {
            // A reader that closed its end of the pipe wants no more.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(fault(error)),
            _ => Ok(()),
        };
    }
    let part = beside(path);
    let written = whole(&part, text).and_then(|()| put(&part, path, force));
    if written.is_err() {
        // Of no use to anybody, and it may hold what its owner alone may read.
        let _ = fs::remove_file(&part);
    }
    written.map_err(fault)
}

/// Whether a path means standard output.
#[must_use]
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

fn whole(part: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ALONE).open(part)?;
    file.set_permissions(Permissions::from_mode(OWNER_ALONE))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn put(part: &Path, path: &Path, force: bool) -> io::Result<()> {
    if force {
        fs::rename(part, path)?;
    } else {
        match renameat_with(CWD, part, CWD, path, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // A file system that cannot rename without replacing can link.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::hard_link(part, path)?;
                fs::remove_file(part)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A folder that cannot be flushed has the file all the same.
    let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder(path).join(format!(".{name}.{}.part", std::process::id()))
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

const OWNER_ALONE: u32 = 0o600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_and_replaced_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        write(&path, "one", false).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, OWNER_ALONE);
        assert!(matches!(check(&path, false), Err(OutputError::Exists(_))));
        assert!(matches!(write(&path, "two", false), Err(OutputError::Exists(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        write(&path, "two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "no part is left");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/report.html");
        assert!(matches!(write(&path, "one", false), Err(OutputError::Io { .. })));
        assert!(matches!(write(folder.path(), "one", true), Err(OutputError::Io { .. })));
    }
}
