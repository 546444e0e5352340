//! The packets that are measured, octet by octet. Checksums are zero: neither hook reads them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

/// Which way a packet goes decides whose addresses it bears.
#[derive(Clone, Copy)]
pub enum Way {
    /// From a caller on the Internet to the PBX.
    In,
    /// From the PBX to the operator's trunk.
    Out,
}

/// A DNS query for the root: UDP that is neither SIP nor media, as short as Ethernet allows.
pub fn dns(way: Way) -> Vec<u8> {
    let query = [0x1a, 0x2b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];
    let mut frame = udp(way, 33_000, 53, &query);
    frame.resize(SHORTEST_FRAME, 0);
    frame
}

/// 20 ms of G.711 (RFC 3551) behind an RTP header with this sequence number.
pub fn rtp(way: Way, sequence: u16) -> Vec<u8> {
    let mut payload = vec![0x80, 0];
    payload.extend(sequence.to_be_bytes());
    payload.extend([0, 0, 0, 160, 0x13, 0x57, 0x9b, 0xdf]);
    payload.extend([0xd5; 160]);
    udp(way, 12_000, 16_384, &payload)
}

/// A keep-alive as PBXs send it.
pub fn options(way: Way) -> Vec<u8> {
    let text = "OPTIONS sip:192.0.2.10:5060 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK5fd2c14e;rport\r\n\
        From: \"Keep-alive\" <sip:ping@198.51.100.7>;tag=as2c9a7f31\r\n\
        To: <sip:192.0.2.10:5060>\r\nContact: <sip:ping@198.51.100.7:5060>\r\n\
        Call-ID: 1f6d20a34be97c58@198.51.100.7:5060\r\nCSeq: 102 OPTIONS\r\nMax-Forwards: 70\r\n\
        User-Agent: PBX 20.5\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER\r\n\
        Supported: replaces, timer\r\nContent-Length: 0\r\n\r\n";
    udp(way, 5060, 5060, text.as_bytes())
}

/// An INVITE with its SDP to the blocked number, in its ordinary spelling.
pub fn invite(way: Way) -> Vec<u8> {
    udp(way, 5060, 5060, message("", &format!(" sip:{DIALLED}@"), DIALLED).as_bytes())
}

/// An INVITE that needs nearly every step that the scanners take: blanks wherever a stack skips them, a
/// number full of visual separators, parameters, and a phone-context of the same kind.
pub fn bent_invite(way: Way) -> Vec<u8> {
    let (lead, blanks, dashes, parameters) =
        ("\r\n".repeat(30), " ".repeat(60), "-".repeat(225), ";".repeat(50));
    let uri = format!("{blanks}sip:78{dashes}301234{parameters};phone-context=+5{dashes}3@");
    udp(way, 5060, 5060, message(&lead, &uri, DIALLED).as_bytes())
}

/// An INVITE whose Request-URI has no user part: To, the last header, has the number.
pub fn invite_by_to(way: Way) -> Vec<u8> {
    let message = message("", " sip:", DIALLED);
    let to = format!("To: <sip:{DIALLED}@192.0.2.10>\r\n");
    let without = message.replacen(&to, "", 1);
    udp(way, 5060, 5060, without.replacen("\r\n\r\n", &format!("\r\n{to}\r\n"), 1).as_bytes())
}

/// The INVITE behind two VLAN tags (IEEE 802.1ad) and as many IPv6 extension headers as are walked: destination options
/// of padding (RFC 8200, 4.6).
pub fn invite_behind_headers() -> Vec<u8> {
    let udp = &invite(Way::In)[ETHERNET + IPV4..];
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xa8, 0, 100, 0x81, 0, 0, 7, 0x86, 0xdd];
    let extensions = u8::try_from(EXTENSIONS).unwrap_or_default();
    let length = u16::try_from(8 * EXTENSIONS + udp.len()).unwrap_or(u16::MAX);
    frame.extend([0x60, 0, 0, 0]);
    frame.extend(length.to_be_bytes());
    frame.extend([DESTINATION_OPTIONS, 64]);
    for last in [7, 10] {
        frame.extend(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last).octets());
    }
    for left in (0..extensions).rev() {
        frame.extend([if left == 0 { UDP } else { DESTINATION_OPTIONS }, 0, 1, 4, 0, 0, 0, 0]);
    }
    frame.extend(udp);
    frame
}

fn message(lead: &str, uri: &str, to: &str) -> String {
    let sdp = "v=0\r\no=- 1762003441 1762003441 IN IP4 198.51.100.7\r\ns=call\r\nc=IN IP4 198.51.100.7\r\n\
        t=0 0\r\nm=audio 12000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
    format!(
        "{lead}INVITE{uri}192.0.2.10 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-524287-1;rport\r\nMax-Forwards: 70\r\n\
         Contact: <sip:101@198.51.100.7:5060>\r\nTo: <sip:{to}@192.0.2.10>\r\n\
         From: \"Reception\" <sip:101@192.0.2.10>;tag=4f2c1b7a\r\n\
         Call-ID: 9cPqZbX1v0kqYH0r7oTq3w@198.51.100.7\r\nCSeq: 1 INVITE\r\n\
         Allow: INVITE, ACK, CANCEL, BYE, REFER, OPTIONS\r\nUser-Agent: Softphone 5.6\r\n\
         Supported: replaces, timer\r\nSession-Expires: 1800;refresher=uac\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

fn udp(way: Way, source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let (from, to) = match way {
        Way::In => (SocketAddrV4::new(CALLER, source), SocketAddrV4::new(PBX, destination)),
        Way::Out => (SocketAddrV4::new(PBX, source), SocketAddrV4::new(TRUNK, destination)),
    };
    let length = |headers: usize| u16::try_from(headers + payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0]);
    frame.extend(length(28));
    frame.extend([0, 1, 0x40, 0, 64, UDP, 0, 0]);
    frame.extend(from.ip().octets());
    frame.extend(to.ip().octets());
    frame.extend(from.port().to_be_bytes());
    frame.extend(to.port().to_be_bytes());
    frame.extend(length(8));
    frame.extend([0, 0]);
    frame.extend(payload);
    frame
}

/// As it is dialled in France; the policies block its E.164 form, `policies::BLOCKED`.
const DIALLED: &str = "005378301234";
/// Who calls.
pub const CALLER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const PBX: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const TRUNK: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);
/// Octets of an Ethernet frame without its check sequence.
const SHORTEST_FRAME: usize = 60;
/// Octets of an Ethernet header.
const ETHERNET: usize = 14;
/// Octets of an IPv4 header without options.
const IPV4: usize = 20;
/// IPv6 extension headers that are walked at most.
const EXTENSIONS: usize = 8;
/// IANA, "Assigned Internet Protocol Numbers".
const UDP: u8 = 17;
/// IANA, "IPv6 Extension Header Types".
const DESTINATION_OPTIONS: u8 = 60;

#[cfg(test)]
mod tests {
    use monitor_common::rotation::{NUMBER_AT, RTP_AT, SHORTEST, SOURCE_AT};

    use super::*;

    #[test]
    fn what_turns_lies_where_it_is_written() {
        let invite = invite(Way::In);
        assert_eq!(invite[NUMBER_AT..][..10], DIALLED.as_bytes()[2..]);
        assert!(DIALLED.ends_with(crate::policies::TAIL));
        let rtp = rtp(Way::In, 0x1234);
        assert_eq!(rtp[SOURCE_AT..][..4], CALLER.octets());
        assert_eq!(rtp[RTP_AT..][..4], [0x80, 0, 0x12, 0x34]);
        assert!(rtp.len() >= SHORTEST);
    }
}
