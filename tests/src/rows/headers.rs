//! The way to the start line: options, extension headers, tags, fragments, TCP, lengths. What is walked is judged.

use monitor_common::abi::{Class, Reason, Uninspected, Verdict};

use super::{
    DIALLED, NUMBER, PolicyName, cuba,
    messages::{invite, message},
    passes,
};
use crate::{
    case::{Call, Case},
    packet::{HOST, HOST_V6, Packet, TRUNK, TRUNK_V6},
};

/// The rows.
pub fn rows() -> Vec<Case> {
    [walked(), both_ways(), over_tcp(), unread_tcp(), segmented()].concat()
}

fn call() -> String {
    invite("sip:0053781234@192.0.2.10")
}

fn dropped() -> Call {
    cuba(DIALLED, NUMBER)
}

/// Every header that is walked, each with an INVITE behind it.
fn packets() -> Vec<(String, Packet)> {
    let udp = || Packet::udp(call());
    let mut packets = vec![
        ("no options".to_owned(), udp()),
        ("a VLAN tag".into(), udp().tag(0x8100)),
        ("a service tag".into(), udp().tag(0x88a8)),
        ("QinQ".into(), udp().tag(0x88a8).tag(0x8100)),
        ("QinQ of the old kind".into(), udp().tag(0x9100).tag(0x8100)),
        ("two VLAN tags".into(), udp().tag(0x8100).tag(0x8100)),
        ("QinQ over IPv6".into(), udp().v6().tag(0x88a8).tag(0x8100)),
        ("a VLAN tag over IPv6".into(), udp().v6().tag(0x8100)),
        ("no Ethernet header".into(), udp().bare()),
        ("no Ethernet header over IPv6".into(), udp().v6().bare()),
        ("no Ethernet header, with options".into(), udp().ip_options(3).bare()),
        ("a first fragment".into(), udp().fragment(0x2000)),
        ("don't fragment".into(), udp().fragment(0x4000)),
        ("padding behind the packet".into(), udp().padded(40)),
        ("padding behind an IPv6 packet".into(), udp().v6().padded(40)),
        ("a tag and options".into(), udp().tag(0x8100).ip_options(10)),
        ("a UDP length of 0".into(), udp().poke(38, 0).poke(39, 0)),
        ("an IP total length of 0".into(), udp().poke(16, 0).poke(17, 0)),
        ("a wrong UDP checksum".into(), udp().poke(40, 0xab).poke(41, 0xcd)),
    ];
    for words in 1..=10 {
        packets.push((format!("{words} words of IPv4 options"), udp().ip_options(words)));
    }
    for (name, kind, octets) in extensions() {
        packets.push((format!("IPv6 with {name}"), udp().v6().extension(kind, &octets)));
        packets
            .push((format!("IPv6 with {name} in a VLAN"), udp().v6().tag(0x8100).extension(kind, &octets)));
        packets.push((
            format!("IPv6 with {name}, no Ethernet header"),
            udp().v6().bare().extension(kind, &octets),
        ));
    }
    for count in [2, 3, 8] {
        let packet = (0..count).fold(udp().v6(), |packet, _| packet.extension(60, &[0, 1, 4, 0, 0, 0, 0]));
        packets.push((format!("IPv6 with {count} extension headers"), packet));
    }
    packets
}

/// Each extension header by its number, without the octet that names the next.
fn extensions() -> Vec<(&'static str, u8, Vec<u8>)> {
    let seven = |len: u8| vec![len, 1, 4, 0, 0, 0, 0];
    vec![
        ("hop-by-hop options", 0, seven(0)),
        ("long hop-by-hop options", 0, [seven(2), vec![0; 16]].concat()),
        ("a routing header", 43, seven(0)),
        ("a first fragment", 44, vec![0, 0, 1, 0, 0, 0, 9]),
        ("a fragment header of a whole packet", 44, vec![0, 0, 0, 0, 0, 0, 9]),
        ("an authentication header", 51, [vec![4, 0, 0], vec![0; 20]].concat()),
        ("destination options", 60, seven(0)),
        ("a mobility header", 135, seven(0)),
        ("a host identity header", 139, seven(0)),
        ("a shim6 header", 140, seven(0)),
    ]
}

fn walked() -> Vec<Case> {
    packets()
        .into_iter()
        .map(|(name, packet)| Case::invite(format!("INVITE behind {name}"), &packet, dropped()))
        .collect()
}

/// The same on the way out.
fn both_ways() -> Vec<Case> {
    packets()
        .into_iter()
        .map(|(name, packet)| {
            Case::invite(format!("INVITE leaves behind {name}"), &packet, dropped()).leaving()
        })
        .collect()
}

