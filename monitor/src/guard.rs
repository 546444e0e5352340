//! The guarded interfaces: attaches the hooks, stays with an interface that is renamed, and takes one up again that went
//! away and came back.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use crate::kernel::{
    Attached, Facts, Grace, Interfaces, Mode, Object, Pins, Refusal, Slots, Totals, Wanted, interface,
    interface_at,
};

/// The interfaces and their hooks. Dropping it detaches all of them, but for those that are pinned.
pub struct Guard {
    object: Arc<Mutex<Object>>,
    table: Interfaces,
    wanted: Wanted,
    interfaces: Vec<Guarded>,
    states: States,
    pins: Option<Pins>,
}

struct Guarded {
    name: String,
    attached: Option<Attached>,
    /// Its name by now, where that is another one.
    renamed: Option<String>,
    /// What the log said last, so that it does not say it five times a second.
    complaint: Option<String>,
}

/// What is known of each interface, for metrics and readiness. Its index is the slot of the counters.
#[derive(Clone, Debug, Default)]
pub struct States(Arc<RwLock<Vec<State>>>);

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Name.
    pub name: String,
    /// How XDP is attached; `None` while the interface is gone.
    pub mode: Option<Mode>,
}

impl States {
    /// Every interface, in the order of the slots.
    #[must_use]
    pub fn all(&self) -> Vec<State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of a slot.
    #[must_use]
    pub fn name(&self, slot: u32) -> String {
        let states = self.0.read().unwrap_or_else(PoisonError::into_inner);
        states.get(slot as usize).map_or_else(|| "unknown".to_owned(), |state| state.name.clone())
    }

    fn set(&self, slot: usize, mode: Option<Mode>) {
        if let Some(state) = self.0.write().unwrap_or_else(PoisonError::into_inner).get_mut(slot) {
            state.mode = mode;
        }
    }
}

impl FromIterator<State> for States {
    fn from_iter<I: IntoIterator<Item = State>>(states: I) -> Self {
        Self(Arc::new(RwLock::new(states.into_iter().collect())))
    }
}

impl Guard {
    /// Attaches to every interface, or to none where one refuses; what is pinned already is taken over.
    pub fn attach(
        object: Arc<Mutex<Object>>,
        names: &[String],
        wanted: Wanted,
        pins: Option<Pins>,
    ) -> Result<Self, Refusal> {
        let table = Interfaces::take(&mut lock(&object))?;
        let states = names.iter().map(|name| State { name: name.clone(), mode: None });
        let interfaces = names.iter().map(|name| Guarded {
            name: name.clone(),
            attached: None,
            renamed: None,
            complaint: None,
        });
        let mut guard =
            Self { object, table, wanted, interfaces: interfaces.collect(), states: states.collect(), pins };
        for (slot, name) in names.iter().enumerate() {
            let facts = ask(name)?.ok_or_else(|| Refusal::NoSuchInterface(name.clone()))?;
            guard.take_up(slot, &facts)?;
        }
        for slot in 0..names.len() {
            guard.pin(slot)?;
        }
        Ok(guard)
    }

    /// Ends the take-over from an earlier agent: what its programs counted goes on here under `slots`. Nothing, where
    /// there was none.
    pub fn settle(&mut self, slots: &Slots, grace: &mut Grace) -> Result<Totals, Refusal> {
        let Some(pins) = &mut self.pins else { return Ok(Totals::default()) };
        let here = self.interfaces.iter().filter_map(|interface| Some(interface.attached.as_ref()?.ifindex));
        for interface in pins.release_others(&here.collect::<Vec<_>>())? {
            tracing::warn!(
                interface,
                "not to be guarded any more: took off the hooks that an earlier agent left"
            );
        }
        let totals = pins.settle(slots, grace)?;
        if pins.folder().is_none() {
            self.pins = None;
        }
        Ok(totals)
    }

    /// Where the guard is pinned; `None` where it goes with the agent.
    #[must_use]
    pub fn pinned(&self) -> Option<PathBuf> {
        self.pins.as_ref().and_then(Pins::folder)
    }

