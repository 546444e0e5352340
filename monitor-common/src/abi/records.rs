//! Small records in maps: counters, interfaces, rule lines, media slots.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::slots::slots;

/// Packets and octets of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Octets of the frames, as the hook sees them.
    pub bytes: u64,
}

/// INVITE packets of one destination: index `direction * 4 + verdict`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct InviteCounts(pub [u64; 8]);

/// One guarded interface. The index in its table is the interface slot of the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Interface {
    /// Interface index; 0 in an unused entry.
    pub ifindex: u32,
    /// [`Link`] slot.
    pub link: u32,
}

slots! {
    /// How a frame begins.
    Link {
        Ethernet = 0, "ethernet", "Ethernet header";
        Ip = 1, "ip", "IPv4 or IPv6 header, told by its version (tun, WireGuard, ppp)";
    }
}

/// 64 octets of the rule structure; [`crate::rules`] says what they mean. Aligned so that one load reads an
/// entry of 64 bits; array maps align their values so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(8))]
pub struct Line(pub [u32; 16]);

slots! {
    /// What the owner wants for a destination, from the mildest to the hardest.
    Action {
        Allow = 0, "allow", "Pass";
        Watch = 1, "watch", "Pass and report";
        Block = 2, "block", "Drop";
    }
}

/// One stream of media: remote address, local port, direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MediaSlot {
    /// Remote address; IPv4 as `::ffff:a.b.c.d`.
    pub remote: [u8; 16],
    /// Port of this host.
    pub local_port: u16,
    /// [`super::Direction`] slot.
    pub direction: u8,
    /// 0 free, 1 seen once, 2 confirmed.
    pub state: u8,
    /// Synchronisation source (RFC 3550, 5.1).
    pub ssrc: u32,
    /// Last sequence number.
    pub sequence: u16,
    /// Payload type of the last packet.
    pub payload_type: u8,
    /// Packets of other sources since the last of this one, while the stream is not confirmed.
    pub strangers: u8,
    /// Always zero.
    pub reserved: [u8; 4],
    /// Packets, the first included.
    pub packets: u64,
    /// Octets of UDP payload.
    pub bytes: u64,
    /// `jiffies64` of the last packet.
    pub last_seen: u64,
    /// `jiffies64` of the first packet.
    pub first_seen: u64,
}

/// Events of one kind that may still be sent on this CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TokenBucket {
    /// Tokens left.
    pub tokens: u64,
    /// `jiffies64` of the last refill.
    pub refilled: u64,
}

slots! {
    /// Counters that stand alone.
    Misc {
        EventsLost = 0, "events_lost", "Events that found the buffer full";
        EventsHeldBack = 1, "events_held_back", "Events of blocked INVITEs that the token bucket held back";
        MediaEvicted = 2, "media_evicted", "Media streams that gave way to a newer one";
        UnknownInterface = 3, "unknown_interface", "Packets of an interface that is not in the table";
        SignalsHeldBack = 4, "signals_held_back", "Events of SIP messages that are no blocked INVITEs and that the token bucket held back";
    }
}
