//! The policies that packets are judged by, made up the same way each time; half of the numbers that the packets dial
//! are blocked by those of 1,000 prefixes and more.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use monitor::{
    policy::{Compiled, SlotTable, compile, image::Image},
    sync::lay_out,
};
use monitor_common::rotation::{digits, key};

use crate::cases::COLD;

/// What is in force, and how the programs are loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// One prefix.
    One,
    /// 1,000 prefixes.
    Thousand,
    /// 100,000 prefixes, and a media table with room for all streams.
    Many,
    /// 1,000,000 prefixes.
    Million,
    /// As [`Setup::Many`], with a trunk named: every INVITE's remote address is looked up.
    Trunk,
    /// As [`Setup::Many`], and events are sent.
    Events,
    /// One prefix, and a media table that is full.
    Spray,
    /// Not our programs: xdp-filter with a rule for one address.
    Filter,
}

impl Setup {
    /// Those of our programs.
    pub const OURS: [Self; 7] =
        [Self::One, Self::Thousand, Self::Many, Self::Million, Self::Trunk, Self::Events, Self::Spray];

    /// What it is called in tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::One => "1 prefix",
            Self::Thousand => "1,000 prefixes",
            Self::Many => "100,000 prefixes",
            Self::Million => "1,000,000 prefixes",
            Self::Trunk => "100,000, a trunk named",
            Self::Events => "100,000, with events",
            Self::Spray => "table of streams full",
            Self::Filter => "xdp-filter, one IP rule",
        }
    }

    /// Prefixes that the policy names.
    pub const fn prefixes(self) -> usize {
        match self {
            Self::One | Self::Spray | Self::Filter => 1,
            Self::Thousand => 1_000,
            Self::Many | Self::Trunk | Self::Events => 100_000,
            Self::Million => 1_000_000,
        }
    }

    /// Slots for media streams on one CPU.
    pub const fn streams_a_cpu(self) -> u32 {
        match self {
            Self::Many => 262_144,
            Self::Spray => 131_072,
            _ => 4_096,
        }
    }

    /// The text of the policy's file.
    pub fn text(self) -> String {
        let trunks = if self == Self::Trunk { "[network]\ntrunks = [\"203.0.113.0/28\"]\n" } else { "" };
        let head = format!(
            "[dialplan]\ncountry_code = \"33\"\ninternational_prefixes = [\"00\"]\nnational_prefix = \"0\"\n\
             access_prefixes = [\"9\"]\n{trunks}"
        );
        let prefixes = prefixes(self.prefixes());
        let count = DESTINATIONS.min(prefixes.len());
        let destinations = (0..count).map(|index| {
            let own = prefixes.iter().skip(index).step_by(count);
            let own = own.map(|prefix| format!("\"+{prefix}\"")).collect::<Vec<_>>().join(", ");
            format!("[[destination]]\nname = \"blocked-{index}\"\naction = \"block\"\nprefixes = [{own}]\n")
        });
        head + &destinations.collect::<String>()
    }
}

/// A policy's text, compiled.
pub fn compiled(text: &str) -> Result<Compiled> {
    let mut compilation = compile(text);
    let policy = compilation.policy.take();
    policy.ok_or_else(|| anyhow!("{}", compilation.render(text, "the benchmark's policy", false)))
}

/// A policy of this setup as the maps take it.
pub fn laid_out(setup: Setup) -> Result<(Compiled, Image)> {
    let compiled = compiled(&setup.text())?;
    let image = lay_out(&compiled, &mut SlotTable::new())?;
    Ok((compiled, image))
}

/// What the packet of a key dials, as E.164 digits.
pub fn number(key: u32) -> String {
    String::from_utf8_lossy(&digits(key)).into_owned() + TAIL
}

/// At most half are those of every other number that packets dial, cut short; of the rest, half crowd about the number that a packet
/// dials which is always the same, so that its look-up is as deep as they come.
fn prefixes(count: usize) -> Vec<String> {
    let mut random = Random(1);
    let mut prefixes = BTreeSet::from([BLOCKED.to_owned()]);
    let turns = (0..1 << COLD).step_by(2).take(count / 2);
    for number in turns.map(|turn| number(key(turn, COLD))) {
        prefixes.insert(number[..random.length()].to_owned());
    }
    while prefixes.len() < count {
        let head = if prefixes.len().is_multiple_of(2) { "53" } else { "" };
        let length = random.length();
        let digits = (head.len()..length).map(|_| char::from(b'1' + (random.next() % 9) as u8));
        let prefix: String = head.chars().chain(digits).collect();
        prefixes.insert(prefix);
    }
    prefixes.into_iter().collect()
}

/// A linear congruential generator (Knuth, MMIX): the same numbers each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    /// Digits of a prefix.
    fn length(&mut self) -> usize {
        7 + self.next() as usize % 4
    }
}

/// The prefix of the number that is dialled where all packets are the same.
const BLOCKED: &str = "5378301";
/// The digits behind those that turn.
pub const TAIL: &str = "34";
/// Destinations of a policy that has so many prefixes.
pub const DESTINATIONS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_numbers_are_covered() {
        for (count, keys) in [(1_000, 1 << 10), (100_000, 1 << 16)] {
            let prefixes = prefixes(count);
            assert_eq!(prefixes.len(), count);
            let set: BTreeSet<_> = prefixes.into_iter().collect();
            let is_covered =
                |number: &String| (1..=number.len()).any(|length| set.contains(&number[..length]));
            let covered = (0..keys).map(|turn| number(key(turn, COLD))).filter(is_covered).count();
            let part = covered as f64 / keys as f64;
            assert!((0.45..0.60).contains(&part), "{count} prefixes cover {part} of the numbers");
        }
    }

    #[test]
    fn one_prefix_is_the_one_that_is_dialled() {
        assert_eq!(prefixes(1), [BLOCKED]);
    }
}
