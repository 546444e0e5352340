//! What stands at the top: in short, the figures that matter, and the rule in a sentence.

use std::time::{Duration, SystemTime};

use chrono_tz::Tz;
use fluent_bundle::{FluentArgs, FluentValue};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    incidents::{Kind, Rule},
    report::{
        ReportDocument,
        language::{NoText, Words},
    },
};

/// Texts that several facts make together.
#[derive(Debug, Serialize)]
pub(super) struct Opening {
    subject: String,
    sentences: Vec<String>,
    figures: Vec<Figure>,
    lasted: String,
    rule: Option<String>,
    value: Option<String>,
    threshold: Option<String>,
    usual: Option<String>,
}

/// A figure that matters.
#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    value: String,
    note: String,
}

/// Puts them together.
pub(super) fn of(document: &ReportDocument, words: &Words, zone: Tz) -> Result<Opening, NoText> {
    let teller = Teller { document, words, zone };
    let incident = &document.incident;
    let rule = incident.rule.as_ref();
    let in_unit = |value: &str, rule: &Rule| teller.in_unit(value, &rule.unit);
    Ok(Opening {
        subject: teller.subject()?,
        sentences: teller.sentences()?,
        figures: teller.figures()?,
        lasted: words.period(since(incident.began, teller.until()))?,
        rule: rule.map(|rule| teller.rule(rule)).transpose()?,
        value: rule.map(|rule| in_unit(&rule.value, rule)).transpose()?,
        threshold: rule.map(|rule| in_unit(&rule.threshold, rule)).transpose()?,
        usual: rule.and_then(|rule| rule.usual.as_ref().map(|usual| in_unit(usual, rule))).transpose()?,
    })
}

struct Teller<'d> {
    document: &'d ReportDocument,
    words: &'d Words,
    zone: Tz,
}

