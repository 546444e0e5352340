//! The maps that hold the policy: rules, trunks, settings, and which of the two generations is in force.

use std::{
    os::fd::AsFd,
    sync::atomic::{Ordering, fence},
};

use aya::maps::{Array, ArrayOfMaps, LpmTrie, Map, MapData, lpm_trie::Key};
use ipnet::IpNet;
use monitor_common::abi::{self, Line, Settings};

use super::{Book, Object, Refusal, mapped::MappedArray};

/// One policy as the maps take it.
#[derive(Clone, Copy, Debug)]
pub struct Generation<'a> {
    /// The rule structure; see [`monitor_common::rules`].
    pub lines: &'a [Line],
    /// Dial plans and the rest.
    pub settings: &'a Settings,
    /// Networks of the operator's SBCs.
    pub trunks: &'a [IpNet],
}

/// The policy in the kernel. There are two generations: one in force, and one to write.
pub struct PolicyMaps {
    rules: RuleMap,
    trunks: Trunks,
    settings: Array<MapData, Settings>,
    active: Array<MapData, u32>,
    generation: u32,
    book: Option<Book>,
}

impl PolicyMaps {
    /// Takes the maps out of the object; no policy is in force.
    pub fn take(object: &mut Object) -> Result<Self, Refusal> {
        Ok(Self {
            rules: RuleMap::take(object)?,
            trunks: Trunks::take(object)?,
            settings: object.take(abi::map::SETTINGS)?,
            active: object.share(abi::map::ACTIVE)?,
            generation: 0,
            book: None,
        })
    }

    /// Keeps a book for the agent after this one.
    pub fn keep(&mut self, book: Option<Book>) {
        self.book = book;
    }

    /// The book for the agent after this one, where there is to be any.
    pub fn book(&mut self) -> Option<&mut Book> {
        self.book.as_mut()
    }

    /// Lines that one policy may have.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.rules.lines
    }

    /// Puts a policy in force, whole and at once; on an error the old one stays in force.
    ///
    /// The order matters. A packet may still be judged by the generation that is about to be overwritten: the one
    /// before the last swap. Replacing an inner map makes the kernel wait for an RCU grace period, which ends when
    /// every such packet is done; so the trunks come first. Then nobody reads the lines and the settings until
    /// the last write makes them the generation in force.
    pub fn publish(&mut self, policy: Generation<'_>) -> Result<(), Refusal> {
        let next = (self.generation + 1) % abi::GENERATIONS;
        self.trunks.publish(next, policy.trunks)?;
        self.rules.publish(next, policy.lines)?;
        let settings =
            Settings { loaded: 1, has_trunks: u32::from(!policy.trunks.is_empty()), ..*policy.settings };
        write(&mut self.settings, next, settings, "writing the settings")?;
        fence(Ordering::SeqCst);
        write(&mut self.active, abi::GENERATION, next, "putting the policy in force")?;
        self.generation = next;
        Ok(())
    }
}

/// Waits for programs that began to run before: those of this object, and those of any other.
pub struct Grace {
    trunks: ArrayOfMaps<MapData, TrunkTrie>,
    active: Array<MapData, u32>,
}

impl Grace {
    /// Opens what it needs of an object that still has its maps.
    pub fn of(object: &mut Object) -> Result<Self, Refusal> {
        let Map::ArrayOfMaps(map) = object.again(abi::map::TRUNKS)? else {
            return Err(Refusal::Incomplete(format!("array of maps {}", abi::map::TRUNKS)));
        };
        let trunks = ArrayOfMaps::try_from(Map::ArrayOfMaps(map))
            .map_err(|error| Refusal::from_map("opening the trunks again", &error))?;
        Ok(Self { trunks, active: object.share(abi::map::ACTIVE)? })
    }

