//! Measures what limits cost: a tick and a fact, beside 100,000 calls that go on and 20 limits; and what a price costs.
//! `cargo run --release -p monitor --example limits`

use std::{sync::Arc, time::Duration, time::Instant};

use chrono::{TimeDelta, Utc};
use monitor::{
    calls::{Call, CallId, Fact, Happened, Origin, Route, Seconds, Timestamp},
    limits::{Engine, Moment, Rules, Tokens},
    policy::{
        limits::{Counted, Filter, Limit, Scope, Then, When, Window},
        money::{Increments, Price, Reach, Tariff, Tariffs},
        prefixes::PrefixTable,
    },
};
use monitor_common::{
    abi::{Reason, Verdict},
    number::Digits,
};
use rust_decimal::Decimal;

fn main() {
    let price = Price { per_minute: "0.02".parse().unwrap_or_default(), ..Price::default() };
    let tariff = Tariff::new("all", price, Increments::default(), Vec::new());
    let reach = Reach { others: Some(0), ..Reach::default() };
    let tariffs = Arc::new(Tariffs::new("EUR", vec![tariff], reach));
    let limits = (0..LIMITS).map(limit).map(Arc::new).collect();
    let mut engine = Engine::new(Rules { limits, tariffs, ..Rules::default() }, Tokens::new([7; 16]));
    let began = Moment { at: Timestamp(1_700_000_000_000_000), wall: Utc::now() };
    let calls: Vec<Arc<Call>> = (0..CALLS).map(|id| Arc::new(call(id, began.at))).collect();
    let mut breaches = Vec::new();
    let facts = Instant::now();
    for call in &calls {
        for happened in [Happened::Started, Happened::Answered] {
            engine.take(&Fact { at: began.at, happened, call: Arc::clone(call) }, began, &mut breaches);
        }
    }
    println!("a fact: {:.1} µs", facts.elapsed().as_secs_f64() * 1e6 / (2 * CALLS) as f64);
    let mut ticks = Vec::new();
    let mut saves = Vec::new();
    for second in 1..=TICKS {
        let at = began.at.after(Duration::from_secs(second));
        let now = Moment { at, wall: began.wall + TimeDelta::seconds(second.cast_signed()) };
        let begin = Instant::now();
        engine.tick(&mut calls.iter(), now, &mut breaches);
        ticks.push(begin.elapsed());
        let begin = Instant::now();
        let changes = engine.changes().len();
        saves.push((begin.elapsed(), changes));
    }
    ticks.sort();
    saves.sort();
    println!("a tick: {:?} at the median, {:?} at most", ticks[ticks.len() / 2], ticks[ticks.len() - 1]);
    let (time, rows) = saves[saves.len() / 2];
    println!("changes: {time:?} at the median, {rows} rows");
    let begin = Instant::now();
    let rows = engine.rows(began, 10);
    println!("rows of {} limits: {:?}; {} breaches were told", rows.len(), begin.elapsed(), breaches.len());
    prices();
}

/// The price of a call: its tariff among [`PREFIXES`] prefixes, and what ten minutes of it cost.
fn prices() {
    let price = Price { per_minute: "0.02".parse().unwrap_or_default(), ..Price::default() };
    let tariff = |index| Tariff::new(&format!("tariff-{index}"), price, Increments::default(), Vec::new());
    let prefix = |index: u64| Digits::parse(&format!("{}", 1_000_000 + index * 7));
    let numbers = (0..PREFIXES).filter_map(|index| Some((prefix(index)?, Some((index % 100) as u16))));
    let reach = Reach { numbers: PrefixTable::new(numbers.collect()), ..Reach::default() };
    let tariffs = Tariffs::new("EUR", (0..100).map(tariff).collect(), reach);
    let numbers: Vec<_> = (0..PREFIXES).map(|index| format!("+{}4321", 1_000_000 + index * 7)).collect();
    let begin = Instant::now();
    let found: Vec<_> = numbers.iter().filter_map(|number| tariffs.of(Some(number), "FR")).collect();
    let took = begin.elapsed().as_nanos() / u128::from(PREFIXES);
    println!("a tariff among {PREFIXES} prefixes: {took} ns; {} were found", found.len());
    let (answered, talk) = (Utc::now(), Duration::from_secs(600));
    let begin = Instant::now();
    let sum: Decimal = found.iter().map(|tariff| tariff.cost(answered, talk)).sum();
    let took = begin.elapsed().as_nanos() / u128::from(PREFIXES);
    println!("what a call costs by it: {took} ns; {sum} in all");
}

/// Each counted in turn, each scope in turn; every call is in each of them.
fn limit(index: usize) -> Limit {
    Limit {
        name: format!("limit-{index}").into(),
        counts: Counted::ALL[index % Counted::ALL.len()],
        scope: Scope::ALL[index % Scope::ALL.len()],
        filter: Filter { directions: vec![Route::Outgoing], ..Filter::default() },
        window: Window::Sliding(Duration::from_secs(3600)),
        warning: None,
        critical: Some(1_000_000_000.into()),
        when: When::Always,
        then: Then::default(),
        short: Duration::from_secs(10),
    }
}

/// One of 20,000 callers, to a number of its own in one of 50 destinations.
fn call(id: u64, started: Timestamp) -> Call {
    let host = u32::try_from(id % 20_000).unwrap_or_default();
    Call {
        id: CallId(id),
        route: Route::Outgoing,
        origin: Origin::Extension,
        destination: format!("destination-{}", id % 50).into(),
        dialled: "".into(),
        number: Some(format!("+3314{id:07}").into()),
        caller: format!("caller-{host}").into(),
        source: std::net::Ipv4Addr::from(0x0a00_0000 + host).into(),
        trunk: Some([192, 0, 2, 1].into()),
        customer: Some(format!("customer-{}", id % 1_000).into()),
        verdict: Verdict::Pass,
        reason: Reason::NoRule,
        started,
        rang: None,
        answered: Some(started),
        ended: None,
        result: None,
        status: None,
        attempts: 1,
        legs_out: 1,
        media: Seconds::default(),
        is_whole: true,
    }
}

const CALLS: u64 = 100_000;
const LIMITS: usize = 20;
const TICKS: u64 = 20;
const PREFIXES: u64 = 100_000;
