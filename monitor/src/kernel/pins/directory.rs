//! Folders on the BPF file system: where an agent's pins lie, whose they are, and what may be wrong there.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use aya::pin::PinError;
use rustix::{
    fs::{FlockOperation, flock, statfs},
    io::Errno,
};

use super::super::{Refusal, refusal::chain};

/// Where the pins of one agent lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder of all agents.
    pub root: PathBuf,
    /// The agent's own folder in it.
    pub instance: String,
}

impl Place {
    /// The place of the agent with this state directory: one directory, one agent, one guard.
    #[must_use]
    pub fn of(root: &Path, state: &Path) -> Self {
        let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
        Self { root: root.to_owned(), instance: escaped(&state) }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.root.join(&self.instance)
    }
}

/// A folder that nobody else changes, as long as this is held.
#[derive(Debug)]
pub(super) struct Locked(
    #[expect(dead_code, reason = "held, not read: closing it gives the lock back")] File,
);

/// Locks a folder that is there; `None` where there is none, or none that this user may look for: the BPF file system of most
/// hosts is root's alone.
pub(super) fn lock(folder: &Path) -> Result<Option<Locked>, Refusal> {
    let file = match File::open(folder) {
        Ok(file) => file,
        Err(error) if is_absent(&error) || error.kind() == io::ErrorKind::PermissionDenied => {
            return Ok(None);
        }
        Err(error) => return Err(refused("opening", folder, &error)),
    };
    refuse_others(folder)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let cause = "an agent runs that holds these pins; stop it first".into();
        return Err(Refusal::Other { doing: format!("taking {} over", folder.display()), cause });
    }
    // Somebody may have removed it in the meantime.
    let is_there = fs::metadata(folder)
        .and_then(|now| Ok((now.ino(), now.dev()) == file.metadata().map(|then| (then.ino(), then.dev()))?));
    Ok(is_there.unwrap_or(false).then_some(Locked(file)))
}

/// Makes a folder, and those above it up to the BPF file system, for their owner alone.
pub(super) fn make(folder: &Path) -> Result<(), Refusal> {
    let lowest = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let is_bpf = statfs(lowest).is_ok_and(|facts| facts.f_type as u64 == BPF_FS_MAGIC);
    if !is_bpf {
        let cause = format!(
            "{} is on no BPF file system; mount one (`mount -t bpf bpf /sys/fs/bpf`), or name one with `--pins`",
            lowest.display()
        );
        return Err(Refusal::Other { doing: format!("making {}", folder.display()), cause });
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| refused("making", folder, &error))?;
    refuse_others(folder)
}

/// Names in a folder; none where there is no such folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, Refusal> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(refused("reading", folder, &error)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(|error| refused("reading", folder, &error))
}

/// Removes a file or an empty folder; one that is gone already is no failure.
pub(super) fn remove(path: &Path) -> Result<(), Refusal> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory || is_code(&error, Errno::PERM) => {
            fs::remove_dir(path)
        }
        other => other,
    }
    .or_else(|error| if is_absent(&error) { Ok(()) } else { Err(refused("removing", path, &error)) })
}

/// Removes a folder of pins, two levels deep at most.
pub(super) fn remove_all(folder: &Path) -> Result<(), Refusal> {
    match fs::remove_dir_all(folder) {
        Err(error) if !is_absent(&error) => Err(refused("removing", folder, &error)),
        _ => Ok(()),
    }
}

/// A pin that could not be made.
pub(in super::super) fn not_pinned(path: &Path, error: &PinError) -> Refusal {
    let code = match error {
        PinError::SyscallError(error) => error.io_error.raw_os_error(),
        _ => None,
    };
    match code.map(io::Error::from_raw_os_error) {
        Some(error) => refused("pinning", path, &error),
        None => Refusal::Other { doing: format!("pinning {}", path.display()), cause: chain(error) },
    }
}

fn refused(doing: &str, path: &Path, error: &io::Error) -> Refusal {
    let doing = format!("{doing} {}", path.display());
    if error.kind() == io::ErrorKind::ReadOnlyFilesystem {
        let cause = "the BPF file system is mounted read-only; \
                     mount it for writing (`mount -o remount,rw /sys/fs/bpf`), or run without `--persist`";
        return Refusal::Other { doing, cause: cause.into() };
    }
    Refusal::from_io(&doing, error)
}

/// Whoever can write there could put a link or a map of his own in place of the guard's. Root looks after everybody's.
fn refuse_others(folder: &Path) -> Result<(), Refusal> {
    let facts = fs::metadata(folder).map_err(|error| refused("reading", folder, &error))?;
    let user = rustix::process::geteuid();
    if facts.mode() & WRITABLE_BY_OTHERS == 0 && (user.is_root() || facts.uid() == user.as_raw()) {
        return Ok(());
    }
    let cause = "other users can write it; give it to the agent's user, with mode 0700".into();
    Err(Refusal::Other { doing: format!("using {}", folder.display()), cause })
}

/// A path in one name: the BPF file system takes no dots, and two paths have two names.
fn escaped(path: &Path) -> String {
    let octets = path.as_os_str().as_encoded_bytes();
    let octets = octets.strip_prefix(b"/").unwrap_or(octets);
    octets.iter().fold(String::new(), |name, octet| match octet {
        b'/' => name + "-",
        letter if letter.is_ascii_alphanumeric() => name + &char::from(*letter).to_string(),
        other => format!("{name}_{other:02x}"),
    })
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn is_code(error: &io::Error, code: Errno) -> bool {
    error.raw_os_error() == Some(code.raw_os_error())
}

/// linux/magic.h
const BPF_FS_MAGIC: u64 = 0xcafe_4a11;
const WRITABLE_BY_OTHERS: u32 = 0o022;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_name_of_its_own_without_dots() {
        for (path, name) in [
            ("/var/lib/ringfence", "var-lib-ringfence"),
            ("/tmp/.tmpX/state", "tmp-_2etmpX-state"),
            ("/a/b-c", "a-b_2dc"),
            ("/a_b", "a_5fb"),
        ] {
            assert_eq!(Place::of(Path::new("/x"), Path::new(path)).instance, name);
        }
    }

    #[test]
    fn a_folder_on_another_file_system_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = make(&folder.path().join("a/b")).unwrap_err().to_string();
        assert!(refusal.contains("mount -t bpf"), "{refusal}");
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        assert!(lock(folder.path()).unwrap().is_some());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert!(lock(folder.path()).unwrap_err().to_string().contains("0700"));
        assert!(lock(&folder.path().join("none")).unwrap().is_none());
    }
}
