//! The fuzzing corpus through the functions that fuzzing runs.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use tests::fuzz;

#[test]
fn frames() -> Result<()> {
    run("classify", fuzz::classify, 60)
}

#[test]
fn payloads() -> Result<()> {
    run("scan", fuzz::scan, 30)
}

#[test]
fn messages() -> Result<()> {
    run("messages", fuzz::messages, 15)
}

#[test]
fn policies() -> Result<()> {
    run("policy", fuzz::policy, 10)
}

fn run(target: &str, function: fn(&[u8]), least: usize) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        println!("{}", path.display());
        function(&fs::read(&path)?);
        count += 1;
    }
    ensure!(
        count >= least,
        "{count} files in {}: `cargo run -p tests --bin corpus` writes them",
        folder.display()
    );
    Ok(())
}
