//! The record of one SIP message: what an event begins with and, for an INVITE, what `replay` reads back.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::slots::slots;

slots! {
    /// Which way a packet goes, seen from the host.
    Direction {
        Ingress = 0, "ingress", "Arrives at the host (XDP)";
        Egress = 1, "egress", "Leaves the host (tc)";
    }
}

slots! {
    /// What became of an INVITE.
    Verdict {
        Pass = 0, "pass", "Went on its way";
        Drop = 1, "drop", "Dropped in the kernel";
        WouldDrop = 2, "would_drop", "Would have been dropped without --dry-run";
    }
}

slots! {
    /// What carried a message.
    Transport {
        Udp = 0, "udp", "UDP datagram";
        Tcp = 1, "tcp", "TCP segment";
    }
}

/// One SIP message that makes, changes or ends a call ([`super::Class::is_signal`]). Enums are their slots; numbers
/// are BCD, left-aligned; host byte order throughout. What is no INVITE is not judged: it passes, and `dialled`,
/// `number`, `slot`, `dialled_len`, `prefix_len`, `reason` and `generation` are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SipRecord {
    /// Counts the INVITEs of this CPU from 1, and its other messages on their own: tells a new record from an old one.
    pub sequence: u64,
    /// When it was seen: `CLOCK_MONOTONIC`, nanoseconds; 0 where no event was sent. The rings of several CPUs are read
    /// one by one, and only this puts their events in order.
    pub at: u64,
    /// Dialled symbols, four bits each, left-aligned: the first 16, then the next 16.
    pub dialled: [u64; 2],
    /// E.164 digits as [`crate::number::Digits`]; 0 where there is no number.
    pub number: u64,
    /// Source address; IPv4 as `::ffff:a.b.c.d`.
    pub source: [u8; 16],
    /// Destination address; IPv4 as `::ffff:a.b.c.d`.
    pub destination: [u8; 16],
    /// Interface index.
    pub ifindex: u32,
    /// Octets of the frame.
    pub frame_len: u32,
    /// Offset of the SIP message in the frame, octets.
    pub message_offset: u32,
    /// Octets of the SIP message.
    pub message_len: u32,
    /// Octets of the frame that follow this record in an event.
    pub captured: u32,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Destination slot.
    pub slot: u16,
    /// Symbols in `dialled`; 33 means that there were more than 32.
    pub dialled_len: u8,
    /// Digits of the prefix that decided; 0 where none did.
    pub prefix_len: u8,
    /// [`Direction`] slot.
    pub direction: u8,
    /// [`Verdict`] slot.
    pub verdict: u8,
    /// [`super::Reason`] slot.
    pub reason: u8,
    /// [`Transport`] slot.
    pub transport: u8,
    /// Generation of the policy that judged.
    pub generation: u16,
    /// [`super::Class`] slot.
    pub class: u8,
    /// Always zero.
    pub reserved: u8,
    /// Interface slot of the counters.
    pub interface: u32,
}
