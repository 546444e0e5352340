//! A real Prometheus scrapes the agent through a morning of calls: its rules work, its answers are those of the agent,
//! and the agent has every metric that is documented, and no other.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::TRUNK_PBX,
    monitoring::{Dashboard, Families, Rules, exposed},
    peers::{Family, Guard, Kamailio, Mode, Prometheus, Scenario, Sipp},
};

use super::office::{CUBA, Office, PARIS, POLICY};

#[test]
fn prometheus_follows_the_calls() -> Result<()> {
    let office = Office::open()?;
    let _pbx = Kamailio::start(&office.hosts, office.folder.path())?;
    let _trunk = trunk(&office)?;
    let guard = office.guard(Mode::Native, POLICY)?;
    let prometheus = Prometheus::start(&office.hosts.pbx, office.folder.path())?;
    let told = || format!("\n{}\n{}", guard.log(), prometheus.log());
    follow(&office, &guard, &prometheus).map_err(|error| error.context(told()))
}

fn follow(office: &Office, guard: &Guard<'_>, prometheus: &Prometheus<'_>) -> Result<()> {
    prometheus.wait_for(r#"up{job="ringfence"}"#, |up| up == 1.0)?;
    // `increase` sees what comes after a series' first value.
    call(office, Scenario::Caller, PARIS, 1)?;
    call(office, Scenario::Blocked, CUBA, 1)?;
    prometheus.wait_for(r#"sum(ringfence_calls_total{result="blocked"})"#, |calls| calls == 1.0)?;
    prometheus.wait_for(r#"sum(ringfence_calls_total{result="answered"})"#, |calls| calls == 1.0)?;
    call(office, Scenario::Caller, PARIS, 40)?;
    call(office, Scenario::Blocked, CUBA, 8)?;

    prometheus
        .wait_for(r#"sum(ringfence_calls_total{direction="outgoing",result="answered"})"#, |calls| {
            calls == 41.0
        })?;
    prometheus.wait_for("sum(ringfence_calls_active)", |active| active == 0.0)?;
    let most = "max_over_time(direction:ringfence_calls_active:sum{direction=\"outgoing\"}[10m])";
    let most = prometheus.wait_for(most, |most| most > 0.0)?;
    ensure!(most <= 41.0, "{most} calls at once were never there");
    for ratio in ["asr", "ner"] {
        let recorded = format!(r#"direction:ringfence_{ratio}:ratio15m{{direction="outgoing"}}"#);
        prometheus.wait_for(&recorded, |ratio| ratio == 1.0)?;
    }
    // Each call talks for 600 ms and a little more.
    prometheus.wait_for(r#"destination:ringfence_acd:seconds15m{destination="FR"}"#, |acd| {
        (0.5..3.0).contains(&acd)
    })?;
    prometheus
        .wait_for(r#"direction:ringfence_call_setup_seconds:p95_15m{direction="outgoing"}"#, |setup| {
            setup > 0.0
        })?;
    let alert = r#"ALERTS{alertname="RingfenceCallsBlocked",alertstate="firing",destination="cuba"}"#;
    prometheus.wait_for(alert, |firing| firing == 1.0)?;

    // A blocked call ends a while after its INVITE.
    prometheus.wait_for(r#"sum(ringfence_calls_total{direction="outgoing",result="blocked"})"#, |calls| {
        calls == 9.0
    })?;
    let scrape = guard.metrics()?;
    for family in ["ringfence_calls_total", "ringfence_calls_started_total", "ringfence_invites_total"] {
        let own = scrape.sum(family, &[]) as f64;
        prometheus.wait_for(&format!("sum({family})"), |theirs| theirs == own)?;
    }
    rules_are_healthy(prometheus)?;
    dashboard_shows_something(prometheus)
}

fn rules_are_healthy(prometheus: &Prometheus<'_>) -> Result<()> {
    let rules = prometheus.rules()?;
    ensure!(rules.len() == Rules::read()?.0.len(), "it loaded {} rules", rules.len());
    for (name, health, error) in rules {
        ensure!(health == "ok", "{name} is {health}: {error}");
    }
    Ok(())
}

