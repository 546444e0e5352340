//! Each class: every method and status class, media, and what only looks like them.

use monitor_common::abi::Class;

use super::messages::message;
use crate::{
    case::Case,
    packet::{HOST, OUTSIDE, Packet},
};

/// The rows.
pub fn rows() -> Vec<Case> {
    let mut cases = [requests(), responses(), media(), stun_and_dtls(), others()].concat();
    let leaving: Vec<_> = cases.iter().cloned().map(leaves).collect();
    cases.extend(leaving);
    cases
}

fn leaves(case: Case) -> Case {
    Case { name: format!("{}, on its way out", case.name), ..case.leaving() }
}

fn requests() -> Vec<Case> {
    let methods = Class::ALL.iter().filter(|class| **class > Class::Invite && **class < Class::OtherMethod);
    let mut cases = Vec::new();
    for class in methods {
        let method = class.label();
        for (spelling, uri) in
            [(method.to_owned(), "sip:200@192.0.2.10"), (method.to_lowercase(), "sips:200@h")]
        {
            let payload = message(&format!("{spelling} {uri} SIP/2.0"));
            cases.push(Case::new(format!("{spelling} over UDP"), &Packet::udp(&payload), *class));
            cases.push(Case::new(format!("{spelling} over TCP"), &Packet::tcp(&payload), *class));
        }
    }
    for start in [
        "PING sip:h SIP/2.0",
        "FOOBAR sip:200@h SIP/2.0",
        "SUBSCRIBED sip:200@h SIP/2.0",
        "ACKS sip:2@h SIP/2.0",
        "OPTION sip:2@h SIP/2.0",
    ] {
        cases.push(Case::new(
            format!("the method of {start}"),
            &Packet::udp(message(start)),
            Class::OtherMethod,
        ));
    }
    cases
}

fn responses() -> Vec<Case> {
    let lines = [
        ("SIP/2.0 100 Trying", Class::Status1xx),
        ("SIP/2.0 180 Ringing", Class::Status1xx),
        ("SIP/2.0 199 Early Dialog Terminated", Class::Status1xx),
        ("SIP/2.0 200 OK", Class::Status2xx),
        ("SIP/2.0 202 Accepted", Class::Status2xx),
        ("sip/2.0 200 OK", Class::Status2xx),
        ("SIP/2.0 200 ", Class::Status2xx),
        ("SIP/2.0 302 Moved Temporarily", Class::Status3xx),
        ("SIP/2.0 401 Unauthorized", Class::Status4xx),
        ("SIP/2.0 486 Busy Here", Class::Status4xx),
        ("SIP/2.0 500 Server Internal Error", Class::Status5xx),
        ("SIP/2.0 603 Decline", Class::Status6xx),
        ("SIP/2.0 699 Whatever", Class::Status6xx),
        ("SIP/2.0 700 None", Class::OtherUdp),
        ("SIP/2.0 000 None", Class::OtherUdp),
        ("SIP/2.0 2000 None", Class::OtherUdp),
        ("SIP/2.0 20 None", Class::OtherUdp),
        ("SIP/2.0 2x0 None", Class::OtherUdp),
        ("HTTP/1.1 200 OK", Class::OtherUdp),
    ];
    lines.map(|(line, class)| Case::new(line, &Packet::udp(message(line)), class)).to_vec()
}

/// An RTP packet: version 2, this first octet's flags, payload type, sequence number.
fn rtp(flags: u8, payload_type: u8, sequence: u16) -> Vec<u8> {
    let mut octets = vec![0x80 | flags, payload_type];
    octets.extend(sequence.to_be_bytes());
    octets.extend([0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef]);
    octets.resize(12 + 160, 0xd5);
    octets
}

