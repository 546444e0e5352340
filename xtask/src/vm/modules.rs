//! The modules that a guest loads, out of a kernel's package: those wanted, what they depend on, and in which order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// A module as insmod(8) takes it.
pub struct Module {
    pub name: String,
    pub octets: Vec<u8>,
}

/// [`WANTED`] and what they depend on, each behind what it depends on. What is not there is built in, or the kernel
/// lacks it: the test that needs it says so.
pub fn of(modules: &Path, busybox: &Path) -> Result<Vec<Module>> {
    let mut packed = Packed { files: files(modules)?, busybox, seen: BTreeSet::new(), ordered: Vec::new() };
    for name in WANTED {
        packed.take(name)?;
    }
    Ok(packed.ordered)
}

struct Packed<'a> {
    files: BTreeMap<String, PathBuf>,
    busybox: &'a Path,
    seen: BTreeSet<String>,
    ordered: Vec<Module>,
}

impl Packed<'_> {
    fn take(&mut self, name: &str) -> Result<()> {
        let Some(file) = self.files.get(name).cloned() else { return Ok(()) };
        if !self.seen.insert(name.to_owned()) {
            return Ok(());
        }
        let octets = read(&file, self.busybox)?;
        for other in depends(&octets) {
            self.take(&other)?;
        }
        self.ordered.push(Module { name: name.to_owned(), octets });
        Ok(())
    }
}

/// Every module of the kernel by its name.
fn files(modules: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![modules.join("kernel")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if let Some((name, _)) = name.split_once(".ko") {
                files.insert(plain(name), path);
            }
        }
    }
    Ok(files)
}

/// Debian compresses them from Linux 6.12 on.
fn read(file: &Path, busybox: &Path) -> Result<Vec<u8>> {
    if file.extension().is_none_or(|extension| extension != "xz") {
        return fs::read(file).with_context(|| file.display().to_string());
    }
    let output =
        Command::new(busybox).arg("xzcat").arg(file).output().context("busybox cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} cannot be decompressed: {}", file.display(), said.trim());
    Ok(output.stdout)
}

/// The line `depends=` of the section `.modinfo`, as modinfo(8) shows it.
fn depends(octets: &[u8]) -> Vec<String> {
    let at = octets.windows(KEY.len()).position(|window| window == KEY);
    let value = at.map(|at| &octets[at + KEY.len()..]).unwrap_or_default();
    let value = value.split(|octet| *octet == 0).next().unwrap_or_default();
    let value = String::from_utf8_lossy(value);
    value.split(',').filter(|name| !name.is_empty()).map(plain).collect()
}

/// A file may be named with `-` where the kernel says `_`.
fn plain(name: &str) -> String {
    name.replace('-', "_")
}

const KEY: &[u8] = b"\0depends=";
const WANTED: [&str; 11] = [
    "veth",
    "sch_ingress",
    "cls_bpf",
    "act_bpf",
    "8021q",
    "sch_netem",
    "ip_gre",
    "ip6_gre",
    "ipip",
    "ip6_tunnel",
    "tun",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_from_the_modules_own_words() {
        let octets = b"\x7fELF..license=GPL\0depends=ip-tunnel,gre\0name=ip_gre\0";
        assert_eq!(depends(octets), ["ip_tunnel", "gre"]);
        assert_eq!(depends(b"x\0depends=\0name=veth\0"), [] as [&str; 0]);
        assert_eq!(depends(b""), [] as [&str; 0]);
    }
}
