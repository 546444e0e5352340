//! The frames that are sent: those of the benchmark in memory, with the addresses of the cable.

use std::net::Ipv4Addr;

use crate::frames::{self, Way};

/// Where frames come from and go to.
#[derive(Clone, Copy)]
pub struct Ends {
    receiver: [u8; 6],
}

impl Ends {
    /// The Ethernet address of the receiver; the others are those of [`tests::hosts::PHONES_PBX`].
    pub const fn of(receiver: [u8; 6]) -> Self {
        Self { receiver }
    }

    /// An INVITE to the blocked number.
    pub fn invite(self) -> Vec<u8> {
        self.addressed(frames::invite(Way::In))
    }

    /// 20 ms of G.711.
    pub fn rtp(self, sequence: u16) -> Vec<u8> {
        self.addressed(frames::rtp(Way::In, sequence))
    }

    /// IPv4 header without options, its checksum made anew: the stack reads it. That of UDP stays zero, which is none.
    fn addressed(self, mut frame: Vec<u8>) -> Vec<u8> {
        frame[..6].copy_from_slice(&self.receiver);
        frame[26..30].copy_from_slice(&SOURCE.octets());
        frame[30..34].copy_from_slice(&DESTINATION.octets());
        frame[24..26].fill(0);
        let checksum = checksum(&frame[14..34]);
        frame[24..26].copy_from_slice(&checksum.to_be_bytes());
        frame
    }
}

/// RFC 1071, of a whole number of words.
fn checksum(octets: &[u8]) -> u16 {
    let sum: u32 = octets.chunks_exact(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

/// The number that the INVITE dials, as its digits stand in the frame.
pub const DIALLED: &str = "005378301234";
/// Octets of the UDP header and of `INVITE sip:`, after which they stand.
pub const BEFORE_DIALLED: usize = 8 + 11;
/// The host that sends.
pub const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
/// The host that receives.
pub const DESTINATION: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_where_the_rules_look_for_it() {
        let frame = Ends::of([2, 0, 0, 0, 0, 9]).invite();
        let transport = &frame[34..];
        assert_eq!(&transport[BEFORE_DIALLED..][..DIALLED.len()], DIALLED.as_bytes());
        assert_eq!(transport[BEFORE_DIALLED + DIALLED.len()], b'@');
        assert_eq!(checksum(&frame[14..34]), 0, "a right checksum sums up to nothing");
    }
}
