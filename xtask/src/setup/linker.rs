//! bpf-linker, built with the LLVM of the compiler whose bitcode it has to read.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use bpf_toolchain::{Compiler, LINKER, Source, UNPACKED, own_linker};

use crate::{process, workspace};

/// Whether it had to be built; one that no longer starts (its LLVM was removed) is built anew.
pub fn bring(compiler: &Compiler) -> Result<bool> {
    let tools = workspace::tools();
    let llvm = compiler.llvm()?;
    let linker = own_linker(&tools, llvm);
    if process::succeeds(Command::new(&linker).arg("--version")) {
        return Ok(false);
    }
    if !KNOWN_LLVM.contains(&llvm) {
        bail!("{} has LLVM {llvm}; bpf-linker {VERSION} knows LLVM 21 to 23", compiler.rustc.display());
    }
    println!("{LINKER} {VERSION} for LLVM {llvm}: built from crates.io (7 MB to fetch, 3 MB on the disk)");
    build(compiler, llvm, &tools)?;
    if !process::succeeds(Command::new(&linker).arg("--version")) {
        bail!("{} was built and does not start", linker.display());
    }
    Ok(true)
}

/// Debian's LLVM comes as one shared library without headers or llvm-config, so the library is named to the linker.
fn build(compiler: &Compiler, llvm: u32, tools: &Path) -> Result<()> {
    let library = library(&compiler.prefix, llvm)?;
    let scratch = tools.join("build");
    let mut cargo = Command::new(workspace::cargo());
    cargo
        .args(["install", LINKER, "--locked", "--force", "--quiet", "--no-default-features"])
        .arg(format!("--version={VERSION}"))
        .arg(format!("--features=llvm-{llvm},no-llvm-linking"))
        .arg("--root")
        .arg(tools.join(format!("llvm{llvm}")))
        .env("CARGO_TARGET_DIR", &scratch)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(compiler, &library))
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .current_dir(workspace::root());
    process::run_logged(&mut cargo, &tools.join("log/bpf-linker.log")).context("bpf-linker was not built")?;
    Ok(fs::remove_dir_all(scratch)?)
}

/// An unpacked library and what it needs in turn are found from where the linker lies (RPATH, not RUNPATH).
fn flags(compiler: &Compiler, library: &Path) -> OsString {
    let mut flags = OsString::from("-Clink-arg=");
    flags.push(library);
    if let (Source::Unpacked, Some(folder)) = (compiler.source, library.parent()) {
        let below = folder.strip_prefix(&compiler.prefix).unwrap_or(folder);
        let run_path = format!("$ORIGIN/../../{UNPACKED}/usr/{}", below.display());
        for argument in ["--disable-new-dtags".into(), format!("-rpath,{run_path}")] {
            flags.push(format!("\u{1f}-Clink-arg=-Wl,{argument}"));
        }
        flags.push("\u{1f}-Clink-arg=-Wl,-rpath-link,");
        flags.push(folder);
    }
    flags
}

/// `lib/<multiarch>/libLLVM.so.22.1`, or `libLLVM-19.so.1` in older releases.
fn library(prefix: &Path, llvm: u32) -> Result<PathBuf> {
    let names = [format!("libLLVM.so.{llvm}"), format!("libLLVM-{llvm}.so.")];
    let lib = prefix.join("lib");
    for folder in fs::read_dir(&lib)?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if names.iter().any(|name| file.file_name().to_string_lossy().starts_with(name)) {
                return Ok(file.path());
            }
        }
    }
    bail!("no libLLVM of version {llvm} below {}: is the package libllvm{llvm} whole?", lib.display())
}

const VERSION: &str = "0.13.0";
/// The versions for which bpf-linker 0.13 has a feature.
const KNOWN_LLVM: std::ops::RangeInclusive<u32> = 21..=23;
