//! Whether a file may be run: it is a program, and nobody but root and the agent's own user could have put another in
//! its place.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

/// Why a file is not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("{0} is no absolute path: write where it begins with /")]
    Relative(PathBuf),
    #[error("{path}: {error}; put the program there, or correct `run` in the policy")]
    Missing { path: PathBuf, error: io::Error },
    #[error("{0} is no regular file: name the program itself")]
    NoFile(PathBuf),
    #[error("{path} is not executable for this user ({error}): chmod 755, on a file system without noexec")]
    NotExecutable { path: PathBuf, error: io::Error },
    #[error("{path} can be written by others than its owner (mode {mode:03o}): chmod go-w")]
    Writable { path: PathBuf, mode: u32 },
    #[error("{path} belongs to the user id {owner}, which is neither root nor the agent: chown root")]
    Foreign { path: PathBuf, owner: u32 },
    #[error("anybody can put another file into {path} (mode {mode:03o}): chmod o-w")]
    OpenFolder { path: PathBuf, mode: u32 },
    #[error("{0} leads over more than {MOST_LINKS} links: name the program itself")]
    Links(PathBuf),
}

/// Nothing, where the file may be run.
pub(super) fn check(program: &Path) -> Result<(), Unfit> {
    if !program.is_absolute() {
        return Err(Unfit::Relative(program.to_owned()));
    }
    let file = followed(program)?;
    let about = fs::metadata(&file).map_err(|error| missing(&file, error))?;
    if !about.is_file() {
        return Err(Unfit::NoFile(file));
    }
    belongs_here(&file, about.uid())?;
    let mode = about.permissions().mode() & MODE;
    if mode & (GROUP_WRITES | OTHERS_WRITE) != 0 {
        return Err(Unfit::Writable { path: file, mode });
    }
    access(&file, Access::EXEC_OK).map_err(|error| Unfit::NotExecutable { path: file, error: error.into() })
}

/// The file that links lead to; every folder on the way is looked at.
fn followed(program: &Path) -> Result<PathBuf, Unfit> {
    let mut path = program.to_owned();
    for _ in 0..=MOST_LINKS {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Unfit::NoFile(path));
        };
        let real = fs::canonicalize(folder).map_err(|error| missing(&path, error))?;
        folder.ancestors().chain(real.ancestors()).try_for_each(is_closed)?;
        let file = real.join(name);
        let about = fs::symlink_metadata(&file).map_err(|error| missing(&file, error))?;
        if !about.is_symlink() {
            return Ok(file);
        }
        let target = fs::read_link(&file).map_err(|error| missing(&file, error))?;
        path = real.join(target);
    }
    Err(Unfit::Links(program.to_owned()))
}

/// A folder where only root and the agent's user can replace a file. The group may write: Debian's /usr/local belongs
/// to one.
fn is_closed(folder: &Path) -> Result<(), Unfit> {
    let about = fs::metadata(folder).map_err(|error| missing(folder, error))?;
    belongs_here(folder, about.uid())?;
    let mode = about.permissions().mode() & MODE;
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        return Err(Unfit::OpenFolder { path: folder.to_owned(), mode });
    }
    Ok(())
}

fn belongs_here(path: &Path, owner: u32) -> Result<(), Unfit> {
    if owner == 0 || owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(Unfit::Foreign { path: path.to_owned(), owner })
}

fn missing(path: &Path, error: io::Error) -> Unfit {
    Unfit::Missing { path: path.to_owned(), error }
}

const MODE: u32 = 0o7777;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;
/// Links after one another that are followed.
const MOST_LINKS: usize = 8;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// A script with a mode in a folder of its own.
    fn script(mode: u32) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hang-up");
        fs::write(&file, "#!/bin/sh\n").unwrap();
        set(&file, mode);
        (folder, file)
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn said(path: &Path) -> String {
        check(path).map_or_else(|why| why.to_string(), |()| "fit".into())
    }

    #[test]
    fn only_a_closed_executable_file_is_fit() {
        for (mode, wanted) in [
            (0o755, "fit"),
            (0o700, "fit"),
            (0o644, "is not executable"),
            (0o775, "can be written by others than its owner (mode 775)"),
            (0o757, "can be written by others than its owner (mode 757)"),
        ] {
            let (_folder, file) = script(mode);
            assert!(said(&file).contains(wanted), "{mode:o}: {}", said(&file));
        }
    }

    #[test]
    fn a_folder_that_is_open_to_all_is_refused_without_its_sticky_bit() {
        let (folder, file) = script(0o755);
        set(folder.path(), 0o1777);
        assert_eq!(said(&file), "fit");
        set(folder.path(), 0o777);
        assert!(said(&file).contains("anybody can put another file into"), "{}", said(&file));
        let (_other, link) = script(0o755);
        fs::remove_file(&link).unwrap();
        symlink(&file, &link).unwrap();
        assert!(said(&link).contains("anybody can put another file into"), "{}", said(&link));
    }

    #[test]
    fn links_are_followed_so_far() {
        let (folder, file) = script(0o755);
        let [link, round] = ["link", "round"].map(|name| folder.path().join(name));
        symlink("hang-up", &link).unwrap();
        symlink("round", &round).unwrap();
        assert_eq!(said(&link), "fit");
        assert!(said(&round).contains("more than 8 links"), "{}", said(&round));
        set(&file, 0o666);
        assert!(said(&link).contains("can be written"), "{}", said(&link));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (path, wanted) in [
            (PathBuf::from("hang-up"), "no absolute path"),
            (PathBuf::from("/"), "no regular file"),
            (PathBuf::from("/dev/null"), "no regular file"),
            (folder.path().to_owned(), "no regular file"),
            (folder.path().join("none"), "put the program there"),
            (folder.path().join("none/at/all"), "put the program there"),
        ] {
            assert!(said(&path).contains(wanted), "{path:?}: {}", said(&path));
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let somebody = rustix::process::geteuid().as_raw() + 1;
        let said = belongs_here(Path::new("/x"), somebody).unwrap_err().to_string();
        assert!(said.contains("neither root nor the agent"), "{said}");
        assert!(belongs_here(Path::new("/x"), 0).is_ok());
    }
}
