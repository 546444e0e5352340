//! The benchmark of live frames on trial: everybody in it judges every frame that is sent, and it leaves nothing behind. No
//! time is looked at.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use tests::hosts::Process;

#[test]
fn each_receiver_of_the_live_benchmark_proves_its_counts() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let figures = folder.path().join("figures.json");
    let mut bench = start(folder.path(), &figures)?;
    let status = bench.wait(Duration::from_secs(180))?;
    ensure!(status.success(), "the benchmark ends with {status}:\n{}", bench.output());
    let found: Value = serde_json::from_slice(&std::fs::read(&figures)?)?;
    let list = |name: &str| found[name].as_array().with_context(|| format!("no {name} in {found:#}"));
    ensure!(list("absent")?.is_empty(), "not measured: {:#}", found["absent"]);
    let contenders = list("contenders")?;
    ensure!(contenders.len() == 12, "{} receivers", contenders.len());
    for contender in contenders {
        ensure!(contender["frames_proved"].as_u64() >= Some(256), "{contender:#}");
    }
    // The benchmark itself stops where Ringfence counts another number than was sent.
    let guarded = list("keep_alives")?.iter().find(|seen| seen["ringfence"] == true).context("no flood")?;
    ensure!(guarded["invites"].as_u64() > Some(0), "{guarded:#}");
    nothing_left(folder.path(), bench.id())
}

#[test]
fn an_interrupted_live_benchmark_leaves_nothing_behind() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut bench = start(folder.path(), &folder.path().join("figures.json"))?;
    bench.wait_for("setting up: Ringfence", Duration::from_secs(60))?;
    bench.signal(Signal::INT)?;
    let status = bench.wait(Duration::from_secs(60))?;
    ensure!(status.code() == Some(130), "interrupted it ends with {status}:\n{}", bench.output());
    nothing_left(folder.path(), bench.id())
}

fn start(folder: &Path, figures: &Path) -> Result<Process> {
    let files = folder.join("files");
    std::fs::create_dir_all(&files)?;
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.args(["--live", "--trial", "--rounds", "1", "--json"]).arg(figures).env("TMPDIR", files);
    Process::start(bench, &folder.join("bench.log"))
}

fn nothing_left(folder: &Path, id: u32) -> Result<()> {
    let files = std::fs::read_dir(folder.join("files"))?.count();
    ensure!(files == 0, "{files} temporary files are left");
    for namespace in std::fs::read_dir("/run/netns")? {
        let name = namespace?.file_name().to_string_lossy().into_owned();
        ensure!(!name.starts_with(&format!("ringfence-{id}-")), "the host {name} is left");
    }
    Ok(())
}
