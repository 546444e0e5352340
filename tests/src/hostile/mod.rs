//! Hostile frames without end, the same for the same seed: rows and captures whose SIP and whose octets are bent.

mod judged;
mod seeds;
mod sip;

use anyhow::Result;
use monitor_common::abi::{Direction, Link};

pub use judged::{Judge, Sums};

use crate::{
    case::Case,
    mutate::{Random, fitted, mutated},
    rows::PolicyName,
};

/// Makes hostile frames.
pub struct Hostile {
    seeds: Vec<Case>,
    random: Random,
}

impl Hostile {
    /// The frames of a seed.
    ///
    /// # Errors
    /// Where a capture of the repository cannot be read.
    pub fn new(seed: u64) -> Result<Self> {
        Ok(Self { seeds: seeds::all()?, random: Random::new(seed) })
    }

    /// The next so many, by policy and blocks: putting those in force takes its time.
    pub fn next(&mut self, count: usize) -> Vec<Case> {
        let frames: Vec<&[u8]> = self.seeds.iter().map(|case| case.frame.as_slice()).collect();
        let bend = |_| {
            let case = &self.seeds[self.random.below(self.seeds.len())];
            bent(case, &frames, &mut self.random)
        };
        let mut cases: Vec<_> = (0..count).map(bend).collect();
        cases.sort_by(|one, other| (one.policy, &one.blocks).cmp(&(other.policy, &other.blocks)));
        cases
    }
}

fn bent(case: &Case, frames: &[&[u8]], random: &mut Random) -> Case {
    let mut case = Case { before: Vec::new(), ..case.clone() };
    if random.below(4) > 0 {
        let other = frames[random.below(frames.len())];
        case.frame = sip::bent(&case.frame, case.link, other, random);
    }
    // What is bent by its grammar alone gets deeper than what loses an octet as well.
    case.frame = if random.below(2) == 0 {
        mutated(&case.frame, frames, random)
    } else {
        fitted(std::mem::take(&mut case.frame))
    };
    if case.blocks.is_empty() && random.below(2) == 0 {
        case.policy = PolicyName::ALL[1 + random.below(PolicyName::ALL.len() - 1)];
    }
    // Only what leaves is a buffer that will be cut later.
    if case.segment == 0 && random.below(8) == 0 {
        case.direction = match case.direction {
            Direction::Ingress => Direction::Egress,
            Direction::Egress => Direction::Ingress,
        };
    }
    if random.below(16) == 0 {
        case.link = if case.link == Link::Ip { Link::Ethernet } else { Link::Ip };
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_frames_and_another_one_others() {
        let frames = |seed| {
            let cases = Hostile::new(seed).unwrap().next(200);
            cases.into_iter().map(|case| case.frame).collect::<Vec<_>>()
        };
        assert_eq!(frames(7), frames(7));
        assert_ne!(frames(7), frames(8));
    }
}
