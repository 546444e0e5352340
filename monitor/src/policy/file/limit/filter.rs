//! Which calls a limit counts, as written.

use ipnet::IpNet;

use crate::policy::file::At;
use crate::policy::file::customer::{self, CallerPattern};
use crate::policy::file::network::networks;
use crate::policy::file::numbers::{COUNTRIES, KINDS, LISTS, NumbersSection, PREFIXES};
use crate::policy::file::section::{Key, Section};
use crate::policy::file::words;
use crate::policy::report::{Finding, Findings};
use crate::vocabulary::{Origin, Route};

/// The filter of a limit; an empty list is one that is not written.
#[derive(Debug)]
pub struct FilterSection {
    /// Which way calls go.
    pub directions: Vec<At<Route>>,
    /// Who began them.
    pub origins: Vec<At<Origin>>,
    /// Whether only calls outside the own country code count.
    pub international: Option<At<bool>>,
    /// Names of destinations.
    pub destinations: Vec<At<String>>,
    /// Numbers.
    pub numbers: NumbersSection,
    /// Names of customers.
    pub customers: Vec<At<String>>,
    /// Callers.
    pub callers: Vec<At<CallerPattern>>,
    /// Addresses that calls come from.
    pub sources: Vec<At<IpNet>>,
}

impl FilterSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings, warnings: &mut Findings) -> Self {
        for key in KEYS.into_iter().filter(|key| section.has(*key) && section.lacks(*key)) {
            let title = format!("{} is empty: no call would count", key.0);
            let help = format!("leave it out to count all, or write {}", key.1);
            errors.push(Finding::new(title, section.span_of(key), "").help(help));
        }
        let routes: Vec<_> = Route::ALL.iter().map(|route| route.label()).collect();
        let origins: Vec<_> = Origin::ALL.iter().map(|origin| origin.label()).collect();
        let texts = |key, errors: &mut Findings| {
            section.texts(key, errors).map(|texts| texts.value).unwrap_or_default()
        };
        let directions = texts(DIRECTIONS, errors);
        let origin = texts(ORIGINS, errors);
        Self {
            directions: words::some(&directions, "direction", Route::from_label, &routes, errors),
            origins: words::some(&origin, "origin", Origin::from_label, &origins, errors),
            international: section.boolean(INTERNATIONAL, errors),
            destinations: words::names(&texts(DESTINATIONS, errors), errors),
            numbers: NumbersSection::read(section, errors),
            customers: words::names(&texts(CUSTOMERS, errors), errors),
            callers: callers(section, errors),
            sources: networks(section, SOURCES, errors, warnings),
        }
    }
}

fn callers(section: &Section<'_>, errors: &mut Findings) -> Vec<At<CallerPattern>> {
    customer::list(section, CALLERS, errors, |text| match text {
        "*" => Err(("is every caller", "leave callers out to count all".to_owned())),
        text => customer::caller(text),
    })
}

const DIRECTIONS: Key = ("directions", "directions = [\"outgoing\"]");
const ORIGINS: Key = ("origins", "origins = [\"pbx\"]");
const INTERNATIONAL: Key = ("international", "international = true");
const DESTINATIONS: Key = ("destinations", "destinations = [\"cuba\"]");
const CUSTOMERS: Key = ("customers", "customers = [\"bakery\"]");
const CALLERS: Key = ("callers", "callers = [\"101\", \"2*\"]");
const SOURCES: Key = ("sources", "sources = [\"192.0.2.0/24\"]");

/// Keys of a filter.
pub(super) const KEYS: [Key; 11] = [
    DIRECTIONS,
    ORIGINS,
    INTERNATIONAL,
    DESTINATIONS,
    PREFIXES,
    COUNTRIES,
    KINDS,
    LISTS,
    CUSTOMERS,
    CALLERS,
    SOURCES,
];
