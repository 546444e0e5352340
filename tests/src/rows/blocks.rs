//! Temporary blocks: what they cover, and when they end.

mod limits;

use monitor_common::abi::{Reason, Verdict};

use super::{
    cuba, emergency,
    messages::{invite, invite_to},
    passes,
};
use crate::{
    case::{Block, Call, Case, Covers},
    packet::Packet,
};

/// The rows.
pub fn rows() -> Vec<Case> {
    [prefixes(), destinations(), sources(), regions(), deadlines(), limits::rows()].concat()
}

const GERMANY: Covers = Covers::Prefix("49");
const BERLIN: &str = "sip:004930123456@192.0.2.10";
const CUBA: &str = "sip:0053781234@192.0.2.10";
const CALLER: Covers = Covers::Source("198.51.100.7/32");

fn blocked(dialled: &str, number: &str, destination: &str) -> Call {
    Call::new(Verdict::Drop, Reason::TemporaryBlock, dialled, number, destination)
}

fn berlin() -> Call {
    blocked("004930123456", "4930123456", "DE")
}

fn berlin_passes() -> Call {
    passes(Reason::NoRule, "004930123456", "4930123456", "DE")
}

/// An INVITE that arrives at a French PBX.
fn row(name: &str, covers: Covers, uri: &str, call: Call) -> Case {
    of_packet(name, covers, uri, &Packet::udp(invite(uri)), call)
}

fn of_packet(name: &str, covers: Covers, uri: &str, packet: &Packet, call: Call) -> Case {
    Case::invite(format!("{covers:?}, {name}: {uri}"), packet, call).blocked(&[Block::on(covers)])
}

/// The longest prefix wins over policy and blocks together; of equals the block.
fn prefixes() -> Vec<Case> {
    let dial = |name, prefix, number: &str, call| {
        row(name, Covers::Prefix(prefix), &format!("sip:00{number}@192.0.2.10"), call)
    };
    let allowed = || passes(Reason::Policy, "005378301234", "5378301234", "cuba-office");
    let office = |number: &'static str| move || blocked(&format!("00{number}"), number, "cuba-office");
    let riga = "37167000000";
    vec![
        dial("covers its numbers", "49", "4930123456", berlin()),
        dial("covers itself", "4930123456", "4930123456", berlin()),
        dial("covers no other number", "48", "4930123456", berlin_passes()),
        dial("longer than the number", "49301234567", "4930123456", berlin_passes()),
        dial(
            "a country under it is no exception",
            "1",
            "18095551234",
            blocked("0018095551234", "18095551234", "DO"),
        ),
        dial("the policy's block is as long", "53", "53781234", cuba("0053781234", "53781234")),
        dial("the policy's block is longer", "5", "53781234", cuba("0053781234", "53781234")),
        dial("the policy's block is shorter", "537", "53781234", cuba("0053781234", "53781234")),
        dial("a longer exception stays", "537830123", "5378301234", allowed()),
        dial("a longer exception stays", "5", "5378301234", allowed()),
        dial("of equals the block wins", "5378301234", "5378301234", office("5378301234")()),
        dial("longer than an exception", "53783012345", "53783012345", office("53783012345")()),
        dial(
            "a watched country is longer",
            "37",
            riga,
            passes(Reason::Policy, "0037167000000", riga, "baltic"),
        ),
        dial("a watched country is as long", "371", riga, blocked("0037167000000", riga, "baltic")),
        row(
            "of no country",
            Covers::Prefix("999"),
            "sip:+9991234567@h",
            blocked("+9991234567", "9991234567", "unknown"),
        ),
        row(
            "behind an access prefix",
            GERMANY,
            "sip:9004930123456@h",
            blocked("9004930123456", "4930123456", "DE"),
        ),
        row("bent", GERMANY, "sip:%30%30-49-30.123456;x=y@h", berlin()),
        row("an extension", GERMANY, "sip:49@h", super::internal("49")),
        to("To: <sip:h>", "nobody", GERMANY, "sip:192.0.2.10", super::no_number()),
        row("an emergency", Covers::Prefix("33"), "sip:112@h", emergency("112")),
        row("an emergency", Covers::Prefix("33112"), "sip:+33112@h", emergency("+33112")),
        row("an emergency", Covers::Prefix("33"), "urn:service:sos", emergency("")),
    ]
}

