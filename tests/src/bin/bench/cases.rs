//! The cases: a packet, the hook that it meets, the policy in force, and what must become of it.

use monitor_common::abi::{Class, Direction};

use crate::{
    frames::{self, Way},
    policies::Setup,
};

/// One line of the table.
pub struct Case {
    /// What the packet is.
    pub name: &'static str,
    /// Which hook it meets.
    pub direction: Direction,
    /// What is in force.
    pub bed: Setup,
    /// Its octets.
    pub frame: Vec<u8>,
    /// A packet that must come before it.
    pub before: Option<Vec<u8>>,
    /// What it is counted as.
    pub class: Class,
    /// Whether it is dropped.
    pub is_dropped: bool,
}

/// Every case, in the order of the table.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (direction, way) in [(Direction::Ingress, Way::In), (Direction::Egress, Way::Out)] {
        let passed = |name, frame, class| Case {
            name,
            direction,
            bed: Setup::Many,
            frame,
            before: None,
            class,
            is_dropped: false,
        };
        let rtp =
            Case { before: Some(frames::rtp(way, 1)), ..passed("RTP", frames::rtp(way, 2), Class::Rtp) };
        cases.extend([
            passed("UDP, neither SIP nor media", frames::dns(way), Class::OtherUdp),
            rtp,
            passed("OPTIONS", frames::options(way), Class::Options),
        ]);
    }
    cases.extend(ingress_invites());
    cases.push(blocked(
        "INVITE, ordinary spelling",
        Direction::Egress,
        Setup::Trunk,
        frames::invite(Way::Out),
    ));
    cases.sort_by_key(|case| case.direction as u8);
    cases
}

fn ingress_invites() -> impl Iterator<Item = Case> {
    let ordinary = [Setup::One, Setup::Many, Setup::Trunk, Setup::Events]
        .map(|bed| blocked("INVITE, ordinary spelling", Direction::Ingress, bed, frames::invite(Way::In)));
    let others = [
        ("INVITE, worst spelling", frames::bent_invite(Way::In)),
        ("INVITE, number in To", frames::invite_by_to(Way::In)),
    ];
    let others = others.map(|(name, frame)| blocked(name, Direction::Ingress, Setup::Many, frame));
    ordinary.into_iter().chain(others)
}

fn blocked(name: &'static str, direction: Direction, bed: Setup, frame: Vec<u8>) -> Case {
    Case { name, direction, bed, frame, before: None, class: Class::Invite, is_dropped: true }
}
