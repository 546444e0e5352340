//! From `[[limit]]` and `[unusual]` to values that count: names become what they name, and what cannot be counted is an
//! error.

mod warn;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use monitor_common::abi::slot;
use monitor_common::number::Digits;

pub(super) use self::warn::warn;
use super::schedules::Schedules;
use crate::policy::file::{
    At, FilterSection, FollowsSection, LastsWritten, LimitSection, PolicyFile, UnusualSection, nearest,
};
use crate::policy::limits::{Counted, Filter, Lasts, Limit, Scope, Then, When, Window};
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};
use crate::policy::unusual::Unusual;
use crate::vocabulary::Route;

/// Every limit; those with errors too, with something in the place of what is missing.
pub(super) fn compile(
    file: &PolicyFile,
    own_code: Option<Digits>,
    schedules: &Schedules,
    errors: &mut Findings,
    warnings: &mut Findings,
) -> Vec<Arc<Limit>> {
    names(file, errors);
    for window in file.limits.iter().filter_map(|limit| limit.window.as_ref()) {
        match window.value {
            Window::Day => schedules.needs_zone(window.span(), "the days of a limit", warnings),
            Window::Month => schedules.needs_zone(window.span(), "the months of a limit", warnings),
            Window::Sliding(_) => {}
        }
    }
    let known = Known { file, schedules };
    let limit = |section| Arc::new(known.limit(section, own_code, errors));
    file.limits.iter().map(limit).collect()
}

/// The learned baseline, where the policy asks for one.
pub(super) fn unusual(section: &UnusualSection, schedules: &Schedules, errors: &mut Findings) -> Unusual {
    Unusual {
        open: section.open.as_ref().and_then(|name| schedules.named(name, errors)),
        learn: section.learn.unwrap_or(Unusual::LEARN),
        factor: section.factor.unwrap_or(Unusual::FACTOR),
        then: then(&section.follows, schedules, errors),
    }
}

/// Errors for names that stand twice, and for more limits than labels should have.
fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.limits.iter().filter_map(|limit| limit.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two limits are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("rename one: what a limit has counted is kept under its name"));
        }
    }
    if let Some(limit) = file.limits.get(MOST_LIMITS) {
        let title = format!("{} limits: at most {MOST_LIMITS} are counted", file.limits.len());
        let finding = Finding::new(title, limit.place.span(), "the first one too many");
        errors.push(
            finding.help("let one limit count each destination or customer apart: scope = \"destination\""),
        );
    }
}

/// What the names in a limit can name.
struct Known<'a> {
    file: &'a PolicyFile,
    schedules: &'a Schedules,
}

