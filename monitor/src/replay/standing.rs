//! The temporary blocks that stand at a moment of the capture, as the classifier asks for them: what the kernel has in
//! a map, with ends by the capture's clock.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use monitor_common::abi::{Block, BlockKey, BlockKind};

use crate::{
    blocks::{Blocked, Enforce},
    calls::Timestamp,
};

/// The blocks. Clones share them: who sets them, and the classifier.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    now: Timestamp,
    /// When each ends, in microseconds; 0: when it is taken away.
    ends: BTreeMap<BlockKey, u64>,
    /// How many keys have so many bits.
    lengths: BTreeMap<(BlockKind, u32), u32>,
}

impl Standing {
    /// The capture's clock stands at `now`.
    pub(super) fn time(&self, now: Timestamp) {
        self.lock().now = now;
    }

    /// Whether any is set, though its time may be over.
    pub(super) fn any(&self) -> bool {
        !self.lock().ends.is_empty()
    }

    /// As [`monitor_common::overlay::Overlay::longest`].
    pub(super) fn longest(&self, key: &BlockKey) -> Option<Block> {
        let table = self.lock();
        table.lengths.range((key.kind, 0)..=(key.kind, key.bits)).rev().find_map(|((_, bits), _)| {
            let until = *table.ends.get(&shortened(key, *bits))?;
            Some(Block { until, bits: *bits, reserved: 0 })
        })
    }

    /// As [`monitor_common::overlay::Overlay::ticks`]: microseconds.
    pub(super) fn ticks(&self) -> u64 {
        self.lock().now.0
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Enforce for Standing {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        let mut table = self.lock();
        let until = lasts.map_or(0, |time| table.now.after(time).0.max(1));
        let key = blocked.key();
        if table.ends.insert(key, until).is_none() {
            *table.lengths.entry((key.kind, key.bits)).or_default() += 1;
        }
        Ok(())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        let mut table = self.lock();
        let key = blocked.key();
        if table.ends.remove(&key).is_some()
            && let Some(count) = table.lengths.get_mut(&(key.kind, key.bits))
        {
            *count -= 1;
            if *count == 0 {
                table.lengths.remove(&(key.kind, key.bits));
            }
        }
        Ok(())
    }
}

/// The first bits of a key.
fn shortened(key: &BlockKey, bits: u32) -> BlockKey {
    let whole = u128::from(key.high) << 64 | u128::from(key.low);
    let fixed = BlockKey::prefix(monitor_common::number::Digits::default()).bits;
    let kept = whole & u128::MAX.checked_shl(128 - bits.saturating_sub(fixed).min(128)).unwrap_or(0);
    BlockKey { bits, high: (kept >> 64) as u64, low: kept as u64, ..*key }
}

#[cfg(test)]
mod tests {
    use monitor_common::{
        number::Digits,
        overlay::{self, Overlay},
    };

    use proptest::prelude::*;

    use super::*;

    fn prefix(digits: &str) -> Blocked {
        Blocked::Prefix(Digits::parse(digits).unwrap())
    }

    /// As the classifier asks.
    struct Asking<'a>(&'a Standing);

    impl Overlay for Asking<'_> {
        fn longest(&self, key: &BlockKey) -> Option<Block> {
            self.0.longest(key)
        }

        fn ticks(&self) -> u64 {
            self.0.ticks()
        }
    }

    fn holding(standing: &Standing, key: BlockKey) -> u32 {
        overlay::holding(&Asking(standing), key)
    }

    #[test]
    fn the_longest_that_holds_is_found() {
        let mut standing = Standing::default();
        standing.time(Timestamp(1_000_000));
        standing.put(&prefix("1"), None).unwrap();
        standing.put(&prefix("1345"), Some(Duration::from_secs(10))).unwrap();
        standing.put(&Blocked::Destination(7), None).unwrap();
        standing.put(&Blocked::Source("192.0.2.0/24".parse().unwrap()), None).unwrap();
        let digits =
            |text| BlockKey::digits(holding(&standing, BlockKey::prefix(Digits::parse(text).unwrap())));
        assert_eq!([digits("13459490000"), digits("12125550100"), digits("53")], [4, 1, 0]);
        standing.time(Timestamp(10_999_999));
        assert_eq!(digits("13459490000"), 4);
        standing.time(Timestamp(11_000_000));
        assert_eq!(digits("13459490000"), 1, "one that is over hides no shorter one");
        let source = |text: &str| {
            let address = text.parse::<std::net::Ipv4Addr>().unwrap().to_ipv6_mapped().octets();
            holding(&standing, BlockKey::source(address, 128)) != 0
        };
        assert_eq!([source("192.0.2.77"), source("192.0.3.77")], [true, false]);
        assert_ne!(holding(&standing, BlockKey::destination(7)), 0);
        assert_eq!(holding(&standing, BlockKey::destination(8)), 0);
    }

    proptest! {
        /// The longest of the prefixes that cover a number, as a plain search finds it.
        #[test]
        fn the_longest_is_that_of_a_plain_search(
            blocks in prop::collection::vec("[1-3]{1,5}", 0..12),
            number in "[1-3]{1,8}",
        ) {
            let mut standing = Standing::default();
            for digits in &blocks {
                standing.put(&prefix(digits), None).unwrap();
            }
            let key = BlockKey::prefix(Digits::parse(&number).unwrap());
            let found = standing.longest(&key).map_or(0, |block| BlockKey::digits(block.bits));
            let plain = blocks.iter().filter(|digits| number.starts_with(digits.as_str())).map(String::len).max();
            prop_assert_eq!(found as usize, plain.unwrap_or(0));
        }

        /// The same of networks.
        #[test]
        fn the_longest_network_is_that_of_a_plain_search(
            blocks in prop::collection::vec((0u8..4, 0u8..4, 8u8..=32), 0..12),
            (third, last) in (0u8..4, 0u8..4),
        ) {
            let mut standing = Standing::default();
            let network = |third, last, len| ipnet::Ipv4Net::new([192, 0, third, last].into(), len).unwrap().trunc();
            let networks: Vec<_> = blocks.iter().map(|&(third, last, len)| network(third, last, len)).collect();
            for network in &networks {
                standing.put(&Blocked::Source((*network).into()), None).unwrap();
            }
            let address = std::net::Ipv4Addr::new(192, 0, third, last);
            let key = BlockKey::source(address.to_ipv6_mapped().octets(), 128);
            let plain = networks.iter().filter(|network| network.contains(&address)).map(ipnet::Ipv4Net::prefix_len);
            let found = standing.longest(&key).map(|block| block.bits - 64 - 96);
            prop_assert_eq!(found, plain.max().map(u32::from));
        }
    }

    #[test]
    fn what_is_taken_away_is_gone() {
        let mut standing = Standing::default();
        assert!(!standing.any());
        standing.put(&prefix("53"), None).unwrap();
        standing.put(&prefix("53"), Some(Duration::from_secs(1))).unwrap();
        standing.remove(&prefix("53")).unwrap();
        standing.remove(&prefix("53")).unwrap();
        assert!(!standing.any());
        assert!(standing.lock().lengths.is_empty());
    }
}
