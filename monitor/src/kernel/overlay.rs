//! The temporary blocks in the kernel: set, replaced and taken away one by one, over whatever policy is in force.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use aya::maps::{Array, LpmTrie, MapData, lpm_trie::Key};
use ipnet::IpNet;
use monitor_common::{
    abi::{self, Block, BlockKey},
    number::Digits,
};

use super::{Clock, Object, Refusal, policy_maps::mapped};

/// What a temporary block covers: see [`monitor_common::overlay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blocked {
    /// E.164 numbers with this prefix, unless the policy names a longer one.
    Prefix(Digits),
    /// Numbers whose rule names the destination of this counter slot.
    Destination(u16),
    /// INVITEs that arrive from this network, but for those of a trunk.
    Source(IpNet),
}

impl Blocked {
    /// The key that it lies under.
    #[must_use]
    pub fn key(&self) -> BlockKey {
        match self {
            Self::Prefix(prefix) => BlockKey::prefix(*prefix),
            Self::Destination(slot) => BlockKey::destination(*slot),
            Self::Source(network) => {
                let (address, len) = mapped(network);
                BlockKey::source(address, len)
            }
        }
    }
}

/// The temporary blocks. The kernel compares their deadlines itself: a block ends in time whatever becomes of the agent.
pub struct Overlay {
    blocks: LpmTrie<MapData, [u8; BlockKey::OCTETS], Block>,
    active: Array<MapData, u32>,
    clock: Clock,
    /// What stands in the map, and when it ends.
    standing: BTreeMap<BlockKey, Option<Instant>>,
    /// Those that end, the first to end first.
    ends: BTreeSet<(Instant, BlockKey)>,
}

impl Overlay {
    /// Takes the map out of the object; no block stands.
    pub fn take(object: &mut Object, clock: Clock) -> Result<Self, Refusal> {
        Ok(Self {
            blocks: object.take(abi::map::BLOCKS)?,
            active: object.share(abi::map::ACTIVE)?,
            clock,
            standing: BTreeMap::new(),
            ends: BTreeSet::new(),
        })
    }

    /// Sets a block for so long, or until it is taken away; in place of one that covers the same.
    ///
    /// # Errors
    /// Where the prefix has no digit, [`abi::MAX_BLOCKS`] stand, or the kernel refuses.
    pub fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), Refusal> {
        let now = Instant::now();
        self.sweep_at(now)?;
        let key = blocked.key();
        self.refuse(blocked, &key)?;
        // What ends later than the clock can tell stands until it is taken away.
        let end = lasts.and_then(|time| now.checked_add(time));
        let until = end.map_or(0, |end| self.clock.after(now, end.duration_since(now)));
        let block = Block { until, bits: key.bits, reserved: 0 };
        self.blocks.insert(&map_key(&key), block, 0).map_err(|error| refused(&error))?;
        self.forget(&key);
        self.standing.insert(key, end);
        self.ends.extend(end.map(|end| (end, key)));
        self.count()
    }

    /// Takes a block away; `false` where none stood.
    ///
    /// # Errors
    /// Where the kernel refuses.
    pub fn remove(&mut self, blocked: &Blocked) -> Result<bool, Refusal> {
        self.sweep()?;
        let key = blocked.key();
        if !self.standing.contains_key(&key) {
            return Ok(false);
        }
        self.take_away(&key)?;
        self.count()?;
        Ok(true)
    }

    /// Takes the blocks away whose time is over, which the kernel honours no longer. To be called now and then: they
    /// cost look-ups, and room.
    ///
    /// # Errors
    /// Where the kernel refuses.
    pub fn sweep(&mut self) -> Result<(), Refusal> {
        self.sweep_at(Instant::now())
    }

    fn sweep_at(&mut self, now: Instant) -> Result<(), Refusal> {
        let over: Vec<_> =
            self.ends.iter().take_while(|(end, _)| *end + GRACE <= now).map(|(_, key)| *key).collect();
        if over.is_empty() {
            return Ok(());
        }
        over.iter().try_for_each(|key| self.take_away(key))?;
        self.count()
    }

    fn take_away(&mut self, key: &BlockKey) -> Result<(), Refusal> {
        self.blocks.remove(&map_key(key)).map_err(|error| refused(&error))?;
        self.forget(key);
        Ok(())
    }

    fn forget(&mut self, key: &BlockKey) {
        if let Some(Some(end)) = self.standing.remove(key) {
            self.ends.remove(&(end, *key));
        }
    }

    /// Tells the kernel how many blocks stand: with none it looks for none.
    fn count(&mut self) -> Result<(), Refusal> {
        let count = u32::try_from(self.standing.len()).unwrap_or(u32::MAX);
        self.active.set(abi::BLOCK_COUNT, count, 0).map_err(|error| refused(&error))
    }

    fn refuse(&self, blocked: &Blocked, key: &BlockKey) -> Result<(), Refusal> {
        let because = |cause: String| Err(Refusal::Other { doing: DOING.into(), cause });
        if matches!(blocked, Blocked::Prefix(prefix) if prefix.is_empty()) {
            return because("the prefix has no digit; give `+` and at least one".into());
        }
        if self.standing.len() >= abi::MAX_BLOCKS && !self.standing.contains_key(key) {
            return because(format!("{} stand already; take some away", abi::MAX_BLOCKS));
        }
        Ok(())
    }
}

fn map_key(key: &BlockKey) -> Key<[u8; BlockKey::OCTETS]> {
    Key::new(key.bits, key.data())
}

fn refused(error: &aya::maps::MapError) -> Refusal {
    Refusal::from_map(DOING, error)
}

const DOING: &str = "setting the temporary blocks";
/// How much longer a block stands in the map than the kernel honours it: more than a tick.
const GRACE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_kind_first_and_what_may_be_shortened_last() {
        let key = |blocked: Blocked| (blocked.key().bits, blocked.key().data());
        let (bits, data) = key(Blocked::Prefix(Digits::parse("537").unwrap()));
        assert_eq!((bits, &data[..10]), (76, &[0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0x70][..]));
        let (bits, data) = key(Blocked::Destination(0x0102));
        assert_eq!((bits, &data[..11]), (80, &[1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0][..]));
        let (bits, data) = key(Blocked::Source("192.0.2.0/24".parse().unwrap()));
        assert_eq!((bits, data[0]), (64 + 120, 2));
        assert_eq!(data[8..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0]);
    }
}
