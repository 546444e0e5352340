//! Hosts in network namespaces, joined by veths: phones — PBX — trunk. Everything is unmade when dropped.

mod booted;
mod capture;
mod process;

use std::{
    fs::File,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::{
    process::{Pid, Signal, kill_process},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

pub use booted::Booted;
pub use capture::{Capture, Datagram, Side};
pub use process::{Process, patience, wait_until};

/// Three hosts in a row. The PBX routes between its interfaces `lan` (phones) and `wan` (trunk), so that
/// media passes through it. A veth leaves UDP checksums partial: never compare them.
#[derive(Debug)]
pub struct Hosts {
    /// Phones of the house, and whoever stole one's password.
    pub phones: Host,
    /// The guarded host.
    pub pbx: Host,
    /// The operator's SBC.
    pub trunk: Host,
}

impl Hosts {
    /// Makes the three hosts; takes about 100 ms. Fails with a text that says what is missing.
    pub fn start() -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "network namespaces need root: run this with `sudo -E` (or as root in a container with CAP_SYS_ADMIN)"
        );
        sweep()?;
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("{PREFIX}{}-{number}", std::process::id());
        let hosts = Self {
            phones: Host::new(&prefix, "phones")?,
            pbx: Host::new(&prefix, "pbx")?,
            trunk: Host::new(&prefix, "trunk")?,
        };
        hosts.cable(&hosts.phones, LAN, PHONES_PBX)?;
        hosts.cable(&hosts.trunk, WAN, TRUNK_PBX)?;
        hosts.pbx.sysctl("net/ipv4/ip_forward", "1")?;
        hosts.pbx.sysctl("net/ipv6/conf/all/forwarding", "1")?;
        Ok(hosts)
    }

    /// Joins an outer host to the PBX; also what brings the cable back after [`Self::cut`].
    pub fn cable(&self, outer: &Host, interface: &str, net: Net) -> Result<()> {
        ip(&[
            "link",
            "add",
            interface,
            "netns",
            &self.pbx.name,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            &outer.name,
        ])?;
        self.pbx.addresses(interface, net.pbx())?;
        outer.addresses("eth0", net.outer())?;
        for gateway in net.pbx() {
            ip(&["-n", &outer.name, "route", "add", "default", "via", &gateway.to_string(), "dev", "eth0"])?;
        }
        Ok(())
    }

    /// Takes an interface of the PBX, and its cable, away.
    pub fn cut(&self, interface: &str) -> Result<()> {
        ip(&["-n", &self.pbx.name, "link", "del", interface])
    }
}

/// One host: a network namespace.
#[derive(Debug)]
pub struct Host {
    name: String,
}

impl Host {
    fn new(prefix: &str, role: &str) -> Result<Self> {
        let name = format!("{prefix}-{role}");
        ip(&["netns", "add", &name])?;
        let host = Self { name };
        ip(&["-n", &host.name, "link", "set", "lo", "up"])?;
        Ok(host)
    }

    /// The name of the namespace, as `ip netns` knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A program on this host.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).stdin(Stdio::null());
        command
    }

    /// Runs a program to its end; what it says on stdout, and its own message where it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output =
            self.command(program).args(arguments).output().context("cannot run `ip`: install iproute2")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), words.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs `work` in a thread of its own on this host. Sockets that it returns stay on this host.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        let namespace = File::open(format!("/run/netns/{}", self.name)).context("the host is gone")?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
                Ok::<T, io::Error>(work())
            });
            match thread.join() {
                Ok(done) => done.context("cannot enter the host's network namespace"),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Gives an interface one more address, with its prefix length, and brings it up.
    pub fn set_up(&self, interface: &str, address: &str) -> Result<()> {
        ip(&["-n", &self.name, "addr", "add", address, "dev", interface])?;
        ip(&["-n", &self.name, "link", "set", interface, "up"])
    }

    fn addresses(&self, interface: &str, addresses: [IpAddr; 2]) -> Result<()> {
        for address in addresses {
            let (bits, nodad): (_, &[&str]) = if address.is_ipv6() { (64, &["nodad"]) } else { (24, &[]) };
            let address = format!("{address}/{bits}");
            let arguments = ["-n", &self.name, "addr", "add", &address, "dev", interface];
            ip(&[&arguments[..], nodad].concat())?;
        }
        ip(&["-n", &self.name, "link", "set", interface, "up"])
    }

    fn sysctl(&self, key: &str, value: &str) -> Result<()> {
        let key = format!("/proc/sys/{key}");
        self.within(|| std::fs::write(&key, value))?.with_context(|| format!("cannot write {key}"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        unmake(&self.name);
    }
}

/// The two networks that a cable carries.
#[derive(Clone, Copy, Debug)]
pub struct Net {
    number: u8,
}

impl Net {
    /// Addresses of the PBX, IPv4 then IPv6.
    #[must_use]
    pub fn pbx(self) -> [IpAddr; 2] {
        self.host(1)
    }

    /// Addresses of the host at the other end, IPv4 then IPv6.
    #[must_use]
    pub fn outer(self) -> [IpAddr; 2] {
        self.host(2)
    }

    fn host(self, host: u8) -> [IpAddr; 2] {
        let v6 = Ipv6Addr::new(0xfd00 | u16::from(self.number), 0, 0, 0, 0, 0, 0, u16::from(host));
        [IpAddr::V4(Ipv4Addr::new(10, self.number, 0, host)), IpAddr::V6(v6)]
    }
}

/// Interface of the PBX towards the phones.
pub const LAN: &str = "lan";
/// Interface of the PBX towards the trunk.
pub const WAN: &str = "wan";
/// Between phones and PBX: 10.1.0.0/24 and fd01::/64.
pub const PHONES_PBX: Net = Net { number: 1 };
/// Between trunk and PBX: 10.2.0.0/24 and fd02::/64.
pub const TRUNK_PBX: Net = Net { number: 2 };

/// Unmakes hosts whose maker was killed before it could.
fn sweep() -> Result<()> {
    let Ok(names) = std::fs::read_dir("/run/netns") else { return Ok(()) };
    for name in names {
        let name = name?.file_name().to_string_lossy().into_owned();
        let maker = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next())
            .and_then(|pid| pid.parse().ok());
        let gone = |pid: u32| !std::path::Path::new(&format!("/proc/{pid}")).exists();
        if maker.is_some_and(gone) {
            unmake(&name);
        }
    }
    Ok(())
}

/// Kills what still runs on a host, by process id, and deletes it. The cables go with it.
fn unmake(name: &str) {
    if let Ok(output) = Command::new("ip").args(["netns", "pids", name]).output() {
        let pids = String::from_utf8_lossy(&output.stdout);
        for pid in pids.lines().filter_map(|pid| pid.trim().parse().ok()).filter_map(Pid::from_raw) {
            // One that ended in the meantime needs no signal.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    if let Err(error) = ip(&["netns", "del", name]) {
        eprintln!("{error:#}");
    }
}

/// Runs `ip` of iproute2; its own message becomes the error.
fn ip(arguments: &[&str]) -> Result<()> {
    // In a process group of its own: Ctrl-C must not stop the unmaking of a host halfway.
    let output = Command::new("ip").args(arguments).process_group(0).output();
    let output = output.context("cannot run `ip`: install iproute2")?;
    if !output.status.success() {
        bail!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

static STARTED: AtomicU32 = AtomicU32::new(0);
/// Begins the name of every namespace; the maker's process id follows.
const PREFIX: &str = "ringfence-";
