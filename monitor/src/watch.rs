//! Notices that the policy file changed, also where an editor puts a new file in its place, or a whole folder.

use std::{
    ffi::OsString,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

/// A watch on one file.
#[derive(Debug)]
pub struct FileWatch {
    path: PathBuf,
    changes: mpsc::Receiver<()>,
    /// The folders that are watched, each with its device and inode when that began.
    places: Vec<Place>,
    _watcher: RecommendedWatcher,
}

/// A folder, and what it was when somebody looked: `None` where it is gone.
type Place = (PathBuf, Option<(u64, u64)>);

impl FileWatch {
    /// Watches the file's folder, since a file that is replaced is another file; where the path is a symbolic link,
    /// also the folder of what it points at.
    pub fn new(path: &Path) -> notify::Result<Self> {
        let (changed, changes) = mpsc::channel(1);
        let names = Names::of(path);
        let (folders, places) = (names.folders.clone(), names.places());
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| is_change(event.kind) && names.matter(&event.paths)) {
                // A full channel means that the change is known already.
                let _ = changed.try_send(());
            }
        })?;
        for folder in folders {
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { path: path.to_owned(), changes, places, _watcher: watcher })
    }

    /// Waits for a change of the file and for the quiet after it; `false` where no change can come any more.
    pub async fn changed(&mut self) -> bool {
        loop {
            let change = timeout(LOOK, self.changes.recv()).await;
            let has_moved = self.follow();
            match change {
                Ok(None) => return false,
                Ok(Some(())) => break,
                Err(_) if has_moved => break,
                Err(_) => (),
            }
        }
        for _ in 0..QUIET_AT_MOST {
            if timeout(QUIET, self.changes.recv()).await.is_err() {
                break;
            }
        }
        self.wait_for_the_file().await;
        true
    }

    /// Whether the path leads through other folders than before, or through none; those are watched from here on.
    fn follow(&mut self) -> bool {
        let places = Names::of(&self.path).places();
        if places == self.places {
            return false;
        }
        match Self::new(&self.path) {
            Ok(new) => *self = new,
            Err(error) => {
                tracing::warn!(file = %self.path.display(), %error, "the folder of the policy file is not watched");
                self.places = places;
            }
        }
        true
    }

    /// Some editors take the old file away before they put the new one in its place.
    async fn wait_for_the_file(&self) {
        for _ in 0..GONE_AT_MOST {
            if self.path.exists() {
                break;
            }
            sleep(QUIET).await;
        }
    }
}

/// Whose changes matter: other files in the folder, such as the agent's own log, do not.
struct Names {
    folders: Vec<PathBuf>,
    /// `None` where the path is a symbolic link: any link between it and the file may be the one that changes.
    file: Option<OsString>,
}

impl Names {
    fn of(path: &Path) -> Self {
        let mut folders = vec![folder(path)];
        let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if folders[0].canonicalize().ok().as_deref() != target.parent() {
            folders.extend(target.parent().map(Path::to_owned));
        }
        let file = path.file_name().filter(|_| !path.is_symlink()).map(ToOwned::to_owned);
        Self { folders, file }
    }

    fn places(&self) -> Vec<Place> {
        let identity = |folder: &PathBuf| folder.metadata().ok().map(|facts| (facts.dev(), facts.ino()));
        self.folders.iter().map(|folder| (folder.clone(), identity(folder))).collect()
    }

    fn matter(&self, paths: &[PathBuf]) -> bool {
        let Some(file) = &self.file else { return true };
        paths.is_empty() || paths.iter().any(|path| path.file_name() == Some(file))
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reading a file is an event too, and the agent itself reads it.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// How often it is looked whether the folder is another one: of that the kernel tells nothing.
const LOOK: Duration = Duration::from_secs(2);
/// Quiet after which a change is taken for complete.
const QUIET: Duration = Duration::from_millis(200);
/// Times [`QUIET`] that are waited for at most while changes go on: 2 s.
const QUIET_AT_MOST: usize = 10;
/// Times [`QUIET`] that a file may be gone before that counts as an error: 2 s.
const GONE_AT_MOST: usize = 10;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    async fn comes(watch: &mut FileWatch) -> bool {
        timeout(Duration::from_secs(10), watch.changed()).await.is_ok_and(|more| more)
    }

    #[tokio::test]
    async fn writing_and_replacing_the_file_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        fs::write(&path, "one").unwrap();
        let mut watch = FileWatch::new(&path).unwrap();
        fs::write(&path, "two").unwrap();
        assert!(comes(&mut watch).await);
        fs::write(folder.path().join("new"), "three").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(comes(&mut watch).await);
        fs::remove_file(&path).unwrap();
        let back = tokio::spawn(async move {
            sleep(Duration::from_millis(500)).await;
            fs::write(&path, "four").unwrap();
        });
        assert!(comes(&mut watch).await);
        assert!(back.is_finished(), "the watch waits for a file that vanished for a moment");
    }

    #[tokio::test]
    async fn a_link_that_points_elsewhere_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        for version in ["v1", "v2"] {
            fs::create_dir(folder.path().join(version)).unwrap();
            fs::write(folder.path().join(version).join("policy.toml"), version).unwrap();
        }
        // How Kubernetes mounts a ConfigMap: the file is a link through a link that is replaced.
        let data = folder.path().join("..data");
        symlink("v1", &data).unwrap();
        symlink("..data/policy.toml", &path).unwrap();
        let mut watch = FileWatch::new(&path).unwrap();
        symlink("v2", folder.path().join("new")).unwrap();
        fs::rename(folder.path().join("new"), &data).unwrap();
        assert!(comes(&mut watch).await);
        assert_eq!(fs::read_to_string(&path).unwrap(), "v2");
    }

    #[tokio::test]
    async fn a_folder_that_goes_and_another_one_in_its_place_are_changes() {
        let above = tempfile::tempdir().unwrap();
        let (folder, away) = (above.path().join("etc"), above.path().join("away"));
        let path = folder.join("policy.toml");
        fs::create_dir(&folder).unwrap();
        fs::write(&path, "one").unwrap();
        let mut watch = FileWatch::new(&path).unwrap();
        fs::rename(&folder, &away).unwrap();
        assert!(comes(&mut watch).await, "the folder is gone");
        fs::create_dir(&folder).unwrap();
        fs::write(&path, "two").unwrap();
        assert!(comes(&mut watch).await, "another one is there");
        fs::write(&path, "three").unwrap();
        assert!(comes(&mut watch).await, "and is watched");
    }

    #[tokio::test]
    async fn reading_the_file_is_no_change_nor_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        fs::write(&path, "one").unwrap();
        let mut watch = FileWatch::new(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        fs::write(folder.path().join("ringfence.log"), "the agent's own log").unwrap();
        assert!(timeout(Duration::from_millis(400), watch.changed()).await.is_err());
    }
}
