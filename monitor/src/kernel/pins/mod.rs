//! The guard that outlives its agent: programs, links and maps pinned on the BPF file system, and how the next agent
//! takes them over.
//!
//! An agent never uses the maps of another: it loads its own beside them, whatever layout either has, puts its policy
//! there, and only then replaces the program behind each link, which the kernel does between two packets. When no
//! program of an earlier agent runs any more, what those counted is carried over, and then their pins go. There is
//! one way, for an agent that is newer, older, or the same with other options; and it may break off anywhere: what
//! counts is found again from what is pinned.
//!
//! ```text
//! <root>/<instance>/hooks/xdp-<ifindex>, tcx-<ifindex>, filter-<ifindex>
//! <root>/<instance>/abi-<version>-<number>/PACKETS, INVITES, …      the object's maps and programs
//!                                          labels, about, carried_… what the next agent must know
//! ```

mod book;
mod detach;
mod directory;
mod generation;
mod held;
mod shape;

use std::path::PathBuf;

pub use book::{About, Book};
pub use detach::{Detached, Left, What, detach, left};
pub use directory::Place;
pub(super) use directory::not_pinned;
pub(super) use held::{Held, Hook, Hooks};

use super::{
    Object, Refusal,
    policy_maps::Grace,
    totals::{Slots, Totals},
};
use directory::Locked;
use generation::Generation;

/// The pins of this agent and of those before it.
pub struct Pins {
    instance: PathBuf,
    hooks: Hooks,
    /// Those of earlier agents, the oldest first.
    earlier: Vec<(Generation, About)>,
    /// Those of this agent, where it leaves the guard behind.
    own: Option<Own>,
    _lock: Locked,
}

struct Own {
    generation: Generation,
    /// Whether programs may run that count here: from then on the pins are not to be lost.
    is_in_use: bool,
}

impl Pins {
    /// Takes the place of an agent; `None` where nothing is pinned and nothing is to be.
    pub fn open(place: &Place, persist: bool) -> Result<Option<Self>, Refusal> {
        let instance = place.folder();
        if persist {
            directory::make(&instance)?;
        }
        let Some(lock) = directory::lock(&instance)? else { return Ok(None) };
        let earlier = Generation::all(&instance)?;
        let earlier = earlier.into_iter().map(|generation| {
            let about = generation.about();
            (generation, about)
        });
        let (earlier, hooks) = (earlier.collect(), Hooks::of(&instance));
        if persist {
            hooks.make()?;
        }
        Ok(Some(Self { instance, hooks, earlier, own: None, _lock: lock }))
    }

    /// What earlier agents wrote, the latest first.
    pub fn earlier(&self) -> impl Iterator<Item = &About> {
        self.earlier.iter().rev().map(|(_, about)| about)
    }

    /// Whether hooks that an earlier agent left are pinned.
    #[must_use]
    pub fn stand(&self) -> bool {
        held::has_any(&self.instance)
    }

    /// Pins every map and program of the object, and begins the book. The object must be whole.
    pub fn begin(&mut self, object: &mut Object, interfaces: &[String]) -> Result<Book, Refusal> {
        let earlier: Vec<_> = self.earlier.iter().map(|(generation, _)| generation.clone()).collect();
        let generation = Generation::after(&earlier, &self.instance)?;
        let folder = generation.folder.clone();
        self.own = Some(Own { generation, is_in_use: false });
        object.pin(&folder)?;
        Book::begin(&folder, interfaces)
    }

    /// The folder of this agent's maps and programs; `None` where the guard goes with the agent.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.generation.folder.clone())
    }

    /// The pinned hooks.
    pub(super) fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// Whether hooks are to be pinned.
    pub(super) fn keeps(&self) -> bool {
        self.own.is_some()
    }

    /// From here on programs of this agent may run.
    pub(super) fn use_own(&mut self) {
        if let Some(own) = &mut self.own {
            own.is_in_use = true;
        }
    }

    /// Takes the hooks off that an earlier agent left on interfaces other than these; their names, or indices where they
    /// are gone.
    pub fn release_others(&self, wanted: &[u32]) -> Result<Vec<String>, Refusal> {
        let mut others = self.hooks.interfaces()?;
        others.retain(|index| !wanted.contains(index));
        let names = others.iter().map(|index| held::shown(*index)).collect();
        self.hooks.release(&others)?;
        Ok(names)
    }

    /// Takes the pins of one interface away, which is gone or somebody else's now.
    pub fn release(&self, ifindex: u32) -> Result<(), Refusal> {
        self.hooks.release(&[ifindex])
    }

    /// Ends the take-over. No link may lead to an earlier program any more, but some may still run: waits for them.
    /// What they counted is written down for this agent's slots, and then their pins go.
    pub fn settle(&mut self, slots: &Slots, grace: &mut Grace) -> Result<Totals, Refusal> {
        grace.wait()?;
        let mut totals = Totals::default();
        let complete = self.earlier.iter().rposition(|(_, about)| about.is_complete);
        if let Some((generation, about)) = complete.and_then(|at| self.earlier.get(at)) {
            totals.add(&generation.carried(), &about.slots, slots);
        }
        for (generation, about) in self.earlier.iter().skip(complete.unwrap_or(0)) {
            totals.add(&generation.counted(about), &about.slots, slots);
        }
        match &self.own {
            Some(own) => book::complete(&own.generation.folder, &totals)?,
            None => directory::remove_all(&self.instance)?,
        }
        for (generation, _) in self.earlier.drain(..) {
            directory::remove_all(&generation.folder)?;
        }
        Ok(totals)
    }
}

impl Drop for Pins {
    /// An agent that did not start leaves things as they were.
    fn drop(&mut self) {
        let Some(own) = self.own.take().filter(|own| !own.is_in_use) else { return };
        if let Err(error) = directory::remove_all(&own.generation.folder) {
            tracing::debug!(%error, "the pins of an agent that did not start are left");
        }
        if self.earlier.is_empty() && !held::has_any(&self.instance) {
            // Others may lie there; then it stays.
            let _ = directory::remove(&self.instance.join("hooks"));
            let _ = directory::remove(&self.instance);
        }
    }
}
