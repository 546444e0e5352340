//! The kernels that tests run on: which series, where Debian keeps each, and what its package is called today.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    process,
    setup::{apt::Apt, unpack},
    workspace,
};

/// A series of Linux, and the suite that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// What `--kernel` takes.
    pub name: &'static str,
    archives: &'static [Archive],
    package: Package,
    /// Whether Ringfence must pass there; else it must refuse, and say why.
    pub is_supported: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Archive {
    uri: &'static str,
    suite: &'static str,
}

/// How a series' newest package is found: its name bears an ABI that ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Package {
    /// What this package depends on.
    Of(&'static str),
    /// The newest whose name begins so.
    Named(&'static str),
}

/// A kernel on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    pub series: Series,
    /// What `uname -r` says there.
    pub release: String,
    /// The compressed kernel.
    pub image: PathBuf,
    /// The folder of its modules.
    pub modules: PathBuf,
}

impl Series {
    /// Those that `--kernel` names, or all.
    pub fn chosen(names: &[String]) -> Result<Vec<Self>> {
        if names.is_empty() {
            return Ok(ALL.to_vec());
        }
        let find = |name: &String| ALL.iter().find(|series| series.name == name).copied();
        let known = || ALL.map(|series| series.name).join(", ");
        names
            .iter()
            .map(|name| find(name).with_context(|| format!("no kernel `{name}`: there are {}", known())))
            .collect()
    }

    /// Where it lies once it is there.
    fn folder(&self) -> PathBuf {
        folder().join(self.name)
    }

    /// The kernel, where it was brought before.
    pub fn on_disk(&self) -> Option<Kernel> {
        let root = self.folder();
        let modules =
            ["lib/modules", "usr/lib/modules"].iter().find_map(|place| only_entry(&root.join(place)))?;
        let release = modules.file_name()?.to_string_lossy().into_owned();
        let places = [root.join(format!("boot/vmlinuz-{release}")), modules.join("vmlinuz")];
        let image = places.into_iter().find(|image| image.is_file())?;
        Some(Kernel { series: *self, release, image, modules })
    }

    /// Fetches and unpacks it; says first how large it is. What was there before is replaced.
    pub fn bring(&self) -> Result<Kernel> {
        let apt = Apt::of_archive(&folder().join(format!("apt-{}", self.name)), &self.sources())?;
        apt.update_if_old().with_context(|| self.unreachable())?;
        let names = self.packages(&apt)?;
        println!("Linux {}: {} ({})", self.name, names.join(" "), apt.sizes(&names)?.shown());
        unpack::into_folder(&apt, &names, &self.folder()).with_context(|| self.unreachable())?;
        self.on_disk().with_context(|| format!("{} hold no kernel and modules", names.join(" ")))
    }

    fn sources(&self) -> String {
        self.archives.iter().map(|archive| apt_line(archive.uri, archive.suite)).collect()
    }

    fn unreachable(&self) -> String {
        let suites: Vec<_> = self.archives.iter().map(|archive| archive.suite).collect();
        format!("Linux {} was not fetched from Debian's suite {}", self.name, suites.join(", "))
    }

    /// The image, and from Linux 7 on the packages that it is divided into.
    fn packages(&self, apt: &Apt) -> Result<Vec<String>> {
        let image = match self.package {
            Package::Of(meta) => depends(apt, meta)?.into_iter().find(|name| is_image(name)),
            Package::Named(prefix) => {
                let mut names: Vec<_> = process::output(apt.command("apt-cache").args(["pkgnames", prefix]))?
                    .lines()
                    .filter(|name| name.ends_with(FLAVOUR))
                    .map(str::to_owned)
                    .collect();
                names.sort_by_key(|name| numbers(name));
                names.pop()
            }
        };
        let Some(image) = image else {
            bail!("{} names no kernel: look at `cargo xtask vm --list`", self.unreachable())
        };
        let parts = depends(apt, &image)?;
        let parts = parts.into_iter().filter(|name| PARTS.iter().any(|part| name.starts_with(part)));
        Ok(std::iter::once(image.clone()).chain(parts.filter(|part| *part != image)).collect())
    }
}

