//! Debian's packages: what they cost, and lists that are new enough to fetch them.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use anyhow::Result;

use crate::{process, workspace};

/// How apt is called: on the system's own state, or on a private copy that needs no root.
pub struct Apt {
    options: Vec<String>,
    lists: PathBuf,
}

impl Apt {
    pub fn of_system() -> Self {
        let options = vec!["-oDPkg::Lock::Timeout=300".into(), "-oAPT::Color=0".into()];
        Self { options, lists: "/var/lib/apt/lists".into() }
    }

    /// Reads the system's sources and keys, and keeps its lists and packages in `folder`.
    pub fn private(folder: &Path) -> Result<Self> {
        for part in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let options = vec![
            format!("-oDir::State={}", folder.display()),
            format!("-oDir::State::lists={}/lists", folder.display()),
            format!("-oDir::Cache={}/cache", folder.display()),
            "-oDir::State::status=/var/lib/dpkg/status".into(),
            "-oAPT::Sandbox::User=".into(),
            "-oDebug::NoLocking=1".into(),
        ];
        Ok(Self { options, lists: folder.join("lists") })
    }

    /// Reads these lines of sources.list(5) in place of the system's sources, and keeps all below `folder`. What the
    /// system has installed counts as installed.
    pub fn with_sources(folder: &Path, sources: &str) -> Result<Self> {
        let mut apt = Self::private(folder)?;
        let list = folder.join("sources.list");
        std::fs::write(&list, sources)?;
        apt.options.extend([
            format!("-oDir::Etc::sourcelist={}", list.display()),
            "-oDir::Etc::sourceparts=/dev/null".into(),
            "-oAcquire::Languages=none".into(),
            // A mirror may lag behind the date that it signed, and an archive is never signed anew.
            "-oAcquire::Check-Valid-Until=false".into(),
        ]);
        Ok(apt)
    }

    /// Takes packages from this suite where another of the sources has them too.
    pub fn preferring(mut self, suite: &str) -> Self {
        self.options.push(format!("-oAPT::Default-Release={suite}"));
        self
    }

    /// As [`Self::with_sources`] for suites other than the system's: nothing counts as installed.
    pub fn of_archive(folder: &Path, sources: &str) -> Result<Self> {
        let mut apt = Self::with_sources(folder, sources)?;
        let status = folder.join("status");
        std::fs::write(&status, "")?;
        apt.options.push(format!("-oDir::State::status={}", status.display()));
        Ok(apt)
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(&self.options).env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8");
        command
    }

    /// Mirrors drop a package when its successor comes, so that lists of last week name files that are gone.
    pub fn update_if_old(&self) -> Result<()> {
        if is_newer_than(&self.lists, LISTS_LAST) {
            return Ok(());
        }
        println!("apt's lists of packages are missing or older than a day: apt-get update");
        process::run_logged(self.command("apt-get").arg("update"), &log())
    }

    /// What the packages take on the network and on the disk.
    pub fn sizes(&self, packages: &[String]) -> Result<Sizes> {
        let shown =
            process::output(self.command("apt-cache").args(["show", "--no-all-versions"]).args(packages))?;
        Ok(Sizes::of(&shown))
    }
}

/// Octets to fetch, octets on the disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Sizes {
    pub download: u64,
    pub disk: u64,
}

impl Sizes {
    /// `Size` is in octets, `Installed-Size` in KiB (deb-control(5)).
    fn of(records: &str) -> Self {
        let sum = |field| -> u64 {
            records.lines().filter_map(|line| line.strip_prefix(field)?.trim().parse::<u64>().ok()).sum()
        };
        Self { download: sum("Size:"), disk: 1024 * sum("Installed-Size:") }
    }

    pub fn shown(&self) -> String {
        let megabytes = |octets: u64| octets.div_ceil(1_000_000);
        format!("{} MB to fetch, {} MB on the disk", megabytes(self.download), megabytes(self.disk))
    }
}

pub fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

pub fn log() -> PathBuf {
    workspace::tools().join("log/apt.log")
}

fn is_newer_than(lists: &Path, age: Duration) -> bool {
    let Ok(entries) = lists.read_dir() else { return false };
    let mut has_lists = false;
    let mut newest = lists.join("partial").metadata().and_then(|folder| folder.modified()).ok();
    for entry in entries.flatten() {
        has_lists |= entry.file_name().to_string_lossy().contains("_Packages");
        newest = newest.max(entry.metadata().and_then(|file| file.modified()).ok());
    }
    let elapsed = newest.map(|newest| SystemTime::now().duration_since(newest).unwrap_or_default());
    has_lists && elapsed.is_some_and(|elapsed| elapsed < age)
}

const LISTS_LAST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_several_packages_add_up() {
        let records =
            "Package: a\nInstalled-Size: 10\nSize: 1500000\n\nPackage: b\nInstalled-Size: 90\nSize: 1\n";
        let sizes = Sizes::of(records);
        assert_eq!(sizes, Sizes { download: 1_500_001, disk: 102_400 });
        assert_eq!(sizes.shown(), "2 MB to fetch, 1 MB on the disk");
    }

    #[test]
    fn lists_that_are_not_there_are_old() {
        assert!(!is_newer_than(Path::new("/nonexistent"), LISTS_LAST));
    }
}
