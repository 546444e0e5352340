//! A cable: the host that sends at one end, the host that receives at the other, and what receiving costs.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    os::{fd::AsFd as _, unix::fs::FileExt as _},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::{
    process::Pid,
    thread::{CpuSet, LinkNameSpaceType, move_into_link_name_space, sched_setaffinity},
};
use serde_json::Value;
use tests::hosts::{Host, Hosts, LAN, wait_until};

use super::frame::Ends;

/// Two hosts of a namespace each. Everything that the kernel does with what arrives is done by one thread of its own,
/// whose CPU time it counts: the driver's receive loop (threaded NAPI), XDP, netfilter, the stack as far as the socket.
pub struct Cable {
    /// `phones` sends, `pbx` receives.
    pub hosts: Hosts,
    /// Addresses of its ends.
    pub ends: Ends,
    /// Index of the sender's interface.
    pub sender: u32,
    worker: Pid,
    sending: File,
    devices: File,
    datagrams: File,
}

impl Cable {
    /// Lays it; takes a fifth of a second.
    pub fn lay() -> Result<Self> {
        let hosts = Hosts::start()?;
        // Neighbour discovery would send packets that nobody counted.
        for host in [&hosts.phones, &hosts.pbx] {
            shell(host, "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")?;
        }
        let before = workers()?;
        // Without XDP, a veth takes redirected frames only where it may join segments (Linux 5.13).
        output(hosts.pbx.command("ethtool").args(["-K", LAN, "gro", "on"]))?;
        shell(&hosts.pbx, &format!("echo 1 >/sys/class/net/{LAN}/threaded"))?;
        let new: Vec<_> = workers()?.difference(&before).copied().collect();
        let [worker] = new[..] else {
            anyhow::bail!("{} kernel threads `napi/{LAN}-…` came instead of one: run it again", new.len());
        };
        let worker = Pid::from_raw(worker).context("a process id is not 0")?;
        let (sender, _) = link(&hosts.phones, "eth0")?;
        let (_, address) = link(&hosts.pbx, LAN)?;
        let sending = File::open(format!("/run/netns/{}", hosts.phones.name()))?;
        let devices = hosts.pbx.within(|| File::open("/proc/thread-self/net/dev"))??;
        let datagrams = hosts.pbx.within(|| File::open("/proc/thread-self/net/snmp"))??;
        let ends = Ends::of(address);
        Ok(Self { hosts, ends, sender, worker, sending, devices, datagrams })
    }

    /// Puts the calling thread on the sending host.
    pub fn enter(&self) -> Result<()> {
        move_into_link_name_space(self.sending.as_fd(), Some(LinkNameSpaceType::Network))
            .context("cannot enter the sender's network namespace")
    }

    /// Keeps the kernel's thread on one CPU, where it goes before what sends and before every ordinary process.
    pub fn stay_on(&self, cpu: usize) -> Result<()> {
        sched_setaffinity(Some(self.worker), &only(cpu)).context("the kernel's thread cannot be pinned")?;
        precedence(self.worker, RECEIVER)
    }

    /// CPU time that the kernel spent on receiving, since the cable was laid.
    pub fn spent(&self) -> Result<Duration> {
        running_time(&format!("/proc/{}/schedstat", self.worker))
    }

    /// Frames that arrived.
    pub fn received(&self) -> Result<u64> {
        let text = read(&self.devices)?;
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(LAN)?.strip_prefix(':'));
        let packets = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        packets.with_context(|| format!("no packets of {LAN} in /proc/net/dev:\n{text}"))
    }

    /// Datagrams that a program on the receiving host took from its socket.
    pub fn delivered(&self) -> Result<u64> {
        let text = read(&self.datagrams)?;
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
        let values = lines.nth(1).and_then(|values| values.split(' ').next()?.parse().ok());
        values.with_context(|| format!("no datagrams in /proc/net/snmp:\n{text}"))
    }

    /// Waits until so many frames arrived in all.
    pub fn wait_for(&self, frames: u64) -> Result<()> {
        let mut seen = 0;
        let waited = wait_until(ARRIVAL, || {
            seen = self.received()?;
            Ok(seen >= frames)
        });
        waited.with_context(|| format!("{seen} of {frames} frames arrived"))
    }
}

/// CPU time of a process with all its threads.
pub fn process_time(process: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        sum += running_time(&format!("{}/schedstat", thread?.path().display()))?;
    }
    Ok(sum)
}

/// Whether none of its threads runs or waits for a CPU: the state in proc_pid_stat(5).
pub fn is_idle(process: u32) -> Result<bool> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread that ended since is idle.
        let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
        if stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('R')) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a command writes; where it fails, its message becomes the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {} {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes a thread real-time (FIFO). By chrt of util-linux: the call itself is in no crate that forbids unsafe code.
pub fn precedence(thread: Pid, priority: u8) -> Result<()> {
    let mut command = Command::new("chrt");
    command.args(["--fifo", "--pid", &priority.to_string(), &thread.to_string()]);
    output(&mut command).map(drop).context("real-time priority is needed for figures that mean something")
}

/// One CPU alone.
pub fn only(cpu: usize) -> CpuSet {
    let mut one = CpuSet::new();
    one.set(cpu);
    one
}

/// The kernel's threads that receive on interfaces of that name, whichever host they are on.
fn workers() -> Result<BTreeSet<i32>> {
    let is_worker = |id: &i32| {
        fs::read_to_string(format!("/proc/{id}/comm"))
            .is_ok_and(|name| name.starts_with(&format!("napi/{LAN}-")))
    };
    let processes = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(processes.filter(is_worker).collect())
}

/// Index and address of an interface.
fn link(host: &Host, interface: &str) -> Result<(u32, [u8; 6])> {
    let text = output(Command::new("ip").args(["-n", host.name(), "-j", "link", "show", interface]))?;
    let links: Value = serde_json::from_str(&text)?;
    let index = links[0]["ifindex"].as_u64().and_then(|index| u32::try_from(index).ok());
    let octets = links[0]["address"].as_str().unwrap_or_default().split(':');
    let octets: Vec<_> = octets.filter_map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    let address = octets.try_into().ok();
    index.zip(address).with_context(|| format!("`ip` shows no Ethernet interface {interface}: {text}"))
}

fn shell(host: &Host, line: &str) -> Result<()> {
    output(host.command("sh").args(["-c", line])).map(drop)
}

/// The first number of a `schedstat`: nanoseconds on a CPU.
fn running_time(path: &str) -> Result<Duration> {
    let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    nanoseconds.map(Duration::from_nanos).with_context(|| format!("{path} holds `{text}`"))
}

/// From the beginning, as it is now.
fn read(file: &File) -> Result<String> {
    let mut octets = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = file.read_at(&mut part, octets.len() as u64)?;
        if count == 0 {
            return Ok(String::from_utf8_lossy(&octets).into_owned());
        }
        octets.extend_from_slice(&part[..count]);
    }
}

/// Real-time priority of the thread that sends: above every ordinary process.
pub const SENDER: u8 = 20;
/// That of the thread that receives: before the sender, so that no more frames lie in the cable than it can hold.
const RECEIVER: u8 = 30;
/// How long the last frames of a burst may take.
const ARRIVAL: Duration = Duration::from_secs(5);