/// `all:everything` and `all:international` as the agent resolves them for a French PBX: a prefix a digit, and what the
/// policy names by longer ones. Calls for help pass each of them.
fn regions() -> Vec<Case> {
    let named = ["cuba-office", "baltic"].map(Covers::Destination);
    let set = |prefixes: &[&'static str]| -> Vec<Block> {
        prefixes.iter().map(|prefix| Covers::Prefix(prefix)).chain(named).map(Block::on).collect()
    };
    let everything = set(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let abroad = set(&[
        "0", "1", "2", "30", "31", "32", "34", "35", "36", "37", "38", "39", "4", "5", "6", "7", "8", "9",
    ]);
    let paris = || ("0142345678", "33142345678", "FR");
    let mut rows = Vec::new();
    for (name, blocks, home) in [("everything", everything, true), ("abroad", abroad, false)] {
        let mut row = |uri: &str, call: Call| {
            let packet = Packet::udp(invite(uri));
            rows.push(Case::invite(format!("{name}: {uri}"), &packet, call).blocked(&blocks));
        };
        for (uri, dialled) in [
            ("sip:112@h", "112"),
            ("sip:15@h", "15"),
            ("sip:9112@h", "9112"),
            ("sip:+33112@h", "+33112"),
            ("sip:0033112@h", "0033112"),
            ("urn:service:sos", ""),
        ] {
            row(uri, emergency(dialled));
        }
        row(BERLIN, berlin());
        row("sip:005378301234@h", blocked("005378301234", "5378301234", "cuba-office"));
        row("sip:0037167000000@h", blocked("0037167000000", "37167000000", "baltic"));
        let (dialled, number, country) = paris();
        let call = if home {
            blocked(dialled, number, country)
        } else {
            passes(Reason::NoRule, dialled, number, country)
        };
        row("sip:0142345678@h", call);
        row("sip:101@h", super::internal("101"));
    }
    rows
}

/// The numbers whose rule names the destination.
fn destinations() -> Vec<Case> {
    let baltic = Covers::Destination("baltic");
    let riga =
        |call: fn(&str) -> Call| row("of the policy", baltic, "sip:0037167000000@h", call("0037167000000"));
    vec![
        riga(|dialled| blocked(dialled, "37167000000", "baltic")),
        row("another", baltic, BERLIN, berlin_passes()),
        row("a country", Covers::Destination("DE"), BERLIN, berlin()),
        row(
            "its numbers at home",
            Covers::Destination("FR"),
            "sip:0142345678@h",
            blocked("0142345678", "33142345678", "FR"),
        ),
        row("an emergency", Covers::Destination("FR"), "sip:+33112@h", emergency("+33112")),
        row(
            "a premium number has its own",
            Covers::Destination("FR"),
            "sip:0899123456@h",
            Call::new(Verdict::Drop, Reason::Policy, "0899123456", "33899123456", "premium"),
        ),
        row(
            "an exception",
            Covers::Destination("cuba-office"),
            "sip:005378301234@h",
            blocked("005378301234", "5378301234", "cuba-office"),
        ),
        row(
            "what it is an exception of",
            Covers::Destination("cuba"),
            "sip:005378301234@h",
            passes(Reason::Policy, "005378301234", "5378301234", "cuba-office"),
        ),
        row(
            "of no country",
            Covers::Destination("unknown"),
            "sip:+9991234567@h",
            blocked("+9991234567", "9991234567", "unknown"),
        ),
        row("not internal numbers", Covers::Destination("internal"), "sip:200@h", super::internal("200")),
        row("not emergency numbers", Covers::Destination("emergency"), "sip:112@h", emergency("112")),
    ]
}

/// What arrives from an address, whatever it dials, but for emergency numbers.
fn sources() -> Vec<Case> {
    let v6 = Covers::Source("2001:db8:1::/48");
    let over_v6 = Packet::udp(invite(BERLIN)).v6();
    vec![
        row("an outside number", CALLER, BERLIN, berlin()),
        row("its network", Covers::Source("198.51.0.0/16"), BERLIN, berlin()),
        row("everybody", Covers::Source("0.0.0.0/0"), BERLIN, berlin()),
        row("another address", Covers::Source("198.51.100.6/32"), BERLIN, berlin_passes()),
        row("another network", Covers::Source("198.51.100.8/29"), BERLIN, berlin_passes()),
        row("of the other family", Covers::Source("::/96"), BERLIN, berlin_passes()),
        row("where the call goes", Covers::Source("192.0.2.10/32"), BERLIN, berlin_passes()),
        of_packet("over IPv6", v6, BERLIN, &over_v6, berlin()),
        of_packet("over IPv6", Covers::Source("2001:db8:2::/48"), BERLIN, &over_v6, berlin_passes()),
        row("an extension", CALLER, "sip:200@h", blocked("200", "", "internal")),
        row("a name", CALLER, "sip:bob@h", blocked("", "", "internal")),
        to("To: <sip:h>", "nobody", CALLER, "sip:192.0.2.10", blocked("", "", "internal")),
        row(
            "an exception",
            CALLER,
            "sip:005378301234@h",
            blocked("005378301234", "5378301234", "cuba-office"),
        ),
        row("the policy's block", CALLER, CUBA, cuba("0053781234", "53781234")),
        row("an emergency", CALLER, "sip:112@h", emergency("112")),
        row("an emergency", CALLER, "sip:9112@h", emergency("9112")),
        row("an emergency", CALLER, "urn:service:sos", emergency("")),
    ]
}

/// The kernel compares the deadlines itself.
fn deadlines() -> Vec<Case> {
    let row = |name: &str, blocks: &[Block], call| {
        Case::invite(format!("a deadline: {name}"), &Packet::udp(invite(BERLIN)), call).blocked(blocks)
    };
    let (city, destination) = (Covers::Prefix("4930"), Covers::Destination("DE"));
    let (network, everybody) = (Covers::Source("198.51.100.0/24"), Covers::Source("0.0.0.0/0"));
    vec![
        row("in an hour", &[Block::for_an_hour(GERMANY)], berlin()),
        row("a prefix, over", &[Block::over(GERMANY)], berlin_passes()),
        row("a destination, over", &[Block::over(destination)], berlin_passes()),
        row("a source, over", &[Block::over(CALLER)], berlin_passes()),
        row("a longer one is over", &[Block::over(city), Block::for_an_hour(GERMANY)], berlin()),
        row("a shorter one is over", &[Block::over(GERMANY), Block::on(city)], berlin()),
        row(
            "two of three are over",
            &[Block::over(city), Block::over(GERMANY), Block::on(Covers::Prefix("4"))],
            berlin(),
        ),
        row(
            "a network is over",
            &[Block::over(CALLER), Block::over(network), Block::on(everybody)],
            berlin(),
        ),
        row(
            "a prefix is over, the destination is not",
            &[Block::over(GERMANY), Block::on(destination)],
            berlin(),
        ),
    ]
}

/// An INVITE with this To header.
fn to(to: &str, name: &str, covers: Covers, uri: &str, call: Call) -> Case {
    of_packet(&format!("{name}, {to:?}"), covers, uri, &Packet::udp(invite_to(uri, to)), call)
}
