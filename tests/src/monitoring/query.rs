//! A query in PromQL: which metrics it names, and which labels its result has.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use promql_parser::{
    label::{METRIC_NAME, Matchers},
    parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorSelector, parse, token},
};

use super::Families;

/// Names of labels.
pub type Labels = BTreeSet<String>;

/// A query.
#[derive(Clone, Debug)]
pub struct Query {
    text: String,
    parsed: Expr,
}

impl Query {
    /// Reads it; Grafana's own variables for durations get a value.
    pub fn read(text: &str) -> Result<Self> {
        let text = VARIABLES.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let parsed = parse(&text).map_err(|error| anyhow!("{error} in {text}"))?;
        Ok(Self { text, parsed })
    }

    /// As Prometheus would take it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels of its result; an error where it names a metric or a label that there is not.
    pub fn labels(&self, known: &Families) -> Result<Labels> {
        labels(&self.parsed, known).with_context(|| self.text.clone())
    }

    /// The metrics that it names.
    #[must_use]
    pub fn metrics(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        collect(&self.parsed, &mut names);
        names
    }
}

fn labels(expression: &Expr, known: &Families) -> Result<Labels> {
    match expression {
        Expr::VectorSelector(selector) => selected(selector, known),
        Expr::MatrixSelector(matrix) => selected(&matrix.vs, known),
        Expr::Paren(inner) => labels(&inner.expr, known),
        Expr::Unary(inner) => labels(&inner.expr, known),
        Expr::Subquery(inner) => labels(&inner.expr, known),
        Expr::Aggregate(aggregate) => aggregated(aggregate, known),
        Expr::Binary(binary) => joined(binary, known),
        Expr::Call(call) => called(call, known),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Ok(Labels::new()),
    }
}

fn selected(selector: &VectorSelector, known: &Families) -> Result<Labels> {
    let name = selector.name.as_deref().context("a selector without a metric")?;
    let of_metric = known.0.get(name).with_context(|| format!("there is no metric {name}"))?;
    let labels: Labels = of_metric.iter().cloned().chain(OF_TARGET.map(str::to_owned)).collect();
    let Matchers { matchers, or_matchers } = &selector.matchers;
    for matcher in matchers.iter().chain(or_matchers.iter().flatten()).filter(|one| one.name != METRIC_NAME) {
        ensure!(labels.contains(&matcher.name), "{name} has no label {}", matcher.name);
    }
    Ok(labels)
}

fn aggregated(aggregate: &AggregateExpr, known: &Families) -> Result<Labels> {
    let inner = labels(&aggregate.expr, known)?;
    let picks = [token::T_TOPK, token::T_BOTTOMK].contains(&aggregate.op.id());
    Ok(match &aggregate.modifier {
        Some(LabelModifier::Include(by)) => {
            for label in &by.labels {
                ensure!(inner.contains(label), "`by ({label})`, which is not there");
            }
            if picks { inner } else { by.labels.iter().cloned().collect() }
        }
        Some(LabelModifier::Exclude(without)) => {
            inner.into_iter().filter(|label| !without.labels.contains(label)).collect()
        }
        None if picks => inner,
        None => Labels::new(),
    })
}

fn joined(binary: &BinaryExpr, known: &Families) -> Result<Labels> {
    let (left, right) = (labels(&binary.lhs, known)?, labels(&binary.rhs, known)?);
    let scalar = |side: &Expr| matches!(side, Expr::NumberLiteral(_));
    let matching = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
    if let Some(LabelModifier::Include(on)) = matching {
        for label in &on.labels {
            ensure!(
                left.contains(label) && right.contains(label),
                "`on ({label})`, which one side does not have"
            );
        }
    } else if !scalar(&binary.lhs)
        && !scalar(&binary.rhs)
        && !is_number(&binary.lhs)
        && !is_number(&binary.rhs)
    {
        ensure!(left == right, "the two sides have other labels: {left:?} and {right:?}");
    }
    Ok(if scalar(&binary.lhs) || is_number(&binary.lhs) { right } else { left })
}

/// Arithmetic of numbers alone.
fn is_number(expression: &Expr) -> bool {
    match expression {
        Expr::NumberLiteral(_) => true,
        Expr::Paren(inner) => is_number(&inner.expr),
        Expr::Binary(binary) => is_number(&binary.lhs) && is_number(&binary.rhs),
        _ => false,
    }
}

fn called(call: &Call, known: &Families) -> Result<Labels> {
    let mut result = Labels::new();
    for argument in &call.args.args {
        result.extend(labels(argument, known)?);
    }
    match call.func.name {
        "histogram_quantile" => ensure!(result.remove("le"), "a quantile of what has no label le"),
        // Its labels are those of the matchers with `=`.
        "absent" => result.retain(|label| label == "job"),
        _ => (),
    }
    Ok(result)
}

fn collect(expression: &Expr, names: &mut BTreeSet<String>) {
    match expression {
        Expr::VectorSelector(selector) => names.extend(selector.name.clone()),
        Expr::MatrixSelector(matrix) => names.extend(matrix.vs.name.clone()),
        Expr::Paren(inner) => collect(&inner.expr, names),
        Expr::Unary(inner) => collect(&inner.expr, names),
        Expr::Subquery(inner) => collect(&inner.expr, names),
        Expr::Aggregate(aggregate) => collect(&aggregate.expr, names),
        Expr::Binary(binary) => {
            collect(&binary.lhs, names);
            collect(&binary.rhs, names);
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| collect(argument, names)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => (),
    }
}

/// What Prometheus adds to every sample of a target.
const OF_TARGET: [&str; 2] = ["job", "instance"];
/// The longer names first.
const VARIABLES: [(&str, &str); 3] = [("$__rate_interval", "5m"), ("$__interval", "1m"), ("$__range", "6h")];

#[cfg(test)]
mod tests {
    use super::*;

    fn result(text: &str) -> Result<Vec<String>> {
        let known = [("a_total", vec!["x", "y"]), ("b_bucket", vec!["le", "x"]), ("c", vec![])];
        let known =
            known.map(|(name, labels)| (name.to_owned(), labels.into_iter().map(str::to_owned).collect()));
        Ok(Query::read(text)?.labels(&Families(known.into()))?.into_iter().collect())
    }

    #[test]
    fn the_labels_of_a_result_are_known() {
        let rows = [
            ("a_total", "instance job x y"),
            ("sum by (x) (rate(a_total{y=\"$y\"}[$__rate_interval]))", "x"),
            ("topk(3, sum by (x) (a_total))", "x"),
            ("histogram_quantile(0.9, sum by (le, x) (rate(b_bucket[5m])))", "x"),
            ("60 * sum without (y) (a_total) > 4 * 3", "instance job x"),
            ("sum(a_total) / (sum(c) > 0)", ""),
            ("a_total and on (job) c", "instance job x y"),
        ];
        for (text, labels) in rows {
            assert_eq!(result(text).unwrap().join(" "), labels, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let rows = [
            "nothing",
            "a_total{z=\"1\"}",
            "sum by (z) (a_total)",
            "a_total and on (x) c",
            "sum by (x) (a_total) / sum(c)",
            "histogram_quantile(0.9, a_total)",
            "sum(a_total",
        ];
        for text in rows {
            assert!(result(text).is_err(), "{text}");
        }
    }
}
