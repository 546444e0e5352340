//! docs/grafana/ringfence.json, as far as the tests look at it.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Query, docs};

/// The dashboard.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// The whole file.
    pub json: Value,
    /// Its panels, rows included, in their order.
    pub panels: Vec<Panel>,
}

/// One panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its number.
    pub id: u64,
    /// Its title.
    pub title: String,
    /// `row`, `timeseries`, ….
    pub kind: String,
    /// Left, top, width and height; the grid is 24 wide.
    pub place: [u64; 4],
    /// Each query with the pattern of its legend.
    pub queries: Vec<(Query, String)>,
}

impl Dashboard {
    /// Reads the file.
    pub fn read() -> Result<Self> {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(docs("grafana/ringfence.json"))?)?;
        let panels = json["panels"].as_array().context("no panels")?;
        let panels = panels.iter().map(panel).collect::<Result<_>>()?;
        Ok(Self { json, panels })
    }

    /// The queries of the panels, of the variables and of the annotations.
    pub fn queries(&self) -> Result<Vec<Query>> {
        let mut queries: Vec<_> = self
            .panels
            .iter()
            .flat_map(|panel| panel.queries.iter().map(|(query, _)| query.clone()))
            .collect();
        for variable in self.variables() {
            if let Some(values) = variable["query"]["query"].as_str() {
                queries.push(label_values(values)?);
            }
        }
        for annotation in self.json["annotations"]["list"].as_array().into_iter().flatten() {
            if let Some(text) = annotation["expr"].as_str() {
                queries.push(Query::read(text)?);
            }
        }
        Ok(queries)
    }

    /// The variables that its reader chooses.
    pub fn variables(&self) -> impl Iterator<Item = &Value> {
        self.json["templating"]["list"].as_array().into_iter().flatten()
    }

    /// The names after `$` anywhere in it, Grafana's own left out.
    #[must_use]
    pub fn variables_used(&self) -> BTreeSet<String> {
        let text = self.json.to_string();
        let after = text.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
        let names =
            after.map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next());
        names
            .flatten()
            .filter(|name| !name.is_empty() && !name.starts_with("__"))
            .map(str::to_owned)
            .collect()
    }
}

fn panel(panel: &Value) -> Result<Panel> {
    let title = panel["title"].as_str().context("a panel without a title")?.to_owned();
    let place = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64());
    let [Some(x), Some(y), Some(w), Some(h)] = place else { anyhow::bail!("{title} has no place") };
    let targets = panel["targets"].as_array().into_iter().flatten();
    let queries = targets.map(|target| {
        let text = target["expr"].as_str().with_context(|| format!("{title}: a target without expr"))?;
        Ok((Query::read(text)?, target["legendFormat"].as_str().unwrap_or_default().to_owned()))
    });
    Ok(Panel {
        id: panel["id"].as_u64().with_context(|| format!("{title} has no id"))?,
        kind: panel["type"].as_str().with_context(|| format!("{title} has no type"))?.to_owned(),
        place: [x, y, w, h],
        queries: queries.collect::<Result<_>>()?,
        title,
    })
}

/// `label_values(SELECTOR, LABEL)`: a query that has the label in its result.
fn label_values(text: &str) -> Result<Query> {
    let inner = text.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    let (selector, label) = inner.and_then(|inner| inner.rsplit_once(", ")).context(text.to_owned())?;
    Query::read(&format!("group by ({label}) ({selector})"))
}
