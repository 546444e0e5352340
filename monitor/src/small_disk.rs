//! Tests that fill a disk: each runs again in a mount namespace, with a small disk of its own.

use std::{env, path::PathBuf, process::Command};

/// The small disk, where this is the run that has one. Where it is not, that run is started and has passed when this returns
/// none. `test` is the whole name of the test, `size` as tmpfs takes it. The run ends with [`was_full`].
pub(crate) fn of(test: &str, size: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size={size},mode=0700 ringfence \"$0\" && exec \"$1\" --exact \"$2\" --nocapture"
    );
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let output = command
        .args(["--mount", "sh", "-c", &script])
        .args([folder.path().as_os_str(), env::current_exe().unwrap().as_os_str()])
        .arg(test)
        .env(DISK, folder.path())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains(WAS_FULL), "{said}\n{errors}");
    None
}

/// The test on the small disk came to its end.
pub(crate) fn was_full() {
    println!("{WAS_FULL}");
}

const DISK: &str = "RINGFENCE_SMALL_DISK";
const WAS_FULL: &str = "the disk was full";
