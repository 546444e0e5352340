//! docs/grafana/ringfence.json: what Grafana would only show when somebody looks.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tests::monitoring::{Dashboard, Families, Panel, Rules, promtool};

#[test]
fn panels_have_a_number_of_their_own_and_do_not_overlap() -> Result<()> {
    let dashboard = Dashboard::read()?;
    let ids: BTreeSet<_> = dashboard.panels.iter().map(|panel| panel.id).collect();
    ensure!(ids.len() == dashboard.panels.len(), "two panels have one id");
    for (index, panel) in dashboard.panels.iter().enumerate() {
        let [x, _, width, height] = panel.place;
        ensure!(width > 0 && height > 0 && x + width <= 24, "{} leaves the grid of 24", panel.title);
        for other in &dashboard.panels[index + 1..] {
            ensure!(!overlap(panel, other), "{} and {} overlap", panel.title, other.title);
        }
    }
    Ok(())
}

fn overlap(one: &Panel, other: &Panel) -> bool {
    let [x, y, width, height] = one.place;
    let [other_x, other_y, other_width, other_height] = other.place;
    x < other_x + other_width && other_x < x + width && y < other_y + other_height && other_y < y + height
}

#[test]
fn panels_ask_the_chosen_data_source_and_show_something() -> Result<()> {
    let dashboard = Dashboard::read()?;
    ensure!(dashboard.json["schemaVersion"].as_u64() >= Some(38), "older than Grafana 10");
    ensure!(
        dashboard.json["uid"] == "ringfence" && dashboard.json["id"].is_null(),
        "it cannot be imported twice"
    );
    let raw = dashboard.json["panels"].as_array().context("no panels")?;
    for (panel, raw) in dashboard.panels.iter().zip(raw) {
        ensure!(
            (panel.kind == "row") == panel.queries.is_empty(),
            "{} asks nothing, or is a row",
            panel.title
        );
        let targets = raw["targets"].as_array().into_iter().flatten();
        for asked in targets.map(|target| &target["datasource"]).chain(raw.get("datasource")) {
            ensure!(asked["uid"] == "${datasource}", "{} asks {asked}", panel.title);
        }
        let letters: BTreeSet<_> = (raw["targets"].as_array().into_iter().flatten())
            .map(|target| target["refId"].to_string())
            .collect();
        ensure!(letters.len() == panel.queries.len(), "{}: two targets have one refId", panel.title);
    }
    let rows: Vec<_> =
        dashboard.panels.iter().filter(|panel| panel.kind == "row").map(|row| row.title.as_str()).collect();
    for row in ["Overview", "Calls by destination", "Quality", "Blocks", "Packets", "Health and blind spots"]
    {
        ensure!(rows.contains(&row), "the row {row} is missing: {rows:?}");
    }
    Ok(())
}

#[test]
fn variables_are_used_and_defined() -> Result<()> {
    let dashboard = Dashboard::read()?;
    let defined: BTreeSet<_> =
        dashboard.variables().filter_map(|variable| variable["name"].as_str()).map(str::to_owned).collect();
    ensure!(
        defined == dashboard.variables_used(),
        "{defined:?} are defined, {:?} used",
        dashboard.variables_used()
    );
    for name in ["datasource", "direction", "destination"] {
        ensure!(defined.contains(name), "{name} cannot be chosen");
    }
    Ok(())
}

#[test]
fn queries_name_metrics_and_labels_that_are_documented() -> Result<()> {
    let dashboard = Dashboard::read()?;
    let known = Rules::read()?.known(Families::documented()?)?;
    for query in dashboard.queries()? {
        query.labels(&known)?;
    }
    for panel in &dashboard.panels {
        for (query, legend) in &panel.queries {
            let labels = query.labels(&known)?;
            for name in legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
                ensure!(
                    labels.contains(name),
                    "{}: the legend shows {name}, the result has {labels:?}",
                    panel.title
                );
            }
        }
    }
    Ok(())
}

#[test]
fn promtool_takes_every_query() -> Result<()> {
    let queries = Dashboard::read()?.queries()?;
    let rules: Vec<_> = queries
        .iter()
        .enumerate()
        .map(|(index, query)| json!({"record": format!("dashboard:query:{index}"), "expr": query.text()}))
        .collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("dashboard.yml");
    // JSON is YAML.
    std::fs::write(&file, json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string())?;
    let said = promtool(&["check", "rules"], &file)?;
    ensure!(said.contains(&format!("{} rules found", queries.len())), "{said}");
    Ok(())
}