/// Read and counted, never dropped.
fn over_tcp() -> Vec<Case> {
    let read = |dialled, number| Call::new(Verdict::Pass, Reason::TcpNotEnforced, dialled, number, "cuba");
    let home = passes(Reason::NoRule, "0142345678", "33142345678", "FR");
    let mut cases = Vec::new();
    for words in [5, 6, 8, 15] {
        let packet = Packet::tcp(call()).tcp_words(words);
        cases.push(Case::invite(format!("TCP header of {words} words"), &packet, read(DIALLED, NUMBER)));
        let name = format!("TCP header of {words} words leaves");
        cases.push(Case::invite(name, &packet, read(DIALLED, NUMBER)).leaving());
    }
    let tagged = Packet::tcp(call()).v6().tag(0x88a8).tag(0x8100);
    cases.push(Case::invite("INVITE over TCP, IPv6, QinQ", &tagged, read(DIALLED, NUMBER)));
    let other_port = Packet::tcp(call()).ports(40_000, 40_001);
    cases.push(Case::invite("INVITE over TCP on any port", &other_port, read(DIALLED, NUMBER)));
    let allowed = Packet::tcp(invite("sip:0142345678@192.0.2.10"));
    cases.push(Case::invite("an allowed INVITE over TCP", &allowed, home));
    let dry = Packet::tcp(call());
    cases.push(Case::invite("a blocked INVITE over TCP, dry run", &dry, read(DIALLED, NUMBER)).dry());
    let to_trunk = Packet::tcp(invite("sip:53781234@203.0.113.5")).between(HOST, TRUNK);
    let case = Case::invite("to a trunk over TCP", &to_trunk, read("53781234", NUMBER));
    cases.push(case.under(PolicyName::Trunks).leaving());
    let to_trunk = Packet::tcp(invite("sip:53781234@203.0.113.5")).between(HOST_V6, TRUNK_V6);
    let case = Case::invite("to a trunk over TCP and IPv6", &to_trunk, read("53781234", NUMBER));
    cases.push(case.under(PolicyName::Trunks).leaving());
    cases
}

/// Source and destination.
type Ports = (u16, u16);

/// TCP on the SIP ports that does not begin with a start line is counted.
fn unread_tcp() -> Vec<Case> {
    let hello = [22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 9, 9, 9];
    let data = [23, 3, 3, 0, 40, 1, 2, 3, 4, 5, 6, 7];
    let middle = "Max-Forwards: 70\r\nTo: <sip:0053781234@192.0.2.10>\r\n";
    let tls = Some(Uninspected::Tls);
    let midstream = Some(Uninspected::TcpMidstream);
    let rows: [(&str, &[u8], Ports, Option<Uninspected>); 10] = [
        ("TLS handshake", &hello, (40_000, 5061), tls),
        ("TLS handshake", &hello, (40_000, 5060), tls),
        ("TLS handshake", &hello, (5061, 40_000), tls),
        ("TLS data", &data, (40_000, 5061), tls),
        ("TLS data", &data, (40_000, 443), None),
        ("middle of a message", middle.as_bytes(), (40_000, 5060), midstream),
        ("middle of a message", middle.as_bytes(), (5060, 40_000), midstream),
        ("middle of a message", middle.as_bytes(), (40_000, 5062), None),
        ("middle of a message", middle.as_bytes(), (0, 40_000), None),
        ("web sockets", b"\x81\xfe\x01\x02abcdefgh", (40_000, 5060), midstream),
    ];
    let mut cases = Vec::new();
    for (name, payload, (source, destination), reason) in rows {
        let packet = Packet::tcp(payload).ports(source, destination);
        let name = format!("{name} over TCP from port {source} to {destination}");
        let case = Case::new(name, &packet, Class::OtherTcp);
        let case = Case { uninspected: reason, ..case };
        cases.push(Case { name: format!("{}, leaves", case.name), ..case.clone() }.leaving());
        cases.push(Case { name: format!("{}, trunks", case.name), ..case.clone() }.under(PolicyName::Trunks));
        cases.push(case);
    }
    cases
}

/// One buffer that the kernel cuts into datagrams later holds several messages: none is dropped for another's sake.
fn segmented() -> Vec<Case> {
    let first = call();
    let two = first.clone() + &invite("sip:0142345678@192.0.2.10");
    let segment = first.len() as u16;
    let shared = Call::new(Verdict::Pass, Reason::GsoNotEnforced, DIALLED, NUMBER, "cuba");
    let home = invite("sip:0142345678@192.0.2.10");
    let allowed = home.clone() + &first;
    let allowed = Case::invite(
        "a buffer whose first INVITE is allowed",
        &Packet::udp(allowed),
        passes(Reason::NoRule, "0142345678", "33142345678", "FR"),
    );
    let options = message("OPTIONS sip:h SIP/2.0");
    let len = options.len() as u16;
    vec![
        Case::invite("a buffer of two INVITEs", &Packet::udp(two), shared)
            .leaving()
            .segmented(segment)
            .unread(Uninspected::GsoSegment),
        allowed.leaving().segmented(home.len() as u16).unread(Uninspected::GsoSegment),
        Case::invite("a buffer of one INVITE", &Packet::udp(first), dropped()).leaving().segmented(segment),
        Case::new("a buffer of two OPTIONS", &Packet::udp(options.clone() + &options), Class::Options)
            .leaving()
            .segmented(len),
        Case::invite(
            "segmented TCP is one stream",
            &Packet::tcp(call() + &call()),
            Call::new(Verdict::Pass, Reason::TcpNotEnforced, DIALLED, NUMBER, "cuba"),
        )
        .leaving()
        .segmented(300),
    ]
}
