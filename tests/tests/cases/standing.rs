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
    /// What is blocked, until when.
    ends: BTreeMap<Blocked, Option<Timestamp>>,
}

/// Why an INVITE is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The policy's own rule.
    ByRule,
    /// A block of a limit.
    ByBlock,
}

impl Standing {
    /// It is so late.
    pub fn time(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// Whether an INVITE to this number is dropped.
    pub fn number(&self, number: Digits, policy: &Compiled, slots: &SlotTable) -> Option<Dropped> {
        let rule = policy.longest(number);
        let named = rule.filter(|rule| rule.named).map_or(0, |rule| rule.prefix.len());
        let slot = rule.and_then(|rule| slots.slot(policy.destination(rule).as_str()));
        let is_blocked = self.holds(|blocked| match blocked {
            Blocked::Prefix(prefix) => prefix.len() >= named && begins_with(number, *prefix),
            Blocked::Destination(of) => Some(*of) == slot,
            Blocked::Source(_) => false,
        });
        if is_blocked {
            return Some(Dropped::ByBlock);
        }
        rule.is_some_and(|rule| rule.action == Action::Block).then_some(Dropped::ByRule)
    }

    /// Whether INVITEs that arrive from this address are dropped.
    pub fn source(&self, address: IpAddr) -> bool {
        self.holds(|blocked| matches!(blocked, Blocked::Source(network) if network.contains(&address)))
    }

    fn holds(&self, covers: impl Fn(&Blocked) -> bool) -> bool {
        let table = self.lock();
        table.ends.iter().any(|(blocked, end)| end.is_none_or(|end| table.now < end) && covers(blocked))
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Enforce for Standing {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        let mut table = self.lock();
        let end = lasts.map(|lasts| table.now.after(lasts));
        table.ends.insert(*blocked, end);
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
