//! The BPF compiler without root: Debian's packages, fetched and unpacked below the tools.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use bpf_toolchain::UNPACKED;

use super::{
    apt::{self, Apt},
    install,
};
use crate::{process, workspace};

/// Says what it is about to fetch, and unpacks it into a folder that takes its name only when it is whole.
pub fn packages(roots: &[&str]) -> Result<()> {
    let tools = workspace::tools();
    let whole = tools.join(UNPACKED);
    let part = tools.join(format!("{UNPACKED}.part"));
    let state = tools.join("apt");
    let apt = Apt::private(&state)?;
    apt.update_if_old()?;
    let names = names(&apt, roots)?;
    let place = whole.display();
    println!("the BPF compiler: {} packages into {place} ({})", names.len(), apt.sizes(&names)?.shown());
    println!("  {}", names.join(" "));
    remove(&part)?;
    fs::create_dir_all(&part)?;
    fetch(&apt, &names, &part)?;
    unpack(&part)?;
    for program in WRAPPED {
        wrap(&part, program)?;
    }
    remove(&whole)?;
    fs::rename(&part, &whole).with_context(|| format!("{place} cannot be put in place"))?;
    remove(&state.join("cache"))
}

/// Fetches packages and unpacks them into a folder that takes its name only when it is whole.
pub fn into_folder(apt: &Apt, names: &[String], whole: &Path) -> Result<()> {
    let part = whole.with_extension("part");
    remove(&part)?;
    fs::create_dir_all(&part)?;
    fetch(apt, names, &part)?;
    unpack(&part)?;
    remove(whole)?;
    fs::rename(&part, whole).with_context(|| format!("{} cannot be put in place", whole.display()))
}

/// The compiler's own packages, whether the system has them or not, and any library that the system lacks.
fn names(apt: &Apt, roots: &[&str]) -> Result<Vec<String>> {
    let only_needed = ["suggests", "recommends", "conflicts", "breaks", "replaces", "enhances"];
    let closure = process::output(
        apt.command("apt-cache")
            .args(["depends", "--recurse"])
            .args(only_needed.map(|relation| format!("--no-{relation}")))
            .args(roots),
    )?;
    let plan = process::output(
        apt.command("apt-get").args(["--simulate", "--no-install-recommends", "install"]).args(roots),
    )?;
    let mut names = own_packages(&closure);
    names.extend(install::names_of_plan(&plan));
    names.sort();
    names.dedup();
    if let Some(root) = roots.iter().find(|root| !names.iter().any(|name| name == *root)) {
        bail!("apt knows no package {root}: Debian 12 has it in its security archive (bookworm-security)");
    }
    Ok(names)
}

/// Lines that are not indented name packages; one in angle brackets is virtual.
fn own_packages(closure: &str) -> Vec<String> {
    closure
        .lines()
        .filter(|line| OWN.iter().any(|prefix| line.starts_with(prefix)))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn fetch(apt: &Apt, names: &[String], folder: &Path) -> Result<()> {
    let mut download = apt.command("apt-get");
    download.arg("download").args(names).current_dir(folder);
    process::run_logged(&mut download, &apt::log()).context("apt did not fetch the packages")
}

fn unpack(folder: &Path) -> Result<()> {
    for package in packages_in(folder)? {
        process::run_logged(Command::new("dpkg").arg("-x").arg(&package).arg(folder), &apt::log())?;
        fs::remove_file(package)?;
    }
    Ok(())
}

fn packages_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            packages.push(path);
        }
    }
    Ok(packages)
}

/// A program beside `usr` that runs the one inside with the libraries inside, wherever the folder is moved.
fn wrap(folder: &Path, program: &str) -> Result<()> {
    if !folder.join("usr/bin").join(program).is_file() {
        return Ok(());
    }
    let wrapper = folder.join(program);
    fs::write(&wrapper, WRAPPER.replace("PROGRAM", program))?;
    Ok(fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

const OWN: [&str; 4] = ["rustc-web", "rust-web-clippy", "libstd-rust-web", "libllvm"];
const WRAPPED: [&str; 3] = ["rustc", "cargo-clippy", "clippy-driver"];
const WRAPPER: &str = r#"#!/bin/sh
# Runs PROGRAM with the libraries that were unpacked beside it.
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$(echo "$here"/usr/lib/*-linux-gnu*) exec "$here/usr/bin/PROGRAM" "$@"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_compilers_own_packages_are_always_unpacked() {
        let closure = "rustc-web\n  Depends: libc6\n  Depends: <libc-dev>\nlibc6\n<libc-dev>\nlibllvm22\n\
                       libstd-rust-web-1.96\n";
        assert_eq!(own_packages(closure), ["rustc-web", "libllvm22", "libstd-rust-web-1.96"]);
    }
}
