//! Kinds of numbers, from libphonenumber's metadata (crate `phonenumber`) and the reviewed table of ranges.

use std::collections::HashSet;
use std::sync::OnceLock;

use monitor_common::number::Digits;
use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};

use super::countries::{self, SHARED_SERVICES};
use super::pattern;
use super::table::{digits, rows};

/// What kind of service a number is. Where two kinds claim the same prefix, the one listed first has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Satellite telephones.
    Satellite,
    /// The caller pays more than for a call of that distance.
    PremiumRate,
    /// Caller and called share the cost.
    SharedCost,
    /// Free for the caller.
    TollFree,
    /// Follows a person from line to line.
    PersonalNumber,
    /// A company's number, of no place.
    Uan,
    /// Internet telephony, of no place.
    Voip,
    /// Pagers.
    Pager,
    /// Voicemail access.
    Voicemail,
    /// Fixed lines; also all numbers of countries whose mobile numbers look like fixed ones (as under +1).
    FixedLine,
    /// Mobile telephones.
    Mobile,
}

impl Kind {
    /// Every kind, in the order of [`Kind`].
    pub const ALL: [Self; 11] = [
        Self::Satellite,
        Self::PremiumRate,
        Self::SharedCost,
        Self::TollFree,
        Self::PersonalNumber,
        Self::Uan,
        Self::Voip,
        Self::Pager,
        Self::Voicemail,
        Self::FixedLine,
        Self::Mobile,
    ];

    /// The name in a policy and in JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Satellite => "satellite",
            Self::PremiumRate => "premium-rate",
            Self::SharedCost => "shared-cost",
            Self::TollFree => "toll-free",
            Self::PersonalNumber => "personal-number",
            Self::Uan => "uan",
            Self::Voip => "voip",
            Self::Pager => "pager",
            Self::Voicemail => "voicemail",
            Self::FixedLine => "fixed-line",
            Self::Mobile => "mobile",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn by_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// E.164 prefixes of the kind in all countries, sorted, each once.
    #[must_use]
    pub fn prefixes(self) -> &'static [Digits] {
        PREFIXES[self as usize].get_or_init(|| {
            let mut prefixes: Vec<_> = codes()
                .into_iter()
                .flat_map(|code| ranges(code, self))
                .filter_map(|(prefix, kind)| (kind == self).then_some(prefix))
                .collect();
            prefixes.sort_unstable();
            prefixes.dedup();
            prefixes
        })
    }

    /// The kind of a number: the longest prefix decides.
    #[must_use]
    pub fn of(number: Digits) -> Option<Self> {
        let code = countries::of(number)
            .map(|country| country.code)
            .or_else(|| countries::shared_service(number))?;
        ranges(code, Self::Mobile)
            .into_iter()
            .filter(|(prefix, _)| prefix.is_prefix_of(number))
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, kind)| kind)
    }

    fn descriptor(self, metadata: &Metadata) -> Option<&Descriptor> {
        let descriptors = metadata.descriptors();
        match self {
            Self::Satellite => None,
            Self::PremiumRate => descriptors.premium_rate(),
            Self::SharedCost => descriptors.shared_cost(),
            Self::TollFree => descriptors.toll_free(),
            Self::PersonalNumber => descriptors.personal_number(),
            Self::Uan => descriptors.uan(),
            Self::Voip => descriptors.voip(),
            Self::Pager => descriptors.pager(),
            Self::Voicemail => descriptors.voicemail(),
            Self::FixedLine => descriptors.fixed_line(),
            Self::Mobile => descriptors.mobile(),
        }
    }
}

/// Every country code, and the codes of services.
fn codes() -> HashSet<Digits> {
    let services = SHARED_SERVICES.iter().map(|code| digits(code));
    countries::all().iter().map(|country| country.code).chain(services).collect()
}

/// Prefixes under one country code and their kinds, for each kind up to `last`; each prefix once.
fn ranges(code: Digits, last: Kind) -> Vec<(Digits, Kind)> {
    let listed: Vec<_> = listed().filter(|(prefix, _)| code.is_prefix_of(*prefix)).collect();
    let mut taken: HashSet<_> = listed.iter().map(|(prefix, _)| *prefix).collect();
    let mut ranges = listed.clone();
    for kind in Kind::ALL.into_iter().filter(|kind| *kind <= last) {
        for prefix in metadata_prefixes(code, kind) {
            let covered = listed.iter().any(|(range, _)| range.is_prefix_of(prefix));
            if !covered && taken.insert(prefix) {
                ranges.push((prefix, kind));
            }
        }
    }
    ranges
}

fn metadata_prefixes(code: Digits, kind: Kind) -> Vec<Digits> {
    let code_number: u16 = code.to_string().parse().unwrap_or_default();
    let countries = DATABASE.by_code(&code_number).unwrap_or_default();
    countries
        .into_iter()
        .filter_map(|metadata| kind.descriptor(metadata))
        .filter_map(|descriptor| pattern::prefixes(descriptor.national_number().as_str(), code).ok())
        .flatten()
        .collect()
}

/// The reviewed table of ranges.
fn listed() -> impl Iterator<Item = (Digits, Kind)> {
    rows(include_str!("../../../data/ranges.tsv")).map(|[prefix, kind, _what, _source]| {
        (digits(prefix), Kind::by_label(kind).unwrap_or_else(|| panic!("a kind: {kind}")))
    })
}

static PREFIXES: [OnceLock<Vec<Digits>>; Kind::ALL.len()] = [const { OnceLock::new() }; Kind::ALL.len()];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(number: &str) -> Option<Kind> {
        Kind::of(Digits::parse(number).unwrap())
    }

    #[test]
    fn numbers_of_the_traps_have_their_kind() {
        let rows = [
            ("33899123456", Some(Kind::PremiumRate)),
            ("33800123456", Some(Kind::TollFree)),
            ("33612345678", Some(Kind::Mobile)),
            ("33142345678", Some(Kind::FixedLine)),
            ("19005551234", Some(Kind::PremiumRate)),
            ("19765551234", Some(Kind::PremiumRate)),
            ("12125551234", Some(Kind::FixedLine)),
            ("881612345678", Some(Kind::Satellite)),
            ("870773111632", Some(Kind::Satellite)),
            ("88216123456", Some(Kind::Satellite)),
            ("979123456789", Some(Kind::PremiumRate)),
            ("447911123456", Some(Kind::Mobile)),
            ("21012345", None),
        ];
        for (number, expected) in rows {
            assert_eq!(kind(number), expected, "{number}");
        }
    }

    #[test]
    fn cuba_somalia_gambia_have_no_premium_prefix() {
        for code in ["53", "252", "220"] {
            let code = digits(code);
            assert!(!Kind::PremiumRate.prefixes().iter().any(|prefix| code.is_prefix_of(*prefix)));
        }
    }

    #[test]
    fn every_pattern_is_read_and_no_kind_takes_a_whole_country() {
        for metadata in DATABASE.iter() {
            for descriptor in Kind::ALL.iter().filter_map(|kind| kind.descriptor(metadata)) {
                pattern::prefixes(descriptor.national_number().as_str(), Digits::default()).unwrap();
            }
        }
        for kind in [Kind::PremiumRate, Kind::SharedCost, Kind::TollFree, Kind::Voip, Kind::Mobile] {
            for prefix in kind.prefixes() {
                let whole = countries::all().iter().any(|country| country.code == *prefix);
                assert!(!whole, "{} takes all of +{prefix}", kind.label());
            }
        }
    }
}
