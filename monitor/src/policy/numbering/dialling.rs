//! Emergency numbers, and foreign codes that a country dials as if they were its own.

use std::sync::LazyLock;

use monitor_common::number::Digits;

use super::countries::sharing;
use super::table::{digits, rows, values};

/// A foreign code dialled nationally.
#[derive(Debug)]
pub struct Overseas {
    /// Digits after the national prefix.
    pub national: Digits,
    /// E.164 digits to put before the number.
    pub before: Digits,
    /// Digits to take off the number first.
    pub take_off: u8,
    /// Where it leads.
    pub what: &'static str,
    dialled_in: Vec<&'static str>,
}

/// Emergency numbers of every country with this country code: nobody's may be missed where a code is shared.
#[must_use]
pub fn emergency_numbers(code: Digits) -> Vec<&'static str> {
    let countries = sharing(code);
    let mut numbers: Vec<_> = EMERGENCY
        .iter()
        .filter(|row| countries.iter().any(|country| country.iso.as_str() == row.iso))
        .flat_map(|row| row.numbers.iter().copied())
        .collect();
    numbers.sort_by_key(|number| (number.len(), *number));
    numbers.dedup();
    numbers
}

/// Who vouches for the emergency numbers of the countries with this code.
#[must_use]
pub fn emergency_sources(code: Digits) -> Vec<&'static str> {
    let countries = sharing(code);
    let words = EMERGENCY
        .iter()
        .filter(|row| countries.iter().any(|country| country.iso.as_str() == row.iso))
        .flat_map(|row| row.sources.iter().copied());
    let mut sources: Vec<_> = words
        .filter_map(|word| SOURCES.iter().find(|(short, _)| *short == word))
        .map(|(_, name)| *name)
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// Foreign codes dialled nationally where the country code is `code`, longest first.
#[must_use]
pub fn overseas(code: Digits) -> Vec<&'static Overseas> {
    let Some(country) = sharing(code).first().map(|country| country.iso.as_str()) else { return Vec::new() };
    let own = |row: &&Overseas| row.dialled_in.contains(&country);
    let mut rows: Vec<_> = OVERSEAS.iter().filter(own).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.national.len()));
    rows
}

/// A country's emergency numbers, and who says so.
struct Emergency {
    iso: &'static str,
    numbers: Vec<&'static str>,
    sources: Vec<&'static str>,
}

static EMERGENCY: LazyLock<Vec<Emergency>> = LazyLock::new(|| {
    rows(include_str!("../../../data/emergency.tsv"))
        .map(|[iso, numbers, sources]| Emergency {
            iso,
            numbers: values(numbers).collect(),
            sources: values(sources).collect(),
        })
        .collect()
});

static OVERSEAS: LazyLock<Vec<Overseas>> = LazyLock::new(|| {
    rows(include_str!("../../../data/overseas.tsv"))
        .map(|[dialled_in, national, before, take_off, what, _source]| Overseas {
            national: digits(national),
            before: digits(before),
            take_off: take_off.parse().unwrap_or_else(|_| panic!("a count of digits: {take_off}")),
            what,
            dialled_in: values(dialled_in).collect(),
        })
        .collect()
});

/// Short names of sources, as the head of the table explains them.
const SOURCES: [(&str, &str); 5] = [
    ("arcep", "ARCEP"),
    ("cnmc", "CNMC"),
    ("eu", "Directive (EU) 2018/1972"),
    ("lpn", "libphonenumber"),
    ("ofcom", "Ofcom"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::numbering::countries::{all, by_iso};
    use monitor_common::abi::DialPlan;

    #[test]
    fn tables_name_known_countries_and_fit_the_dial_plan() {
        assert!(EMERGENCY.iter().all(|row| by_iso(row.iso).is_some() && !row.numbers.is_empty()));
        let known = |word: &&str| SOURCES.iter().any(|(short, _)| short == word);
        assert!(EMERGENCY.iter().all(|row| !row.sources.is_empty() && row.sources.iter().all(known)));
        assert!(OVERSEAS.iter().flat_map(|row| &row.dialled_in).all(|iso| by_iso(iso).is_some()));
        for country in all() {
            assert!(emergency_numbers(country.code).len() <= DialPlan::EMERGENCY, "{}", country.name);
            assert!(overseas(country.code).len() <= DialPlan::OVERSEAS, "{}", country.name);
            assert!(country.international.len() <= DialPlan::INTERNATIONAL, "{}", country.name);
        }
    }

    #[test]
    fn france() {
        let numbers = emergency_numbers(digits("33"));
        assert_eq!(numbers, ["15", "17", "18", "112", "114", "115", "119", "191", "196", "197"]);
        let codes = overseas(digits("33"));
        let reunion = codes.iter().find(|row| row.national == digits("692")).unwrap();
        assert_eq!((reunion.before, reunion.take_off), (digits("262"), 0));
        assert!(codes.is_sorted_by_key(|row| std::cmp::Reverse(row.national.len())));
        assert!(codes.iter().all(|row| row.before != digits("33")));
    }

    #[test]
    fn no_code_hides_behind_an_international_prefix() {
        for country in all() {
            for row in overseas(country.code) {
                let dialled = format!("{}{}", country.national, row.national);
                let hidden = country.international.iter().find(|prefix| dialled.starts_with(*prefix));
                assert_eq!(hidden, None, "{}: {dialled}", country.name);
            }
        }
    }

    #[test]
    fn reunion_dials_the_metropole_nationally() {
        let codes = overseas(digits("262"));
        assert!(codes.iter().any(|row| row.national == digits("1") && row.before == digits("33")));
    }
}
