//! What cannot be read passes, and a counter says why.

use monitor_common::abi::{Class, Reason, Uninspected};

use super::{PolicyName, cuba, messages::invite, passes};
use crate::{case::Case, packet::Packet};

/// The rows.
pub fn rows() -> Vec<Case> {
    let mut cases = [fragments(), tunnels(), malformed(), truncated(), limits(), without_policy()].concat();
    let leaving: Vec<_> = cases.iter().cloned().map(leaves).collect();
    cases.extend(leaving);
    cases.extend(cut_headers());
    cases.extend(cut_behind_the_number());
    cases
}

fn leaves(case: Case) -> Case {
    Case { name: format!("{}, leaves", case.name), ..case.leaving() }
}

fn call() -> String {
    invite("sip:0053781234@192.0.2.10")
}

fn row(name: &str, packet: Packet, class: Class, reason: Uninspected) -> Case {
    Case::new(name, &packet, class).unread(reason)
}

/// An INVITE of which the number cannot be read.
fn unread(name: String, packet: Packet, reason: Uninspected) -> Case {
    unread_behind("", name, packet, reason)
}

/// An INVITE that cannot be judged, though these symbols of its number were read.
fn unread_behind(dialled: &str, name: String, packet: Packet, reason: Uninspected) -> Case {
    Case::invite(name, &packet, passes(Reason::NoNumber, dialled, "", "unknown")).unread(reason)
}

fn fragments() -> Vec<Case> {
    let tail = |name: &str, packet| row(name, packet, Class::FragmentTail, Uninspected::FragmentTail);
    vec![
        tail("the last fragment", Packet::udp(call()).fragment(100)),
        tail("a fragment in the middle", Packet::udp(call()).fragment(0x2000 | 185)),
        tail("the farthest fragment", Packet::udp(call()).fragment(0x1fff)),
        tail("a fragment of TCP", Packet::tcp(call()).fragment(1)),
        tail("an IPv6 fragment", Packet::udp(call()).v6().extension(44, &[0, 0, 8, 0, 0, 0, 9])),
        tail(
            "an IPv6 fragment in a VLAN",
            Packet::udp(call()).v6().tag(0x8100).extension(44, &[0, 0x10, 1, 0, 0, 0, 9]),
        ),
        tail("a fragment without an Ethernet header", Packet::udp(call()).fragment(7).bare()),
    ]
}

fn tunnels() -> Vec<Case> {
    let inner = Packet::udp(call()).bare().octets();
    let mut cases: Vec<Case> =
        [(4, "IP in IP"), (41, "IPv6 in IP"), (47, "GRE"), (50, "ESP"), (97, "EtherIP"), (115, "L2TP")]
            .iter()
            .flat_map(|(number, name)| {
                let packet = Packet::protocol(*number, &inner);
                let over_v6 = format!("{name} over IPv6");
                [
                    row(name, packet.clone(), Class::OtherIp, Uninspected::Tunnel),
                    row(&over_v6, packet.v6(), Class::OtherIp, Uninspected::Tunnel),
                ]
            })
            .collect();
    for (port, name) in [(2152, "GTP-U"), (4789, "VXLAN"), (6081, "Geneve")] {
        let packet = Packet::udp([&[8, 0, 0, 0, 0, 0, 7, 0][..], &inner].concat()).ports(50_000, port);
        cases.push(row(name, packet, Class::OtherUdp, Uninspected::Tunnel));
    }
    cases.push(row("PPPoE", Packet::ethernet(0x8864, &inner), Class::NonIp, Uninspected::Tunnel));
    cases.push(row("MPLS", Packet::ethernet(0x8847, &inner), Class::NonIp, Uninspected::Tunnel));
    cases.push(row(
        "MPLS in a VLAN",
        Packet::ethernet(0x8847, &inner).tag(0x8100),
        Class::NonIp,
        Uninspected::Tunnel,
    ));
    cases
}

/// Offsets are those of a frame without tags: IPv4 at 14, UDP or TCP at 34.
fn malformed() -> Vec<Case> {
    let udp = || Packet::udp(call());
    let bad = |name: &str, packet, class| row(name, packet, class, Uninspected::Malformed);
    vec![
        bad("IPv4 with a header of 16 octets", udp().poke(14, 0x44), Class::OtherIp),
        bad("IPv4 with a header of none", udp().poke(14, 0x40), Class::OtherIp),
        bad("version 6 under IPv4's type", udp().poke(14, 0x65), Class::OtherIp),
        bad("version 0", udp().poke(14, 0x05), Class::OtherIp),
        bad("a total length below the header's", udp().poke(16, 0).poke(17, 19), Class::OtherIp),
        bad("version 4 under IPv6's type", udp().v6().poke(14, 0x40), Class::OtherIp),
        bad("a UDP length of 7", udp().poke(38, 0).poke(39, 7), Class::OtherUdp),
        bad("a UDP length of 1", udp().poke(38, 0).poke(39, 1), Class::OtherUdp),
        bad("a TCP header of 16 octets", Packet::tcp(call()).poke(46, 0x40), Class::OtherTcp),
        bad("a TCP header of none", Packet::tcp(call()).poke(46, 0), Class::OtherTcp),
    ]
}