impl Teller<'_> {
    fn say<const N: usize>(
        &self,
        key: &str,
        given: [(&'static str, FluentValue<'static>); N],
    ) -> Result<String, NoText> {
        let mut arguments = FluentArgs::new();
        for (name, value) in given {
            arguments.set(name, value);
        }
        self.words.say(key, &arguments)
    }

    /// The latest moment that the report knows of.
    fn until(&self) -> SystemTime {
        self.document.incident.ended.unwrap_or(self.document.incident.latest)
    }

    /// The destinations with most calls, by the names of their countries where they are countries.
    fn towards(&self) -> Result<Option<String>, NoText> {
        let mut rows: Vec<_> = self.document.destinations.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.calls.saturating_add(row.blocked)));
        let names: Vec<_> =
            rows.iter().take(NAMED).map(|row| self.words.country(&row.name).to_owned()).collect();
        let (Some(last), rest) = (names.last(), names.len().saturating_sub(1)) else { return Ok(None) };
        if rest == 0 {
            return Ok(Some(last.clone()));
        }
        let first = names[..rest].join(", ");
        self.say("and", [("first", first.into()), ("last", last.clone().into())]).map(Some)
    }

    fn subject(&self) -> Result<String, NoText> {
        let incident = &self.document.incident;
        let name = incident.subject.limit.clone().unwrap_or_default();
        let kind = incident.kind.label();
        let subject = self.say("subject", [("kind", kind.into()), ("name", name.into())])?;
        match self.towards()? {
            Some(place) => {
                self.say("subject-towards", [("subject", subject.into()), ("where", place.into())])
            }
            None => Ok(subject),
        }
    }

    fn sentences(&self) -> Result<Vec<String>, NoText> {
        let incident = &self.document.incident;
        let from = || self.words.minute(incident.began, self.zone).map(FluentValue::from);
        let until = || self.words.minute(self.until(), self.zone).map(FluentValue::from);
        if incident.kind == Kind::Gap {
            let gap = self.say("said-gap", [("from", from()?), ("until", until()?)])?;
            return Ok([vec![gap], self.people()?].concat());
        }
        let account = &incident.account;
        let calls = ("calls", FluentValue::from(account.calls));
        let mut said = vec![match self.towards()? {
            Some(place) => self.say(
                "said-calls",
                [("from", from()?), ("until", until()?), calls, ("where", place.into())],
            )?,
            None => self.say("said-no-destination", [("from", from()?), ("until", until()?), calls])?,
        }];
        if account.calls > 0 {
            said.push(self.cost()?);
        }
        if account.blocked > 0 {
            said.push(self.say("said-blocked", [("n", account.blocked.into())])?);
        }
        said.extend(self.people()?);
        Ok(said)
    }

    fn cost(&self) -> Result<String, NoText> {
        let account = &self.document.incident.account;
        let answered = ("answered", FluentValue::from(account.answered));
        let duration = ("duration", FluentValue::from(self.words.talk(account.minutes)?));
        match account.spend {
            Some(spend) => self.say("said-cost", [answered, duration, ("cost", self.money(spend).into())]),
            None => self.say("said-no-cost", [answered, duration]),
        }
    }

    fn people(&self) -> Result<Vec<String>, NoText> {
        let incident = &self.document.incident;
        let told = match self.first_told() {
            Some((to, time)) => {
                let delay = self.words.period(since(incident.began, time))?;
                let when = self.words.moment(time, self.zone)?;
                self.say("said-told", [("to", to.into()), ("when", when.into()), ("delay", delay.into())])?
            }
            None => self.say("said-nobody-told", [])?,
        };
        let taken = match &incident.acknowledged {
            Some(by) => {
                let when = self.words.moment(by.time, self.zone)?;
                self.say("said-acknowledged", [("by", by.by.clone().into()), ("when", when.into())])?
            }
            None => self.say("said-nobody-acknowledged", [])?,
        };
        Ok(vec![told, taken])
    }

    fn figures(&self) -> Result<Vec<Figure>, NoText> {
        let account = &self.document.incident.account;
        let unknown = || self.say("unknown", []);
        let cost = match account.spend {
            Some(spend) => {
                (self.money(spend), self.say("figure-cost-note", [("n", account.answered.into())])?)
            }
            None => (unknown()?, self.say("figure-cost-unknown", [])?),
        };
        let talk =
            (self.words.talk(account.minutes)?, self.say("figure-talk-note", [("n", account.calls.into())])?);
        let prevented = match (&account.prevented, account.blocked) {
            (Some(estimate), _) => self.money(estimate.amount),
            (None, 0) => self.money(Decimal::ZERO),
            (None, _) => unknown()?,
        };
        let blocked = self.say("figure-prevented-note", [("n", account.blocked.into())])?;
        let told = match self.first_told() {
            Some((_, time)) => (
                self.words.period(since(self.document.incident.began, time))?,
                self.say("figure-told-note", [])?,
            ),
            None => (self.say("figure-told-never", [])?, self.say("figure-told-never-note", [])?),
        };
        let figures = [
            ("figure-cost", cost),
            ("figure-talk", talk),
            ("figure-prevented", (prevented, blocked)),
            ("figure-told", told),
        ];
        let figure = |(key, (value, note))| Ok(Figure { what: self.say(key, [])?, value, note });
        figures.into_iter().map(figure).collect()
    }

    fn rule(&self, rule: &Rule) -> Result<String, NoText> {
        if rule.threshold.is_empty() {
            return self.say("rule-dropped", [("why", rule.name.clone().into())]);
        }
        let said = self.say(
            "rule",
            [
                ("name", rule.name.clone().into()),
                ("counts", rule.counts.clone().into()),
                ("scope", rule.scope.clone().into()),
            ],
        )?;
        match &rule.window {
            Some(window) => {
                let shown = match humantime::parse_duration(window) {
                    Ok(time) => self.words.period(time.as_secs())?,
                    Err(_) => window.clone(),
                };
                self.say("rule-window", [("rule", said.into()), ("window", shown.into())])
            }
            None => Ok(said),
        }
    }

    /// A value of a rule; a unit that is none of those that are counted is a currency.
    fn in_unit(&self, value: &str, unit: &str) -> Result<String, NoText> {
        let Ok(number) = value.parse::<Decimal>() else { return Ok(value.to_owned()) };
        if iso_currency::Currency::from_code(unit).is_some() {
            return Ok(self.words.numbers().money(number, unit));
        }
        let shown = self.words.numbers().exact(number.round_dp(2), 0);
        self.say("in-unit", [("shown", shown.into()), ("unit", unit.to_owned().into())])
    }

    fn money(&self, amount: Decimal) -> String {
        let currency = self.document.incident.account.currency.as_deref();
        let currency = currency.or(self.document.policy.currency.as_deref()).unwrap_or_default();
        self.words.numbers().money(amount, currency)
    }

    /// Who took the first message, and when. A file of this host is nobody.
    fn first_told(&self) -> Option<(String, SystemTime)> {
        let taken = self.document.told.iter().filter_map(|told| Some((told, told.delivered?)));
        let taken = taken.filter(|(told, _)| !told.to.as_deref().is_some_and(|to| to.starts_with('/')));
        let (told, time) = taken.min_by_key(|(_, time)| *time)?;
        let to = told.to.as_ref().map_or(told.sink.as_str(), |to| to.strip_prefix("mailto:").unwrap_or(to));
        Some((to.to_owned(), time))
    }
}

fn since(from: SystemTime, until: SystemTime) -> u64 {
    until.duration_since(from).unwrap_or(Duration::ZERO).as_secs()
}

/// Destinations that a sentence names.
const NAMED: usize = 3;
