//! The state directory: one agent at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
    thread,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

use crate::kernel::Refusal;

/// The directory and its lock, held until this is dropped.
#[derive(Debug)]
pub struct StateDirectory {
    _lock: File,
}

impl StateDirectory {
    /// Makes the directory where it is missing, for its owner alone, and locks it.
    pub fn lock(path: &Path) -> Result<Self, Refusal> {
        let refused =
            |error| Refusal::from_io(&format!("using the state directory {}", path.display()), &error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(refused)?;
        refuse_others(path)?;
        let mut lock = open(path).map_err(refused)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let owner = owner(&mut lock).map_err(refused)?;
            return Err(Refusal::SecondAgent { directory: path.display().to_string(), owner });
        }
        match lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())) {
            // The lock holds all the same; a second agent would not know whose it is.
            Err(error) if is_full(&error) => {
                tracing::error!(directory = %path.display(), %error, "the state directory takes nothing; guarding all the same");
            }
            written => written.map_err(refused)?,
        }
        Ok(Self { _lock: lock })
    }
}

/// Whether an error says that a disk, or somebody's share of it, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The process that holds the lock. One that has just taken it writes its number right after that.
fn owner(lock: &mut File) -> io::Result<String> {
    let mut owner = String::new();
    for _ in 0..LOOKS {
        lock.rewind()?;
        owner.clear();
        lock.read_to_string(&mut owner)?;
        owner.truncate(owner.trim_end().len());
        if !owner.is_empty() && Path::new("/proc").join(&owner).exists() {
            return Ok(owner);
        }
        thread::sleep(PAUSE);
    }
    Ok(if owner.is_empty() { "unknown".to_owned() } else { owner })
}

/// Whoever can write the directory could put another socket in the place of the agent's.
fn refuse_others(path: &Path) -> Result<(), Refusal> {
    let doing = format!("using the state directory {}", path.display());
    let facts = path.metadata().map_err(|error| Refusal::from_io(&doing, &error))?;
    if facts.mode() & WRITABLE_BY_OTHERS == 0 && facts.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let cause =
        "other users can write it; give `--state` a directory of this user's own, with mode 0700".into();
    Err(Refusal::Other { doing, cause })
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path.join("lock"))
}

const WRITABLE_BY_OTHERS: u32 = 0o022;
/// How often it is looked for the number of whoever holds the lock, and the time in between: half a second in all.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_second_agent_is_refused_with_the_first_one_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a/b");
        let first = StateDirectory::lock(&state).unwrap();
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        let refusal = StateDirectory::lock(&state).unwrap_err().to_string();
        assert!(refusal.contains(&format!("process {}", std::process::id())), "{refusal}");
        drop(first);
        assert!(StateDirectory::lock(&state).is_ok());
    }

    #[test]
    fn the_first_one_is_named_even_where_it_has_not_said_who_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = StateDirectory::lock(&state).unwrap();
        // What an agent left that was killed; no process has such a number.
        fs::write(state.join("lock"), "4999999999\n").unwrap();
        let name = state.join("lock");
        let late = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            fs::write(name, format!("{}\n", std::process::id())).unwrap();
        });
        let refusal = StateDirectory::lock(&state).unwrap_err().to_string();
        assert!(refusal.contains(&format!("process {})", std::process::id())), "{refusal}");
        late.join().unwrap();
        drop(first);
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refusal = StateDirectory::lock(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("mode 0700"), "{refusal}");
    }
}