impl Known<'_> {
    fn limit(&self, section: &LimitSection, own_code: Option<Digits>, errors: &mut Findings) -> Limit {
        let counts = section.counts.as_ref().map_or(Counted::Calls, |counts| counts.value);
        self.scope(section, errors);
        Limit {
            name: section.name.as_ref().map_or("", |name| name.value.as_str()).into(),
            counts,
            scope: section.scope.as_ref().map_or(Scope::All, |scope| scope.value),
            filter: self.filter(&section.filter, own_code, errors),
            window: section.window.as_ref().map_or(NO_WINDOW, |window| window.value),
            warning: section.warning.as_ref().map(|at| at.value),
            critical: section.critical.as_ref().map(|at| at.value),
            when: self.when(section, errors),
            then: then(&section.follows, self.schedules, errors),
            short: section.short.as_ref().map_or(SHORT, |short| short.value),
        }
    }

    /// An error where nothing has the attribute that is counted by.
    fn scope(&self, section: &LimitSection, errors: &mut Findings) {
        let Some(scope) = &section.scope else { return };
        let (title, help) = match scope.value {
            Scope::Customer if self.file.customers.is_empty() => {
                ("each customer is counted, and no customer is named", "write [[customer]] for each")
            }
            Scope::Trunk if self.file.network.trunks.is_empty() => (
                "each trunk is counted, and no trunk is named",
                "write trunks = [\"203.0.113.0/28\"] in [network]",
            ),
            _ => return,
        };
        errors.push(Finding::new(title, scope.span(), "").help(help));
    }

    fn filter(&self, section: &FilterSection, own_code: Option<Digits>, errors: &mut Findings) -> Filter {
        let customers: Vec<_> =
            self.file.customers.iter().filter_map(|customer| customer.name.as_ref()).collect();
        for name in
            section.customers.iter().filter(|name| !customers.iter().any(|known| known.value == name.value))
        {
            let known = customers.iter().map(|name| name.value.as_str());
            errors.push_with(|| unknown("customer", name, known, "[[customer]]"));
        }
        let directions: Vec<_> = section.directions.iter().map(|at| at.value).collect();
        let is_abroad = section.international.as_ref().is_some_and(|at| at.value);
        Filter {
            directions: if directions.is_empty() { vec![Route::Outgoing] } else { directions },
            origins: section.origins.iter().map(|at| at.value).collect(),
            destinations: self.destinations(section, errors),
            numbers: section.numbers.table(),
            outside: own_code.filter(|_| is_abroad),
            customers: section.customers.iter().map(|at| at.value.as_str().into()).collect(),
            callers: section.callers.iter().map(|at| at.value.clone()).collect(),
            sources: section.sources.iter().map(|at| at.value).collect(),
        }
    }

    /// Names of the policy's destinations, ISO codes, and what calls without a destination are counted under.
    fn destinations(&self, section: &FilterSection, errors: &mut Findings) -> Vec<Arc<str>> {
        let named = || self.file.destinations.iter().filter_map(|destination| destination.name.as_ref());
        let emergency = slot::RESERVED[usize::from(slot::EMERGENCY)];
        for name in &section.destinations {
            let text = name.value.as_str();
            if text == emergency {
                let title = "emergency calls count in no limit: nothing may ever hold them up";
                errors.push(Finding::new(title, name.span(), "").help("take it out"));
            } else if !slot::RESERVED.contains(&text)
                && countries::by_iso(text).is_none()
                && !named().any(|known| known.value == text)
            {
                let codes = countries::all().iter().map(|country| country.iso.as_str());
                let known = named().map(|name| name.value.as_str()).chain(codes.filter(|_| text.len() == 2));
                errors.push_with(|| {
                    unknown("destination", name, known, "[[destination]], or a country's code such as \"CU\"")
                });
            }
        }
        section.destinations.iter().map(|at| at.value.as_str().into()).collect()
    }

    fn when(&self, section: &LimitSection, errors: &mut Findings) -> When {
        let during = section.during.as_ref().and_then(|name| self.schedules.named(name, errors));
        let outside = section.outside.as_ref().and_then(|name| self.schedules.named(name, errors));
        during.map(When::During).or_else(|| outside.map(When::Outside)).unwrap_or_default()
    }
}

/// An error for a name that nothing has.
pub(super) fn unknown<'k>(
    what: &str,
    name: &At<String>,
    known: impl Iterator<Item = &'k str>,
    section: &str,
) -> Finding {
    let known: Vec<_> = known.collect();
    let help = match nearest(&name.value, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write the name of a {section}"),
    };
    let shown: String = name.value.chars().take(40).collect();
    Finding::new(format!("no {what} is named \"{shown}\""), name.span(), "").help(help)
}

fn then(section: &FollowsSection, schedules: &Schedules, errors: &mut Findings) -> Then {
    Then {
        blocks: section.blocks.iter().map(|at| at.value).collect(),
        lasts: section.lasts.as_ref().map(|at| lasts(at, schedules, errors)).unwrap_or_default(),
        program: section.program.clone(),
        report_only: section.report_only.as_ref().is_some_and(|at| at.value),
    }
}

/// What `block_for` says; the window stands where the schedule is an error.
fn lasts(written: &At<LastsWritten>, schedules: &Schedules, errors: &mut Findings) -> Lasts {
    let name = match &written.value {
        LastsWritten::For(time) => return Lasts::For(*time),
        LastsWritten::Window => return Lasts::Window,
        LastsWritten::Unblocked => return Lasts::Unblocked,
        LastsWritten::Until(name) => name,
    };
    let Some(schedule) = schedules.named(&written.with(name.clone()), errors) else { return Lasts::Window };
    if schedule.never_changes().is_some() {
        let title = format!("the times of \"{name}\" never begin: nothing would end the block");
        let help = "name a schedule that opens, or write block_for = \"until unblocked\"";
        errors.push(Finding::new(title, written.span(), "").help(help));
    }
    Lasts::Until(schedule)
}

/// Limits at most: each is a label of metrics, and each call goes through all of them.
const MOST_LIMITS: usize = 200;
/// What stands where calls that go on at once are counted.
const NO_WINDOW: Window = Window::Sliding(Duration::from_secs(1));
/// Talk shorter than this makes a short call where the policy does not say.
const SHORT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
