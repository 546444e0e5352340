//! Numbers abroad that people call: country codes with an area or a mobile range that exists, and how often.

use std::sync::Arc;

use super::house;
use crate::random::Random;

/// A country's code with the first digits of ranges that exist there, how often it is called, and how many digits follow.
pub(super) type Country = (u64, (&'static str, u32));

/// A number of one of these countries, as it is dialled and as E.164.
pub(super) fn number(random: &mut Random, countries: &[Country]) -> (Arc<str>, Arc<str>) {
    let (prefix, digits) = *random.weighted(countries);
    let rest = random.below(10_u64.pow(digits));
    house::abroad(&format!("{prefix}{rest:0width$}", width = digits as usize))
}

/// Whom a French company of 200 people calls: its neighbours and largest trading partners (Germany, Belgium, Italy, Spain, the
/// United Kingdom, Switzerland, the Netherlands, the USA; French customs, foreign trade by country), most of it the first two.
pub(super) const CUSTOMERS: [Country; 11] = [
    (16, ("4930", 7)),
    (9, ("4989", 7)),
    (5, ("49171", 7)),
    (14, ("322", 7)),
    (6, ("32475", 6)),
    (12, ("442079", 6)),
    (11, ("4122", 7)),
    (9, ("3491", 7)),
    (8, ("3902", 8)),
    (5, ("3120", 7)),
    (5, ("1212555", 4)),
];

/// Where a new customer may be: a country or two a week that were never called before.
pub(super) const NEW_CUSTOMERS: [Country; 12] = [
    (1, ("468", 7)),
    (1, ("4822", 7)),
    (1, ("813", 8)),
    (1, ("5511", 8)),
    (1, ("9714", 7)),
    (1, ("40213", 6)),
    (1, ("212522", 6)),
    (1, ("35121", 7)),
    (1, ("6421", 7)),
    (1, ("4420", 6)),
    (1, ("43160", 5)),
    (1, ("1416", 7)),
];

/// Where guests of a hotel come from: Western Europe, the USA, the Maghreb and China send France most of its visitors (INSEE,
/// foreign guests in hotels by residence), and now and then anywhere.
pub(super) const GUESTS: [Country; 30] = [
    (14, ("442079", 6)),
    (12, ("4930", 7)),
    (12, ("322", 7)),
    (10, ("1212555", 4)),
    (8, ("3120", 7)),
    (8, ("3902", 8)),
    (8, ("3491", 7)),
    (7, ("4122", 7)),
    (4, ("8610", 8)),
    (4, ("813", 8)),
    (3, ("5511", 8)),
    (3, ("6129", 7)),
    (3, ("1416", 7)),
    (3, ("212522", 6)),
    (2, ("21321", 6)),
    (2, ("21671", 6)),
    (2, ("468", 7)),
    (2, ("4822", 7)),
    (2, ("35121", 7)),
    (2, ("3531", 7)),
    (2, ("9714", 7)),
    (2, ("97225", 6)),
    (1, ("9111", 8)),
    (1, ("822", 8)),
    (1, ("551143", 6)),
    (1, ("5255", 8)),
    (1, ("22133", 7)),
    (1, ("2721", 7)),
    (1, ("90212", 7)),
    (1, ("966112", 6)),
];
