//! How the limits stand, in the rows that `ringfence limits` shows.

use std::{cmp::Reverse, time::Duration};

use chrono::{DateTime, Utc};

use crate::{
    control::{KeyRow, LimitRow, Limits, LimitsWanted, SpendRow},
    follow::Limiting,
    limits::{self, Standing},
    policy::{
        Compiled,
        limits::{Counted, Limit, Window},
    },
};

/// The limits that are asked for, after their counts were taken back where that is asked for, and how many were.
pub(super) fn answer(
    limiting: &Limiting,
    policy: Option<&Compiled>,
    wanted: &LimitsWanted,
) -> Result<(Limits, usize), String> {
    let is_wanted = |name: &str| wanted.limit.as_ref().is_none_or(|only| only == name);
    let reset = if wanted.reset { reset(limiting, wanted)? } else { 0 };
    let (rows, mut spend, wall) = limiting.ask(|engine, now| {
        let spend: Vec<_> =
            engine.spend().map(|(destination, amount)| (destination.to_string(), amount)).collect();
        (engine.rows(now, HIGHEST), spend, now.wall)
    });
    let currency = policy.map(|policy| policy.tariffs.currency()).filter(|currency| !currency.is_empty());
    let limits: Vec<_> = rows
        .into_iter()
        .filter(|row| is_wanted(&row.limit.name))
        .map(|row| limit_row(row, currency.unwrap_or_default(), wall))
        .collect();
    if limits.is_empty()
        && let Some(name) = &wanted.limit
    {
        return Err(format!("the policy in force has no limit \"{name}\"; `ringfence limits` lists them"));
    }
    spend.sort_by_key(|(_, amount)| Reverse(*amount));
    let spend = spend.into_iter().filter(|_| wanted.limit.is_none());
    let spend =
        spend.map(|(destination, amount)| SpendRow { destination, amount: amount.normalize().to_string() });
    Ok((Limits { limits, currency: currency.map(Into::into), spend: spend.collect() }, reset))
}

fn reset(limiting: &Limiting, wanted: &LimitsWanted) -> Result<usize, String> {
    let Some(name) = &wanted.limit else { return Err("say which limit to take back".into()) };
    let token = wanted.key.as_deref().map(|key| {
        key.parse().map_err(|_| format!("\"{key}\" is no token; `ringfence limits {name}` shows them"))
    });
    let token = token.transpose()?;
    Ok(limiting.ask(|engine, _| engine.reset(name, token)))
}

fn limit_row(row: limits::LimitRow, currency: &str, wall: DateTime<Utc>) -> LimitRow {
    let limit = &row.limit;
    let threshold = |threshold: Option<rust_decimal::Decimal>| threshold.map(|it| it.normalize().to_string());
    LimitRow {
        name: limit.name.to_string(),
        counts: limit.counts.label().into(),
        scope: limit.scope.label().into(),
        window: window(limit),
        unit: unit(limit.counts, currency).into(),
        warning: threshold(limit.warning),
        critical: threshold(limit.critical),
        counts_now: limit.when.holds(wall),
        report_only: limit.then.report_only,
        blocks: limit.then.blocks.iter().map(|kind| kind.label().to_owned()).collect(),
        used_ratio: f64::try_from(row.ratio).unwrap_or(f64::MAX),
        keys: row.count as u64,
        highest: row.keys.into_iter().map(key_row).collect(),
    }
}

fn key_row(key: limits::KeyRow) -> KeyRow {
    let state = match key.standing {
        Standing::Armed => "below",
        Standing::Warned => "warning",
        Standing::Breached => "critical",
    };
    KeyRow {
        key: key.label,
        token: key.token.to_string(),
        value: key.value.normalize().to_string(),
        state: state.into(),
    }
}

/// The window of a limit as the policy writes it.
pub(super) fn window(limit: &Limit) -> Option<String> {
    match limit.window {
        _ if limit.counts == Counted::ConcurrentCalls => None,
        Window::Sliding(time) => Some(humantime::format_duration(whole(time)).to_string()),
        Window::Day => Some("day".into()),
        Window::Month => Some("month".into()),
    }
}

/// What a limit's values are counted in.
pub(super) fn unit(counts: Counted, currency: &str) -> &str {
    match counts {
        Counted::Minutes => "minutes",
        Counted::Spend => currency,
        Counted::Numbers => "numbers",
        Counted::NewCountries => "countries",
        Counted::Calls
        | Counted::ConcurrentCalls
        | Counted::RepeatedCalls
        | Counted::ShortCalls
        | Counted::FailedCalls => "calls",
    }
}

const fn whole(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis() as u64)
}

/// Keys that are shown of a limit.
const HIGHEST: usize = 10;
