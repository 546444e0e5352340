//! The environment in which cargo and aya-build use a toolchain.

use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{LINKER, Source, Toolchain};

/// What to set and what to take away before cargo is run.
#[derive(Debug, Default)]
pub struct Environment {
    set: Vec<(&'static str, OsString)>,
    unset: &'static [&'static str],
}

impl Environment {
    /// aya-build runs `rustup` wherever it finds one, and else the `cargo` and `rustc` of `PATH`. Debian's compiler
    /// is therefore given to it in `folder`, in front of a `PATH` without rustup; a nightly needs nothing.
    ///
    /// `cargo` must be a real cargo, not rustup's proxy: cargo says which one it is in `CARGO`.
    pub fn of(toolchain: &Toolchain, cargo: &Path, folder: &Path) -> io::Result<Self> {
        if toolchain.compiler.source == Source::Nightly {
            return Ok(Self::default());
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let first = [("cargo", cargo), ("rustc", &toolchain.compiler.rustc), (LINKER, &toolchain.linker)];
        let path = path_without_rustup(&path, &first, folder)?;
        // The crates' names, not "1": only they use a feature gate, and "1" would make aya-build build `core`.
        let set = vec![("PATH", path), ("RUSTC_BOOTSTRAP", "aya_ebpf,ringfence_ebpf".into())];
        Ok(Self { set, unset: &OF_ANOTHER_COMPILER })
    }

    pub fn apply(&self, command: &mut Command) {
        for variable in self.unset {
            command.env_remove(variable);
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
    }
}

/// A folder with `first`, then every folder of `path`; one that holds rustup lends its other programs through links.
fn path_without_rustup(path: &OsString, first: &[(&str, &Path)], folder: &Path) -> io::Result<OsString> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    for (name, program) in first {
        symlink(program, folder.join(name))?;
    }
    let (with, without): (Vec<PathBuf>, Vec<PathBuf>) =
        env::split_paths(path).partition(|entry| entry.join("rustup").exists());
    for entry in with {
        lend(&entry, folder)?;
    }
    env::join_paths([folder.to_owned()].into_iter().chain(without)).map_err(io::Error::other)
}

fn lend(from: &Path, to: &Path) -> io::Result<()> {
    for program in fs::read_dir(from)? {
        let program = program?;
        let link = to.join(program.file_name());
        if program.file_name() != "rustup" && fs::symlink_metadata(&link).is_err() {
            symlink(program.path(), link)?;
        }
    }
    Ok(())
}

/// cargo and rustup set these for the compiler that they run; another compiler must not see them.
const OF_ANOTHER_COMPILER: [&str; 7] = [
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTUP_TOOLCHAIN",
    "LD_LIBRARY_PATH",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustup_is_gone_and_its_neighbours_stay() {
        let root = env::temp_dir().join(format!("bpf-toolchain-{}", std::process::id()));
        let [home, plain, shim] = ["home", "plain", "shim"].map(|name| root.join(name));
        for folder in [&home, &plain] {
            fs::create_dir_all(folder).unwrap();
        }
        for program in ["rustup", "cargo", "cc"] {
            fs::write(home.join(program), program).unwrap();
        }
        fs::write(root.join("real-cargo"), "real").unwrap();

        let path = env::join_paths([&home, &plain]).unwrap();
        let path = path_without_rustup(&path, &[("cargo", &root.join("real-cargo"))], &shim).unwrap();

        assert_eq!(env::split_paths(&path).collect::<Vec<_>>(), [shim.clone(), plain]);
        assert!(!shim.join("rustup").exists());
        assert_eq!(fs::read_to_string(shim.join("cargo")).unwrap(), "real");
        assert_eq!(fs::read_to_string(shim.join("cc")).unwrap(), "cc");
        fs::remove_dir_all(root).unwrap();
    }
}