    /// What is known of each interface.
    #[must_use]
    pub fn states(&self) -> States {
        self.states.clone()
    }

    /// Looks after every interface: lets go of one that is gone, takes up one that came back.
    pub fn look(&mut self) {
        for slot in 0..self.interfaces.len() {
            let result = self.look_after(slot);
            self.complain(slot, result.err());
        }
    }

    fn look_after(&mut self, slot: usize) -> Result<(), Refusal> {
        let named = ask(&self.interfaces[slot].name)?;
        if let Some(attached) = &self.interfaces[slot].attached {
            // A name that is gone may have been changed: what was guarded under it is guarded on.
            let renamed = if named.is_none() { ask_at(attached.ifindex)? } else { None };
            if named.as_ref().or(renamed.as_ref()).is_some_and(|facts| attached.stands(facts)) {
                self.call(slot, renamed.map(|facts| facts.name));
                return Ok(());
            }
            self.let_go(slot)?;
        }
        let Some(facts) = named else { return Ok(()) };
        self.take_up(slot, &facts)?;
        self.pin(slot)
    }

    /// Notes that an interface has another name by now, or its own again.
    fn call(&mut self, slot: usize, renamed: Option<String>) {
        let interface = &mut self.interfaces[slot];
        if interface.renamed != renamed {
            match &renamed {
                Some(now) => tracing::warn!(
                    interface = interface.name,
                    now,
                    "the interface was renamed and is guarded on, in metrics under its old name; a start would not \
                     find it: change `--interface`"
                ),
                None => tracing::info!(interface = interface.name, "the interface has its name again"),
            }
        }
        interface.renamed = renamed;
    }

    fn take_up(&mut self, slot: usize, facts: &Facts) -> Result<(), Refusal> {
        let link = Object::link_of(facts)?;
        self.table.register(slot as u32, facts.index, link)?;
        let attached = lock(&self.object).attach(facts, self.wanted, self.pins.as_mut())?;
        let (interface, mode) = (facts.name.as_str(), attached.mode.label());
        tracing::info!(interface, mode, link = link.label(), ifindex = facts.index, "guarding");
        self.states.set(slot, Some(attached.mode));
        self.interfaces[slot].attached = Some(attached);
        self.interfaces[slot].renamed = None;
        Ok(())
    }

    fn pin(&mut self, slot: usize) -> Result<(), Refusal> {
        match (&mut self.interfaces[slot].attached, &self.pins) {
            (Some(attached), Some(pins)) => attached.pin(pins),
            _ => Ok(()),
        }
    }

    fn let_go(&mut self, slot: usize) -> Result<(), Refusal> {
        let interface = &mut self.interfaces[slot];
        tracing::warn!(
            interface = interface.name,
            "the interface is gone; it is taken up again when it comes back"
        );
        // Its links are closed before their pins go: the one waits for the other.
        let index = interface.attached.take().map(|attached| attached.ifindex);
        self.states.set(slot, None);
        if let (Some(pins), Some(index)) = (&self.pins, index) {
            pins.release(index)?;
        }
        self.table.forget(slot as u32)
    }

    fn complain(&mut self, slot: usize, refusal: Option<Refusal>) {
        let complaint = refusal.map(|refusal| refusal.to_string());
        let interface = &mut self.interfaces[slot];
        if let Some(error) = &complaint
            && interface.complaint != complaint
        {
            tracing::error!(interface = interface.name, error, "not guarded");
        }
        interface.complaint = complaint;
    }
}

/// What the kernel says about an interface.
fn ask(name: &str) -> Result<Option<Facts>, Refusal> {
    interface(name).map_err(|error| Refusal::from_io(&format!("asking for the interface `{name}`"), &error))
}

/// The same, by its index.
fn ask_at(index: u32) -> Result<Option<Facts>, Refusal> {
    interface_at(index).map_err(|error| Refusal::from_io(&format!("asking for interface {index}"), &error))
}

fn lock(object: &Mutex<Object>) -> std::sync::MutexGuard<'_, Object> {
    object.lock().unwrap_or_else(PoisonError::into_inner)
}
