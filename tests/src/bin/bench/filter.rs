//! xdp-filter of xdp-tools beside our programs: one rule that drops what comes from one address.

use std::{net::Ipv4Addr, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use aya::{
    Ebpf, EbpfLoader,
    maps::{PerCpuHashMap, PerCpuValues},
    programs::{TestRun as _, TestRunOptions, Xdp},
    util::nr_cpus,
};
use tempfile::TempDir;

use crate::{bed::XDP_DROP, cases::Case, clock::thread_time};

/// Its program for IP addresses, with one rule.
pub struct Filter(Ebpf);

impl Filter {
    /// Loads it; `None` where it is not installed.
    pub fn load(source: Ipv4Addr) -> Result<Option<Self>> {
        let Some(object) = object() else { return Ok(None) };
        let pins = Pins::make()?;
        let mut ebpf = EbpfLoader::new()
            .default_map_pin_directory(pins.0.path())
            .load_file(&object)
            .with_context(|| object.display().to_string())?;
        let map = ebpf.map_mut(RULES).context("xdp-filter has no map of IPv4 addresses")?;
        let mut rules: PerCpuHashMap<_, u32, u64> = map.try_into()?;
        let cpus = nr_cpus().map_err(|(_, error)| error)?;
        let rule = PerCpuValues::try_from(vec![OF_SOURCE | OF_UDP; cpus])?;
        rules.insert(u32::from(source).to_be(), rule, 0)?;
        program(&mut ebpf)?.load()?;
        Ok(Some(Self(ebpf)))
    }

    /// Fails unless the packet is dropped by the rule.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        let returned = self.run(case, 1)?;
        ensure!(returned == XDP_DROP, "xdp-filter returned {returned}");
        Ok(())
    }

    /// As [`crate::bed::Bed::time`].
    pub fn time(&mut self, case: &Case, repeat: u32) -> Result<f64> {
        let before = thread_time();
        self.run(case, repeat)?;
        Ok(thread_time().saturating_sub(before).as_secs_f64() * 1e9 / f64::from(repeat))
    }

    fn run(&mut self, case: &Case, repeat: u32) -> Result<u32> {
        let options = TestRunOptions { data_in: Some(&case.frame), repeat, ..TestRunOptions::new() };
        Ok(program(&mut self.0)?.test_run(options)?.return_value)
    }
}

/// Where its maps are pinned while it is loaded, for its object asks for that: a BPF file system of our own, since not every
/// machine has one mounted.
struct Pins(TempDir);

impl Pins {
    fn make() -> Result<Self> {
        let folder = TempDir::new()?;
        let mounted = Command::new("mount").args(["-t", "bpf", "bpf"]).arg(folder.path()).status();
        ensure!(mounted.is_ok_and(|status| status.success()), "a BPF file system cannot be mounted");
        Ok(Self(folder))
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("a BPF file system is left at {}: unmount it", self.0.path().display());
        }
    }
}

fn program(ebpf: &mut Ebpf) -> Result<&mut Xdp> {
    Ok(ebpf.program_mut(PROGRAM).context("xdp-filter has no program for IP addresses")?.try_into()?)
}

/// Where Debian's and Fedora's xdp-tools have it.
fn object() -> Option<PathBuf> {
    let folders = [
        format!("/usr/lib/{}-linux-gnu/bpf", std::env::consts::ARCH),
        "/usr/lib64/bpf".into(),
        "/usr/lib/bpf".into(),
    ];
    folders.into_iter().map(|folder| PathBuf::from(folder).join(OBJECT)).find(|path| path.exists())
}

/// What passes all but what a rule is for, and looks at addresses only.
const OBJECT: &str = "xdpfilt_alw_ip.o";
const PROGRAM: &str = "xdpfilt_alw_ip";
const RULES: &str = "filter_ipv4";
/// A rule's flags (xdp-tools, xdp-filter/common_kern_user.h): packets from the address; UDP.
const OF_SOURCE: u64 = 1;
const OF_UDP: u64 = 8;
