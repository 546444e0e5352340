//! The BPF object inside the binary: loading it, and handing out its programs and maps.

use std::{os::fd::AsFd as _, path::Path};

use aya::{
    Ebpf, EbpfLoader, VerifierLogLevel,
    maps::{Array, Map, MapData, MapError},
    programs::{Program, ProgramError, SchedClassifier, Xdp},
    util::nr_cpus,
};
use monitor_common::abi;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{
    Refusal,
    log::{self, KernelLog},
    pins::not_pinned,
};

/// How the object is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Lines of one policy generation, 64 octets each.
    pub rule_lines: u32,
    /// Media streams that all CPUs together can follow.
    pub media_slots: u32,
    /// Count what would be dropped and drop nothing.
    pub dry_run: bool,
    /// Send an event for each INVITE.
    pub send_events: bool,
    /// Write the judgement of each INVITE also where no event is sent, to be read back.
    pub keep_judgements: bool,
}

/// The loaded object: its programs are in the kernel, nothing is attached.
pub struct Object {
    ebpf: Ebpf,
    options: Options,
    media_region: u32,
    log: Option<KernelLog>,
}

impl Object {
    /// Creates the maps and loads the programs.
    pub fn load(options: Options) -> Result<Self, Refusal> {
        let mut object = Self::open(options)?;
        for name in [abi::program::INGRESS, abi::program::CLOCK, abi::program::EMPTY] {
            load(name, object.xdp(name)?.load())?;
        }
        for name in [abi::program::EGRESS, abi::program::EMPTY_EGRESS] {
            load(name, object.classifier(name)?.load())?;
        }
        Ok(object)
    }

    /// Creates the maps. Which programs are loaded is left to the caller: the verifier takes seconds for the guarding ones.
    pub fn open(options: Options) -> Result<Self, Refusal> {
        refuse_old_kernel(&kernel_release())?;
        raise_memory_limit();
        let media_region = media_region(options.media_slots)?;
        let mut ebpf = create(options, media_region)?;
        // Before the programs: loading them fails once the log map has gone from the object and nobody holds it.
        let log = log::take(&mut ebpf);
        Ok(Self { ebpf, options, media_region, log })
    }

    /// How the object was loaded.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options
    }

    /// Media slots of one CPU's region: a power of two.
    #[must_use]
    pub fn media_region(&self) -> u32 {
        self.media_region
    }

    /// The log of the programs, where they have one: polled, it writes their lines to the agent's log.
    pub fn take_log(&mut self) -> Option<KernelLog> {
        self.log.take()
    }

    /// The program for packets that arrive.
    pub fn ingress(&mut self) -> Result<&mut Xdp, Refusal> {
        self.xdp(abi::program::INGRESS)
    }

    /// The program for packets that leave.
    pub fn egress(&mut self) -> Result<&mut SchedClassifier, Refusal> {
        self.classifier(abi::program::EGRESS)
    }

    /// An XDP program by its name in [`abi::program`].
    pub fn xdp(&mut self, name: &str) -> Result<&mut Xdp, Refusal> {
        self.program(name)
    }

    /// A tc program by its name in [`abi::program`].
    pub fn classifier(&mut self, name: &str) -> Result<&mut SchedClassifier, Refusal> {
        self.program(name)
    }

    /// Media slots of all CPUs.
    pub fn media_entries(&self) -> Result<u32, Refusal> {
        Ok(self.media_region.saturating_mul(cpus()?))
    }

    /// Takes a map out of the object; the programs keep it alive in the kernel.
    pub fn take<M: TryFrom<Map, Error = MapError>>(&mut self, name: &str) -> Result<M, Refusal> {
        let map = self.take_any(name)?;
        M::try_from(map)
            .map_err(|error| Refusal::Incomplete(format!("map {name} of the right kind ({error})")))
    }

    /// Another handle of an array, which stays in the object.
    pub(super) fn share<T: aya::Pod>(&mut self, name: &str) -> Result<Array<MapData, T>, Refusal> {
        let map = self.again(name)?;
        Array::try_from(map).map_err(|error| Refusal::from_map("opening a map again", &error))
    }

    /// Another handle of an array, or of an array of maps, which stays in the object.
    pub(super) fn again(&mut self, name: &str) -> Result<Map, Refusal> {
        let (map, kind): (_, fn(MapData) -> Map) = match self.ebpf.map(name) {
            Some(Map::Array(map)) => (map, Map::Array),
            Some(Map::ArrayOfMaps(map)) => (map, Map::ArrayOfMaps),
            _ => return Err(Refusal::Incomplete(format!("array {name}"))),
        };
        let handle = map.fd().as_fd().try_clone_to_owned();
        let handle = handle.map_err(|error| Refusal::from_io("opening a map again", &error))?;
        let map = MapData::from_fd(handle);
        map.map(kind).map_err(|error| Refusal::from_map("opening a map again", &error))
    }

    /// Pins every map that the object still has, and the programs of both hooks, in a folder.
    pub(super) fn pin(&mut self, folder: &Path) -> Result<(), Refusal> {
        for (name, map) in self.ebpf.maps() {
            // Of the constants (`.rodata`) nobody else can make anything; nor does the file system take a dot.
            if !name.contains('.') {
                let path = folder.join(name);
                map.pin(&path).map_err(|error| not_pinned(&path, &error))?;
            }
        }
        for name in [abi::program::INGRESS, abi::program::EGRESS] {
            let path = folder.join(name);
            let program = self.ebpf.program_mut(name);
            let program = program.ok_or_else(|| Refusal::Incomplete(format!("program {name}")))?;
            program.pin(&path).map_err(|error| not_pinned(&path, &error))?;
        }
        Ok(())
    }

    pub(super) fn take_any(&mut self, name: &str) -> Result<Map, Refusal> {
        self.ebpf.take_map(name).ok_or_else(|| Refusal::Incomplete(format!("map {name}")))
    }

    fn program<'a, P>(&'a mut self, name: &str) -> Result<&'a mut P, Refusal>
    where
        &'a mut P: TryFrom<&'a mut Program, Error = ProgramError>,
    {
        let incomplete = || Refusal::Incomplete(format!("program {name}"));
        self.ebpf.program_mut(name).ok_or_else(incomplete)?.try_into().map_err(|_| incomplete())
    }
}

