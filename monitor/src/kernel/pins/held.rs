//! The pinned hooks of one interface: links that stay attached while no agent runs, and, before Linux 6.6, a note of
//! the tc filter, which stays by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use aya::{
    maps::{Array, MapData},
    programs::{
        SchedClassifier, TcAttachType,
        links::{FdLink, LinkError, PinnedLink},
        tc::SchedClassifierLink,
        xdp::XdpLink,
    },
};
use rustix::net::{AddressFamily, SocketType, netdevice::index_to_name, socket};

use super::{
    super::{Facts, Refusal, hooks::egress::filter, interface, netlink::remove_clsact},
    directory::{self, not_pinned},
    shape,
};

/// The hooks of one interface as an earlier agent left them.
#[derive(Debug, Default)]
pub(in super::super) struct Held {
    /// At XDP.
    pub(in super::super) xdp: Option<XdpLink>,
    /// At TCX.
    pub(in super::super) tcx: Option<SchedClassifierLink>,
    /// A tc filter, and whether the clsact qdisc came with it.
    pub(in super::super) filter: Option<bool>,
}

/// The folder of hooks, each named by its kind and the index of its interface.
#[derive(Clone, Debug)]
pub(in super::super) struct Hooks(PathBuf);

/// What may be pinned of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Hook {
    /// The link of XDP.
    Xdp,
    /// The link of TCX.
    Tcx,
    /// The note of a tc filter.
    Filter,
}

impl Hooks {
    pub(super) fn of(instance: &Path) -> Self {
        Self(instance.join("hooks"))
    }

    /// Makes the folder.
    pub(super) fn make(&self) -> Result<(), Refusal> {
        directory::make(&self.0)
    }

    /// What is held of an interface. A pin that belongs to another interface of the same index (the one of another
    /// network namespace, or one that is gone) is taken away.
    pub(in super::super) fn held(&self, facts: &Facts) -> Result<Held, Refusal> {
        let stands_at_tcx = |program| has_tcx(&facts.name, &[program]);
        let xdp = self.link(Hook::Xdp, facts, |program| {
            facts.has_xdp && facts.xdp_program.is_none_or(|there| there == program)
        })?;
        let path = self.path(Hook::Filter, facts.index);
        let filter = path.exists().then(|| shape::array::<u32>(&path, 1).and_then(|note| made_clsact(&note)));
        Ok(Held { xdp, tcx: self.link(Hook::Tcx, facts, stands_at_tcx)?, filter: filter.transpose()? })
    }

    /// Pins a link. One that is pinned there already is not touched: without its pin it would go with the agent.
    pub(in super::super) fn keep(&self, hook: Hook, ifindex: u32, link: FdLink) -> Result<FdLink, Refusal> {
        let path = self.path(hook, ifindex);
        let id = |link: &FdLink| link.info().ok().map(|info| info.id());
        let pinned = PinnedLink::from_pin(&path).ok().map(FdLink::from);
        if pinned.is_some_and(|pinned| id(&pinned).is_some() && id(&pinned) == id(&link)) {
            return Ok(link);
        }
        directory::remove(&path)?;
        link.pin(&path).map(FdLink::from).map_err(|error| not_pinned(&path, &error))
    }

    /// Notes a tc filter, and whether the clsact qdisc came with it; what is noted already stays.
    pub(in super::super) fn note_filter(&self, ifindex: u32, made_clsact: bool) -> Result<(), Refusal> {
        let path = self.path(Hook::Filter, ifindex);
        if path.exists() {
            return Ok(());
        }
        let refused = |error| Refusal::from_map("noting the tc filter", &error);
        let mut note = Array::<MapData, u32>::create(1, 0).map_err(refused)?;
        note.set(0, u32::from(made_clsact), 0).map_err(refused)?;
        note.pin(&path).map_err(|error| not_pinned(&path, &error))
    }

    /// Takes one pin away; whoever holds the link keeps it.
    pub(in super::super) fn forget(&self, hook: Hook, ifindex: u32) -> Result<(), Refusal> {
        directory::remove(&self.path(hook, ifindex))
    }

    /// Takes the pins of interfaces away, and waits until the hooks are off that nobody else holds.
    pub(in super::super) fn release(&self, indices: &[u32]) -> Result<(), Refusal> {
        let programs = self.programs(indices);
        for &index in indices {
            let note = self.path(Hook::Filter, index);
            if note.exists() {
                take_off_filter(index, &note);
            }
            for hook in [Hook::Xdp, Hook::Tcx, Hook::Filter] {
                directory::remove(&self.path(hook, index))?;
            }
        }
        wait_until_off(indices, &programs);
        Ok(())
    }

