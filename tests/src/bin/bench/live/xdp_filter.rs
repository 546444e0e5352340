//! xdp-filter of xdp-tools with one rule for an address: the object of Debian's package, as its own loader fills it.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use aya::{
    Ebpf, EbpfLoader,
    maps::{MapData, PerCpuHashMap, PerCpuValues},
    programs::{Xdp, XdpMode},
    util::nr_cpus,
};

use super::{
    cable::{Cable, output},
    frame::DESTINATION,
};

/// The loaded program. Without libxdp's dispatcher, which lets several programs share an interface and costs a call more.
pub struct XdpFilter {
    ebpf: Ebpf,
    rules: PerCpuHashMap<MapData, [u8; 4], u64>,
}

impl XdpFilter {
    /// Loads it with its one rule: whatever goes to the address of the PBX. That is the look-up that it makes first;
    /// a rule for the source costs a second one.
    pub fn load() -> Result<Self> {
        let octets = fs::read(object()?)?;
        let mut ebpf = Pins::mount()?.while_mounted(|folder| {
            let mut loader = EbpfLoader::new();
            Ok(loader.default_map_pin_directory(folder).load(&octets)?)
        })?;
        let map = ebpf.take_map("filter_ipv4").context("xdp-filter has no map filter_ipv4")?;
        let mut rules = PerCpuHashMap::try_from(map)?;
        let cpus = nr_cpus().map_err(|(path, error)| anyhow::anyhow!("{path}: {error}"))?;
        rules.insert(DESTINATION.octets(), PerCpuValues::try_from(vec![DESTINATION_FLAG; cpus])?, 0)?;
        let mut filter = Self { ebpf, rules };
        filter.program()?.load().context("the kernel refuses the program of xdp-filter")?;
        Ok(filter)
    }

    /// Puts it at the receiving end.
    pub fn attach(&mut self, cable: &Cable, interface: &str) -> Result<()> {
        let program = self.program()?;
        cable.hosts.pbx.within(|| program.attach(interface, XdpMode::Driver))??;
        Ok(())
    }

    /// The program, for a test run.
    pub fn program(&mut self) -> Result<&mut Xdp> {
        let program = self.ebpf.programs_mut().map(|(_, program)| program).next();
        Ok(program.context("xdp-filter has no program")?.try_into()?)
    }

    /// Packets that met the rule.
    pub fn dropped(&self) -> Result<u64> {
        let values = self.rules.get(&DESTINATION.octets(), 0)?;
        Ok(values.iter().map(|value| value >> COUNTER_SHIFT).sum())
    }
}

/// Where the packages of the distributions put it.
fn object() -> Result<PathBuf> {
    let folders =
        ["/usr/lib/bpf", "/usr/lib64/bpf", "/usr/lib/x86_64-linux-gnu/bpf", "/usr/lib/aarch64-linux-gnu/bpf"];
    let found = folders.iter().map(|folder| PathBuf::from(folder).join(OBJECT)).find(|path| path.is_file());
    found.with_context(|| format!("no {OBJECT} (Debian's package xdp-tools) in {}", folders.join(", ")))
}

/// A BPF file system of our own: the object asks for pins, and in the host's they would be another xdp-filter's.
struct Pins {
    folder: tempfile::TempDir,
}

impl Pins {
    fn mount() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        output(std::process::Command::new("mount").args(["-t", "bpf", "none"]).arg(folder.path()))?;
        Ok(Self { folder })
    }

    fn while_mounted<T>(self, work: impl FnOnce(&std::path::Path) -> Result<T>) -> Result<T> {
        work(self.folder.path())
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        let path = self.folder.path();
        if let Err(error) = output(std::process::Command::new("umount").arg(path)) {
            eprintln!("{} stays mounted: {error:#}", path.display());
        }
    }
}

/// Passes what no rule names; IPv4 and IPv6 rules only.
const OBJECT: &str = "xdpfilt_alw_ip.o";
/// `MAP_FLAG_DST` of xdp-filter's common_kern_user.h.
const DESTINATION_FLAG: u64 = 1 << 1;
/// Flags stand below this bit of a rule's value, its counter above.
const COUNTER_SHIFT: u32 = 6;
