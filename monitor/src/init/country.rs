//! What a policy for a country needs to know: how it dials abroad, its zones, holidays, working week and currency.

use std::fs;
use std::str::FromStr;

use iso_currency::Currency;
use opening_hours::localization;

use crate::policy::country as by_code;
use crate::policy::numbering::{Country, zones};

/// The country of an ISO 3166 code, in whichever letters, or what to write instead.
pub(super) fn named(code: &str) -> Result<&'static Country, String> {
    by_code(&code.to_uppercase()).or_else(|_| by_code(code))
}

/// Prefixes by which it dials abroad.
pub(super) fn international(country: &Country) -> Vec<&'static str> {
    let carriers = CARRIERS.iter().find(|(iso, _)| *iso == country.iso.as_str());
    carriers.map_or_else(|| country.international.clone(), |(_, prefixes)| prefixes.to_vec())
}

/// Whether callers choose a carrier by the prefix, so that the list is a choice.
pub(super) fn chooses_carriers(country: &Country) -> bool {
    country.international.is_empty()
}

/// Whether its public holidays are known.
pub(super) fn has_holidays(country: &Country) -> bool {
    let known = localization::Country::from_str(country.iso.as_str());
    known.is_ok_and(|country| country.holidays().get_public().count() > 0)
}

/// Its zones; the one of the host's clock comes first where it is one of them.
pub(super) fn zones_of(country: &Country, host: Option<&str>) -> Vec<&'static str> {
    let mut zones = zones::of(country).to_vec();
    if let Some(at) = zones.iter().position(|zone| Some(*zone) == host) {
        zones[..=at].rotate_right(1);
    }
    zones
}

/// The zone of this host's clock, as Linux keeps it.
pub(crate) fn zone_of_this_host() -> Option<String> {
    let link = fs::read_link("/etc/localtime").ok()?;
    let (_, zone) = link.to_str()?.split_once("zoneinfo/")?;
    Some(zone.to_owned())
}

/// Days on which people work, as opening hours have them.
pub(super) fn working_days(country: &Country) -> &'static str {
    let iso = country.iso.as_str();
    WEEKS.iter().find(|(_, countries)| countries.contains(&iso)).map_or("Mo-Fr", |(days, _)| days)
}

/// The country that a territory belongs to, or looks to, under another code.
pub(super) fn belongs_to(country: &Country) -> Option<&'static str> {
    let iso = country.iso.as_str();
    MOTHERS.iter().find(|(_, territories)| territories.contains(&iso)).map(|(mother, _)| *mother)
}

/// Its currency, ISO 4217.
pub(super) fn currency(country: &Country) -> Option<&'static str> {
    let country = iso_currency::Country::from_str(country.iso.as_str()).ok()?;
    let regular = |currency: &Currency| currency.flags().is_empty();
    Currency::from_country(country).into_iter().find(regular).map(|currency| currency.code())
}

/// Prefixes of countries in which callers choose a carrier: of libphonenumber's pattern as many as a dial plan holds.
const CARRIERS: [(&str, &[&str]); 8] = [
    ("BO", &["00", "0010", "0011", "0012", "0013", "0014", "0015", "0017"]),
    ("BR", &["0014", "0015", "0021", "0023", "0025", "0031", "0041", "0043"]),
    ("CL", &["00", "1230", "1710", "1880", "1190", "1810", "1130", "1220"]),
    ("HK", &["001", "002", "006", "007", "008", "009", "0030", "0059"]),
    ("IL", &["00", "012", "013", "014", "015", "016", "017", "018"]),
    ("KR", &["001", "002", "005", "006", "008", "009", "00700", "00727"]),
    ("SG", &["001", "002", "008", "012", "013", "018", "019", "021"]),
    ("TH", &["001", "003", "004", "005", "006", "007", "008", "009"]),
];
/// Weeks that are not Monday to Friday (Unicode CLDR, supplementalData, weekData: weekendStart and weekendEnd).
const WEEKS: [(&str, &[&str]); 4] = [
    ("Su-Th", &["BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "OM", "QA", "SA", "SD", "SY", "YE"]),
    ("Sa-We", &["AF"]),
    ("Sa-Th", &["IR"]),
    ("Mo-Sa", &["IN", "UG"]),
];
/// Territories (ISO 3166) whose calls go to another code's country first of all.
const MOTHERS: [(&str, &[&str]); 4] = [
    ("Denmark", &["FO", "GL"]),
    ("France", &["BL", "GF", "GP", "MC", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"]),
    ("the Netherlands", &["AW", "BQ", "CW"]),
    ("the United Kingdom", &["FK", "GI", "SH"]),
];

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;

    use super::*;
    use crate::policy::numbering::countries::{all, by_iso};

    fn of(iso: &str) -> &'static Country {
        by_iso(iso).unwrap()
    }

    #[test]
    fn prefixes_of_carriers_are_those_of_the_metadata() {
        let choosing: Vec<_> = all().iter().filter(|country| chooses_carriers(country)).collect();
        assert_eq!(choosing.len(), CARRIERS.len());
        for country in choosing {
            let metadata = DATABASE.by_id(country.iso.as_str()).unwrap();
            let pattern = metadata.international_prefix().unwrap();
            for prefix in international(country) {
                let found = pattern.find(prefix).map(|found| found.as_str());
                assert_eq!(found, Some(prefix), "{}: {}", country.name, pattern.as_str());
            }
        }
        assert_eq!(international(of("FR")), ["00"]);
    }

    #[test]
    fn the_zone_of_the_host_counts_only_where_it_is_one_of_the_country() {
        assert_eq!(zones_of(of("FR"), Some("America/Chicago")), ["Europe/Paris"]);
        assert_eq!(zones_of(of("US"), Some("America/Chicago"))[0], "America/Chicago");
        assert_eq!(zones_of(of("US"), Some("America/Chicago"))[1], "America/New_York");
        assert_eq!(zones_of(of("US"), None)[0], "America/New_York");
        assert_eq!(zones_of(of("US"), None).len(), zones_of(of("US"), Some("America/Chicago")).len());
    }

    #[test]
    fn currencies_weeks_and_holidays_are_those_of_the_country() {
        let currencies = ["FR", "CH", "US", "GB", "JP", "CI", "MA", "XK"].map(|iso| currency(of(iso)));
        let expected = ["EUR", "CHF", "USD", "GBP", "JPY", "XOF", "MAD"].map(Some);
        assert_eq!(currencies[..7], expected);
        assert_eq!(currencies[7], None);
        assert_eq!(
            ["FR", "DZ", "IN", "IR"].map(|iso| working_days(of(iso))),
            ["Mo-Fr", "Su-Th", "Mo-Sa", "Sa-Th"]
        );
        assert!(has_holidays(of("FR")) && has_holidays(of("MA")) && !has_holidays(of("CI")));
        assert!(WEEKS.iter().flat_map(|(_, countries)| *countries).all(|iso| by_iso(iso).is_some()));
    }

    #[test]
    fn codes_are_taken_in_any_letters_and_names_are_told() {
        assert_eq!(named("fr").unwrap().iso.as_str(), "FR");
        assert!(named("UK").unwrap_err().contains("\"GB\""));
        assert!(named("Frnace").unwrap_err().contains("\"FR\", France"));
        assert!(named("").is_err() && named("ZZ").is_err());
    }
}
