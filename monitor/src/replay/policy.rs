//! A policy, ready to judge by: compiled, laid out as the kernel has it, and the names of its counters.

use std::{path::Path, sync::Arc};

use ipnet::IpNet;
use monitor_common::{
    abi::{Block, BlockKey, Line, Settings},
    classify::Policy,
    overlay::Overlay,
    rules::Rules,
    wire::Address,
};

use super::standing::Standing;
use crate::{
    follow::House,
    policy::{self, Compiled, SlotTable, image::Image},
    sync::lay_out,
};

/// A policy and everything that is made of it.
pub(super) struct Loaded {
    compiled: Arc<Compiled>,
    settings: Settings,
    image: Image,
    slots: Arc<SlotTable>,
    trunks: Networks,
    local: Networks,
}

impl Loaded {
    /// Reads and compiles the file at `path`; the error has every fault of it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = policy::read(path).map_err(|error| error.to_string())?;
        let compilation = policy::compile(&text);
        let Some(compiled) = compilation.policy else {
            return Err(compilation.render(&text, &path.display().to_string(), false));
        };
        let mut slots = SlotTable::new();
        let image = lay_out(&compiled, &mut slots).map_err(|error| error.to_string())?;
        let has_trunks = u32::from(!compiled.trunks.is_empty());
        Ok(Self {
            settings: Settings { loaded: 1, has_trunks, ..compiled.settings },
            trunks: Networks::new(&compiled.trunks),
            local: Networks::new(&compiled.local),
            compiled: Arc::new(compiled),
            image,
            slots: Arc::new(slots),
        })
    }

    pub(super) const fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }

    pub(super) const fn image(&self) -> &Image {
        &self.image
    }

    pub(super) const fn slots(&self) -> &Arc<SlotTable> {
        &self.slots
    }

    /// What the follower of calls asks.
    pub(super) fn house(&self) -> House {
        House::new(Arc::clone(&self.slots), Some(Arc::clone(&self.compiled)))
    }

    /// The host's own addresses.
    pub(super) const fn local(&self) -> &Networks {
        &self.local
    }
}

/// The policy as the classifier asks for it, and the temporary blocks over it.
#[derive(Clone, Copy)]
pub(super) struct InForce<'a> {
    pub(super) policy: &'a Loaded,
    pub(super) standing: &'a Standing,
}

impl Rules for InForce<'_> {
    fn line(&self, index: u32) -> Option<&Line> {
        self.policy.image.line(index)
    }
}

impl Overlay for InForce<'_> {
    fn longest(&self, key: &BlockKey) -> Option<Block> {
        self.standing.longest(key)
    }

    fn ticks(&self) -> u64 {
        self.standing.ticks()
    }
}

impl Policy for InForce<'_> {
    fn settings(&self) -> &Settings {
        &self.policy.settings
    }

    fn is_trunk(&self, address: &Address) -> bool {
        self.policy.trunks.contains(address)
    }
}

/// Networks of IPv6 addresses; IPv4 lies under `::ffff:0:0/96`, as in the kernel's map.
pub(super) struct Networks(Vec<(u128, u128)>);

impl Networks {
    fn new(networks: &[IpNet]) -> Self {
        Self(networks.iter().map(bits_and_mask).collect())
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        let address = u128::from_be_bytes(*address);
        self.0.iter().any(|(bits, mask)| address & mask == *bits)
    }
}

fn bits_and_mask(network: &IpNet) -> (u128, u128) {
    let (address, len) = match network {
        IpNet::V4(network) => (network.addr().to_ipv6_mapped(), 96 + network.prefix_len()),
        IpNet::V6(network) => (network.addr(), network.prefix_len()),
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
    (u128::from(address) & mask, mask)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        let address = match address.parse().expect("an address") {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        Networks::new(&[network.parse().expect("a network")]).contains(&address.octets())
    }

    #[test]
    fn networks_hold_their_own_addresses_only() {
        let rows = [
            ("192.0.2.10/32", "192.0.2.10", true),
            ("192.0.2.10/32", "192.0.2.11", false),
            ("203.0.113.7/28", "203.0.113.15", true),
            ("203.0.113.7/28", "203.0.113.16", false),
            ("0.0.0.0/0", "198.51.100.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "198.51.100.1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::1/128", "2001:db8::1", true),
        ];
        for (network, address, expected) in rows {
            assert_eq!(holds(network, address), expected, "{address} in {network}");
        }
    }
}