/// After calls and blocks, only what did not happen may be empty.
fn dashboard_shows_something(prometheus: &Prometheus<'_>) -> Result<()> {
    let dashboard = Dashboard::read()?;
    let empty = dashboard.panels.iter().filter(|panel| panel.kind != "row").map(|panel| {
        let queries = panel.queries.iter().map(|(query, _)| query.text());
        let samples = queries.map(|query| prometheus.query(&chosen(query))).collect::<Result<Vec<_>>>()?;
        Ok((panel.title.as_str(), samples.iter().all(Vec::is_empty)))
    });
    let empty: BTreeSet<_> = empty
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|(_, is_empty)| *is_empty)
        .map(|(title, _)| title)
        .collect();
    let may_be = BTreeSet::from(MAY_BE_EMPTY);
    ensure!(empty.is_subset(&may_be), "these panels show nothing: {:?}", empty.difference(&may_be));
    Ok(())
}

/// As if everything was chosen.
fn chosen(query: &str) -> String {
    ["$job", "$instance", "$direction", "$destination"]
        .iter()
        .fold(query.to_owned(), |query, name| query.replace(name, ".*"))
}

#[test]
fn the_agent_has_every_documented_metric_and_no_other() -> Result<()> {
    let office = Office::open()?;
    let _pbx = Kamailio::start(&office.hosts, office.folder.path())?;
    let _trunk = trunk(&office)?;
    let policy = format!("{POLICY}{MORE}");
    let guard = office.guard(Mode::Native, &policy)?;
    call(&office, Scenario::Caller, PARIS, 3)?;
    call(&office, Scenario::Blocked, CUBA, 2)?;
    tests::hosts::wait_until(std::time::Duration::from_secs(20), || {
        let metrics = guard.metrics()?;
        let is_told = metrics.sum("ringfence_deliveries_total", &[("sink", "nobody")]) > 0;
        Ok(is_told && metrics.sum("ringfence_customer_calls_total", &[("customer", "bakery")]) >= 5)
    })
    .with_context(|| {
        format!(
            "the calls of the customer do not end, or nobody is told\n{}\n{}",
            guard.metrics().map_or_else(|error| error.to_string(), |scrape| scrape.text),
            guard.log()
        )
    })?;
    let scrape = guard.metrics()?.text;
    let (shown, declared) = exposed(&scrape);
    let documented = Families::documented()?;
    let names: BTreeSet<_> = documented.0.keys().cloned().collect();
    let of_agent =
        declared.iter().filter(|name| name.starts_with("ringfence_")).cloned().collect::<BTreeSet<_>>();
    ensure!(declared.len() == of_agent.len(), "a metric has another prefix: {declared:?}");
    ensure!(
        names == of_agent,
        "only documented: {:?}; only in the scrape: {:?}",
        names.difference(&of_agent).collect::<Vec<_>>(),
        of_agent.difference(&names).collect::<Vec<_>>()
    );
    for (name, labels) in &shown.0 {
        let documented = documented.0.get(name).with_context(|| format!("{name} is not declared"))?;
        ensure!(labels == documented, "{name} has {labels:?}, documented are {documented:?}");
    }
    Ok(())
}

fn trunk(office: &Office) -> Result<Sipp> {
    Sipp::answer(&office.hosts.trunk, Family::V4.of(TRUNK_PBX.outer()), 5060, office.folder.path())
}

fn call(office: &Office, scenario: Scenario, number: &str, count: u32) -> Result<()> {
    let calls = office.calls(Family::V4, scenario, number, count);
    Sipp::call(&office.hosts.phones, &calls, office.folder.path())?.outcome()?.all(count)
}

/// What shows customers, and what shows trouble.
const MAY_BE_EMPTY: [&str; 4] = [
    "Calls that end, by customer",
    "Minutes of talk, an hour, by customer",
    "ASR by destination, 15 minutes",
    "What could not be read",
];

/// What some of the metrics need: a customer, a price, a limit that nothing reaches, and somebody who is told.
const MORE: &str = r#"
[[sink]]
name = "nobody"
kind = "program"
run = ["/bin/true"]

[[customer]]
name = "bakery"
sources = ["10.1.0.0/24"]

[money]
currency = "EUR"

[[tariff]]
name = "all"
per_minute = "0.05"

[[limit]]
name = "many"
counts = "calls"
window = "1h"
critical = 1000
"#;
