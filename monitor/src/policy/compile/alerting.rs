//! `[alerts]`, with what stands where it says nothing.

use crate::policy::{alerting::Alerting, file::AlertsSection};

/// What is said, else what stands by default.
pub(super) fn compile(section: &AlertsSection) -> Alerting {
    let default = Alerting::default();
    Alerting {
        quiet: section.quiet.unwrap_or(default.quiet),
        repeat_every: section.repeat_every.unwrap_or(default.repeat_every),
        escalate_factor: section.escalate_factor.unwrap_or(default.escalate_factor),
        acknowledge_within: section.acknowledge_within.unwrap_or(default.acknowledge_within),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy;

    fn compiled(alerts: &str) -> Result<Alerting, String> {
        let text = format!("[dialplan]\ncountry_code = \"33\"\n{alerts}");
        let compilation = policy::compile(&text);
        let said = compilation.render(&text, "p", false);
        compilation.policy.map(|policy| policy.alerting).ok_or(said)
    }

    #[test]
    fn what_is_not_said_stands_by_default() {
        assert_eq!(compiled(""), Ok(Alerting::default()));
        let written = "[alerts]\nquiet = \"5m\"\nescalate_factor = \"2.5\"\nacknowledge_within = \"never\"\n";
        let alerting = compiled(written).unwrap();
        assert_eq!(alerting.quiet, Duration::from_secs(300));
        assert_eq!(alerting.escalate_factor, "2.5".parse().unwrap());
        assert_eq!(alerting.acknowledge_within, None);
        assert_eq!(alerting.repeat_every, Alerting::default().repeat_every);
        let written = "[alerts]\nrepeat_every = \"1h\"\nacknowledge_within = \"1h\"\n";
        assert_eq!(compiled(written).unwrap().acknowledge_within, Some(Duration::from_secs(3600)));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        for (written, told) in [
            ("quiet = \"1s\"", "write quiet = \"10m\""),
            ("quiet = 10", "text in quotes should stand here"),
            ("repeat_every = \"soon\"", "is no length of time"),
            ("escalate_factor = 1", "is not more than 1"),
            ("acknowledge_within = \"always\"", "or \"never\""),
            ("repeat = \"1h\"", "did you mean \"repeat_every\"?"),
        ] {
            let said = compiled(&format!("[alerts]\n{written}\n")).unwrap_err();
            assert!(said.contains(told), "{written}: {said}");
        }
    }
}
