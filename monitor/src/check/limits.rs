//! What the limits of a policy do, a line each, in words.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use super::period;
use crate::policy::limits::{BlockKind, Counted, Filter, Lasts, Limit, Scope, Then, When, Window};
use crate::policy::unusual::Unusual;
use crate::vocabulary::{Origin, Route};

/// A limit: what is too much, and what follows.
pub(super) fn in_words(limit: &Limit, currency: &str) -> String {
    let least = limit.critical.or(limit.warning).unwrap_or_default();
    let parts = [
        format!("at {}", amount(limit, least, currency)),
        within(limit),
        scope(limit.scope).to_owned(),
        filter(&limit.filter),
        when(&limit.when),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let follows = match limit.critical {
        Some(_) => follows(&limit.then, limit.window),
        None => "warn".to_owned(),
    };
    let warning = limit.critical.and(limit.warning);
    let warning =
        warning.map_or_else(String::new, |warning| format!(" (warning at {})", warning.normalize()));
    format!("{}: {follows}{warning}", parts.join(" "))
}

/// The learned baseline.
pub(super) fn unusual_in_words(unusual: &Unusual) -> String {
    format!(
        "at {} times the usual: {}; only reported for {} after the first call",
        unusual.factor.normalize(),
        follows(&unusual.then, Window::Day),
        period(unusual.learn)
    )
}

fn amount(limit: &Limit, value: Decimal, currency: &str) -> String {
    let value = value.normalize();
    let plural = |what: &str| format!("{value} {what}{}", if value == Decimal::ONE { "" } else { "s" });
    match limit.counts {
        Counted::Calls => plural("call"),
        Counted::ConcurrentCalls => plural("call") + " at once",
        Counted::Minutes => plural("minute"),
        Counted::Spend => format!("{value} {currency}"),
        Counted::RepeatedCalls => plural("call") + " to one number",
        Counted::ShortCalls => format!("{} shorter than {}", plural("call"), period(limit.short)),
        Counted::Numbers => plural("distinct number"),
        Counted::FailedCalls => plural("failed call"),
        Counted::NewCountries if value == Decimal::ONE => "1 country never called before".to_owned(),
        Counted::NewCountries => format!("{value} countries never called before"),
    }
}

fn within(limit: &Limit) -> String {
    match limit.window {
        _ if limit.counts == Counted::ConcurrentCalls => String::new(),
        Window::Sliding(time) => format!("within {}", spoken(time)),
        Window::Day => "in a day".to_owned(),
        Window::Month => "in a month".to_owned(),
    }
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::All => "",
        Scope::Destination => "to one destination",
        Scope::Country => "to one country",
        Scope::Number => "to one number",
        Scope::Caller => "from one caller",
        Scope::Source => "from one address",
        Scope::Trunk => "over one trunk",
        Scope::Customer => "of one customer",
    }
}

fn filter(filter: &Filter) -> String {
    let mut parts = Vec::new();
    if filter.directions.as_slice() != [Route::Outgoing] {
        let directions: Vec<_> = filter.directions.iter().map(|direction| direction.label()).collect();
        parts.push(directions.join(" or "));
    }
    if filter.outside.is_some() {
        parts.push("abroad".to_owned());
    }
    if !filter.origins.is_empty() {
        let origins: Vec<_> = filter.origins.iter().map(|origin| begun_by(*origin)).collect();
        parts.push(format!("begun by {}", origins.join(" or ")));
    }
    if !filter.destinations.is_empty() {
        parts.push(format!("to {}", some(&filter.destinations)));
    }
    if !filter.numbers.is_empty() {
        parts.push(match filter.numbers.iter().len() {
            1 => "to 1 prefix".to_owned(),
            prefixes => format!("to {prefixes} prefixes"),
        });
    }
    if !filter.customers.is_empty() {
        parts.push(format!("of {}", some(&filter.customers)));
    }
    if !filter.callers.is_empty() {
        let callers: Vec<_> = filter.callers.iter().map(|caller| caller.to_string().into()).collect();
        parts.push(format!("from {}", some(&callers)));
    }
    if !filter.sources.is_empty() {
        let sources: Vec<_> = filter.sources.iter().map(|source| source.to_string().into()).collect();
        parts.push(format!("from {}", some(&sources)));
    }
    parts.join(", ")
}

const fn begun_by(origin: Origin) -> &'static str {
    match origin {
        Origin::Extension => "an extension",
        Origin::Trunk => "the outside",
        Origin::Pbx => "the PBX itself",
    }
}

fn when(when: &When) -> String {
    match when {
        When::Always => String::new(),
        When::During(schedule) => format!("during \"{}\"", schedule.name),
        When::Outside(schedule) => format!("outside \"{}\"", schedule.name),
    }
}

fn follows(then: &Then, window: Window) -> String {
    let mut parts = Vec::new();
    if !then.blocks.is_empty() {
        let blocks: Vec<_> = then.blocks.iter().map(|kind| blocked(*kind)).collect();
        parts.push(format!("block {} {}", blocks.join(" and "), lasting(&then.lasts, window)));
    }
    if let Some(program) = &then.program {
        parts.push(format!("run {}", program.path.display()));
    }
    match (parts.is_empty(), then.report_only) {
        (true, _) => "alert".to_owned(),
        (false, false) => parts.join(", "),
        (false, true) => format!("only say that it would {}", parts.join(", ")),
    }
}

const fn blocked(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Destination => "the destination",
        BlockKind::Country => "the country",
        BlockKind::Number => "the number",
        BlockKind::Source => "the source",
        BlockKind::International => "all calls abroad",
        BlockKind::Everything => "all outside calls",
    }
}

fn lasting(lasts: &Lasts, window: Window) -> String {
    match (lasts, window) {
        (Lasts::For(time), _) => format!("for {}", spoken(*time)),
        (Lasts::Until(schedule), _) => format!("until `{}` begins", schedule.name),
        (Lasts::Window, Window::Sliding(time)) => format!("for {}", spoken(time)),
        (Lasts::Window, Window::Day) => "until the end of the day".to_owned(),
        (Lasts::Window, Window::Month) => "until the end of the month".to_owned(),
        (Lasts::Unblocked, _) => "until unblocked".to_owned(),
    }
}

/// The first few of names, and how many more.
fn some(names: &[Arc<str>]) -> String {
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| &**name).collect();
    let more = names.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// A length of time with a blank between number and unit: `1 h`.
fn spoken(time: Duration) -> String {
    let text = period(time);
    let at = text.find(|letter: char| letter.is_alphabetic());
    match at {
        Some(at) if !text.contains(' ') => format!("{} {}", &text[..at], &text[at..]),
        _ => text,
    }
}

/// Names that a line shows.
const SHOWN: usize = 3;
