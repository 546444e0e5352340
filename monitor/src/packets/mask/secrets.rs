//! The numbers that were hidden: where they stand in what is left as it is, as in a Call-ID or a tag, they are hidden too.

use std::collections::HashSet;

use super::HIDDEN;

/// The ends of the numbers that were hidden in the packets of one incident.
#[derive(Clone, Debug, Default)]
pub struct Secrets(HashSet<u32>);

impl Secrets {
    /// Takes in the digits of a number.
    pub fn add(&mut self, digits: impl ExactSizeIterator<Item = u8>) {
        if self.0.len() < MOST {
            self.0.extend(end(digits));
        }
    }

    /// Whether it was taken in, or another with the same end.
    pub fn has(&self, digits: impl ExactSizeIterator<Item = u8>) -> bool {
        end(digits).is_some_and(|end| self.0.contains(&end))
    }

    /// Hides the last digits of each of them in plain runs of digits.
    pub fn hide(&self, octets: &mut [u8], hidden: u8) {
        if self.0.is_empty() || hidden == 0 {
            return;
        }
        let (mut run, mut value) = (0, 0);
        for at in 0..octets.len() {
            let Some(digit) = octets[at].checked_sub(b'0').filter(|digit| *digit < 10) else {
                (run, value) = (0, 0);
                continue;
            };
            (run, value) = (run + 1, (value * 10 + u32::from(digit)) % MODULUS);
            if run >= KEPT && self.0.contains(&value) {
                octets[at + 1 - run.min(usize::from(hidden))..=at].fill(HIDDEN);
                (run, value) = (0, 0);
            }
        }
    }
}

/// The last digits as a number; `None` where there are fewer.
fn end(digits: impl ExactSizeIterator<Item = u8>) -> Option<u32> {
    let first = digits.len().checked_sub(KEPT)?;
    Some(digits.skip(first).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

/// Digits by which a number is known again.
const KEPT: usize = 7;
const MODULUS: u32 = 10_000_000;
/// Numbers that are known of one incident: with more, what a Call-ID says of the rest stays.
const MOST: usize = 65_536;
