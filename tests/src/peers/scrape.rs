//! One scrape of `/metrics`, and sums over its series.

/// The text of a scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrape {
    /// As the agent wrote it.
    pub text: String,
}

impl Scrape {
    /// Sum of all series of `name` that bear all `labels`.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let series = self.text.lines().filter(|line| bears(line, name, labels));
        series
            .filter_map(|line| line.rsplit(' ').next())
            .filter_map(|value| value.parse::<f64>().ok())
            .sum::<f64>() as u64
    }

    /// INVITEs by direction, destination and verdict.
    #[must_use]
    pub fn invites(&self, direction: &str, destination: &str, verdict: &str) -> u64 {
        let labels = [("direction", direction), ("destination", destination), ("verdict", verdict)];
        self.sum("ringfence_invites_total", &labels)
    }
}

fn bears(line: &str, name: &str, labels: &[(&str, &str)]) -> bool {
    let Some(rest) = line.strip_prefix(name) else { return false };
    if !rest.starts_with(['{', ' ']) {
        return false;
    }
    labels.iter().all(|(label, value)| {
        let wanted = format!("{label}=\"{value}\"");
        rest.match_indices(&wanted).any(|(at, _)| rest[..at].ends_with(['{', ',']))
    })
}

#[cfg(test)]
mod tests {
    use super::Scrape;

    #[test]
    fn sums_only_the_series_that_match() {
        let text = "a_total{x=\"1\",y=\"2\"} 3\na_total{x=\"1\",y=\"3\"} 4\na_totals{x=\"1\"} 9\na_total{xx=\"1\"} 9\n".to_owned();
        let scrape = Scrape { text };
        assert_eq!(scrape.sum("a_total", &[("x", "1")]), 7);
        assert_eq!(scrape.sum("a_total", &[("x", "1"), ("y", "3")]), 4);
        assert_eq!(scrape.sum("a_total", &[]), 16);
    }
}
