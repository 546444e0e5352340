//! The families of metrics: those that docs/METRICS.md documents, and those that a scrape shows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use super::{Labels, docs};

/// Labels of each metric by its name in queries: a histogram has three.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Families(pub BTreeMap<String, Labels>);

impl Families {
    /// Those of the rows `` | `ringfence_name{label,…}` | type | … | `` in docs/METRICS.md.
    pub fn documented() -> Result<Self> {
        let text = std::fs::read_to_string(docs("METRICS.md"))?;
        let mut families = Self::default();
        for row in text.lines().filter_map(|line| line.strip_prefix("| `ringfence_")) {
            let (name, rest) = row.split_once("` | ").with_context(|| format!("no type in {row}"))?;
            let kind = rest.split(" |").next().unwrap_or_default();
            let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
            let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
            families.add(&format!("ringfence_{name}"), kind, labels.map(str::to_owned).collect())?;
        }
        ensure!(families.0.len() > 20, "docs/METRICS.md has lost its tables");
        Ok(families)
    }

    fn add(&mut self, name: &str, kind: &str, labels: Labels) -> Result<()> {
        match kind {
            "counter" => ensure!(name.ends_with("_total"), "{name} is a counter and has no _total"),
            "gauge" => ensure!(!name.ends_with("_total"), "{name} is a gauge and has _total"),
            "histogram" => {
                let buckets = labels.iter().cloned().chain(["le".to_owned()]).collect();
                self.0.insert(format!("{name}_bucket"), buckets);
                self.0.insert(format!("{name}_sum"), labels.clone());
                self.0.insert(format!("{name}_count"), labels);
                return Ok(());
            }
            other => anyhow::bail!("{name}: `{other}` is no type of metric"),
        }
        let known = self.0.insert(name.to_owned(), labels);
        ensure!(known.is_none(), "{name} is documented twice");
        Ok(())
    }
}

/// What a scrape in the older text format shows: the metrics that have samples, with their labels, and the families
/// that are only declared, by their name in queries.
#[must_use]
pub fn exposed(text: &str) -> (Families, BTreeSet<String>) {
    let mut families = Families::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let labels = families.0.entry(name.to_owned()).or_default();
        labels.extend(label_names(rest));
    }
    let declared = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let declared = declared.flat_map(|(name, kind)| match kind {
        "histogram" => ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec(),
        _ => vec![name.to_owned()],
    });
    let declared = declared.collect();
    (families, declared)
}

/// Names before `="` outside of values.
fn label_names(rest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let Some(mut rest) = rest.strip_prefix('{') else { return names };
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.trim_start_matches(',').to_owned());
        let mut escaped = false;
        let end = value.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        rest = value.get(end.map_or(value.len(), |end| end + 1)..).unwrap_or_default();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_is_read() {
        let text = "# TYPE a_total counter\na_total{x=\"1,\\\"y=\\\"\",z=\"\"} 2\n# TYPE b gauge\n# TYPE h histogram\nh_sum 1\n";
        let (families, declared) = exposed(text);
        assert_eq!(families.0["a_total"], ["x", "z"].map(str::to_owned).into());
        assert!(families.0["h_sum"].is_empty());
        assert_eq!(
            declared.into_iter().collect::<Vec<_>>(),
            ["a_total", "b", "h_bucket", "h_count", "h_sum"]
        );
    }
}