/// Where kernels lie.
pub fn folder() -> PathBuf {
    workspace::tools().join("vm")
}

/// A line of sources.list(5).
pub fn apt_line(uri: &str, suite: &str) -> String {
    format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {uri} {suite} main\n")
}

fn depends(apt: &Apt, package: &str) -> Result<Vec<String>> {
    let said = process::output(apt.command("apt-cache").args(["depends", "--important", package]))?;
    Ok(dependencies(&said))
}

fn dependencies(said: &str) -> Vec<String> {
    said.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).map(str::to_owned).collect()
}

/// `linux-image-5.10.0-46-cloud-amd64` and the like, not another metapackage.
fn is_image(name: &str) -> bool {
    name.strip_prefix("linux-image-")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// The numbers of a name, by which the newer one is the greater.
fn numbers(name: &str) -> Vec<u32> {
    name.split(|symbol: char| !symbol.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

fn only_entry(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find(|path| path.join("kernel").is_dir())
}

const DEBIAN: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";
/// Where suites go whose support has ended.
const ARCHIVED: &str = "http://archive.debian.org/debian";
const META: &str = "linux-image-cloud-amd64";
const FLAVOUR: &str = "-cloud-amd64";
const PARTS: [&str; 2] = ["linux-binary-", "linux-modules-"];
/// The oldest first.
pub const ALL: [Series; 6] = [
    Series {
        name: "4.19",
        archives: &[Archive { uri: ARCHIVED, suite: "buster" }],
        package: Package::Of(META),
        is_supported: false,
    },
    Series {
        name: "5.10",
        archives: &[Archive { uri: SECURITY, suite: "bullseye-security" }],
        package: Package::Of(META),
        is_supported: true,
    },
    Series {
        name: "6.1",
        archives: &[Archive { uri: SECURITY, suite: "bookworm-security" }],
        package: Package::Of(META),
        is_supported: true,
    },
    Series {
        name: "6.12",
        archives: &[Archive { uri: SECURITY, suite: "trixie-security" }],
        package: Package::Of(META),
        is_supported: true,
    },
    Series {
        name: "6.18",
        archives: &[Archive { uri: DEBIAN, suite: "trixie-backports" }],
        package: Package::Named("linux-image-6.18."),
        is_supported: true,
    },
    Series {
        name: "newest",
        archives: &[Archive { uri: DEBIAN, suite: "trixie-backports" }],
        package: Package::Of(META),
        is_supported: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_chosen_by_name() {
        assert_eq!(Series::chosen(&[]).unwrap().len(), ALL.len());
        let chosen = Series::chosen(&["6.1".into(), "newest".into()]).unwrap();
        assert_eq!(chosen.iter().map(|series| series.name).collect::<Vec<_>>(), ["6.1", "newest"]);
        let refused = Series::chosen(&["3.2".into()]).unwrap_err().to_string();
        assert!(refused.contains("`3.2`") && refused.contains("5.10"), "{refused}");
    }

    #[test]
    fn the_image_is_told_from_metapackages() {
        let said = "linux-image-cloud-amd64\n  Depends: linux-base-cloud-amd64\n  \
                    Depends: linux-image-7.3.4+deb13-cloud-amd64\n";
        let names = dependencies(said);
        assert_eq!(names.iter().find(|name| is_image(name)).unwrap(), "linux-image-7.3.4+deb13-cloud-amd64");
        assert!(!is_image("linux-image-cloud-amd64"));
    }

    #[test]
    fn the_newest_of_a_series_is_the_one_with_the_greatest_numbers() {
        let mut names = ["linux-image-6.18.15+deb13-cloud-amd64", "linux-image-6.18.9+deb13-cloud-amd64"];
        names.sort_by_key(|name| numbers(name));
        assert_eq!(names[1], "linux-image-6.18.15+deb13-cloud-amd64");
    }
}
