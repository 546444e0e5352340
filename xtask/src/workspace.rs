//! Where things are in the workspace.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder of the workspace's Cargo.toml.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// What setup brings that no package manager keeps; below `target/` unless `RINGFENCE_TOOLS` says otherwise.
pub fn tools() -> PathBuf {
    bpf_toolchain::tools_folder(root())
}

/// The cargo that runs xtask.
pub fn cargo() -> PathBuf {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into()
}