fn media() -> Vec<Case> {
    let packet = |payload: Vec<u8>, port| Packet::udp(payload).ports(port, 16_384);
    let one = |name: &str, payload, port, class| Case::new(name, &packet(payload, port), class);
    let two = |name: &str, first: Vec<u8>, second: Vec<u8>, port, class| {
        let first = packet(first, port).between(&stream(port), HOST);
        let second = packet(second, port).between(&stream(port), HOST);
        Case::new(name, &second, class).after(&[first])
    };
    let from_other = |sequence| {
        let mut octets = rtp(0, 0, sequence);
        octets[11] = 1;
        octets
    };
    let many = |name: &str, payloads: Vec<Vec<u8>>, port, class| {
        let mut packets: Vec<_> =
            payloads.into_iter().map(|payload| packet(payload, port).between(&stream(port), HOST)).collect();
        let last = packets.pop().expect("a last packet");
        Case::new(name, &last, class).after(&packets)
    };
    let turns = vec![rtp(0, 0, 1), from_other(900), rtp(0, 0, 2)];
    let confirmed = vec![rtp(0, 0, 1), rtp(0, 0, 2), from_other(900)];
    let noise = (0..10)
        .map(|step| {
            let mut octets = rtp(0, 0, 1);
            octets[9] = step;
            octets
        })
        .collect();
    vec![
        one("the first RTP packet of a stream", rtp(0, 0, 1), 20_001, Class::OtherUdp),
        two("RTP whose sequence number follows", rtp(0, 0, 1), rtp(0, 0, 2), 20_002, Class::Rtp),
        two("RTP that wraps", rtp(0, 8, 65_535), rtp(0, 8, 0), 20_003, Class::Rtp),
        two("RTP with a packet lost", rtp(0, 0, 7), rtp(0, 0, 9), 20_004, Class::Rtp),
        two("RTP with a marker", rtp(0, 0, 1), rtp(0, 0x80, 2), 20_005, Class::Rtp),
        two("RTP with two contributing sources", rtp(2, 0, 1), rtp(2, 0, 2), 20_006, Class::Rtp),
        two("RTP with a header extension", rtp(0x10, 0, 1), rtp(0x10, 0, 2), 20_007, Class::Rtp),
        two("RTP of a dynamic payload type", rtp(0, 111, 1), rtp(0, 111, 2), 20_008, Class::Rtp),
        two("RTP of twelve octets", rtp(0, 0, 1)[..12].into(), rtp(0, 0, 2)[..12].into(), 20_009, Class::Rtp),
        two("the same packet twice", rtp(0, 0, 5), rtp(0, 0, 5), 20_010, Class::OtherUdp),
        two("sequence numbers far apart", rtp(0, 0, 5), rtp(0, 0, 5000), 20_011, Class::OtherUdp),
        two("another synchronisation source", rtp(0, 0, 1), from_other(2), 20_012, Class::OtherUdp),
        many("two sources take turns on one port", turns, 20_024, Class::Rtp),
        many("another source of a confirmed stream", confirmed, 20_025, Class::Rtp),
        many("ten sources of one packet each", noise, 20_026, Class::OtherUdp),
        one("RTP of eleven octets", rtp(0, 0, 1)[..11].into(), 20_013, Class::OtherUdp),
        one("RTP that promises fifteen sources", rtp(15, 0, 1)[..40].into(), 20_014, Class::OtherUdp),
        one("a sender report", rtcp(200, 6, 28), 20_015, Class::Rtcp),
        one("a receiver report", rtcp(201, 7, 32), 20_016, Class::Rtcp),
        one("a source description", rtcp(202, 4, 20), 20_017, Class::Rtcp),
        one("a goodbye", rtcp(203, 1, 8), 20_018, Class::Rtcp),
        one("feedback", rtcp(205, 3, 16), 20_019, Class::Rtcp),
        one("extended reports", rtcp(207, 2, 12), 20_020, Class::Rtcp),
        one("a compound report", [rtcp(201, 1, 8), rtcp(202, 2, 12)].concat(), 20_021, Class::Rtcp),
        one("a report longer than its packet", rtcp(200, 60, 28), 20_022, Class::OtherUdp),
        one("RTCP of a type that none has", rtcp(220, 1, 16), 20_023, Class::OtherUdp),
    ]
}

/// An address of its own for each stream, so that no two meet in the table.
fn stream(port: u16) -> String {
    format!("198.51.100.{}", port % 200 + 20)
}

fn rtcp(packet_type: u8, words: u16, len: usize) -> Vec<u8> {
    let mut octets = vec![0x81, packet_type];
    octets.extend(words.to_be_bytes());
    octets.resize(len, 7);
    octets
}

fn stun_and_dtls() -> Vec<Case> {
    let stun = |kind: u16, promised: u16, len: usize, cookie: [u8; 4]| {
        let mut octets = kind.to_be_bytes().to_vec();
        octets.extend(promised.to_be_bytes());
        octets.extend(cookie);
        octets.resize(20 + len, 3);
        octets
    };
    let cookie = [0x21, 0x12, 0xa4, 0x42];
    let dtls = |kind: u8, version: [u8; 2], promised: u16, len: usize| {
        let mut octets = vec![kind];
        octets.extend(version);
        octets.extend([0, 0, 0, 0, 0, 0, 0, 0]);
        octets.extend(promised.to_be_bytes());
        octets.resize(13 + len, 1);
        octets
    };
    let rows = [
        ("a STUN binding request", stun(1, 8, 8, cookie), Class::Stun),
        ("a STUN binding response", stun(0x101, 12, 12, cookie), Class::Stun),
        ("a TURN allocation", stun(3, 0, 0, cookie), Class::Stun),
        ("STUN without its cookie", stun(1, 8, 8, [0; 4]), Class::OtherUdp),
        ("STUN whose length is no multiple of four", stun(1, 7, 8, cookie), Class::OtherUdp),
        ("STUN longer than its packet", stun(1, 80, 8, cookie), Class::OtherUdp),
        ("a DTLS 1.2 handshake", dtls(22, [0xfe, 0xfd], 40, 40), Class::Dtls),
        ("a DTLS 1.0 handshake", dtls(22, [0xfe, 0xff], 40, 40), Class::Dtls),
        ("DTLS application data", dtls(23, [0xfe, 0xfd], 100, 100), Class::Dtls),
        ("a DTLS alert", dtls(21, [0xfe, 0xfd], 2, 2), Class::Dtls),
        (
            "two DTLS records",
            [dtls(20, [0xfe, 0xfd], 1, 1), dtls(22, [0xfe, 0xfd], 40, 40)].concat(),
            Class::Dtls,
        ),
        ("DTLS longer than its packet", dtls(22, [0xfe, 0xfd], 400, 40), Class::OtherUdp),
        ("a TLS record over UDP", dtls(22, [3, 3], 40, 40), Class::OtherUdp),
        ("DTLS of an unknown version", dtls(22, [0xfe, 0xfb], 40, 40), Class::OtherUdp),
    ];
    rows.map(|(name, payload, class)| Case::new(name, &Packet::udp(payload).ports(40_000, 41_000), class))
        .to_vec()
}

