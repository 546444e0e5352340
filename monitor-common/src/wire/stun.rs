//! STUN and TURN messages (RFC 8489, 5).

/// Whether a payload of `len` octets is a STUN message by its first eight.
#[inline(always)]
pub const fn is_stun(head: [u8; 8], len: usize) -> bool {
    let message_len = u16::from_be_bytes([head[2], head[3]]) as usize;
    head[0] < 4
        && u32::from_be_bytes([head[4], head[5], head[6], head[7]]) == MAGIC_COOKIE
        && message_len.is_multiple_of(4)
        && message_len + HEADER_LEN <= len
}

const MAGIC_COOKIE: u32 = 0x2112_a442;
const HEADER_LEN: usize = 20;
