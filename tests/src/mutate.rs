//! Mutations of frames, the same for the same seed.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};

/// Numbers that follow from a seed (xorshift64*, Vigna 2016).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The seed in the environment (`RINGFENCE_SEED`), or one that no run had before.
    ///
    /// # Errors
    /// Where the environment's is no number.
    pub fn seed() -> Result<u64> {
        match env::var("RINGFENCE_SEED") {
            Ok(text) => text.parse().with_context(|| format!("RINGFENCE_SEED={text}: write a number")),
            Err(_) => Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64),
        }
    }

    /// The numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn octet(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// One of the choices, of which there is at least one.
    pub fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// A frame with one to four mutations; `others` are what it may be spliced with. Its length is one that a test run
/// takes at both hooks.
#[must_use]
pub fn mutated(frame: &[u8], others: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut frame = frame.to_vec();
    for _ in 0..=random.below(4) {
        mutate(&mut frame, others, random);
        if frame.is_empty() {
            frame.push(0);
        }
    }
    fitted(frame)
}

/// A frame of a length that a test run takes at both hooks.
#[must_use]
pub fn fitted(mut frame: Vec<u8>) -> Vec<u8> {
    frame.truncate(LONGEST);
    if frame.len() < SHORTEST {
        frame.resize(SHORTEST, 0);
    }
    frame
}

fn mutate(frame: &mut Vec<u8>, others: &[&[u8]], random: &mut Random) {
    let at = random.below(frame.len());
    let early = random.below(frame.len().min(EARLY));
    match random.below(12) {
        0 => frame[at] ^= 1 << random.below(8),
        1 => frame[at] = random.octet(),
        // Most of what decides stands early.
        2 => frame[early] ^= 1 << random.below(8),
        3 => frame[early] = random.octet(),
        4 => frame.insert(early, random.octet()),
        5 => drop(frame.remove(at)),
        6 => frame.truncate(at),
        7 => insert(frame, early, random.of(TOKENS)),
        8 => insert(frame, at, random.of(TOKENS)),
        9 => {
            let other = random.of(others);
            let from = random.below(other.len());
            frame.truncate(at);
            frame.extend(&other[from..]);
        }
        10 => {
            // The lengths of IPv4, IPv6, UDP and TCP headers.
            let field = LENGTH_FIELDS[random.below(LENGTH_FIELDS.len())].min(frame.len() - 1);
            frame[field] = frame[field].wrapping_add(random.octet() % 9).wrapping_sub(4);
        }
        _ => {
            let until = (at + random.below(64)).min(frame.len());
            let again = frame[at..until].to_vec();
            insert(frame, early, &again);
        }
    }
}

fn insert(frame: &mut Vec<u8>, at: usize, octets: &[u8]) {
    frame.splice(at..at, octets.iter().copied());
}

/// Octets that a test run takes: an IPv6 header at least, and less than a page.
const SHORTEST: usize = 60;
const LONGEST: usize = 3500;
/// Octets of headers and start line.
const EARLY: usize = 100;
/// Offsets of length fields in a frame without tags.
const LENGTH_FIELDS: [usize; 11] = [14, 16, 17, 18, 19, 20, 21, 38, 39, 46, 59];
/// What scanners look for.
const TOKENS: &[&[u8]] = &[
    b"INVITE ",
    b"sip:",
    b"SIPS:",
    b"tel:",
    b"<",
    b">",
    b"@",
    b";",
    b";tag=",
    b"To:",
    b"\r\nt: ",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b" ",
    b"\t",
    b"%",
    b"%30",
    b"%2B",
    b"+",
    b"*",
    b"#",
    b"-",
    b"(",
    b"0053",
    b"+53",
    b"112",
    b"9",
    b";phone-context=+53",
    b";phone-context=",
    b"\"",
    b"\\",
    b"SIP/2.0",
    b" SIP/2.0\r\n",
    b"urn:service:sos",
    b":",
    b"\0",
    b"00537812345678901234567890123456789",
];
