//! A real systemd on a host, as process 1 of namespaces of its own: what a unit does there it does on any host.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::{Host, Process, wait_until};

/// A host whose services systemd looks after. It has the files of the real host, below a layer that goes with it: whatever
/// is installed there is installed nowhere else.
#[derive(Debug)]
pub struct Booted {
    process: Process,
    first: Pid,
    group: String,
}

impl Booted {
    /// Boots it in the network of `host`. `source` is seen there as /run/source, and is where commands begin.
    pub fn start(host: &Host, folder: &Path, source: &Path) -> Result<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let group = format!("ringfence-{}-{number}", std::process::id());
        let mut command = host.command("sh");
        command.arg(SCRIPT).arg(folder).arg(&group).arg(source);
        let mut process = Process::start(command, &folder.join("systemd.log"))?;
        let mut first = None;
        let waited = wait_until(PATIENCE, || {
            ensure!(process.ended()?.is_none(), "it ended");
            first = child(process.id()).filter(|first| is_systemd(*first));
            Ok(first.is_some_and(|first| run(first, "systemctl is-active booted.target").is_ok()))
        });
        waited.with_context(|| {
            format!("systemd does not boot; it needs overlayfs and cgroup2:\n{}", process.output())
        })?;
        Ok(Self { first: first.context("process 1")?, process, group })
    }

    /// Runs a line of shell there as root; its standard output, and an error where it fails.
    pub fn run(&self, line: &str) -> Result<String> {
        run(self.first, line)
    }

    /// What systemd says of a property of a unit.
    pub fn property(&self, unit: &str, property: &str) -> Result<String> {
        Ok(self.run(&format!("systemctl show --property={property} --value {unit}"))?.trim().to_owned())
    }

    /// The log of a unit, without the time and the name of the host.
    pub fn journal(&self, unit: &str) -> Result<String> {
        self.run(&format!("journalctl --sync; journalctl --unit={unit} --output=cat --no-pager"))
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        // Everybody in its namespace ends with process 1.
        let _ = kill_process(self.first, Signal::KILL);
        let _ = self.process.wait(PATIENCE);
        let swept = Command::new("unshare").args(["--mount", "sh", "-c", SWEEP, "sh", &self.group]).output();
        if !swept.is_ok_and(|output| output.status.success()) {
            eprintln!("the control group {} is left behind", self.group);
        }
    }
}

fn run(first: Pid, line: &str) -> Result<String> {
    let first = first.as_raw_nonzero().to_string();
    let mut command = Command::new("nsenter");
    command.args(["--target", &first, "--all", "--root", "--wdns=/run/source", "sh", "-c", line]);
    let output = command.output().context("cannot run nsenter: install util-linux")?;
    let said = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    ensure!(output.status.success(), "`{line}` ends with {}:\n{out}{err}", output.status);
    Ok(out)
}

/// The one child of a process.
fn child(parent: u32) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    Pid::from_raw(children.trim().parse().ok()?)
}

/// And not the shell that is to become it.
fn is_systemd(process: Pid) -> bool {
    fs::read_to_string(format!("/proc/{}/comm", process.as_raw_nonzero()))
        .is_ok_and(|name| name.trim() == "systemd")
}

static STARTED: AtomicU32 = AtomicU32::new(0);
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/boot.sh");
/// Takes the control groups away that systemd made; the kernel is a moment behind the end of the processes in them.
const SWEEP: &str = "mount -t cgroup2 none /mnt && cd /mnt$(sed -n 's/^0:://p' /proc/self/cgroup) && \
                     for try in 1 2 3 4 5 6 7 8 9; do \
                     find \"$1\" -depth -type d -exec rmdir {} + 2>/dev/null; [ -e \"$1\" ] || exit 0; sleep 0.1; done; exit 1";
/// How long the boot may take; it is less than a second where nobody else needs the CPU.
const PATIENCE: Duration = Duration::from_secs(30);
