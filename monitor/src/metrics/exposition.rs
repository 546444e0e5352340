//! The two text formats of a scrape: OpenMetrics for those who ask for it, as Prometheus does, else the older one.

use std::{collections::HashSet, fmt};

use prometheus_client::{encoding::text, registry::Registry};

/// How a scrape is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4, which `curl` gets and `promtool check metrics` reads.
    Text,
}

impl Format {
    /// The format that a header `Accept` asks for.
    #[must_use]
    pub fn wanted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Text }
    }

    /// The header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The registry in a format.
pub(super) fn encode(registry: &Registry, format: Format) -> Result<String, fmt::Error> {
    let mut open_metrics = String::new();
    text::encode(&mut open_metrics, registry)?;
    Ok(match format {
        Format::OpenMetrics => open_metrics,
        Format::Text => to_text(&open_metrics),
    })
}

/// In the older format a counter's family bears the suffix `_total` too, and there is no `# EOF`.
fn to_text(open_metrics: &str) -> String {
    let counters: HashSet<_> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        match described(line) {
            Some((kind, name, rest)) if counters.contains(name) => {
                text.push_str(&format!("# {kind} {name}_total {rest}\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// Kind, family and rest of a line that describes a family.
fn described(line: &str) -> Option<(&str, &str, &str)> {
    let (kind, line) = line.strip_prefix("# ")?.split_once(' ')?;
    let (name, rest) = line.split_once(' ')?;
    Some((kind, name, rest))
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

    use super::*;

    #[test]
    fn a_counter_is_named_as_each_format_wants_it() {
        let mut registry = Registry::with_prefix("x");
        let counter: Counter = Counter::default();
        counter.inc();
        registry.register("packets", "Packets", counter);
        registry.register("level", "A level", Gauge::<i64>::default());
        let open_metrics = encode(&registry, Format::OpenMetrics).unwrap();
        assert!(open_metrics.contains("# TYPE x_packets counter\nx_packets_total 1\n"), "{open_metrics}");
        assert!(open_metrics.ends_with("# EOF\n"));
        let text = encode(&registry, Format::Text).unwrap();
        assert_eq!(
            text,
            "# HELP x_packets_total Packets.\n# TYPE x_packets_total counter\nx_packets_total 1\n\
             # HELP x_level A level.\n# TYPE x_level gauge\nx_level 0\n"
        );
    }

    #[test]
    fn prometheus_gets_open_metrics() {
        let accept =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert_eq!(Format::wanted(accept), Format::OpenMetrics);
        assert_eq!(Format::wanted("*/*"), Format::Text);
        assert_eq!(Format::wanted(""), Format::Text);
    }
}
