//! INVITEs in nearly ordinary spellings: each as the short cut takes it, and the same with a scheme in capitals, which
//! only the stages read. What becomes of both is one.

use monitor_common::abi::{Class, Direction};

use crate::{
    case::Case,
    mutate::Random,
    packet::{HOST, HOST_V6, OUTSIDE, OUTSIDE_V6, Packet, TRUNK, TRUNK_V6},
    rows::{PolicyName, invite_to},
};

/// An INVITE, and its twin.
#[derive(Clone, Debug)]
pub struct Twins {
    /// For the short cut, where it is plain enough.
    pub swift: Case,
    /// For the stages.
    pub staged: Case,
}

/// INVITEs to numbers that begin as the policies' prefixes do, by policy: putting one in force takes its time.
#[must_use]
pub fn twins(count: usize, random: &mut Random) -> Vec<Twins> {
    let mut policies = PolicyName::ALL.to_vec();
    policies.retain(|policy| *policy != PolicyName::Nothing);
    let mut twins: Vec<_> =
        (0..count).map(|_| pair(policies[random.below(policies.len())], random)).collect();
    twins.sort_by_key(|twins| twins.swift.policy);
    twins
}

fn pair(policy: PolicyName, random: &mut Random) -> Twins {
    let user = user(random);
    let to = random.of(TO);
    let direction = Direction::ALL[random.below(2)];
    let (from, into) = ENDS[random.below(ENDS.len())];
    let (from, into) = if direction == Direction::Ingress { (from, into) } else { (into, from) };
    let case = |scheme: &str| {
        let packet = Packet::udp(invite_to(&format!("{scheme}:{user}192.0.2.10"), to)).between(from, into);
        let case = Case::new(format!("{scheme}:{user}, {to:?}, {from} to {into}"), &packet, Class::Invite);
        Case { policy, direction, ..case }
    };
    Twins { swift: case("sip"), staged: case("SIP") }
}

/// A user part with its `@`, seldom not quite ordinary.
fn user(random: &mut Random) -> String {
    let mut user = String::new();
    for _ in 0..random.below(4) {
        user += random.of(BEGINNINGS);
    }
    let longest = 1 + random.below(14);
    while user.len() < longest {
        user.push(char::from(b'0' + random.below(10) as u8));
    }
    user += random.of(ENDINGS);
    user
}

const BEGINNINGS: &[&str] = &[
    "+",
    "00",
    "0",
    "9",
    "011",
    "1",
    "33",
    "53",
    "5378301234",
    "34",
    "49",
    "371",
    "112",
    "15",
    "911",
    "0590",
    "262",
    "8",
    "2",
    "7",
];
const ENDINGS: &[&str] =
    &["@", "@", "@", "@", "@", "@", "@", ";x=y@", ":p@", "#@", "-@", "%30@", "", ";phone-context=+53@"];
const TO: &[&str] = &[
    "To: <sip:200@192.0.2.10>",
    "t: \"A; tag=1\" <sip:0053781234@192.0.2.10>",
    "To: <sip:200@192.0.2.10>;tag=b",
    "TO : sip:200@192.0.2.10;x=y;TAG=b",
    "",
];
const ENDS: &[(&str, &str)] = &[(OUTSIDE, HOST), (TRUNK, HOST), (OUTSIDE_V6, HOST_V6), (TRUNK_V6, HOST_V6)];
