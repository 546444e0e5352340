//! Who is told of incidents in the live tests: real servers, each started by its driver, and what they say they got.

mod certificate;
mod journald;
mod mail_server;
mod rsyslog;
mod web;

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

pub use certificate::certificate;
pub use journald::Journald;
pub use mail_server::MailServer;
pub use rsyslog::Rsyslog;
pub use web::WebServer;

/// The whole lines of a file of JSON lines; none where it is not there yet.
pub fn lines(file: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // The last line may be half written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines =
        whole.lines().map(|line| serde_json::from_str(line).with_context(|| format!("no JSON: {line}")));
    lines.collect()
}
