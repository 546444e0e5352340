//! The cases: a packet, the hook that it meets, the policy in force, and what must become of it.

use monitor_common::{
    abi::{Class, Direction},
    rotation::Rotated,
};

use crate::{
    frames::{self, Way},
    policies::Setup,
};

/// One line of the table.
pub struct Case {
    /// What other parts call it.
    pub id: &'static str,
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
    /// How it differs from run to run; `None` where it does not.
    pub turning: Option<Turning>,
    /// What it is counted as once it is known.
    pub class: Class,
    /// What becomes of it.
    pub fate: Fate,
}

/// How a packet differs from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turning {
    /// What is another's.
    pub of: Rotated,
    /// How many there are, as a power of two.
    pub bits: u8,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It passes.
    Passes,
    /// It is dropped.
    Dropped,
    /// As the policy says of its number.
    ByNumber,
}

/// Every case, in the order of the table.
pub fn all() -> Vec<Case> {
    let ingress = passed(Way::In, ["udp", "rtp-1", "options"]);
    let mut cases: Vec<_> = ingress.into_iter().chain(streams()).chain(single_invites()).collect();
    cases.extend(turning_invites());
    cases.push(blocked(
        "xdp-filter",
        "INVITE, dropped by its address alone",
        Setup::Filter,
        frames::invite(Way::In),
    ));
    cases.extend(passed(Way::Out, ["tc-udp", "tc-rtp-1", "tc-options"]));
    let frame = frames::invite(Way::Out);
    cases.push(Case { direction: Direction::Egress, ..blocked("tc-invite", ORDINARY, Setup::Trunk, frame) });
    cases
}

fn passed(way: Way, [udp, rtp, options]: [&'static str; 3]) -> [Case; 3] {
    let direction = match way {
        Way::In => Direction::Ingress,
        Way::Out => Direction::Egress,
    };
    let case = |id, name, frame, class| Case {
        id,
        name,
        direction,
        bed: Setup::Many,
        frame,
        before: None,
        turning: None,
        class,
        fate: Fate::Passes,
    };
    let second = case(rtp, "RTP, one stream", frames::rtp(way, 2), Class::Rtp);
    [
        case(udp, "UDP, neither SIP nor media", frames::dns(way), Class::OtherUdp),
        Case { before: Some(frames::rtp(way, 1)), ..second },
        case(options, "OPTIONS", frames::options(way), Class::Options),
    ]
}

/// RTP of many streams: hot, cold, and each packet another's.
fn streams() -> impl Iterator<Item = Case> {
    let case = |id, name, bits, bed, class| Case {
        id,
        name,
        direction: Direction::Ingress,
        bed,
        frame: frames::rtp(Way::In, 0),
        before: None,
        turning: Some(Turning { of: Rotated::Stream, bits }),
        class,
        fate: Fate::Passes,
    };
    [
        case("rtp-1024", "RTP, 1,024 streams", HOT, Setup::Many, Class::Rtp),
        case("rtp-65536", "RTP, 65,536 streams", COLD, Setup::Many, Class::Rtp),
        case("rtp-new", "RTP, each packet of a new stream", SPRAY, Setup::Spray, Class::OtherUdp),
    ]
    .into_iter()
}

fn single_invites() -> impl Iterator<Item = Case> {
    let ordinary = [
        ("invite-1@1", Setup::One),
        ("invite-1@1000", Setup::Thousand),
        ("invite-1@100000", Setup::Many),
        ("invite-1@1000000", Setup::Million),
        ("invite-1@trunk", Setup::Trunk),
        ("invite-1@events", Setup::Events),
    ];
    let ordinary = ordinary.map(|(id, bed)| blocked(id, ORDINARY, bed, frames::invite(Way::In)));
    let others = [
        ("invite-bent", "INVITE, worst spelling", frames::bent_invite(Way::In)),
        ("invite-to", "INVITE, number in To", frames::invite_by_to(Way::In)),
        ("invite-headers", "INVITE, QinQ, IPv6 with 8 extension headers", frames::invite_behind_headers()),
    ];
    let others = others.map(|(id, name, frame)| blocked(id, name, Setup::Many, frame));
    ordinary.into_iter().chain(others)
}

/// INVITEs to many numbers, of which half are blocked where the policy has enough prefixes.
fn turning_invites() -> impl Iterator<Item = Case> {
    let hot = |id, bed| turned(id, "INVITE, 1,024 numbers", HOT, bed);
    let cold = |id, bed| turned(id, "INVITE, 65,536 numbers", COLD, bed);
    [
        hot("invite-1024@1", Setup::One),
        hot("invite-1024@1000", Setup::Thousand),
        hot("invite-1024@100000", Setup::Many),
        hot("invite-1024@1000000", Setup::Million),
        cold("invite-65536@1", Setup::One),
        cold("invite-65536@1000", Setup::Thousand),
        cold("invite-65536@100000", Setup::Many),
        cold("invite-65536@1000000", Setup::Million),
    ]
    .into_iter()
}

fn turned(id: &'static str, name: &'static str, bits: u8, bed: Setup) -> Case {
    Case {
        turning: Some(Turning { of: Rotated::Number, bits }),
        fate: Fate::ByNumber,
        ..blocked(id, name, bed, frames::invite(Way::In))
    }
}

fn blocked(id: &'static str, name: &'static str, bed: Setup, frame: Vec<u8>) -> Case {
    Case {
        id,
        name,
        direction: Direction::Ingress,
        bed,
        frame,
        before: None,
        turning: None,
        class: Class::Invite,
        fate: Fate::Dropped,
    }
}

const ORDINARY: &str = "INVITE, ordinary spelling";
/// 1,024.
pub const HOT: u8 = 10;
/// 65,536.
pub const COLD: u8 = 16;
/// As many as there are: none comes twice in a run.
const SPRAY: u8 = 24;
