//! DTLS records (RFC 6347, 4.1; RFC 9147, 4). The unified header of DTLS 1.3 has no version and no length
//! that tell it from other traffic, so such records count as other UDP.

use super::{Packet, Text};

/// Whether the payload begins with a DTLS record by its first eight octets and the record's length.
#[inline(always)]
pub fn is_dtls<P: Packet>(text: &Text<'_, P>, at: usize, head: [u8; 8]) -> bool {
    matches!(head[0], 20..=26)
        && head[1] == 0xfe
        && matches!(head[2], 0xfc | 0xfd | 0xff)
        && text
            .load::<2>(at + LENGTH)
            .is_some_and(|len| at + HEADER_LEN + usize::from(u16::from_be_bytes(len)) <= text.end())
}

const LENGTH: usize = 11;
const HEADER_LEN: usize = 13;
