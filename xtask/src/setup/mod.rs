//! `cargo xtask setup`: looks for what is needed, says what is missing and how large it is, and brings it.

pub mod apt;
mod asterisk;
mod install;
mod linker;
mod peers;
pub mod unpack;

use anyhow::{Result, bail};
use bpf_toolchain::{Choice, Compiler, Missing, Source, Toolchain};
use clap::Args;

pub use peers::sipvicious_folder;

use crate::{process, vm, workspace};

/// Bring what is missing: the BPF toolchain, and on request the programs that tests and the demo call
#[derive(Args, Clone, Copy, Default)]
pub struct Wanted {
    /// Also clippy for the BPF target and the programs that the tests call (SIPp, Kamailio, Asterisk, pjsua2, …)
    #[arg(long)]
    tests: bool,
    /// Also the programs that the demo calls (SIPp, Kamailio)
    #[arg(long)]
    demo: bool,
    /// Also the programs that the benchmark of live frames compares with (nftables, iptables, Kamailio, xdp-tools)
    #[arg(long)]
    live: bool,
    /// Also clippy for the BPF target
    #[arg(long)]
    lints: bool,
}

impl Wanted {
    pub const fn tests() -> Self {
        Self { tests: true, demo: true, live: true, lints: true }
    }

    pub const fn lints() -> Self {
        Self { tests: false, demo: false, live: false, lints: true }
    }

    pub const fn demo() -> Self {
        Self { tests: false, demo: true, live: false, lints: false }
    }

    pub const fn live_benchmark() -> Self {
        Self { tests: false, demo: false, live: true, lints: false }
    }
}

/// A second run finds everything there, and says so in one line.
pub fn run(wanted: &Wanted) -> Result<()> {
    let choice = Choice::from_environment()?;
    let mut brought = false;
    let compiler = compiler(choice, wanted, &mut brought)?;
    if compiler.source != Source::Nightly {
        brought |= linker::bring(&compiler)?;
    }
    brought |= peers::bring(wanted)?;
    if wanted.tests {
        brought |= vm::set_up()?;
    }
    let toolchain = bpf_toolchain::find(choice, &workspace::tools())?;
    println!("{}: {}", if brought { "set up" } else { "nothing to set up" }, described(&toolchain)?);
    Ok(())
}

/// The compiler that is there, or Debian's: installed as root, else unpacked below the tools.
fn compiler(choice: Choice, wanted: &Wanted, brought: &mut bool) -> Result<Compiler> {
    let tools = workspace::tools();
    let clippy = wanted.lints || wanted.tests;
    match Compiler::find(choice, &tools) {
        Ok(compiler) if !clippy || has_clippy(&compiler) => return Ok(compiler),
        Ok(compiler) if compiler.source == Source::Nightly => {
            bail!("clippy is missing: run `rustup component add --toolchain nightly clippy`")
        }
        Ok(compiler) => bring(compiler.source == Source::Debian && apt::is_root(), clippy)?,
        Err(Missing::Compiler(Choice::Nightly)) => return Err(Missing::Compiler(Choice::Nightly).into()),
        Err(_) => bring(choice != Choice::Unpacked && apt::is_root(), clippy)?,
    }
    *brought = true;
    Ok(Compiler::find(choice, &tools)?)
}

fn bring(install: bool, clippy: bool) -> Result<()> {
    if bpf_toolchain::in_path("apt-get").is_none() {
        bail!("{NOT_DEBIAN}");
    }
    let packages = [&COMPILER[..], if clippy { &CLIPPY } else { &[] }].concat();
    if install { install::packages("the BPF compiler", &packages) } else { unpack::packages(&packages) }
}

fn has_clippy(compiler: &Compiler) -> bool {
    compiler.rustc.with_file_name("cargo-clippy").is_file()
}

fn described(toolchain: &Toolchain) -> Result<String> {
    let version = process::output(std::process::Command::new(&toolchain.compiler.rustc).arg("-V"))?;
    let version = version.split_whitespace().nth(1).unwrap_or("of an unknown version").to_owned();
    let source = match toolchain.compiler.source {
        Source::Nightly => "rustup's nightly",
        Source::Debian => "Debian's package",
        Source::Unpacked => "Debian's package, unpacked",
    };
    let llvm = toolchain.compiler.llvm()?;
    Ok(format!("rustc {version} ({source}, LLVM {llvm}), {}", toolchain.linker.display()))
}

/// `libstd-rust-web-dev-bpf` is a compiled `core` for the BPF target: no build-std, no rust-src, no LLVM headers.
const COMPILER: [&str; 2] = ["rustc-web", "libstd-rust-web-dev-bpf"];
const CLIPPY: [&str; 1] = ["rust-web-clippy"];
const NOT_DEBIAN: &str = "this is no Debian: run `rustup toolchain install nightly --component rust-src,clippy` \
                          and `cargo install bpf-linker`, and have the linker in PATH";
