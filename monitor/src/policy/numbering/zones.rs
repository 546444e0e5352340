//! Time zones of countries.

use std::sync::LazyLock;

use super::Country;
use super::table::{rows, values};

/// IANA zones of a country, the one with the most people first; none where no source has any.
#[must_use]
pub fn of(country: &Country) -> &'static [&'static str] {
    let at = ZONES.binary_search_by_key(&country.iso.as_str(), |(iso, _)| *iso);
    at.map_or(&[], |at| ZONES[at].1.as_slice())
}

static ZONES: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    rows(include_str!("../../../data/zones.tsv"))
        .map(|[iso, zones, _source]| (iso, values(zones).collect()))
        .collect()
});

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::policy::numbering::countries::{all, by_iso};

    #[test]
    fn every_country_has_zones_that_are_known() {
        assert!(ZONES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(ZONES.iter().all(|(iso, _)| by_iso(iso).is_some()));
        for country in all() {
            assert!(!of(country).is_empty(), "{}", country.name);
            assert!(of(country).iter().all(|zone| zone.parse::<Tz>().is_ok()), "{:?}", of(country));
        }
    }

    #[test]
    fn the_zone_with_the_most_people_comes_first() {
        let first = |iso| of(by_iso(iso).unwrap())[0];
        assert_eq!(["FR", "US", "XK"].map(first), ["Europe/Paris", "America/New_York", "Europe/Belgrade"]);
        assert_eq!(of(by_iso("FR").unwrap()).len(), 1);
        assert!(of(by_iso("RU").unwrap()).contains(&"Asia/Vladivostok"));
    }
}
