//! What a limit blocks, and what it must never block.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use monitor_common::{abi::slot, number::Digits};

use super::{Block, ByLimit, Cause, Ground, Target};
use crate::{
    calls::{Call, Origin},
    policy::{Compiled, limits::BlockKind, mask::known_digits, numbering::countries},
};

/// What a limit asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForLimit<'a> {
    /// What [`limit_target`] found.
    pub target: Target,
    /// How long; `None` until it is taken away.
    pub lasts: Option<Duration>,
    /// What was reached, in a few words, without any number.
    pub reason: &'a str,
    /// Which limit, and for whom.
    pub limit: ByLimit,
    /// Networks that no limit blocks: `[network] trusted`.
    pub trusted: &'a [IpNet],
}

/// Why a limit blocks nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// Its destination is `internal`.
    #[error("calls within the house are never blocked by their number")]
    Internal,
    /// Its destination is `emergency`.
    #[error("emergency calls always pass")]
    Emergency,
    /// It has no outside number.
    #[error("the call has no outside number")]
    NoNumber,
    /// The policy has no country code.
    #[error("the policy names no country code of its own")]
    NoOwnCountry,
    /// The PBX itself began the call.
    #[error("the PBX itself began the call: it came from no other host")]
    PbxItself,
    /// It came from a trunk.
    #[error("{0} is a trunk: incoming calls would be lost")]
    Trunk(IpAddr),
    /// It came from this host.
    #[error("{0} is this host itself")]
    ThisHost(IpAddr),
    /// The policy trusts where it came from.
    #[error("{address} is trusted: `[network] trusted` has {network}")]
    Trusted {
        /// The source.
        address: IpAddr,
        /// What names it.
        network: IpNet,
    },
    /// No call can come from there.
    #[error("{0} is no address that a call can come from")]
    NoSource(IpAddr),
    /// There are as many blocks as there can be.
    #[error("{0}")]
    NoRoom(String),
    /// The kernel refuses.
    #[error("{0}")]
    Kernel(String),
}

/// What a limit means by a kind of block, for the call that reached it. Pure: what must not be blocked because of where
/// the agent runs is for [`check_source`].
pub fn limit_target(kind: BlockKind, call: &Call, policy: &Compiled) -> Result<Target, WhyNot> {
    match kind {
        BlockKind::Destination => destination(call),
        BlockKind::Country => {
            let number = call.number.as_deref().ok_or(WhyNot::NoNumber)?;
            if let Some(country) = countries::of_masked(number) {
                return Ok(Target::Country(country.iso));
            }
            match known_digits(number) {
                // Satellites and networks have numbers of no country: what counts the call is as near.
                Some(known) if countries::of(known).is_none() => destination(call),
                _ => Err(WhyNot::NoNumber),
            }
        }
        BlockKind::Number => number(call).map(Target::Prefix),
        BlockKind::Source => source(call, policy),
        BlockKind::International if policy.own_code().is_empty() => Err(WhyNot::NoOwnCountry),
        BlockKind::International => Ok(Target::International),
        BlockKind::Everything => Ok(Target::Everything),
    }
}

/// Whether a limit may block a source: no trunk, not this host, and not what the owner trusts.
pub fn check_source(
    address: IpAddr,
    policy: &Compiled,
    own: &[IpAddr],
    trusted: &[IpNet],
) -> Result<(), WhyNot> {
    let address = address.to_canonical();
    if address.is_unspecified() || address.is_multicast() || is_broadcast(address) {
        return Err(WhyNot::NoSource(address));
    }
    if address.is_loopback() || own.iter().any(|own| own.to_canonical() == address) {
        return Err(WhyNot::ThisHost(address));
    }
    if policy.trunks.iter().any(|trunk| trunk.contains(&address)) {
        return Err(WhyNot::Trunk(address));
    }
    match trusted.iter().find(|network| network.contains(&address)) {
        Some(network) => Err(WhyNot::Trusted { address, network: *network }),
        None => Ok(()),
    }
}

/// Why a block that a limit set must not stand: its source is by now what no limit blocks.
pub(super) fn spared(block: &Block, ground: &Ground<'_>) -> Option<WhyNot> {
    let (Target::Source(network), Cause::Limit, Some(policy)) = (&block.target, block.cause, ground.policy)
    else {
        return None;
    };
    check_source(network.addr(), policy, ground.own, &policy.trusted).err()
}

/// Puts it into the log: a source is shown as it is.
pub(super) fn tell_spared(block: &Block, why: &WhyNot) {
    tracing::warn!(source = %block.target, by = block.by, %why, "a limit's block of a source is taken away");
}

/// The limit's reason, fit for one line of `status`.
pub(super) fn reason(text: &str, most: usize) -> String {
    let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    line.take(most).collect::<String>().trim().to_owned()
}

fn destination(call: &Call) -> Result<Target, WhyNot> {
    let named = |at: u16| slot::RESERVED.get(usize::from(at)).is_some_and(|name| *name == &*call.destination);
    if named(slot::INTERNAL) {
        return Err(WhyNot::Internal);
    }
    if named(slot::EMERGENCY) {
        return Err(WhyNot::Emergency);
    }
    Ok(Target::Destination(call.destination.clone()))
}

fn number(call: &Call) -> Result<Digits, WhyNot> {
    let digits = call.number.as_deref().and_then(|number| Digits::parse(number.strip_prefix('+')?));
    digits.filter(|digits| !digits.is_empty()).ok_or(WhyNot::NoNumber)
}

fn source(call: &Call, policy: &Compiled) -> Result<Target, WhyNot> {
    match call.origin {
        Origin::Pbx => return Err(WhyNot::PbxItself),
        Origin::Trunk => return Err(WhyNot::Trunk(call.source)),
        Origin::Extension => (),
    }
    let address = call.source.to_canonical();
    check_source(address, policy, &[], &[]).map(|()| Target::Source(IpNet::from(address)))
}

fn is_broadcast(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.is_broadcast())
}

#[cfg(test)]
mod tests;
