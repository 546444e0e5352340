//! The tables of the scanners: what each octet does, without a branch. A table for octets as they stand
//! and one for octets that were percent-encoded.

use super::to::state;

/// What ends a number. Zero goes on.
pub mod stop {
    /// `@`: the user part ends.
    pub const AT: u32 = 1;
    /// `;`: parameters of the user part begin.
    pub const PARAMETER: u32 = 2;
    /// The URI ends.
    pub const URI: u32 = 3;
    /// A letter or another octet that no number holds.
    pub const OTHER: u32 = 4;
}

/// By octet, and from 256 on by percent-encoded octet: bits 0 to 7 the symbol, bits 8 to 15 how far the
/// symbols move (4 or 0), bits 16 to 23 a mask for what moves from one word to the next, bits 24 to 31 what
/// it [`stop`]s.
pub static NUMBER: [u32; 512] = number();

/// 255 for `%`.
pub static PERCENT: [u8; 256] = percent();

/// Value of a hexadecimal digit.
pub static HEX: [u8; 256] = hex(false);

/// 255 for a hexadecimal digit.
pub static IS_HEX: [u8; 256] = hex(true);

/// The To header by state and octet: bits 0 to 4 the next [`state`], bit 8 where a URI begins after it.
pub static TO: [u16; 32 * 256] = to();

const fn number() -> [u32; 512] {
    let mut table = [stop::OTHER << 24; 512];
    let mut octet = 0;
    while octet < 256 {
        let entry = match octet as u8 {
            digit @ b'0'..=b'9' => symbol(digit - b'0'),
            b'*' => symbol(crate::number::STAR),
            b'#' => symbol(crate::number::HASH),
            b'+' => symbol(crate::number::PLUS),
            b'-' | b'.' | b'(' | b')' => 0,
            _ => stop::OTHER << 24,
        };
        table[octet] = entry;
        table[256 + octet] = entry;
        octet += 1;
    }
    table[b'@' as usize] = stop::AT << 24;
    table[b';' as usize] = stop::PARAMETER << 24;
    // A blank can only be encoded, and separates like a hyphen.
    table[256 + b' ' as usize] = 0;
    let ends = [b' ', b'\t', b'\r', b'\n', 0, b'>'];
    let mut place = 0;
    while place < ends.len() {
        table[ends[place] as usize] = stop::URI << 24;
        place += 1;
    }
    table
}

const fn symbol(value: u8) -> u32 {
    value as u32 | 4 << 8 | 0x0f << 16
}

const fn percent() -> [u8; 256] {
    let mut table = [0; 256];
    table[b'%' as usize] = 255;
    table
}

const fn hex(mask: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let value = match octet as u8 {
            digit @ b'0'..=b'9' => Some(digit - b'0'),
            letter @ b'a'..=b'f' => Some(letter - b'a' + 10),
            letter @ b'A'..=b'F' => Some(letter - b'A' + 10),
            _ => None,
        };
        if let Some(value) = value {
            table[octet] = if mask { 255 } else { value };
        }
        octet += 1;
    }
    table
}

const fn to() -> [u16; 32 * 256] {
    let mut table = [0; 32 * 256];
    let mut place = 0;
    while place < table.len() {
        table[place] = to_step((place / 256) as u8, (place % 256) as u8);
        place += 1;
    }
    table
}

/// One step of the To header: `To: "A; <B" <sip:user@host>;tag=x`, folded or not (RFC 3261, 20.39, 25.1).
const fn to_step(from: u8, octet: u8) -> u16 {
    let blank = matches!(octet, b' ' | b'\t');
    let next = match (from, octet) {
        (state::VALUE, b'"') => state::QUOTE,
        (state::VALUE, b'<') => return state::ANGLE as u16 | 1 << 8,
        (state::VALUE | state::AFTER | state::T | state::TA | state::TAG, b';') => state::PARAMETER,
        (state::VALUE, b'\n') => state::FOLD_VALUE,
        (state::VALUE, _) => state::VALUE,
        (state::QUOTE, b'\\') => state::QUOTE_ESCAPE,
        (state::QUOTE, b'"') => state::VALUE,
        (state::QUOTE, b'\n') => state::FOLD_QUOTE,
        (state::QUOTE | state::QUOTE_ESCAPE, _) => state::QUOTE,
        (state::ANGLE, b'>') => state::AFTER,
        (state::ANGLE, b'\n') => state::END,
        (state::ANGLE, _) => state::ANGLE,
        (state::AFTER, b'"') => state::AFTER_QUOTE,
        (state::AFTER_QUOTE, b'\\') => state::AFTER_QUOTE_ESCAPE,
        (state::AFTER_QUOTE, b'"') => state::AFTER,
        (state::AFTER_QUOTE, b'\n') => state::END,
        (state::AFTER_QUOTE | state::AFTER_QUOTE_ESCAPE, _) => state::AFTER_QUOTE,
        (state::PARAMETER, b'\n') => state::FOLD_PARAMETER,
        (state::PARAMETER, b't' | b'T') => state::T,
        (state::PARAMETER, b' ' | b'\t' | b'\r' | b';') => state::PARAMETER,
        (state::T, b'a' | b'A') => state::TA,
        (state::TA, b'g' | b'G') => state::TAG,
        (state::TAG, b'=') => state::TAGGED,
        (state::TAG, b' ' | b'\t') => state::TAG,
        (state::AFTER | state::T | state::TA | state::TAG, b'\n') => state::FOLD_AFTER,
        (state::AFTER | state::PARAMETER | state::T | state::TA | state::TAG, _) => state::AFTER,
        (state::FOLD_VALUE, _) if blank => state::VALUE,
        (state::FOLD_QUOTE, _) if blank => state::QUOTE,
        (state::FOLD_AFTER, _) if blank => state::AFTER,
        (state::FOLD_PARAMETER, _) if blank => state::PARAMETER,
        (state::TAGGED, _) => state::TAGGED,
        _ => state::END,
    };
    next as u16
}