/// Release of the running kernel, as `uname -r` says it.
#[must_use]
pub fn kernel_release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

fn create(options: Options, media_region: u32) -> Result<Ebpf, Refusal> {
    if OBJECT.is_empty() {
        return Err(Refusal::NoObject);
    }
    let media_entries = media_region.saturating_mul(cpus()?);
    EbpfLoader::new()
        .verifier_log_level(verifier_log_level())
        .override_global(abi::global::RULE_LINES, &options.rule_lines, true)
        .override_global(abi::global::MEDIA_MASK, &(media_region - 1), true)
        .override_global(abi::global::DRY_RUN, &u32::from(options.dry_run), true)
        .override_global(abi::global::SEND_EVENTS, &u32::from(options.send_events), true)
        .override_global(abi::global::KEEP_JUDGEMENTS, &u32::from(options.keep_judgements), true)
        .map_max_entries(abi::map::RULES, options.rule_lines.saturating_mul(abi::GENERATIONS))
        .map_max_entries(abi::map::MEDIA, media_entries)
        .load(OBJECT)
        .map_err(|error| without_btf(Refusal::from_load(&error), aya::features().btf().is_some()))
}

/// The verifier's last word and its count; each instruction that it looked at only where somebody wants to see it. Old
/// kernels give up (ENOSPC) where that is longer than 16 MiB, and then say no word of the cause.
fn verifier_log_level() -> VerifierLogLevel {
    if tracing::enabled!(tracing::Level::TRACE) {
        VerifierLogLevel::default()
    } else {
        VerifierLogLevel::STATS
    }
}

/// A kernel that takes no BTF refuses the maps that are described by it, with no word of the cause.
fn without_btf(refusal: Refusal, takes_btf: bool) -> Refusal {
    match refusal {
        Refusal::Other { cause, .. } if !takes_btf => Refusal::NoBtf(cause.to_string()),
        other => other,
    }
}

fn load(name: &str, result: Result<(), ProgramError>) -> Result<(), Refusal> {
    result.map_err(|error| Refusal::from_program(name, &error))
}

/// The slots of one CPU: all slots shared out, rounded down to a power of two.
fn media_region(slots: u32) -> Result<u32, Refusal> {
    let share = (slots / cpus()?).max(MEDIA_REGION_LEAST);
    Ok(1 << share.ilog2())
}

fn cpus() -> Result<u32, Refusal> {
    let count = nr_cpus().map_err(|(path, error)| Refusal::from_io(&format!("reading {path}"), &error))?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX).max(1))
}

/// Kernels before 5.11 account maps against this limit; its failure shows when the maps are created.
fn raise_memory_limit() {
    let unlimited = Rlimit { current: None, maximum: None };
    if let Err(error) = setrlimit(Resource::Memlock, unlimited) {
        tracing::debug!(%error, "RLIMIT_MEMLOCK stays as it is; only kernels before 5.11 mind");
    }
}

fn refuse_old_kernel(release: &str) -> Result<(), Refusal> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version >= OLDEST_KERNEL {
        return Ok(());
    }
    let needs = format!("{}.{}", OLDEST_KERNEL.0, OLDEST_KERNEL.1);
    Err(Refusal::OldKernel { have: release.to_owned(), needs })
}

/// The object that build.rs made.
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/ringfence-ebpf"));

/// The oldest kernel that has every helper and map kind of the object, and whose verifier takes it (docs/KERNELS.md).
const OLDEST_KERNEL: (u32, u32) = (5, 10);

/// Media slots that a CPU has at least.
const MEDIA_REGION_LEAST: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_kernel_is_refused_by_name() {
        for release in ["5.4.0-150-generic", "4.19.0", "3.10.0-1160.el7.x86_64", ""] {
            let refusal = refuse_old_kernel(release).unwrap_err().to_string();
            assert!(refusal.contains("needs Linux 5.10"), "{refusal}");
            assert!(refusal.contains(release), "{refusal}");
        }
    }

    #[test]
    fn a_kernel_without_btf_is_refused_by_name() {
        let failed = || Refusal::Other { doing: "creating a map".into(), cause: "Invalid argument".into() };
        let refusal = without_btf(failed(), false).to_string();
        assert!(refusal.contains("BTF") && refusal.contains("Invalid argument"), "{refusal}");
        assert!(!without_btf(failed(), true).to_string().contains("BTF"));
        let privilege = Refusal::Privilege { doing: "loading".into() };
        assert!(matches!(without_btf(privilege, false), Refusal::Privilege { .. }));
    }

    #[test]
    fn a_new_kernel_is_taken() {
        for release in ["5.10.0", "5.10.0-32-amd64", "6.18.44-fc-v669", "7.3-rc1", "10.0.1"] {
            assert!(refuse_old_kernel(release).is_ok(), "{release}");
        }
    }
}