/// What must not be called RTP or SIP.
fn others() -> Vec<Case> {
    let dns = |id: u16| {
        [
            &id.to_be_bytes()[..],
            b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01",
        ]
        .concat()
    };
    let asked = |id: u16| Packet::udp(dns(id)).between(HOST, OUTSIDE).ports(33_333, 53);
    let ntp = |first: u8| [&[first, 2, 6, 0xe9][..], &[0; 44]].concat();
    let quic = |first: u8| [&[first, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8][..], &[9; 1186]].concat();
    let udp = |name: &str, payload: &[u8]| {
        Case::new(name, &Packet::udp(payload).ports(40_000, 41_000), Class::OtherUdp)
    };
    let tcp = |name: &str, payload: &[u8]| {
        Case::new(name, &Packet::tcp(payload).ports(40_000, 80), Class::OtherTcp)
    };
    vec![
        udp("DNS", &dns(0x1234)),
        Case::new("DNS whose identifiers count up like RTP", &asked(0x8002), Class::OtherUdp)
            .after(&[asked(0x8001)]),
        Case::new("DNS whose identifier looks like RTCP", &asked(0x80c8), Class::OtherUdp),
        udp("an NTP client", &ntp(0x23)),
        udp("an NTP server", &ntp(0x24)),
        udp("NTP without a synchronised clock", &ntp(0xe3)),
        udp("QUIC, long header", &quic(0xc3)),
        udp("QUIC, short header", &quic(0x43)),
        udp("SSDP search", b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: ssdp:all\r\n\r\n"),
        udp("SSDP notify", b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\n\r\n"),
        udp("syslog", b"<34>1 2026-11-21T23:00:00Z host su - ID47 - a message\n"),
        udp("RTSP", b"OPTIONS rtsp://192.0.2.10/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
        udp("MGCP", b"CRCX 1204 aaln/1@rgw.example.net MGCP 1.0\r\nC: A3\r\n\r\n"),
        udp("an SNMP request", &[0x30, 0x26, 2, 1, 1, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c', 0xa0]),
        udp("nothing at all", b""),
        udp("one octet", b"x"),
        udp("a keep-alive", b"\r\n\r\n"),
        udp("seven octets of an INVITE", b"INVITE "),
        udp("zeros", &[0; 64]),
        udp("ones", &[0xff; 64]),
        tcp("HTTP", b"GET / HTTP/1.1\r\nHost: pbx.example.com\r\n\r\n"),
        tcp("an HTTP answer", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        tcp("SSH", b"SSH-2.0-OpenSSH_9.9\r\n"),
        tcp("TLS on another port", &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
        tcp("a segment without data", b""),
        Case::new("ICMP", &Packet::protocol(1, [8, 0, 0, 0, 0, 1, 0, 1]), Class::OtherIp),
        Case::new("ICMPv6", &Packet::protocol(58, [128, 0, 0, 0, 0, 1, 0, 1]).v6(), Class::OtherIp),
        Case::new("SCTP", &Packet::protocol(132, [0; 32]), Class::OtherIp),
        Case::new("OSPF", &Packet::protocol(89, [2; 44]), Class::OtherIp),
        Case::new("no next header", &Packet::protocol(59, []).v6(), Class::OtherIp),
        Case::new(
            "ARP",
            &Packet::ethernet(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 10]),
            Class::NonIp,
        ),
        Case::new("LLDP", &Packet::ethernet(0x88cc, [2, 7, 4, 0, 0, 0, 0, 0, 1]), Class::NonIp),
        Case::new("EAPOL", &Packet::ethernet(0x888e, [1, 0, 0, 5]), Class::NonIp),
        Case::new("an 802.3 length", &Packet::ethernet(0x0026, [0x42, 0x42, 3]), Class::NonIp),
    ]
}
