//! Countries, their E.164 prefixes, and the country that a number is in.

use std::fmt;
use std::sync::LazyLock;

use monitor_common::number::Digits;
use phonenumber::metadata::{DATABASE, Descriptor};

use super::table::{digits, rows, values};
use crate::policy::{digits::first, mask::known_digits};

/// An ISO 3166 code of a country (or, as libphonenumber has them, AC, TA and XK).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iso(&'static str);

impl Iso {
    /// Two capital letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A country, or a territory with numbers of its own.
#[derive(Debug)]
pub struct Country {
    /// Its ISO 3166 code.
    pub iso: Iso,
    /// Its name in English.
    pub name: &'static str,
    /// Its country code, perhaps shared.
    pub code: Digits,
    /// E.164 prefixes of its numbers.
    pub prefixes: Vec<Digits>,
    /// How it dials abroad, longest first; empty where callers choose a carrier by it.
    pub international: Vec<&'static str>,
    /// Its national prefix; empty where numbers are dialled whole.
    pub national: &'static str,
    /// Fewest digits of a national number.
    pub national_shortest: u8,
}

impl Country {
    /// Most digits of a national number by the metadata; 0 where that has none for the country.
    #[must_use]
    pub fn national_longest(&self) -> u8 {
        let Some(country) = DATABASE.by_id(self.iso.as_str()) else { return 0 };
        let kinds = country.descriptors();
        [kinds.fixed_line(), kinds.mobile(), kinds.toll_free(), kinds.premium_rate()]
            .into_iter()
            .flatten()
            .flat_map(Descriptor::possible_length)
            .max()
            .map_or(0, |longest| (*longest).min(15) as u8)
    }
}

/// Every country that has numbers, in the order of the codes.
#[must_use]
pub fn all() -> &'static [Country] {
    &COUNTRIES
}

/// The country with this ISO 3166 code, in capitals.
#[must_use]
pub fn by_iso(iso: &str) -> Option<&'static Country> {
    let at = COUNTRIES.binary_search_by_key(&iso, |country| country.iso.as_str()).ok()?;
    Some(&COUNTRIES[at])
}

/// The country whose numbers begin like this one: the longest prefix decides.
#[must_use]
pub fn of(number: Digits) -> Option<&'static Country> {
    longest(number).map(|(_, country)| *country)
}

/// The country of an E.164 number of which the last digits may be hidden; `None` where one of these decides.
#[must_use]
pub fn of_masked(number: &str) -> Option<&'static Country> {
    let known = known_digits(number)?;
    let country = of(known)?;
    let is_whole = number.trim_start_matches('+').len() == known.len();
    let is_another =
        |(prefix, other): &(Digits, &Country)| known.is_prefix_of(*prefix) && other.iso != country.iso;
    (is_whole || !BY_PREFIX.iter().any(is_another)).then_some(country)
}

/// The country prefix that a number begins with.
#[must_use]
pub fn prefix_of(number: Digits) -> Option<Digits> {
    longest(number).map(|(prefix, _)| *prefix)
}

fn longest(number: Digits) -> Option<&'static (Digits, &'static Country)> {
    (1..=LONGEST_PREFIX.min(number.len())).rev().find_map(|len| {
        let prefix = first(number, len);
        BY_PREFIX.binary_search_by_key(&prefix, |(prefix, _)| *prefix).ok().map(|at| &BY_PREFIX[at])
    })
}

/// Countries that share a country code; the one that has what the others leave comes first.
#[must_use]
pub fn sharing(code: Digits) -> Vec<&'static Country> {
    let mut sharing: Vec<_> = COUNTRIES.iter().filter(|country| country.code == code).collect();
    sharing.sort_by_key(|country| !country.prefixes.contains(&code));
    sharing
}

/// The code of a number that belongs to no country: freephone, satellite, networks.
#[must_use]
pub fn shared_service(number: Digits) -> Option<Digits> {
    SHARED_SERVICES.iter().map(|code| digits(code)).find(|code| code.is_prefix_of(number))
}

/// Whether any number that begins with `prefix` can exist.
#[must_use]
pub fn prefix_is_assigned(prefix: Digits) -> bool {
    let (below, above) = BY_PREFIX.split_at(BY_PREFIX.partition_point(|(known, _)| *known < prefix));
    of(prefix).is_some()
        || shared_service(prefix).is_some()
        || [below.last(), above.first()].into_iter().flatten().any(|(known, _)| prefix.is_prefix_of(*known))
        || SHARED_SERVICES.iter().any(|code| prefix.is_prefix_of(digits(code)))
}

fn read(row: [&'static str; 8]) -> Country {
    let [iso, name, code, prefixes, international, national, shortest, _source] = row;
    Country {
        iso: Iso(iso),
        name,
        code: digits(code),
        prefixes: values(prefixes).map(digits).collect(),
        international: values(international).collect(),
        national: values(national).next().unwrap_or(""),
        national_shortest: shortest.parse().unwrap_or_else(|_| panic!("a count of digits: {shortest}")),
    }
}

static COUNTRIES: LazyLock<Vec<Country>> =
    LazyLock::new(|| rows(include_str!("../../../data/countries.tsv")).map(read).collect());

static BY_PREFIX: LazyLock<Vec<(Digits, &'static Country)>> = LazyLock::new(|| {
    let mut prefixes: Vec<_> = COUNTRIES
        .iter()
        .flat_map(|country| country.prefixes.iter().map(move |prefix| (*prefix, country)))
        .collect();
    prefixes.sort_by_key(|(prefix, _)| *prefix);
    prefixes
});