    /// Returns when every program that ran has returned: the kernel waits so where an inner map is replaced (Linux
    /// 4.20), here that of the generation that is not in force.
    pub fn wait(&mut self) -> Result<(), Refusal> {
        let refused = |error| Refusal::from_map("waiting for the programs before", &error);
        let active = self.active.get(&abi::GENERATION, 0).map_err(refused)?;
        let trie = TrunkTrie::create(1, BPF_F_NO_PREALLOC).map_err(refused)?;
        self.trunks.set((active + 1) % abi::GENERATIONS, &trie, 0).map_err(refused)
    }
}

/// The rule lines of both generations.
struct RuleMap {
    memory: MappedArray<Line>,
    /// Lines of one generation.
    lines: usize,
}

impl RuleMap {
    fn take(object: &mut Object) -> Result<Self, Refusal> {
        let lines = object.options().rule_lines;
        let Map::Array(map) = object.take_any(abi::map::RULES)? else {
            return Err(Refusal::Incomplete(format!("array {}", abi::map::RULES)));
        };
        let memory = MappedArray::new(map.fd().as_fd(), lines * abi::GENERATIONS)
            .map_err(|error| Refusal::from_io("mapping the rules", &error))?;
        Ok(Self { memory, lines: lines as usize })
    }

    fn publish(&mut self, generation: u32, lines: &[Line]) -> Result<(), Refusal> {
        let fits = lines.len() <= self.lines && self.memory.write(generation as usize * self.lines, lines);
        if fits {
            return Ok(());
        }
        let cause = format!(
            "the policy needs {} lines of 64 octets, and there are {}; start the agent with a larger `--max-prefixes`",
            lines.len(),
            self.lines
        );
        Err(Refusal::Other { doing: "writing the rules".into(), cause })
    }
}

/// The networks of the operator's SBCs, one trie a generation.
struct Trunks(ArrayOfMaps<MapData, TrunkTrie>);

type TrunkTrie = LpmTrie<MapData, [u8; 16], u32>;

impl Trunks {
    fn take(object: &mut Object) -> Result<Self, Refusal> {
        object.take(abi::map::TRUNKS).map(Self)
    }

    fn publish(&mut self, generation: u32, networks: &[IpNet]) -> Result<(), Refusal> {
        let refused = |error| Refusal::from_map("writing the trunks", &error);
        let entries = u32::try_from(networks.len()).unwrap_or(u32::MAX).max(1);
        let mut trie = TrunkTrie::create(entries, BPF_F_NO_PREALLOC).map_err(refused)?;
        for network in networks {
            trie.insert(&trie_key(network), 1, 0).map_err(refused)?;
        }
        self.0.set(generation, &trie, 0).map_err(refused)
    }
}

fn trie_key(network: &IpNet) -> Key<[u8; 16]> {
    let (address, len) = mapped(network);
    Key::new(u32::from(len), address)
}

/// The address of a network and how many bits of it count; IPv4 networks lie under `::ffff:0:0/96`.
pub(super) fn mapped(network: &IpNet) -> ([u8; 16], u8) {
    match network {
        IpNet::V4(network) => (network.network().to_ipv6_mapped().octets(), 96 + network.prefix_len()),
        IpNet::V6(network) => (network.network().octets(), network.prefix_len()),
    }
}

fn write<T: aya::Pod>(map: &mut Array<MapData, T>, index: u32, value: T, doing: &str) -> Result<(), Refusal> {
    map.set(index, value, 0).map_err(|error| Refusal::from_map(doing, &error))
}

/// A trie must not be preallocated (linux/bpf.h).
const BPF_F_NO_PREALLOC: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_network_lies_under_the_mapped_prefix() {
        let key = trie_key(&"203.0.113.77/28".parse().unwrap());
        assert_eq!(key.prefix_len(), 124);
        assert_eq!(key.data(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 64]);
    }

    #[test]
    fn an_ipv6_network_keeps_its_length() {
        let key = trie_key(&"2001:db8::1/32".parse().unwrap());
        assert_eq!(key.prefix_len(), 32);
        assert_eq!(key.data()[..5], [0x20, 1, 0x0d, 0xb8, 0]);
    }
}
