//! Rust compilers that can make code for the BPF target.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{LINKER, Missing, in_path};

/// What the developer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A complete nightly, else Debian's compiler, else the one unpacked by setup.
    Auto,
    Nightly,
    Debian,
    Unpacked,
}

impl Choice {
    pub const VARIABLE: &str = "RINGFENCE_TOOLCHAIN";

    pub fn from_environment() -> Result<Self, Missing> {
        env::var(Self::VARIABLE).map_or(Ok(Self::Auto), |value| value.parse())
    }
}

impl std::str::FromStr for Choice {
    type Err = Missing;

    fn from_str(value: &str) -> Result<Self, Missing> {
        match value {
            "" | "auto" => Ok(Self::Auto),
            "nightly" => Ok(Self::Nightly),
            "debian" => Ok(Self::Debian),
            "unpacked" => Ok(Self::Unpacked),
            other => Err(Missing::Choice(other.to_owned())),
        }
    }
}

/// Where a compiler comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// rustup's nightly: builds `core` itself from rust-src.
    Nightly,
    /// Debian's rustc-web: brings `core` compiled for the BPF target.
    Debian,
    /// The same packages, unpacked into the folder of the tools without root.
    Unpacked,
}

/// A Rust compiler that can make code for the BPF target.
#[derive(Debug)]
pub struct Compiler {
    pub source: Source,
    /// The folder above `bin` and `lib`.
    pub prefix: PathBuf,
    pub rustc: PathBuf,
}

impl Compiler {
    pub fn find(choice: Choice, tools: &Path) -> Result<Self, Missing> {
        let found = match choice {
            Choice::Auto => Self::nightly().or_else(Self::debian).or_else(|| Self::unpacked(tools)),
            Choice::Nightly => Self::nightly(),
            Choice::Debian => Self::debian(),
            Choice::Unpacked => Self::unpacked(tools),
        };
        found.ok_or(Missing::Compiler(choice))
    }

    /// The major version of the LLVM inside, as `rustc -vV` gives it.
    pub fn llvm(&self) -> Result<u32, Missing> {
        output(Command::new(&self.rustc).arg("-vV"))
            .and_then(|text| llvm_major(&text))
            .ok_or_else(|| Missing::CompilerBroken(self.rustc.clone()))
    }

    /// A nightly counts only when it is complete, so that half of one never hides a working Debian compiler.
    fn nightly() -> Option<Self> {
        in_path(LINKER)?;
        let sysroot = output(
            Command::new("rustup")
                .args(["run", "nightly", "rustc", "--print", "sysroot"])
                .env("RUSTUP_AUTO_INSTALL", "0"),
        )?;
        let prefix = PathBuf::from(sysroot.trim());
        let rustc = prefix.join("bin/rustc");
        prefix.join("lib/rustlib/src/rust/library/core").is_dir().then_some(Self {
            source: Source::Nightly,
            prefix,
            rustc,
        })
    }

    fn debian() -> Option<Self> {
        let prefix = PathBuf::from("/usr");
        let rustc = prefix.join("bin/rustc");
        has_core(&prefix).then_some(Self { source: Source::Debian, prefix, rustc })
    }

    fn unpacked(tools: &Path) -> Option<Self> {
        let folder = tools.join(UNPACKED);
        let prefix = folder.join("usr");
        let rustc = folder.join("rustc");
        (has_core(&prefix) && rustc.is_file()).then_some(Self { source: Source::Unpacked, prefix, rustc })
    }
}

fn has_core(prefix: &Path) -> bool {
    prefix.join("lib/rustlib/bpfel-unknown-none/lib").is_dir() && prefix.join("bin/rustc").is_file()
}

fn llvm_major(version: &str) -> Option<u32> {
    let llvm = version.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    llvm.split('.').next()?.parse().ok()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Below the folder of the tools: Debian's packages, and wrappers that give the compiler its libraries.
pub const UNPACKED: &str = "debian";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llvm_is_read_from_the_compilers_own_words() {
        let words = "rustc 1.96.0 (built from a source tarball)\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(llvm_major(words), Some(22));
        assert_eq!(llvm_major("rustc 1.96.0\n"), None);
    }

    #[test]
    fn an_unknown_choice_is_refused() {
        assert_eq!("unpacked".parse(), Ok(Choice::Unpacked));
        assert_eq!("".parse(), Ok(Choice::Auto));
        assert_eq!("stable".parse::<Choice>(), Err(Missing::Choice("stable".into())));
    }

    #[test]
    fn an_empty_folder_holds_no_unpacked_compiler() {
        let found = Compiler::find(Choice::Unpacked, Path::new("/nonexistent"));
        assert_eq!(found.err(), Some(Missing::Compiler(Choice::Unpacked)));
    }
}