/// Digits of the longest prefix in the table.
const LONGEST_PREFIX: usize = 8;
/// Country codes that ITU-T gives to services and networks instead of countries (E.164, annex).
pub const SHARED_SERVICES: [&str; 13] =
    ["800", "808", "870", "871", "872", "873", "874", "878", "881", "882", "883", "888", "979"];

#[cfg(test)]
mod tests {
    use super::*;

    fn country(number: &str) -> Option<&'static str> {
        of(Digits::parse(number).unwrap()).map(|country| country.iso.as_str())
    }

    #[test]
    fn the_table_is_in_order_and_names_each_prefix_once() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.iso < b.iso));
        assert!(BY_PREFIX.is_sorted_by(|a, b| a.0 < b.0));
        assert!(BY_PREFIX.iter().all(|(prefix, _)| (1..=LONGEST_PREFIX).contains(&prefix.len())));
        for country in all() {
            assert!(country.international.is_sorted_by_key(|prefix| std::cmp::Reverse(prefix.len())));
            assert!(country.prefixes.iter().all(|prefix| {
                country.code.is_prefix_of(*prefix) || country.iso.as_str() == "VA" // also has +379
            }));
        }
    }

    #[test]
    fn the_table_has_every_country_of_the_metadata() {
        for metadata in DATABASE.iter().filter(|metadata| metadata.id() != "001") {
            let country = by_iso(metadata.id()).unwrap_or_else(|| panic!("{} is missing", metadata.id()));
            assert_eq!(country.code.to_string(), metadata.country_code().to_string(), "{}", metadata.id());
        }
    }

    #[test]
    fn fixed_examples_of_the_metadata_are_in_their_country() {
        for metadata in DATABASE.iter().filter(|metadata| metadata.id() != "001") {
            let example = metadata.descriptors().fixed_line().and_then(|fixed| fixed.example());
            let Some(example) = example else { continue };
            let found = country(&format!("{}{example}", metadata.country_code()));
            // The two islands share all of their fixed ranges; the other one is listed.
            let expected = if metadata.id() == "MF" { "BL" } else { metadata.id() };
            assert_eq!(found, Some(expected), "{example}");
        }
    }

    #[test]
    fn area_codes_under_1_that_are_not_the_usa() {
        let islands = [
            ("1242", "BS"),
            ("1246", "BB"),
            ("1264", "AI"),
            ("1268", "AG"),
            ("1284", "VG"),
            ("1340", "VI"),
            ("1345", "KY"),
            ("1441", "BM"),
            ("1473", "GD"),
            ("1649", "TC"),
            ("1658", "JM"),
            ("1664", "MS"),
            ("1670", "MP"),
            ("1671", "GU"),
            ("1684", "AS"),
            ("1721", "SX"),
            ("1758", "LC"),
            ("1767", "DM"),
            ("1784", "VC"),
            ("1787", "PR"),
            ("1809", "DO"),
            ("1829", "DO"),
            ("1849", "DO"),
            ("1868", "TT"),
            ("1869", "KN"),
            ("1876", "JM"),
            ("1939", "PR"),
            ("1416", "CA"),
            ("1902", "CA"),
            ("1600", "CA"),
            ("1212", "US"),
            ("1800", "US"),
            ("1900", "US"),
            ("1976", "US"),
            ("1909", "US"),
        ];
        for (prefix, iso) in islands {
            assert_eq!(country(&format!("{prefix}5551234")), Some(iso), "{prefix}");
        }
    }

    #[test]
    fn shared_codes_are_told_apart() {
        let rows = [
            ("77012345678", "KZ"),
            ("76012345678", "KZ"),
            ("74951234567", "RU"),
            ("79161234567", "RU"),
            ("390669812345", "VA"),
            ("390669612345", "IT"),
            ("37912345", "VA"),
            ("441481234567", "GG"),
            ("447797123456", "JE"),
            ("447624123456", "IM"),
            ("447700123456", "GB"),
            ("4779123456", "SJ"),
            ("61891641234", "CX"),
            ("212528812345", "EH"),
            ("262639123456", "YT"),
            ("262692123456", "RE"),
            ("29081234", "TA"),
            ("3581812345678", "AX"),
            ("5993181234", "BQ"),
            ("59994151234", "CW"),
            ("247612345", "AC"),
            ("38343201234", "XK"),
            ("2119771234", "SS"),
        ];
        for (number, iso) in rows {
            assert_eq!(country(number), Some(iso), "{number}");
        }
        assert_eq!(country("881612345678"), None);
        assert_eq!(country("2101234567"), None);
        assert_eq!(sharing(digits("1"))[0].iso.as_str(), "US");
        assert_eq!(sharing(digits("7"))[0].iso.as_str(), "RU");
    }

    #[test]
    fn knows_which_prefixes_can_exist() {
        for prefix in ["1", "4", "33", "3314", "44778", "88", "881", "8816", "979", "2", "7", "971"] {
            assert!(prefix_is_assigned(digits(prefix)), "{prefix}");
        }
        for prefix in ["0", "00", "210", "2103", "999", "424", "699"] {
            assert!(!prefix_is_assigned(digits(prefix)), "{prefix}");
        }
    }
}
