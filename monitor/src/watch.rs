//! Notices that the policy file changed, also where an editor puts a new file in its place.

use std::{
    ffi::OsString,
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
    _watcher: RecommendedWatcher,
}

impl FileWatch {
    /// Watches the file's folder, since a file that is replaced is another file; where the path is a symbolic link,
    /// also the folder of what it points at.
    pub fn new(path: &Path) -> notify::Result<Self> {
        let (changed, changes) = mpsc::channel(1);
        let names = Names::of(path);
        let folders = names.folders.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| is_change(event.kind) && names.matter(&event.paths)) {
                // A full channel means that the change is known already.
                let _ = changed.try_send(());
            }
        })?;
        for folder in folders {
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { path: path.to_owned(), changes, _watcher: watcher })
    }

    /// Waits for a change of the file and for the quiet after it; `false` where no change can come any more.
    pub async fn changed(&mut self) -> bool {
        if self.changes.recv().await.is_none() {
            return false;
        }
        for _ in 0..QUIET_AT_MOST {
            if timeout(QUIET, self.changes.recv()).await.is_err() {
                break;
            }
        }
        self.wait_for_the_file().await;
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
