//! The temporary blocks that stand, in place of the kernel's: a plain search, so that it shares no code with the overlay.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use monitor::{
    blocks::{Block, Blocked, Enforce, Keep, Target},
    calls::Timestamp,
    policy::{Compiled, SlotTable},
};
use monitor_common::{abi::Action, number::Digits};

/// What stands. Clones share it.
#[derive(Clone, Default)]
pub struct Standing(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    now: Timestamp,
    /// Which limit blocks now.
    limit: Arc<str>,
    /// What is blocked, until when, and by which limit at last.
    ends: BTreeMap<Blocked, (Option<Timestamp>, Arc<str>)>,
}

/// Why an INVITE is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The policy's own rule.
    ByRule,
    /// A block of this limit.
    ByBlock(Arc<str>),
}

impl Standing {
    /// It is so late.
    pub fn time(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// What is blocked from now on, this limit blocks.
    pub fn by(&self, limit: &Arc<str>) {
        self.lock().limit = Arc::clone(limit);
    }

    /// Whether an INVITE to this number is dropped.
    pub fn number(&self, number: Digits, policy: &Compiled, slots: &SlotTable) -> Option<Dropped> {
        let rule = policy.longest(number);
        let named = rule.filter(|rule| rule.named).map_or(0, |rule| rule.prefix.len());
        let slot = rule.and_then(|rule| slots.slot(policy.destination(rule).as_str()));
        let blocked = self.holds(|blocked| match blocked {
            Blocked::Prefix(prefix) => prefix.len() >= named && begins_with(number, *prefix),
            Blocked::Destination(of) => Some(*of) == slot,
            Blocked::Source(_) => false,
        });
        if blocked.is_some() {
            return blocked;
        }
        rule.is_some_and(|rule| rule.action == Action::Block).then_some(Dropped::ByRule)
    }

    /// Whether INVITEs that arrive from this address are dropped.
    pub fn source(&self, address: IpAddr) -> Option<Dropped> {
        self.holds(|blocked| matches!(blocked, Blocked::Source(network) if network.contains(&address)))
    }

    fn holds(&self, covers: impl Fn(&Blocked) -> bool) -> Option<Dropped> {
        let table = self.lock();
        let stands = |end: &Option<Timestamp>| end.is_none_or(|end| table.now < end);
        let (_, (_, limit)) = table.ends.iter().find(|(blocked, (end, _))| stands(end) && covers(blocked))?;
        Some(Dropped::ByBlock(Arc::clone(limit)))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Enforce for Standing {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        let mut table = self.lock();
        let end = lasts.map(|lasts| table.now.after(lasts));
        let limit = Arc::clone(&table.limit);
        table.ends.insert(*blocked, (end, limit));
        Ok(())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        self.lock().ends.remove(blocked);
        Ok(())
    }
}

/// Nothing is kept: no case restarts the agent.
pub struct Unkept;

impl Keep for Unkept {
    fn keep(&mut self, _: &Block) {}

    fn forget(&mut self, _: &Target) {}
}

fn begins_with(number: Digits, prefix: Digits) -> bool {
    number.to_string().starts_with(&prefix.to_string())
}
