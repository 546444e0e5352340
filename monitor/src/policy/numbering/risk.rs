//! Lists of countries that a policy can name as a whole.

use std::sync::LazyLock;

use super::Country;
use super::countries::by_iso;
use super::table::rows;

/// Names of the lists, for `lists = […]` in a destination.
pub const LISTS: [&str; 1] = ["high-risk"];

/// A country on a list, and why it is there.
#[derive(Debug)]
pub struct Listed {
    /// The country.
    pub country: &'static Country,
    /// Why, in one line.
    pub reason: &'static str,
}

/// The countries of a list; `None` where there is no such list.
#[must_use]
pub fn list(name: &str) -> Option<&'static [Listed]> {
    (name == LISTS[0]).then(|| HIGH_RISK.as_slice())
}

static HIGH_RISK: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    rows(include_str!("../../../data/high-risk.tsv"))
        .map(|[iso, reason, _source]| Listed {
            country: by_iso(iso).unwrap_or_else(|| panic!("a country: {iso}")),
            reason,
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_risk_list_has_the_countries_of_the_cases() {
        let list: Vec<_> = list("high-risk").unwrap().iter().map(|row| row.country.iso.as_str()).collect();
        for iso in ["CU", "KP", "NE", "KY", "SO", "GM", "LV", "LT", "EE", "MV", "RS", "TL", "AZ", "ER"] {
            assert!(list.contains(&iso), "{iso}");
        }
        assert!(super::list("low-risk").is_none());
    }
}
