//! QEMU, without a change to the system: Debian's own where it is new enough, else packages unpacked below the tools.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::kernels::{self, apt_line};
use crate::{
    process,
    setup::{
        apt::{self, Apt},
        unpack,
    },
};

/// What boots a guest.
pub struct Qemu {
    program: PathBuf,
    /// Where its packages lie unpacked; `None` where the system has it.
    root: Option<PathBuf>,
    /// Statically linked.
    pub busybox: PathBuf,
}

impl Qemu {
    /// What is there.
    pub fn on_disk() -> Option<Self> {
        let root = kernels::folder().join("qemu");
        let busybox = [root.join("bin/busybox"), root.join("usr/bin/busybox")]
            .into_iter()
            .find(|file| file.is_file())?;
        let unpacked = root.join("usr/bin").join(PROGRAM);
        let (program, root) = match of_system() {
            Some(program) => (program, None),
            None if unpacked.is_file() => (unpacked, Some(root)),
            None => return None,
        };
        Some(Self { program, root, busybox })
    }

    /// Fetches and unpacks what is missing; says first how large it is.
    pub fn bring() -> Result<Self> {
        if let Some(there) = Self::on_disk() {
            return Ok(there);
        }
        let folder = kernels::folder();
        let suite = suite()?;
        let apt =
            Apt::with_sources(&folder.join("apt-qemu"), &sources(&suite))?.preferring(&backports(&suite));
        apt.update_if_old().context(UNREACHABLE)?;
        let names = names(&apt)?;
        println!(
            "QEMU: {} packages into {} ({})",
            names.len(),
            folder.join("qemu").display(),
            apt.sizes(&names)?.shown()
        );
        println!("  {}", names.join(" "));
        unpack::into_folder(&apt, &names, &folder.join("qemu")).context(UNREACHABLE)?;
        Self::on_disk().context("the packages hold no QEMU and no busybox")
    }

    /// A guest that starts with these files. Its console goes to a file, what its tests say to stdout.
    pub fn guest(&self, kernel: &Path, initramfs: &Path, console: &Path) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(root) = &self.root {
            let shared = root.join("usr/share");
            command.env("LD_LIBRARY_PATH", root.join("usr/lib/x86_64-linux-gnu"));
            command.arg("-L").arg(shared.join("qemu")).arg("-L").arg(shared.join("seabios"));
        }
        command.args(MACHINE);
        command.arg("-serial").arg(format!("file:{}", console.display())).args(["-serial", "stdio"]);
        command.arg("-kernel").arg(kernel).arg("-initrd").arg(initramfs).args(["-append", COMMAND_LINE]);
        command
    }
}

/// The system's own, where it is new enough: QEMU 7.2 of Debian 12 panics Linux 6.12 in four boots of ten.
fn of_system() -> Option<PathBuf> {
    let program = bpf_toolchain::in_path(PROGRAM)?;
    let said = process::output(Command::new(&program).arg("--version")).ok()?;
    (major(&said)? >= OLDEST).then_some(program)
}

/// `QEMU emulator version 10.0.2 (Debian …)`.
fn major(said: &str) -> Option<u32> {
    said.split_once("version ")?.1.split('.').next()?.parse().ok()
}

/// The name of the system's suite.
fn suite() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let suite = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let by_hand =
        || format!("this is no Debian: install QEMU {OLDEST} or later (qemu-system-x86_64) by hand");
    suite.map(str::to_owned).with_context(by_hand)
}

/// Debian 12 has QEMU 10 there.
fn backports(suite: &str) -> String {
    format!("{suite}-backports")
}

fn sources(suite: &str) -> String {
    let security = format!("{suite}-security");
    apt_line(DEBIAN, suite) + &apt_line(SECURITY, &security) + &apt_line(DEBIAN, &backports(suite))
}

/// QEMU and the libraries that the system lacks.
fn names(apt: &Apt) -> Result<Vec<String>> {
    let mut simulate = apt.command("apt-get");
    simulate.args(["--simulate", "--no-install-recommends", "install"]).args(PACKAGES);
    let plan = process::output(&mut simulate)?;
    let mut names: Vec<_> = plan
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next())
        .map(str::to_owned)
        .chain(["busybox-static".to_owned()])
        .collect();
    names.sort();
    names.dedup();
    if !names.iter().any(|name| name == "qemu-system-x86") && of_system().is_none() {
        bail!("apt finds no way to QEMU {OLDEST}: look at {}", apt::log().display());
    }
    Ok(names)
}

const PROGRAM: &str = "qemu-system-x86_64";
const OLDEST: u32 = 10;
const PACKAGES: [&str; 2] = ["qemu-system-x86", "busybox-static"];
const DEBIAN: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";
const UNREACHABLE: &str = "QEMU was not fetched from Debian";
/// An emulated PC: no KVM is needed, and so it runs within a guest too.
const MACHINE: [&str; 14] = [
    "-accel",
    "tcg",
    "-cpu",
    "max",
    "-M",
    "q35",
    "-smp",
    "2",
    "-m",
    "2048",
    "-display",
    "none",
    "-nodefaults",
    "-no-reboot",
];
const COMMAND_LINE: &str = "console=ttyS0 panic=-1 quiet loglevel=4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read() {
        assert_eq!(major("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)\nCopyright"), Some(10));
        assert_eq!(major("something else"), None);
    }
}
