//! What Prometheus and Grafana are given, read for the tests: the documented families, the rules, the dashboard, queries.

mod dashboard;
mod families;
mod promtool;
mod query;
mod rules;

pub use dashboard::{Dashboard, Panel};
pub use families::{Families, exposed};
pub use promtool::promtool;
pub use query::{Labels, Query};
pub use rules::{Rule, Rules};

use std::path::{Path, PathBuf};

/// A file of docs/.
#[must_use]
pub fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}
