//! The verdict on dialled symbols in one direction, and everything it stands on.

use chrono::{DateTime, Utc};
use monitor_common::abi::{DialPlan, Direction, Reason, slot};
use monitor_common::number::{Digits, READINGS, Reading, Symbols, reading};
use monitor_common::verdict::{Judged, harder, judge, rule};
use serde::Serialize;

use super::input::Dialled;
use super::tariff::TariffFacts;
use crate::check::symbols;
use crate::policy::image::{Image, ImageError};
use crate::policy::numbering::{Kind, countries};
use crate::policy::report::line_and_column;
use crate::policy::{Compiled, PrefixRule, SlotTable, quoted};

/// A policy laid out as the kernel has it.
pub(super) struct Judge<'a> {
    policy: &'a Compiled,
    text: &'a str,
    image: Image,
    slots: SlotTable,
    now: DateTime<Utc>,
}

/// What becomes of a call, and why.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Decision {
    pub(super) direction: &'static str,
    pub(super) verdict: &'static str,
    pub(super) reason: &'static str,
    pub(super) number: Option<String>,
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) destination: String,
    pub(super) rule: Option<RuleFacts>,
    /// What the call would cost; none where no tariff has it.
    pub(super) tariff: Option<TariffFacts>,
    pub(super) readings: Vec<ReadingFacts>,
}

/// Where a number leads.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Place {
    pub(super) country: Option<&'static str>,
    pub(super) country_name: Option<&'static str>,
    pub(super) kind: Option<&'static str>,
}

/// A rule of the policy.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct RuleFacts {
    pub(super) prefix: String,
    pub(super) action: &'static str,
    /// Line of the policy, from 1.
    pub(super) line: usize,
    /// What stands there: the prefix, or a country, kind or list.
    pub(super) written: String,
}

/// One way to read the symbols.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ReadingFacts {
    /// The access prefix that was taken off.
    pub(super) access_prefix: Option<String>,
    pub(super) reading: &'static str,
    pub(super) number: Option<String>,
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) destination: Option<String>,
    pub(super) rule: Option<RuleFacts>,
}

impl<'a> Judge<'a> {
    /// Lays the policy out; an error where the rule structure cannot hold it. Prices are those in force `now`.
    pub(super) fn new(policy: &'a Compiled, text: &'a str, now: DateTime<Utc>) -> Result<Self, ImageError> {
        let mut slots = SlotTable::new();
        let given = slots.assign(&policy.destinations).unwrap_or_default();
        Ok(Self { policy, text, image: Image::build(&policy.image_rules(&given))?, slots, now })
    }

    /// Judges as the hook of this direction would, for a call that is judged by its number.
    pub(super) fn decide(&self, dialled: Dialled, direction: Direction) -> Decision {
        let plan = self.plan(direction);
        let (judged, readings) = match dialled {
            Dialled::Symbols { symbols, plain } => {
                let judge = |symbols| {
                    judge(usize::from(plan.access_count), |place| rule(&self.image, plan, symbols, place))
                };
                let judged = judge(symbols);
                let judged = plain.map_or(judged, |plain| harder(judged, judge(plain)));
                (judged, self.read(plan, symbols))
            }
            Dialled::Sos => (Judged::unruled(Reason::Emergency, slot::EMERGENCY), Vec::new()),
            Dialled::Nothing => (Judged::unruled(Reason::NoNumber, slot::INTERNAL), Vec::new()),
        };
        let number = (!judged.number.is_empty()).then_some(judged.number);
        let rule = number.and_then(|number| self.policy.longest(number)).filter(|rule| rule.named);
        let place = number.map(Place::of).unwrap_or_default();
        let destination = self.slots.name(judged.slot).map_or_else(String::new, ToString::to_string);
        let number = number.map(plus);
        let tariff = TariffFacts::of(&self.policy.tariffs, number.as_deref(), &destination, self.now);
        Decision {
            direction: direction.label(),
            verdict: if judged.is_blocked { "drop" } else { "pass" },
            reason: judged.reason.label(),
            number,
            place,
            destination,
            rule: rule.map(|rule| self.rule(rule)),
            tariff,
            readings,
        }
    }

    /// Without trunks both directions are judged by `[dialplan]`.
    fn plan(&self, direction: Direction) -> &DialPlan {
        let settings = &self.policy.settings;
        &settings.plans[if settings.has_trunks == 0 { 0 } else { direction as usize }]
    }

    fn read(&self, plan: &DialPlan, dialled: Symbols) -> Vec<ReadingFacts> {
        let access = |place: usize| place.checked_sub(1).map(|place| symbols(plan.access[place]));
        (0..READINGS)
            .filter_map(|place| {
                reading(plan, dialled, place).map(|reading| self.facts(access(place), reading))
            })
            .collect()
    }

    fn facts(&self, access_prefix: Option<String>, reading: Reading) -> ReadingFacts {
        let (label, number) = match reading {
            Reading::Emergency => ("emergency", None),
            Reading::E164(number) => ("e164", Some(number)),
            Reading::Internal => ("internal", None),
        };
        let rule = number.and_then(|number| self.policy.longest(number));
        let uncovered = || slot::RESERVED[usize::from(slot::UNKNOWN)].to_owned();
        ReadingFacts {
            access_prefix,
            reading: label,
            number: number.map(plus),
            place: number.map(Place::of).unwrap_or_default(),
            destination: number
                .map(|_| rule.map_or_else(uncovered, |rule| self.policy.destination(rule).to_string())),
            rule: rule.filter(|rule| rule.named).map(|rule| self.rule(rule)),
        }
    }

    fn rule(&self, rule: &PrefixRule) -> RuleFacts {
        let written = self.text.get(quoted(self.text, rule.offset)).unwrap_or_default();
        RuleFacts {
            prefix: plus(rule.prefix),
            action: rule.action.label(),
            line: line_and_column(self.text, rule.offset as usize).0,
            written: written.trim_matches(['"', '\'']).to_owned(),
        }
    }
}

impl Place {
    fn of(number: Digits) -> Self {
        let country = countries::of(number);
        Self {
            country: country.map(|country| country.iso.as_str()),
            country_name: country.map(|country| country.name),
            kind: Kind::of(number).map(Kind::label),
        }
    }
}

fn plus(number: Digits) -> String {
    format!("+{number}")
}
