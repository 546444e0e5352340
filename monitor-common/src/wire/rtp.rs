//! RTP and RTCP headers (RFC 3550, 5.1 and 6.4), told apart as RFC 5761, 4 and RFC 7983, 7 say.

/// What of an RTP header tells a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtp {
    /// Payload type.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// Whether the first eight octets of a payload of `len` octets can be an RTCP packet, alone or compound.
#[inline(always)]
#[must_use]
pub const fn is_rtcp(head: [u8; 8], len: usize) -> bool {
    let words = u16::from_be_bytes([head[2], head[3]]) as usize;
    head[0] >> 6 == 2 && matches!(head[1], 200..=213) && (words + 1) * 4 <= len && words > 0
}

/// Reads the fixed header where the payload of `len` octets can be RTP.
#[inline(always)]
#[must_use]
pub const fn rtp(header: [u8; 12], len: usize) -> Option<Rtp> {
    let sources = (header[0] & 0x0f) as usize;
    let extension = (header[0] >> 4 & 1) as usize;
    // 64 to 95 with the marker bit are RTCP's packet types 192 to 223 (RFC 5761, 4).
    let is_rtcp = matches!(header[1], 192..=223);
    if header[0] >> 6 != 2 || is_rtcp || HEADER_LEN + sources * 4 + extension * 4 > len {
        return None;
    }
    Some(Rtp {
        payload_type: header[1] & 0x7f,
        sequence: u16::from_be_bytes([header[2], header[3]]),
        ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
    })
}

const HEADER_LEN: usize = 12;
