//! docs/prometheus/ringfence.rules.yml, and its unit tests beside it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_norway::Value;

use super::{Families, Query, docs};

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name of the series that it records, or of the alert.
    pub name: String,
    /// Whether it is an alert.
    pub is_alert: bool,
    /// Its query.
    pub query: Query,
    /// Labels of an alert.
    pub labels: BTreeMap<String, String>,
    /// Annotations of an alert.
    pub annotations: BTreeMap<String, String>,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Rules(pub Vec<Rule>);

impl Rules {
    /// Reads the file.
    pub fn read() -> Result<Self> {
        let file: Value =
            serde_norway::from_str(&std::fs::read_to_string(docs("prometheus/ringfence.rules.yml"))?)?;
        let groups = file["groups"].as_sequence().context("no groups")?;
        let rules = groups.iter().filter_map(|group| group["rules"].as_sequence()).flatten();
        Ok(Self(rules.map(rule).collect::<Result<_>>()?))
    }

    /// Those that alert.
    pub fn alerts(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(|rule| rule.is_alert)
    }

    /// The families with the series that the rules record; an error where a rule names what there is not.
    pub fn known(&self, mut families: Families) -> Result<Families> {
        families.0.insert("up".into(), ["job", "instance"].map(str::to_owned).into());
        for rule in &self.0 {
            let labels = rule.query.labels(&families).with_context(|| rule.name.clone())?;
            if !rule.is_alert {
                families.0.insert(rule.name.clone(), labels);
            }
        }
        Ok(families)
    }

    /// Of each alert, how many of its unit tests expect it, and how many do not.
    pub fn tested() -> Result<BTreeMap<String, (usize, usize)>> {
        let file: Value =
            serde_norway::from_str(&std::fs::read_to_string(docs("prometheus/ringfence.test.yml"))?)?;
        let tests = file["tests"].as_sequence().context("no tests")?;
        let checks = tests.iter().filter_map(|test| test["alert_rule_test"].as_sequence()).flatten();
        let mut tested: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for check in checks {
            let name = check["alertname"].as_str().context("no alertname")?;
            let (fires, rests) = tested.entry(name.to_owned()).or_default();
            let expected = check["exp_alerts"].as_sequence().context("no exp_alerts")?;
            *if expected.is_empty() { rests } else { fires } += 1;
        }
        Ok(tested)
    }
}

fn rule(rule: &Value) -> Result<Rule> {
    let (name, is_alert) = match (rule["record"].as_str(), rule["alert"].as_str()) {
        (Some(name), None) => (name, false),
        (None, Some(name)) => (name, true),
        _ => anyhow::bail!("neither a recording rule nor an alert: {rule:?}"),
    };
    let text = rule["expr"].as_str().with_context(|| format!("{name} has no expr"))?;
    Ok(Rule {
        name: name.to_owned(),
        is_alert,
        query: Query::read(text).with_context(|| name.to_owned())?,
        labels: texts(&rule["labels"]),
        annotations: texts(&rule["annotations"]),
    })
}

fn texts(of: &Value) -> BTreeMap<String, String> {
    let pairs = of.as_mapping().into_iter().flatten();
    pairs.filter_map(|(name, text)| Some((name.as_str()?.to_owned(), text.as_str()?.to_owned()))).collect()
}
