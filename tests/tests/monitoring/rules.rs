//! docs/prometheus: the rules, their unit tests, the scrape configuration.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use tests::monitoring::{Families, Rule, Rules, docs, promtool};

#[test]
fn promtool_takes_the_rules_and_the_configuration() -> Result<()> {
    let said =
        promtool(&["check", "rules", "--lint=all", "--lint-fatal"], &docs("prometheus/ringfence.rules.yml"))?;
    let count = Rules::read()?.0.len();
    ensure!(
        said.contains(&format!("{count} rules found")),
        "{count} rules are read, promtool finds:\n{said}"
    );
    promtool(&["check", "config"], &docs("prometheus/prometheus.yml"))?;
    Ok(())
}

#[test]
fn the_rules_do_what_their_unit_tests_say() -> Result<()> {
    promtool(&["test", "rules"], &docs("prometheus/ringfence.test.yml"))?;
    Ok(())
}

#[test]
fn every_alert_is_tested_to_fire_and_to_rest() -> Result<()> {
    let tested = Rules::tested()?;
    for alert in Rules::read()?.alerts() {
        let (fires, rests) = tested.get(&alert.name).copied().unwrap_or_default();
        ensure!(fires > 0, "no unit test has {} fire", alert.name);
        ensure!(rests > 0, "no unit test has {} rest", alert.name);
    }
    Ok(())
}

#[test]
fn every_rule_names_metrics_and_labels_that_are_documented() -> Result<()> {
    Rules::read()?.known(Families::documented()?)?;
    Ok(())
}

#[test]
fn every_alert_says_what_it_is_and_what_to_do() -> Result<()> {
    let rules = Rules::read()?;
    let known = rules.known(Families::documented()?)?;
    let operations = std::fs::read_to_string(docs("OPERATIONS.md"))?;
    for alert in rules.alerts() {
        check_alert(alert, &known, &operations).with_context(|| alert.name.clone())?;
    }
    Ok(())
}

fn check_alert(alert: &Rule, known: &Families, operations: &str) -> Result<()> {
    let severity = alert.labels.get("severity").context("no severity")?;
    ensure!(["info", "warning", "critical"].contains(&severity.as_str()), "severity {severity}");
    let labels = alert.query.labels(known)?;
    for field in ["summary", "description"] {
        let text = alert.annotations.get(field).with_context(|| format!("no {field}"))?;
        for name in text.split("$labels.").skip(1).filter_map(|rest| rest.split(' ').next()) {
            ensure!(labels.contains(name), "{field} shows the label {name}, which there is not: {labels:?}");
        }
    }
    let runbook = alert.annotations.get("runbook").context("no runbook")?;
    let anchor = runbook.strip_prefix("docs/OPERATIONS.md#").context("the runbook is elsewhere")?;
    let section = section(operations, anchor).with_context(|| format!("no heading is #{anchor}"))?;
    ensure!(section.contains(&format!("`{}`", alert.name)), "its section does not name it");
    Ok(())
}

/// The text under a heading, by the heading's anchor.
fn section<'a>(text: &'a str, anchor: &str) -> Option<&'a str> {
    text.split("\n#").find(|part| {
        let heading = part.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        heading.to_lowercase().replace(' ', "-") == anchor
    })
}

/// A recorded series that nothing reads is computed for nobody.
#[test]
fn every_recorded_series_is_used() -> Result<()> {
    let rules = Rules::read()?;
    let dashboard = tests::monitoring::Dashboard::read()?;
    let queries = rules.0.iter().map(|rule| rule.query.clone()).chain(dashboard.queries()?);
    let used: BTreeSet<_> = queries.flat_map(|query| query.metrics()).collect();
    let recorded = rules.0.iter().filter(|rule| !rule.is_alert);
    let unused: Vec<_> = recorded.map(|rule| &rule.name).filter(|name| !used.contains(*name)).collect();
    ensure!(unused.is_empty(), "neither a rule nor the dashboard reads {unused:?}");
    Ok(())
}
