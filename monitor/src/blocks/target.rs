//! What a block covers: a destination by its name, numbers by a prefix, a source by its address, or a whole region.

use std::{fmt, net::IpAddr, sync::Arc};

use ipnet::IpNet;
use monitor_common::number::Digits;

use super::{Ground, region};
use crate::{
    kernel::Blocked,
    policy::numbering::{Iso, countries},
};

/// What a block covers, as people name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Numbers whose rule has this destination: a name of the policy, or an ISO country code.
    Destination(Arc<str>),
    /// Numbers that begin with these E.164 digits, at least one.
    Prefix(Digits),
    /// INVITEs that arrive from these addresses and from no trunk. No bits behind the prefix; IPv4 as IPv4.
    Source(IpNet),
    /// Every number of a country, whatever the policy counts it under.
    Country(Iso),
    /// Every number outside the own country code, whatever the policy counts it under.
    International,
    /// Every outside number.
    Everything,
}

impl Target {
    /// `destination`, `prefix`, `source`, `country`, `international` or `everything`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Destination(_) => DESTINATION,
            Self::Prefix(_) => PREFIX,
            Self::Source(_) => SOURCE,
            Self::Country(_) => COUNTRY,
            Self::International => INTERNATIONAL,
            Self::Everything => EVERYTHING,
        }
    }

    /// The target whose kind and text were kept; `None` where they are none.
    #[must_use]
    pub fn from_kept(kind: &str, text: &str) -> Option<Self> {
        match kind {
            DESTINATION if !text.is_empty() => Some(Self::Destination(text.into())),
            PREFIX => prefix(text).map(Self::Prefix),
            SOURCE => network(text).map(Self::Source),
            COUNTRY | INTERNATIONAL | EVERYTHING => region(text).filter(|target| target.kind() == kind),
            _ => None,
        }
    }

    /// What the kernel is to block; nothing for a destination that no policy has named since the agent started.
    #[must_use]
    pub fn resolve(&self, ground: &Ground<'_>) -> Vec<Blocked> {
        match self {
            Self::Destination(name) => {
                ground.slots.slot(name).map(Blocked::Destination).into_iter().collect()
            }
            Self::Prefix(digits) => vec![Blocked::Prefix(*digits)],
            Self::Source(network) => vec![Blocked::Source(*network)],
            Self::Country(iso) => countries::by_iso(iso.as_str())
                .map_or_else(Vec::new, |country| region::country(country, ground)),
            Self::International => region::international(ground),
            Self::Everything => region::everything(ground),
        }
    }

    /// Whether what it resolves to may be another under another policy.
    #[must_use]
    pub const fn depends_on_policy(&self) -> bool {
        !matches!(self, Self::Prefix(_) | Self::Source(_))
    }

    /// Whether an operator who writes `text` means this target: its text, with small letters for large ones, or an
    /// address in another spelling.
    #[must_use]
    pub fn is_meant_by(&self, text: &str) -> bool {
        match self {
            Self::Destination(name) => name.eq_ignore_ascii_case(text),
            Self::Prefix(digits) => prefix(text) == Some(*digits),
            Self::Source(own) => network(text) == Some(*own),
            Self::Country(_) => region(text).as_ref() == Some(self),
            // The word alone is a destination's name first: see `read`.
            Self::International | Self::Everything => {
                region(text).as_ref() == Some(self) || text.eq_ignore_ascii_case(self.kind())
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Destination(name) => f.write_str(name),
            Self::Prefix(digits) => write!(f, "+{digits}"),
            Self::Source(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Source(network) => write!(f, "{network}"),
            Self::Country(iso) => write!(f, "{OF_COUNTRY}{iso}"),
            Self::International | Self::Everything => write!(f, "{ALL}{}", self.kind()),
        }
    }
}

/// `country:` and an ISO 3166 code, `all:international` or `all:everything`: no destination has a colon in its name.
pub(super) fn region(text: &str) -> Option<Target> {
    let text = text.to_ascii_lowercase();
    if let Some(iso) = text.strip_prefix(OF_COUNTRY) {
        return countries::by_iso(&iso.to_ascii_uppercase()).map(|country| Target::Country(country.iso));
    }
    word(text.strip_prefix(ALL)?)
}

/// `international` or `everything`.
pub(super) fn word(text: &str) -> Option<Target> {
    [Target::International, Target::Everything]
        .into_iter()
        .find(|target| text.eq_ignore_ascii_case(target.kind()))
}

/// `+` and one to fifteen digits.
pub(super) fn prefix(text: &str) -> Option<Digits> {
    text.strip_prefix('+').and_then(Digits::parse).filter(|digits| !digits.is_empty())
}

/// An address or a network, in the one form that stands for all of its spellings.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let network = network.trunc();
    if let IpNet::V6(v6) = network
        && let Some(v4) = v6.addr().to_ipv4_mapped()
        && v6.prefix_len() >= MAPPED
    {
        return IpNet::new(v4.into(), v6.prefix_len() - MAPPED).ok();
    }
    Some(network)
}

