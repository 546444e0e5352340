//! Asterisk, which Debian keeps in unstable alone: its files in a folder of their own that is run by chroot.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use super::{Wanted, apt};
use crate::{process, workspace};

/// Whether it had to be brought. The system's own packages stay as they are: it comes with its own libc.
pub fn bring(wanted: &Wanted) -> Result<bool> {
    if !wanted.tests || folder().join(PROGRAM).is_file() {
        return Ok(false);
    }
    if !apt::is_root() {
        println!("not there, and only root can unpack it: Asterisk");
        return Ok(false);
    }
    let (whole, part) = (folder(), folder().with_extension("part"));
    println!("Asterisk 22 from Debian unstable into {} ({COST})", whole.display());
    remove(&part)?;
    process::run_logged(&mut unpacking(&part), &workspace::tools().join("log/asterisk.log"))
        .context("mmdebstrap did not bring Asterisk")?;
    ensure!(part.join(PROGRAM).is_file(), "mmdebstrap left no {PROGRAM} in {}", part.display());
    for useless in USELESS {
        remove(&part.join(useless))?;
    }
    // Where a test mounts its own folder.
    fs::create_dir_all(part.join("mnt"))?;
    remove(&whole)?;
    fs::rename(&part, &whole).with_context(|| format!("{} cannot be put in place", whole.display()))?;
    Ok(true)
}

/// `extract` runs no maintainer script: no user, no service, a third of the time.
fn unpacking(folder: &std::path::Path) -> Command {
    let mut command = Command::new("mmdebstrap");
    command.args(["--variant=extract", "--mode=root", "--include=base-files,asterisk"]);
    // A mirror may lag behind the date that it signed.
    command.args([
        "--aptopt=Acquire::Check-Valid-Until \"false\"",
        "--aptopt=APT::Install-Recommends \"false\"",
    ]);
    command.arg("sid").arg(folder).arg("deb http://deb.debian.org/debian sid main");
    command
}

fn folder() -> PathBuf {
    workspace::tools().join("asterisk")
}

fn remove(folder: &std::path::Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

const PROGRAM: &str = "usr/sbin/asterisk";
const USELESS: [&str; 3] = ["usr/share/doc", "usr/share/locale", "usr/share/man"];
const COST: &str = "90 MB to fetch, 240 MB on the disk";
