//! What can be blocked from a row, and what a block of it will do, in sentences.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use ipnet::IpNet;
use monitor_common::abi::slot;

use super::shown;
use crate::control::view::{BlockRow, Top};

/// Something that can be blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// As the agent wants it: a name, digits with `+`, an address.
    pub text: String,
}

/// Kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A destination of the policy.
    Destination,
    /// The first digits of numbers.
    Prefix,
    /// A host that places calls.
    Source,
}

impl Target {
    /// A destination; `None` for the reserved ones, which no rule and no block names.
    #[must_use]
    pub fn destination(name: &str) -> Option<Self> {
        (!slot::RESERVED.contains(&name)).then(|| Self { kind: Kind::Destination, text: name.into() })
    }

    /// The digits of a number that its mask left.
    #[must_use]
    pub fn prefix(number: &str) -> Option<Self> {
        let digits = number.strip_prefix('+')?;
        let kept: String = digits.chars().take_while(char::is_ascii_digit).collect();
        (!kept.is_empty()).then(|| Self { kind: Kind::Prefix, text: format!("+{kept}") })
    }

    /// A host.
    #[must_use]
    pub fn source(address: IpAddr) -> Self {
        Self { kind: Kind::Source, text: address.to_string() }
    }

    /// What a block that is there was set on; `None` for a kind of a later agent.
    #[must_use]
    pub fn of(block: &BlockRow) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.label() == block.kind)?;
        Some(Self { kind, text: block.target.clone() })
    }

    /// Its name in a sentence.
    #[must_use]
    pub fn named(&self) -> String {
        let text = shown::printable(&self.text);
        match self.kind {
            Kind::Destination => format!("destination {text}"),
            Kind::Prefix => format!("numbers that begin with {text}"),
            Kind::Source => format!("source {text}"),
        }
    }

    /// Whether `block` is set on it, on a shorter prefix or on a network around it.
    #[must_use]
    pub fn is_blocked_by(&self, block: &BlockRow) -> bool {
        let is_same = match self.kind {
            Kind::Prefix => self.text.starts_with(&block.target),
            Kind::Source => self.text == block.target || is_within(&self.text, &block.target),
            Kind::Destination => self.text == block.target,
        };
        is_same && block.kind == self.kind.label()
    }

    /// What exactly a block of it does. `active` calls of the row go on.
    #[must_use]
    pub fn consequences(&self, seconds: Option<u64>, top: &Top, active: u64) -> Vec<String> {
        let text = shown::printable(&self.text);
        let until = until(&top.time, seconds);
        let what = match self.kind {
            Kind::Destination => {
                format!("new calls to numbers that the policy counts under {text} are dropped.")
            }
            Kind::Prefix => format!(
                "new calls to numbers that begin with {text} are dropped; what the policy allows by a longer \
                 prefix still passes."
            ),
            Kind::Source => format!(
                "new calls that {text} sends to this host are dropped, whatever they dial. \
                 Calls from a trunk are never dropped by their source."
            ),
        };
        let mut sentences = vec![format!("{until}, {what}")];
        if top.dry_run {
            sentences.push("DRY RUN is on: they pass, and are counted as would_drop.".into());
        }
        sentences
            .push(format!("Calls that go on are not ended ({active} here), and media is not cut off. Emergency numbers always pass."));
        if let Some(block) = top.blocks.iter().find(|block| block.target == self.text) {
            sentences.push(format!(
                "It is blocked already ({}): the new time takes the old one's place.",
                left(block)
            ));
        }
        sentences
    }
}

impl Kind {
    const ALL: [Self; 3] = [Self::Destination, Self::Prefix, Self::Source];

    const fn label(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Prefix => "prefix",
            Self::Source => "source",
        }
    }
}

fn is_within(address: &str, network: &str) -> bool {
    let (Ok(address), Ok(network)) = (address.parse::<IpAddr>(), network.parse::<IpNet>()) else {
        return false;
    };
    network.contains(&address)
}

/// The time that a block has left.
#[must_use]
pub fn left(block: &BlockRow) -> String {
    block.seconds_left.map_or_else(|| "until unblocked".into(), shown::span)
}

fn until(now: &str, seconds: Option<u64>) -> String {
    let Some(seconds) = seconds else { return "From now until somebody unblocks it".into() };
    let end = humantime::parse_rfc3339_weak(now)
        .ok()
        .and_then(|now: SystemTime| now.checked_add(Duration::from_secs(seconds)))
        .map(|end| humantime::format_rfc3339_seconds(end).to_string());
    match end {
        Some(end) => format!("From now until {} UTC ({})", shown::clock(&end, now), shown::span(seconds)),
        None => format!("From now for {}", shown::span(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::scene;

    #[test]
    fn a_prefix_is_what_the_mask_left() {
        for (number, prefix) in [
            ("+5355512xxxx", Some("+5355512")),
            ("+33142345678", Some("+33142345678")),
            ("+xxxx", None),
            ("101", None),
            ("", None),
        ] {
            assert_eq!(Target::prefix(number).map(|target| target.text).as_deref(), prefix, "{number}");
        }
    }

    #[test]
    fn reserved_names_are_no_targets() {
        for name in ["emergency", "internal", "unknown"] {
            assert_eq!(Target::destination(name), None);
        }
        assert!(Target::destination("cuba").is_some());
    }

    #[test]
    fn a_block_is_found_by_kind_and_name_or_shorter_prefix() {
        let block = |kind: &str, target: &str| BlockRow { kind: kind.into(), ..scene::block(target) };
        let prefix = Target::prefix("+5355512xxxx").unwrap();
        assert!(prefix.is_blocked_by(&block("prefix", "+53")));
        assert!(!prefix.is_blocked_by(&block("prefix", "+53555129")));
        assert!(!prefix.is_blocked_by(&block("source", "+53")));
        let cuba = Target::destination("cuba").unwrap();
        assert!(cuba.is_blocked_by(&block("destination", "cuba")));
        assert!(!cuba.is_blocked_by(&block("destination", "cub")));
        let source = Target::source("198.51.100.7".parse().unwrap());
        assert!(source.is_blocked_by(&block("source", "198.51.100.7")));
        assert!(source.is_blocked_by(&block("source", "198.51.100.0/24")));
        assert!(!source.is_blocked_by(&block("source", "198.51.101.0/24")));
        assert_eq!(Target::of(&block("destination", "cuba")), Some(cuba));
        assert_eq!(Target::of(&block("customer", "ACME")), None);
    }

    #[test]
    fn the_sentences_say_until_when_what_and_what_not() {
        let top = Top { dry_run: false, ..scene::night().top };
        let cuba = Target::destination("cuba").unwrap();
        assert_eq!(
            cuba.consequences(Some(3600), &top, 3),
            [
                "From now until 04:03:05 UTC (1h00m), new calls to numbers that the policy counts under cuba are \
                 dropped.",
                "Calls that go on are not ended (3 here), and media is not cut off. Emergency numbers always pass.",
            ]
        );
        let late = Target::source("192.0.2.11".parse().unwrap()).consequences(Some(86_400), &top, 0);
        assert!(late[0].starts_with("From now until 11-23 03:03:05 UTC (1d00h), "), "{late:?}");
        let dry = cuba.consequences(None, &Top { dry_run: true, ..top.clone() }, 0);
        assert!(dry[0].starts_with("From now until somebody unblocks it, "));
        assert!(dry[1].contains("DRY RUN"));
        let broken = cuba.consequences(Some(u64::MAX), &Top { time: "soon".into(), ..top }, 0);
        assert!(broken[0].starts_with("From now for 214Td"), "{broken:?}");
    }
}
