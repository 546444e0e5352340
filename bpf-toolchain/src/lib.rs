//! Finds the compiler and the linker that make the BPF object, and the environment in which cargo uses them.
//!
//! The agent's build script asks [`find`]; `cargo xtask setup` asks [`Compiler::find`] and fills what is missing.
//! No dependencies, as it is compiled before everything else.

mod compiler;
mod environment;
mod search;

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

pub use compiler::{Choice, Compiler, Source, UNPACKED};
pub use environment::Environment;
pub use search::in_path;

/// A compiler and a linker that fit together.
#[derive(Debug)]
pub struct Toolchain {
    pub compiler: Compiler,
    pub linker: PathBuf,
}

/// The first complete toolchain, in the order of [`Choice`].
pub fn find(choice: Choice, tools: &Path) -> Result<Toolchain, Missing> {
    let compiler = Compiler::find(choice, tools)?;
    let linker = linker(&compiler, tools)?;
    Ok(Toolchain { compiler, linker })
}

/// The folder of the tools that `cargo xtask setup` makes: `RINGFENCE_TOOLS`, or `target/tools` in the workspace.
///
/// `CARGO_TARGET_DIR` does not move it: one clone has one set of tools, whichever target folder is used.
#[must_use]
pub fn tools_folder(workspace: &Path) -> PathBuf {
    env::var_os(TOOLS_VARIABLE)
        .filter(|folder| !folder.is_empty())
        .map_or_else(|| workspace.join("target/tools"), PathBuf::from)
}

/// Where `cargo xtask setup` puts the bpf-linker that was built with this LLVM.
#[must_use]
pub fn own_linker(tools: &Path, llvm: u32) -> PathBuf {
    tools.join(format!("llvm{llvm}/bin/{LINKER}"))
}

/// What keeps the BPF object from being built; its text says what to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Missing {
    Choice(String),
    Compiler(Choice),
    CompilerBroken(PathBuf),
    Linker { llvm: u32 },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(value) => write!(
                f,
                "{} is `{value}`: write auto, nightly, debian or unpacked, or leave it out",
                Choice::VARIABLE
            ),
            Self::Compiler(Choice::Nightly) => write!(
                f,
                "a rustup nightly with rust-src and a bpf-linker in PATH are not there: run \
                 `rustup toolchain install nightly --component rust-src` and `cargo install bpf-linker`"
            ),
            Self::Compiler(_) => {
                write!(f, "a Rust compiler for the BPF target is missing: run `cargo xtask setup`")
            }
            Self::CompilerBroken(rustc) => write!(
                f,
                "{} does not run or names no LLVM version: run `cargo xtask setup`",
                rustc.display()
            ),
            Self::Linker { llvm } => {
                write!(f, "the BPF linker (bpf-linker for LLVM {llvm}) is missing: run `cargo xtask setup`")
            }
        }
    }
}

impl std::error::Error for Missing {}

/// A nightly comes with its user's linker; for Debian's compiler the one that setup built for its LLVM goes first.
fn linker(compiler: &Compiler, tools: &Path) -> Result<PathBuf, Missing> {
    let llvm = compiler.llvm()?;
    let own = own_linker(tools, llvm);
    if compiler.source != Source::Nightly && own.is_file() {
        return Ok(own);
    }
    in_path(LINKER).ok_or(Missing::Linker { llvm })
}

/// Moves the folder of the tools.
pub const TOOLS_VARIABLE: &str = "RINGFENCE_TOOLS";
/// Links BPF objects from LLVM bitcode; aya-build looks for this name.
pub const LINKER: &str = "bpf-linker";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_names_the_part_and_the_command() {
        for (missing, part) in [
            (Missing::Compiler(Choice::Auto), "Rust compiler for the BPF target"),
            (Missing::Linker { llvm: 22 }, "bpf-linker for LLVM 22"),
            (Missing::CompilerBroken("/usr/bin/rustc".into()), "/usr/bin/rustc"),
        ] {
            let text = missing.to_string();
            assert!(text.contains(part), "{text}");
            assert!(text.ends_with("run `cargo xtask setup`"), "{text}");
            assert!(!text.contains('\n'), "one line: {text}");
        }
    }

    #[test]
    fn the_linker_that_setup_built_bears_its_llvm() {
        assert_eq!(own_linker(Path::new("/t"), 22), Path::new("/t/llvm22/bin/bpf-linker"));
    }
}
