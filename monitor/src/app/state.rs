//! The state directory: one agent at a time.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
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
            let mut owner = String::new();
            lock.read_to_string(&mut owner).map_err(refused)?;
            return Err(Refusal::SecondAgent {
                directory: path.display().to_string(),
                owner: owner.trim().to_owned(),
            });
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(refused)?;
        Ok(Self { _lock: lock })
    }
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

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path.join("lock"))
}

const WRITABLE_BY_OTHERS: u32 = 0o022;

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
    fn a_directory_that_others_can_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refusal = StateDirectory::lock(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("mode 0700"), "{refusal}");
    }
}
