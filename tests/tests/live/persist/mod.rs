//! A guard that outlives its agent: `ringfence run --persist`, `ringfence detach`, and what a killed agent leaves.

mod damage;
mod detach;
mod kills;
mod take_over;

use std::{
    fs::{self, Permissions},
    net::{SocketAddr, UdpSocket},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tests::{
    hosts::{LAN, PHONES_PBX, WAN},
    peers::{Family, Guard, ringfence},
};

use super::office::{CUBA, Office, POLICY, dial};

/// An office whose agent may leave its guard behind, on a BPF file system of its own.
struct Kept {
    office: Office,
    bpf: Mounted,
}

impl Kept {
    fn open() -> Result<Self> {
        let office = Office::open()?;
        let bpf = Mounted::at(&office.folder.path().join("bpf"))?;
        Ok(Self { office, bpf })
    }

    /// `ringfence run --persist` on both interfaces, ready.
    fn guard(&self, options: &[&str]) -> Result<Guard<'_>> {
        self.guard_by(POLICY, &[&["--persist", "--interface", LAN, WAN], options].concat())
    }

    /// `ringfence run` with these options and the place of the pins.
    fn guard_by(&self, policy: &str, options: &[&str]) -> Result<Guard<'_>> {
        let pins = self.pins();
        let options =
            [&["--pins", pins.to_str().context("the folder's name is not UTF-8")?], options].concat();
        Guard::start_with(&self.office.hosts.pbx, policy, self.office.folder.path(), &options)
    }

    fn pins(&self) -> PathBuf {
        self.bpf.0.join("ringfence")
    }

    /// The only agent's own folder.
    fn instance(&self) -> Result<PathBuf> {
        only_entry(&self.pins())
    }

    /// The folder of the agent's maps and programs.
    fn generation(&self) -> Result<PathBuf> {
        let names = fs::read_dir(self.instance()?)?.collect::<std::io::Result<Vec<_>>>()?;
        let mut found = names.iter().map(fs::DirEntry::path).filter(|path| !path.ends_with("hooks"));
        let generation = found.next().context("no generation is pinned")?;
        ensure!(found.next().is_none(), "more than one generation is pinned: {names:?}");
        Ok(generation)
    }

    /// A command of the agent's binary, about this agent.
    fn command(&self, name: &str, arguments: &[&str]) -> Result<Output> {
        let mut command = self.office.hosts.pbx.command(&ringfence()?);
        command.arg(name).args(arguments);
        if matches!(name, "status" | "detach") {
            command.arg("--pins").arg(self.pins());
        }
        if !arguments.contains(&"--all") && !arguments.contains(&"--interface") {
            command.arg("--state").arg(self.office.folder.path().join("state"));
        }
        Ok(command.output()?)
    }

    /// How many of `count` blocked INVITEs the PBX hears.
    fn heard(&self, count: usize) -> Result<usize> {
        let sink = self.office.pbx_sink(Family::V4)?;
        let socket = self.office.phone(Family::V4)?;
        for call in 0..count {
            socket.send_to(dial(CUBA, &format!("call{call}")).as_bytes(), sink.address())?;
        }
        Ok(sink.finish().len())
    }
}

/// A BPF file system for one test.
struct Mounted(PathBuf);

impl Mounted {
    fn at(folder: &Path) -> Result<Self> {
        fs::create_dir(folder)?;
        run(Command::new("mount").args(["-t", "bpf", "-o", "mode=0700", "bpf"]).arg(folder))?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        Ok(Self(folder.to_owned()))
    }

    fn remount(&self, option: &str) -> Result<()> {
        run(Command::new("mount").args(["-t", "bpf", "-o", &format!("remount,{option}"), "bpf"]).arg(&self.0))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // What is pinned goes with the last mount.
        if let Err(error) = run(Command::new("umount").arg("-l").arg(&self.0)) {
            eprintln!("{error:#}");
        }
    }
}

/// Blocked INVITEs from a phone, some hundreds a second, until it is stopped.
struct Flood {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64>>,
}

impl Flood {
    fn start(office: &Office) -> Result<Self> {
        let socket: UdpSocket = office.phone(Family::V4)?;
        let target = SocketAddr::new(Family::V4.of(PHONES_PBX.pbx()), 5070);
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut sent = 0;
            while !is_over.load(Ordering::Relaxed) {
                socket.send_to(dial(CUBA, &format!("flood{sent}")).as_bytes(), target)?;
                sent += 1;
                thread::sleep(Duration::from_millis(2));
            }
            Ok(sent)
        });
        Ok(Self { stop, thread })
    }

    /// INVITEs that were sent.
    fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the flood panicked"))?
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", words.trim());
    Ok(())
}

fn only_entry(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    ensure!(entries.len() == 1, "{} holds {entries:?}", folder.display());
    Ok(entries[0].path())
}

/// Blocked INVITEs that the agent counts, those of agents before it included.
fn dropped(guard: &Guard<'_>) -> Result<u64> {
    Ok(guard.metrics()?.invites("ingress", "cuba", "drop"))
}

/// Ends an agent that leaves its guard behind.
fn stop(guard: Guard<'_>) -> Result<()> {
    let log = guard.log();
    let (status, _) = guard.stop()?;
    ensure!(status.success(), "SIGTERM ends the agent with {status}:\n{log}");
    Ok(())
}

/// Whether a signal ends it, as the last of several ends in a row.
fn end(guard: Guard<'_>, signal: Signal) -> Result<()> {
    if signal == Signal::KILL { guard.kill() } else { stop(guard) }
}
