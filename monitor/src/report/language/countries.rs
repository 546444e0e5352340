//! Names of countries, by their ISO 3166 codes.

use super::{Language, Words};
use crate::policy::numbering::countries;

impl Words {
    /// The name of a country; a code that no country has stays as it is.
    #[must_use]
    pub fn country<'c>(&self, code: &'c str) -> &'c str {
        let name = match self.language() {
            Language::English => countries::by_iso(code).map(|country| country.name),
            Language::French => FRENCH.lines().find_map(|line| {
                let (iso, name) = line.split_once('\t')?;
                (iso == code).then_some(name)
            }),
        };
        name.unwrap_or(code)
    }
}

const FRENCH: &str = include_str!("../../../data/countries-fr.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_name_in_both_languages() {
        for language in Language::ALL {
            let words = Words::of(*language);
            for country in countries::all() {
                assert_ne!(words.country(country.iso.as_str()), country.iso.as_str(), "{language:?}");
            }
            assert_eq!(words.country("high-risk"), "high-risk");
        }
        assert_eq!(Words::of(Language::French).country("KY"), "Îles Caïmans");
    }
}