const DESTINATION: &str = "destination";
const PREFIX: &str = "prefix";
const SOURCE: &str = "source";
const COUNTRY: &str = "country";
const INTERNATIONAL: &str = "international";
const EVERYTHING: &str = "everything";
/// Before the ISO 3166 code of a country.
pub(super) const OF_COUNTRY: &str = "country:";
/// Before the name of a region that has no other.
pub(super) const ALL: &str = "all:";
/// Bits of `::ffff:0:0/96`, under which IPv6 writes IPv4.
const MAPPED: u8 = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{DestinationName, SlotTable};

    #[test]
    fn a_target_is_kept_as_kind_and_text() {
        for (kind, text) in [
            ("destination", "cuba"),
            ("destination", "NE"),
            ("prefix", "+53"),
            ("prefix", "+331423456789012"),
            ("source", "192.0.2.66"),
            ("source", "198.51.100.0/24"),
            ("source", "2001:db8::/32"),
            ("source", "2001:db8::1"),
            ("country", "country:NE"),
            ("international", "all:international"),
            ("everything", "all:everything"),
        ] {
            let target = Target::from_kept(kind, text).unwrap();
            assert_eq!((target.kind(), target.to_string().as_str()), (kind, text));
            assert!(target.is_meant_by(text));
        }
        for (kind, text) in [
            ("", "cuba"),
            ("destination", ""),
            ("prefix", "53"),
            ("prefix", "+"),
            ("prefix", "+1234567890123456"),
            ("prefix", "+5x"),
            ("source", "cuba"),
            ("source", "192.0.2.0/33"),
            ("sources", "192.0.2.1"),
            ("country", "NE"),
            ("country", "country:QQ"),
            ("country", "country:"),
            ("country", "all:international"),
            ("international", "all:everything"),
            ("international", "international"),
            ("everything", "all:"),
        ] {
            assert_eq!(Target::from_kept(kind, text), None, "{kind} {text}");
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_one_target() {
        for (text, shown) in [
            ("192.0.2.66/32", "192.0.2.66"),
            ("::ffff:192.0.2.66", "192.0.2.66"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("192.0.2.66/24", "192.0.2.0/24"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("2001:db8::1/64", "2001:db8::/64"),
            ("::ffff:0:0/90", "::ffc0:0:0/90"),
        ] {
            assert_eq!(Target::Source(network(text).unwrap()).to_string(), shown, "{text}");
        }
        assert!(Target::from_kept("source", "192.0.2.66").unwrap().is_meant_by("::ffff:192.0.2.66"));
        assert!(Target::from_kept("destination", "NE").unwrap().is_meant_by("ne"));
        assert!(Target::from_kept("country", "country:NE").unwrap().is_meant_by("Country:ne"));
        assert!(!Target::from_kept("country", "country:NE").unwrap().is_meant_by("NE"));
        assert!(Target::International.is_meant_by("International"));
        assert!(Target::Everything.is_meant_by("all:EVERYTHING"));
    }

    #[test]
    fn the_kernel_knows_destinations_by_their_slot() {
        let mut slots = SlotTable::new();
        let cuba = Target::Destination("cuba".into());
        assert_eq!(cuba.resolve(&Ground { policy: None, slots: &slots, own: &[] }), []);
        let given = slots.assign(&[DestinationName::new("cuba")]).unwrap();
        let ground = Ground { policy: None, slots: &slots, own: &[] };
        assert_eq!(cuba.resolve(&ground), [Blocked::Destination(given[0])]);
        let digits = Digits::parse("53").unwrap();
        assert_eq!(Target::Prefix(digits).resolve(&ground), [Blocked::Prefix(digits)]);
    }
}
