//! The demo that `cargo xtask demo` starts: a PBX, real calls, and Ringfence between them. It leaves nothing behind.

mod control;
mod report;
mod scene;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;
use tests::interrupt::{Interrupt, Interrupted};

use scene::Scene;

fn main() -> ExitCode {
    match show() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            eprintln!("interrupted; hosts, processes and files are gone");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that was made is unmade when `scene` goes, however this ends.
fn show() -> Result<()> {
    let begin = Instant::now();
    let say = |line: &str| eprintln!("[{:4.1} s] {line}", begin.elapsed().as_secs_f32());
    let interrupt = Interrupt::watch()?;
    eprintln!("{PICTURE}");
    let scene = Scene::set(&interrupt, &say)?;
    let seen = scene.play(&interrupt, &say)?;
    drop(scene);
    say("hosts, processes and files are gone");
    println!("{}", report::text(&seen));
    report::check(&seen)
}

/// Exit code of a program that ended on SIGINT.
const INTERRUPTED: u8 = 130;
const PICTURE: &str = "
Ringfence demo: a French company's PBX, guarded in the kernel. Three hosts in network namespaces:

    phones ───────── lan │ PBX │ wan ───────── the operator's trunk
             XDP judges ─┘     └─ tc judges
        what arrives here       what leaves here
";
