//! Builds the kernel half for the BPF target with aya-build and leaves the object in `OUT_DIR`, to be embedded.

use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use bpf_toolchain::{Choice, Environment, Toolchain};

fn main() -> ExitCode {
    if env::var_os(INSIDE).is_some() {
        return build();
    }
    watch();
    // cargo fails the build for `cargo::error`, and shows it alone when the script itself succeeds.
    if let Err(error) = object() {
        println!("cargo::error={error}");
    }
    ExitCode::SUCCESS
}

fn object() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: build with cargo")?);
    if skipped() {
        return Ok(keep_an_object(&out.join(OBJECT))?);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let toolchain =
        bpf_toolchain::find(Choice::from_environment()?, &bpf_toolchain::tools_folder(&workspace))?;
    Ok(build_inside(&toolchain, &out)?)
}

/// Runs in the environment of the toolchain, where aya-build finds the right cargo, rustc and bpf-linker.
fn build() -> ExitCode {
    let package =
        aya_build::Package { name: "monitor-ebpf", root_dir: "../monitor-ebpf", ..Default::default() };
    match aya_build::build_ebpf([package], aya_build::Toolchain::Nightly) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::warning={error:#}");
            println!("cargo::error=the BPF object was not built: what its compiler says stands above");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program once more: a process that changes its own environment would need unsafe code.
fn build_inside(toolchain: &Toolchain, out: &Path) -> io::Result<()> {
    for part in [&toolchain.compiler.rustc, &toolchain.linker] {
        println!("cargo::rerun-if-changed={}", part.display());
    }
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let mut inside = Command::new(env::current_exe()?);
    Environment::of(toolchain, &cargo, &out.join("toolchain"))?.apply(&mut inside);
    let output = inside.env(INSIDE, "1").stderr(Stdio::inherit()).output()?;
    let built = output.status.success();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if !built || !is_progress(line) {
            println!("{line}");
        }
    }
    Ok(())
}

/// aya-build makes a warning of every line that cargo writes; on success only the compiler's own are of interest.
fn is_progress(line: &str) -> bool {
    line.strip_prefix("cargo:warning=").is_some_and(|text| {
        let text = text.trim_start();
        text.is_empty() || PROGRESS.iter().any(|word| text.starts_with(word))
    })
}

fn watch() {
    for path in [
        "build.rs",
        "../monitor-common/src",
        "../monitor-common/Cargo.toml",
        "../Cargo.toml",
        "../Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    for variable in [Choice::VARIABLE, bpf_toolchain::TOOLS_VARIABLE, SKIP] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
}

fn skipped() -> bool {
    env::var(SKIP).is_ok_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
}

/// Lints need a file to embed, not a program: an agent that was built so says at start that it has none.
fn keep_an_object(object: &Path) -> io::Result<()> {
    if object.exists() { Ok(()) } else { fs::write(object, []) }
}

/// Set in the second run of this program.
const INSIDE: &str = "RINGFENCE_BUILD_INSIDE";
/// aya-build's own switch.
const SKIP: &str = "AYA_BUILD_SKIP";
/// The name of monitor-ebpf's binary.
const OBJECT: &str = "ringfence-ebpf";
const PROGRESS: [&str; 9] = [
    "which(rustup)=",
    "Blocking",
    "Compiling",
    "Downloaded",
    "Downloading",
    "Finished",
    "Locking",
    "Updating",
    "Adding",
];
