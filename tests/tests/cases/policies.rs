//! The policies that ship with Ringfence, for the house of the cases.

use std::{fs, path::Path, sync::Arc};

use monitor::policy::{self, Compiled};

/// The text of a policy of the repository; the house's own address is put in, which only `replay` needs.
pub fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy").join(format!("{name}.toml"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if text.lines().any(|line| line.starts_with("local =")) {
        return text;
    }
    text.replacen("[network]\n", "[network]\nlocal = [\"192.0.2.10\"]\n", 1)
}

/// A policy, compiled.
pub fn compile(text: &str) -> Arc<Compiled> {
    let compilation = policy::compile(text);
    match compilation.policy {
        Some(compiled) => Arc::new(compiled),
        None => panic!("{}", compilation.render(text, "policy", false)),
    }
}
