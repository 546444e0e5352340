//! Blocks of sources: addresses that INVITEs arrive from.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Known, Read, Target};

/// Takes a network that was written as `text`.
pub(super) fn read(text: &str, network: IpNet, known: &Known<'_>) -> Result<Read, String> {
    let target = Target::Source(network);
    refuse(&target, network, known)?;
    let mut notes = Vec::new();
    let bits_behind = text.split_once('/').is_some_and(|(address, _)| {
        address.parse::<IpAddr>().is_ok_and(|address| !same(address, network.addr()))
    });
    if bits_behind {
        notes.push(format!("{text} is taken as the network {target}"));
    }
    if network.prefix_len() < if network.addr().is_ipv4() { WIDE_IPV4 } else { WIDE_IPV6 } {
        notes.push(format!("{target} is a wide network: {}", size(network)));
    }
    if known.policy.trunks.iter().any(|trunk| network.contains(trunk)) {
        notes.push(format!(
            "trunks inside {target} stay open: incoming calls are never blocked by their source"
        ));
    }
    if known.own.iter().any(|own| network.contains(own)) {
        notes.push(format!("{target} holds this host's own address"));
    }
    Ok(Read { target, notes })
}

fn refuse(target: &Target, network: IpNet, known: &Known<'_>) -> Result<(), String> {
    let address = network.addr();
    if network.prefix_len() == 0 {
        return Err(format!(
            "{target} is every source: write the address or network that the calls come from"
        ));
    }
    if let Some(trunk) = known.policy.trunks.iter().find(|trunk| trunk.contains(&network)) {
        return Err(format!(
            "{target} is a trunk ([network] trunks has {trunk}): incoming calls would be lost; block their \
             destination, or take the trunk out of the policy"
        ));
    }
    let is_single = network.prefix_len() == network.max_prefix_len();
    if address.is_loopback() || is_single && known.own.contains(&address) {
        return Err(format!(
            "{target} is this host itself: a source is another host; block what it calls, by destination or prefix"
        ));
    }
    if address.is_multicast() || is_single && address.is_unspecified() || is_broadcast(network) {
        return Err(format!("{target} is no address that a call can come from"));
    }
    Ok(())
}

fn is_broadcast(network: IpNet) -> bool {
    matches!(network, IpNet::V4(network) if network.prefix_len() == 32 && network.addr().is_broadcast())
}

fn same(one: IpAddr, other: IpAddr) -> bool {
    one.to_canonical() == other.to_canonical()
}

fn size(network: IpNet) -> String {
    let bits = network.max_prefix_len() - network.prefix_len();
    if bits < 64 { format!("{} addresses", 1u64 << bits) } else { format!("2^{bits} addresses") }
}

/// Bits below which an IPv4 network is more than one site has.
const WIDE_IPV4: u8 = 16;
/// Bits below which an IPv6 network is more than one site has.
const WIDE_IPV6: u8 = 48;