fn truncated() -> Vec<Case> {
    let udp = || Packet::udp(call());
    let cut = |name: &str, packet, class| row(name, packet, class, Uninspected::Truncated);
    let mut cases = vec![
        cut(
            "cut within an extension header",
            udp().v6().extension(0, &[0, 1, 4, 0, 0, 0, 0]).cut(57),
            Class::OtherIp,
        ),
        cut("cut within the UDP header", udp().cut(41), Class::OtherUdp),
        cut("cut behind the IP header", udp().cut(34), Class::OtherUdp),
        cut("cut within the TCP header", Packet::tcp(call()).cut(49), Class::OtherTcp),
        cut("cut within a VLAN tag", udp().tag(0x8100).cut(17), Class::NonIp),
        cut("cut within the second tag", udp().tag(0x8100).tag(0x8100).cut(20), Class::NonIp),
        Case::new("nothing behind the UDP header", &udp().cut(42), Class::OtherUdp),
        Case::new("seven octets of payload", &udp().cut(49), Class::OtherUdp),
    ];
    // "INVITE sip:0053781234@": the number ends at its "@".
    let number = 42 + "INVITE sip:".len();
    for kept in number..=number + 10 {
        cases.push(unread(
            format!("cut after {} octets of the number", kept - number),
            udp().cut(kept),
            Uninspected::Truncated,
        ));
    }
    cases
}

/// On ingress only: a test run of an skb refuses a frame with so little of an IP header.
fn cut_headers() -> Vec<Case> {
    let cut = |name: &str, packet| row(name, packet, Class::OtherIp, Uninspected::Truncated);
    let udp = || Packet::udp(call());
    vec![
        cut("cut within the IPv4 header", udp().cut(33)),
        cut("cut within the IPv6 header", udp().v6().cut(21)),
        cut("cut after the first octet of IPv4", udp().cut(15)),
    ]
}

/// A packet that ends behind the number is judged on ingress; on egress To must be read too, for a tag says that
/// the call was judged before.
fn cut_behind_the_number() -> Vec<Case> {
    let message = call();
    let to = message.find("To:").expect("To is there") + 42;
    let mut cases = Vec::new();
    for kept in [42 + 22 + 16, to, to + 20] {
        let packet = Packet::udp(&message).cut(kept);
        let name = format!("cut to {kept} octets, behind the number");
        let unread = unread_behind("0053781234", name.clone(), packet.clone(), Uninspected::Truncated);
        cases.push(leaves(unread));
        cases.push(Case::invite(name, &packet, cuba("0053781234", "53781234")));
    }
    cases
}

/// Limits of what is walked and scanned.
fn limits() -> Vec<Case> {
    let udp = || Packet::udp(call());
    let three = udp().tag(0x88a8).tag(0x8100).tag(0x8100);
    let four = udp().tag(0x8100).tag(0x8100).tag(0x8100).tag(0x8100);
    let nine = (0..9).fold(udp().v6(), |packet, _| packet.extension(60, &[0, 1, 4, 0, 0, 0, 0]));
    let separators = format!("sip:{}0053781234@192.0.2.10", "-".repeat(240));
    let parameters = format!("sip:0053781234;{}@192.0.2.10", "x".repeat(800));
    vec![
        row("three VLAN tags", three, Class::NonIp, Uninspected::VlanDepth),
        row("four VLAN tags", four, Class::NonIp, Uninspected::VlanDepth),
        row("nine extension headers", nine, Class::OtherIp, Uninspected::ExtensionLimit),
        unread(
            "240 separators before the number".into(),
            Packet::udp(invite(&separators)),
            Uninspected::ScanLimit,
        ),
        unread(
            "a name of 800 octets".into(),
            Packet::udp(invite(&format!("sip:{}@192.0.2.10", "x".repeat(800)))),
            Uninspected::ScanLimit,
        ),
        Case::invite(
            "a user parameter of 800 octets",
            &Packet::udp(invite(&parameters)),
            cuba("0053781234", "53781234"),
        ),
    ]
}

/// Before the first policy every INVITE passes.
fn without_policy() -> Vec<Case> {
    let calls: [(&str, &str); 5] = [
        ("to Cuba", "sip:0053781234@192.0.2.10"),
        ("to an extension", "sip:200@192.0.2.10"),
        ("to nobody", "sip:192.0.2.10"),
        ("to 112", "sip:112@192.0.2.10"),
        ("to an emergency service", "urn:service:sos"),
    ];
    let mut cases: Vec<Case> = calls
        .map(|(name, uri)| {
            let packet = Packet::udp(invite(uri));
            unread(format!("no policy, a call {name}"), packet, Uninspected::NoPolicy)
        })
        .to_vec();
    cases.push(Case::new(
        "no policy, OPTIONS",
        &Packet::udp(super::messages::message("OPTIONS sip:h SIP/2.0")),
        Class::Options,
    ));
    cases.push(Case::new(
        "no policy, TCP on a SIP port",
        &Packet::tcp([22, 3, 1, 2, 0, 1, 0, 1]).ports(1, 5061),
        Class::OtherTcp,
    ));
    cases.into_iter().map(|case| case.under(PolicyName::Nothing)).collect()
}
