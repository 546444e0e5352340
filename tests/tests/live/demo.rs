//! The demo: it works, and it leaves nothing behind however it ends.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tests::hosts::Process;

use super::office::Office;

#[test]
fn the_demo_shows_what_it_promises() -> Result<()> {
    let office = Office::open()?;
    let mut demo = start(&office)?;
    let status = demo.wait(Duration::from_secs(90))?;
    let output = demo.output();
    ensure!(status.success(), "the demo ends with {status}:\n{output}");
    for words in ["calls to Paris", "12 arriving", "4 leaving", "agree, packet by packet", "verdict=\"drop\""]
    {
        ensure!(output.contains(words), "the demo does not say `{words}`:\n{output}");
    }
    nothing_left(&office, demo.id())
}

#[test]
fn an_interrupted_demo_leaves_nothing_behind() -> Result<()> {
    let office = Office::open()?;
    for moment in ["hosts and their cables", "the PBX answers", "SIPp places"] {
        let mut demo = start(&office)?;
        demo.wait_for(moment, Duration::from_secs(30))?;
        demo.signal(Signal::INT)?;
        let status = demo.wait(Duration::from_secs(60))?;
        ensure!(
            status.code() == Some(130),
            "interrupted at `{moment}` it ends with {status}:\n{}",
            demo.output()
        );
        nothing_left(&office, demo.id()).with_context(|| format!("interrupted at `{moment}`"))?;
    }
    Ok(())
}

/// Its temporary files go to a folder of their own, so that what is left can be seen.
fn start(office: &Office) -> Result<Process> {
    let files = office.folder.path().join("files");
    std::fs::create_dir_all(&files)?;
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    demo.env("TMPDIR", files);
    Process::start(demo, &office.folder.path().join("demo.log"))
}

fn nothing_left(office: &Office, id: u32) -> Result<()> {
    let files = std::fs::read_dir(office.folder.path().join("files"))?.count();
    ensure!(files == 0, "{files} temporary files are left");
    for namespace in std::fs::read_dir("/run/netns")? {
        let name = namespace?.file_name().to_string_lossy().into_owned();
        ensure!(!name.starts_with(&format!("ringfence-{id}-")), "the host {name} is left");
    }
    Ok(())
}