    /// Indices of the interfaces of which something is pinned.
    pub(in super::super) fn interfaces(&self) -> Result<Vec<u32>, Refusal> {
        let names = directory::names(&self.0)?;
        let mut found: Vec<_> =
            names.iter().filter_map(|name| name.split_once('-')?.1.parse().ok()).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Ids of the programs behind the links of some interfaces.
    fn programs(&self, indices: &[u32]) -> Vec<u32> {
        let paths =
            indices.iter().flat_map(|index| [Hook::Xdp, Hook::Tcx].map(|hook| self.path(hook, *index)));
        let link = |path: PathBuf| FdLink::from(PinnedLink::from_pin(path).ok()?).info().ok();
        paths.filter_map(link).map(|info| info.program_id()).collect()
    }

    fn link<L: TryFrom<FdLink, Error = LinkError>>(
        &self,
        hook: Hook,
        facts: &Facts,
        stands: impl FnOnce(u32) -> bool,
    ) -> Result<Option<L>, Refusal> {
        let path = self.path(hook, facts.index);
        if !path.exists() {
            return Ok(None);
        }
        let stands = |link: FdLink| {
            let program = link.info()?.program_id();
            stands(program).then(|| L::try_from(link)).transpose()
        };
        match PinnedLink::from_pin(&path).map(FdLink::from).and_then(stands) {
            Ok(Some(link)) => Ok(Some(link)),
            Ok(None) => {
                tracing::warn!(interface = facts.name, pin = %path.display(), "the pinned hook is not on this interface, so: it is let go");
                directory::remove(&path).map(|()| None)
            }
            Err(error) => {
                tracing::error!(interface = facts.name, pin = %path.display(), %error, "the pinned hook cannot be read, so: it is let go");
                directory::remove(&path).map(|()| None)
            }
        }
    }

    fn path(&self, hook: Hook, ifindex: u32) -> PathBuf {
        let kind = match hook {
            Hook::Xdp => "xdp",
            Hook::Tcx => "tcx",
            Hook::Filter => "filter",
        };
        self.0.join(format!("{kind}-{ifindex}"))
    }
}

/// The name of an interface, as far as this network namespace knows it.
fn name_of(ifindex: u32) -> Option<String> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None).ok()?;
    index_to_name(any, ifindex).ok()
}

/// The kernel takes a hook off some moments after its last pin is gone: 2 s at most are waited for that.
fn wait_until_off(indices: &[u32], programs: &[u32]) {
    let names: Vec<_> = indices.iter().filter_map(|index| name_of(*index)).collect();
    let is_on = |name: &String| {
        let xdp = interface(name).ok().flatten().and_then(|facts| facts.xdp_program);
        xdp.is_some_and(|program| programs.contains(&program)) || has_tcx(name, programs)
    };
    for _ in 0..100 {
        if !names.iter().any(is_on) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether one of the programs sees what leaves an interface.
fn has_tcx(name: &str, programs: &[u32]) -> bool {
    let there = SchedClassifier::query_tcx(name, TcAttachType::Egress);
    there.is_ok_and(|(_, there)| there.iter().any(|info| programs.contains(&info.id())))
}

/// The name of an interface, or its index where it is gone.
pub(super) fn shown(index: u32) -> String {
    name_of(index).unwrap_or_else(|| format!("interface {index}"))
}

fn made_clsact(note: &Array<MapData, u32>) -> Result<bool, Refusal> {
    let made =
        note.get(&0, 0).map_err(|error| Refusal::from_map("reading the note of a tc filter", &error))?;
    Ok(made == 1)
}

/// Takes the filter off, and the clsact qdisc where it came with it. Where the interface is gone, so are both.
fn take_off_filter(ifindex: u32, note: &Path) {
    let made = shape::array::<u32>(note, 1).and_then(|note| made_clsact(&note)).unwrap_or(false);
    if let Some(name) = name_of(ifindex) {
        // Dropped, it is taken off.
        drop(filter(&name));
    }
    if made && let Err(error) = remove_clsact(ifindex) {
        tracing::debug!(ifindex, %error, "the clsact qdisc is gone already");
    }
}

/// Whether a folder of hooks holds any.
pub(super) fn has_any(instance: &Path) -> bool {
    fs::read_dir(instance.join("hooks")).is_ok_and(|mut entries| entries.next().is_some())
}
