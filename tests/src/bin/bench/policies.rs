//! The policies that packets are judged by: of one prefix and of many, made up the same way each time.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use monitor::{
    policy::{SlotTable, compile},
    sync::lay_out,
};

use crate::bed::Bed;

/// Which policy is in force, and whether events are sent; the index of its [`Bed`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// One prefix.
    One,
    /// [`MANY`] prefixes.
    Many,
    /// The same, with a trunk named: every INVITE's remote address is looked up.
    Trunk,
    /// As [`Setup::Many`], and events are sent.
    Events,
}

impl Setup {
    const ALL: [Self; 4] = [Self::One, Self::Many, Self::Trunk, Self::Events];

    /// What it is called in tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::One => "1 prefix",
            Self::Many => "100,000 prefixes",
            Self::Trunk => "100,000, a trunk named",
            Self::Events => "100,000, with events",
        }
    }
}

/// The programs, loaded once for each setup, in the order of their indices.
pub fn beds() -> Result<Vec<Bed>> {
    Setup::ALL.into_iter().map(bed).collect()
}

fn bed(setup: Setup) -> Result<Bed> {
    let text = text(setup);
    let compilation = compile(&text);
    let report = compilation.render(&text, "the benchmark's policy", false);
    let compiled = compilation.policy.ok_or_else(|| anyhow!("{report}"))?;
    let image = lay_out(&compiled, &mut SlotTable::new())?;
    Bed::load(&compiled, &image, setup == Setup::Events)
}

fn text(setup: Setup) -> String {
    let prefixes = if setup == Setup::One { BTreeSet::from(["53".to_owned()]) } else { many() };
    let prefixes: Vec<_> = prefixes.iter().map(|prefix| format!("\"+{prefix}\"")).collect();
    let trunks = if setup == Setup::Trunk { "[network]\ntrunks = [\"203.0.113.0/28\"]\n" } else { "" };
    format!(
        "[dialplan]\ncountry_code = \"33\"\ninternational_prefixes = [\"00\"]\nnational_prefix = \"0\"\n\
         access_prefixes = [\"9\"]\n{trunks}\
         [[destination]]\nname = \"blocked\"\naction = \"block\"\nprefixes = [{}]\n",
        prefixes.join(", ")
    )
}

/// Half of them crowd about the number that is dialled, so that its look-up is as deep as they come.
fn many() -> BTreeSet<String> {
    let mut prefixes = BTreeSet::from([BLOCKED.to_owned()]);
    let mut random = Random(1);
    while prefixes.len() < MANY {
        let (head, from) = if prefixes.len() % 2 == 0 { ("53", 5) } else { ("", 7) };
        let len = from + random.next() as usize % 4;
        let digits: String = (0..len).map(|_| char::from(b'1' + (random.next() % 9) as u8)).collect();
        prefixes.insert(format!("{head}{digits}"));
    }
    prefixes
}

/// A linear congruential generator (Knuth, MMIX): the same numbers each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }
}

/// The prefix of the number that is dialled.
const BLOCKED: &str = "5378301";
/// Prefixes of the larger policy.
const MANY: usize = 100_000;
