//! The two engines that rows run on: the classifier in this process, and the programs loaded into the kernel.

mod host;
mod kernel;

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use monitor::{
    kernel::Blocked,
    policy::{self, Compiled, SlotTable, image::Image},
    sync::lay_out,
};
use monitor_common::{
    abi::{Action, Direction, Link, Settings},
    number::Digits,
};

pub use host::Host;
pub use kernel::{Kernel, stay_on_one_cpu};

use crate::{
    case::{Block, Case, Covers},
    rows::PolicyName,
};

/// Every policy of the rows, compiled and laid out, with one table of destination slots, as an agent has.
pub struct Shelf {
    policies: BTreeMap<PolicyName, Loaded>,
    slots: SlotTable,
}

/// A policy, ready to judge by.
pub struct Loaded {
    compiled: Compiled,
    settings: Settings,
    image: Image,
}

/// A frame, and how an engine gets it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Its octets.
    pub octets: &'a [u8],
    /// How it begins.
    pub link: Link,
    /// Which way it goes.
    pub direction: Direction,
    /// Octets of each datagram where the kernel will cut the payload later; else 0.
    pub segment: u16,
    /// The policy in force.
    pub policy: PolicyName,
    /// The temporary blocks that were set.
    pub blocks: &'a [Block],
}

impl Shelf {
    /// Compiles every policy of the rows.
    ///
    /// # Errors
    /// Where one has an error.
    pub fn new() -> Result<Self> {
        let (mut policies, mut slots) = (BTreeMap::new(), SlotTable::new());
        for name in PolicyName::ALL {
            let Some(text) = name.text() else { continue };
            policies.insert(*name, Loaded::compile(*name, text, &mut slots)?);
        }
        Ok(Self { policies, slots })
    }

    /// The name of a destination slot.
    #[must_use]
    pub fn destination(&self, slot: u16) -> String {
        self.slots.name(slot).map_or_else(|| format!("slot {slot}"), ToString::to_string)
    }

    /// The longest prefix of a number that has a rule, by a plain search: its digits, and what the rule asks for.
    #[must_use]
    pub fn longest_prefix(&self, name: PolicyName, number: Digits) -> Option<(u8, Action)> {
        let rule = self.policy(name)?.compiled.longest(number)?;
        Some((rule.prefix.len() as u8, rule.action))
    }

    /// What a block covers, as the kernel is told.
    ///
    /// # Panics
    /// Where a row has a mistake.
    fn blocked(&self, covers: Covers) -> Blocked {
        match covers {
            Covers::Prefix(digits) => Blocked::Prefix(Digits::parse(digits).expect("digits")),
            Covers::Destination(name) => Blocked::Destination(self.slots.slot(name).expect("a destination")),
            Covers::Source(network) => Blocked::Source(network.parse().expect("a network")),
        }
    }

    fn policy(&self, name: PolicyName) -> Option<&Loaded> {
        self.policies.get(&name)
    }

    fn longest(&self) -> usize {
        self.policies.values().map(|policy| policy.image.lines().len()).max().unwrap_or_default()
    }
}

impl Loaded {
    fn compile(name: PolicyName, text: &str, slots: &mut SlotTable) -> Result<Self> {
        let compilation = policy::compile(text);
        let report = || anyhow!(compilation.render(text, &format!("{name:?}"), false));
        let compiled = compilation.policy.clone().ok_or_else(report)?;
        let has_trunks = u32::from(!compiled.trunks.is_empty());
        Ok(Self {
            settings: Settings { loaded: 1, has_trunks, ..compiled.settings },
            image: lay_out(&compiled, slots)?,
            compiled,
        })
    }
}

impl<'a> Given<'a> {
    /// The frame of a row.
    #[must_use]
    pub fn of(case: &'a Case) -> Self {
        Self {
            octets: &case.frame,
            link: case.link,
            direction: case.direction,
            segment: case.segment,
            policy: case.policy,
            blocks: &case.blocks,
        }
    }

    /// The frames of a row, in order.
    pub fn all_of(case: &'a Case) -> impl Iterator<Item = Self> {
        let before = case.before.iter().map(|octets| Self { octets, segment: 0, ..Self::of(case) });
        before.chain([Self::of(case)])
    }
}

/// Media streams that either engine follows at once on a CPU.
const STREAMS: u32 = 16_384;
