//! `[[tariff]]` and `[[tariff.band]]`: what calls cost, in which steps, and what else at other times.

use std::ops::RangeInclusive;
use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};

use super::numbers::{self, COUNTRIES, KINDS, LISTS, NumbersSection, PREFIXES};
use super::section::{Key, Section, shortened};
use super::{At, decimal, name};
use crate::policy::money::Price;
use crate::policy::report::{Finding, Findings};

/// A tariff as written.
#[derive(Debug)]
pub struct TariffSection {
    /// Where it begins.
    pub place: At<()>,
    /// Its name.
    pub name: Option<At<String>>,
    /// Its numbers.
    pub numbers: NumbersSection,
    /// Names of destinations.
    pub destinations: Vec<At<String>>,
    /// Whether it is the one for all other calls: it says nothing of numbers or destinations.
    pub is_for_others: bool,
    /// Units of the currency for a minute.
    pub per_minute: Option<Decimal>,
    /// Units of the currency at the answer.
    pub per_call: Option<Decimal>,
    /// The first step that is billed, seconds; as long as the further ones where it says nothing.
    pub first_increment: Option<u32>,
    /// All further ones, seconds.
    pub increment: Option<u32>,
    /// Prices at other times.
    pub bands: Vec<BandSection>,
}

/// A band of a tariff as written.
#[derive(Debug)]
pub struct BandSection {
    /// Where it begins.
    pub place: At<()>,
    /// When it is in force.
    pub time: Option<BandTime>,
    /// Units of the currency for a minute; those of the tariff where it says nothing.
    pub per_minute: Option<Decimal>,
    /// Units of the currency at the answer; those of the tariff where it says nothing.
    pub per_call: Option<Decimal>,
}

/// When a band is in force: within the times of a schedule, or outside them.
#[derive(Debug)]
pub enum BandTime {
    /// Within them; the name of the schedule.
    During(At<String>),
    /// Outside them; the name of the schedule.
    Outside(At<String>),
}

impl TariffSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let is_for_others = !section.has(DESTINATIONS) && !NumbersSection::is_mentioned(section);
        if !is_for_others && section.lacks(DESTINATIONS) && NumbersSection::is_unwritten(section) {
            let title = "a tariff whose lists are empty has no calls";
            let help = format!(
                "{}, or {}; take the empty list out to price all other calls",
                numbers::help(),
                DESTINATIONS.1
            );
            errors.push(Finding::new(title, section.span(), "").help(help));
        }
        needs_price(section, "tariff", errors);
        let bands = section.tables("band", &BAND_KEYS, errors);
        Self {
            place: At::new((), section.span()),
            name: name::read(section, NAME, "tariff", |_| None, errors),
            numbers: NumbersSection::read(section, errors),
            destinations: destinations(section, errors),
            is_for_others,
            per_minute: price(section, PER_MINUTE, errors),
            per_call: price(section, PER_CALL, errors),
            first_increment: increment(section, FIRST_INCREMENT, errors),
            increment: increment(section, INCREMENT, errors),
            bands: bands.iter().map(|band| BandSection::read(band, errors)).collect(),
        }
    }
}

impl BandSection {
    fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        needs_price(section, "band", errors);
        Self {
            place: At::new((), section.span()),
            time: time(section, errors),
            per_minute: price(section, PER_MINUTE, errors),
            per_call: price(section, PER_CALL, errors),
        }
    }
}

fn needs_price(section: &Section<'_>, what: &str, errors: &mut Findings) {
    if !section.has(PER_MINUTE) && !section.has(PER_CALL) {
        let title = format!("a {what} without a price");
        let help = format!("write {}, {}, or both; free calls cost 0", PER_MINUTE.1, PER_CALL.1);
        errors.push(Finding::new(title, section.span(), "").help(help));
    }
}

fn time(section: &Section<'_>, errors: &mut Findings) -> Option<BandTime> {
    let schedule =
        |key, errors: &mut Findings| section.text(key, errors).map(|text| text.with(text.value.to_owned()));
    let (during, outside) = (schedule(DURING, errors), schedule(OUTSIDE, errors));
    match (during, outside) {
        (Some(during), Some(outside)) => {
            let title = "a band is in force during a schedule or outside one, not both";
            let finding = Finding::new(title, outside.span(), "").also(during.span(), "and during this one");
            errors.push(finding.help("keep one of the two; a schedule of its own can say both"));
            None
        }
        (Some(during), None) => Some(BandTime::During(during)),
        (None, Some(outside)) => Some(BandTime::Outside(outside)),
        (None, None) => {
            if !section.has(DURING) && !section.has(OUTSIDE) {
                let title = "a band that does not say when it is in force";
                let help = format!("write {}, or {}", DURING.1, OUTSIDE.1);
                errors.push(Finding::new(title, section.span(), "").help(help));
            }
            None
        }
    }
}

fn destinations(section: &Section<'_>, errors: &mut Findings) -> Vec<At<String>> {
    let texts = section.texts(DESTINATIONS, errors).map(|texts| texts.value).unwrap_or_default();
    texts.iter().map(|text| text.with(text.value.to_owned())).collect()
}

fn price(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<Decimal> {
    let number = decimal::read(section, key, errors)?;
    let plain = number.value.normalize();
    let (title, help) = if plain.is_sign_negative() && !plain.is_zero() {
        (format!("{plain} is negative: no call earns money"), format!("write {}; free calls cost 0", key.1))
    } else if plain > Price::MOST {
        let most = Price::MOST;
        (format!("{plain} is more than {most}"), format!("write {}, in units of the currency", key.1))
    } else if plain.scale() > Price::DECIMALS {
        let rounded =
            plain.round_dp_with_strategy(Price::DECIMALS, RoundingStrategy::AwayFromZero).normalize();
        let title = format!("{plain} has {} decimals; at most {}", plain.scale(), Price::DECIMALS);
        (title, format!("write {} = \"{rounded}\"", key.0))
    } else {
        return Some(plain.abs());
    };
    errors.push(Finding::new(shortened(&title), number.span(), "").help(help));
    None
}

fn increment(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<u32> {
    let time = section.duration(key, INCREMENTS, errors)?;
    if time.value.subsec_nanos() > 0 {
        let title = "calls are billed in whole seconds";
        errors.push(Finding::new(title, time.span(), "").help(format!("write {}", key.1)));
        return None;
    }
    u32::try_from(time.value.as_secs()).ok()
}

const NAME: Key = ("name", "name = \"cayman\"");
const DESTINATIONS: Key = ("destinations", "destinations = [\"cuba\"], names of destinations");
const PER_MINUTE: Key = ("per_minute", "per_minute = \"2.06\"");
const PER_CALL: Key = ("per_call", "per_call = \"0.10\"");
const FIRST_INCREMENT: Key = ("first_increment", "first_increment = \"60s\"");
const INCREMENT: Key = ("increment", "increment = \"1s\"");
const BAND: Key = ("band", "[[tariff.band]]");
const DURING: Key = ("during", "during = \"evening\", the name of a schedule");
const OUTSIDE: Key = ("outside", "outside = \"open\", the name of a schedule");

/// Keys of a tariff.
pub(super) const KEYS: [Key; 11] = [
    NAME,
    PREFIXES,
    COUNTRIES,
    KINDS,
    LISTS,
    DESTINATIONS,
    PER_MINUTE,
    PER_CALL,
    FIRST_INCREMENT,
    INCREMENT,
    BAND,
];
/// Keys of a band.
const BAND_KEYS: [Key; 4] = [DURING, OUTSIDE, PER_MINUTE, PER_CALL];
/// One second to one hour.
const INCREMENTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);
