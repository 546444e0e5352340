//! When incidents are told, in words.

use super::period;
use crate::policy::alerting::Alerting;

/// One row for each rule.
pub(super) fn in_words(alerting: &Alerting) -> Vec<(&'static str, String)> {
    let Alerting { quiet, repeat_every, escalate_factor, acknowledge_within } = alerting;
    let nobody = match acknowledge_within {
        Some(within) => format!("told again after {}, while one is critical", period(*within)),
        None => "never told again for that".to_owned(),
    };
    vec![
        (
            "it grows",
            format!(
                "told every {} at most, or at once when it is {escalate_factor} times as much",
                period(*repeat_every)
            ),
        ),
        ("nobody took it up", nobody),
        ("over", format!("after {} without anything more", period(*quiet))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_said_back() {
        let said = |alerting: &Alerting| {
            in_words(alerting)
                .into_iter()
                .map(|(label, value)| format!("{label} {value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(&Alerting::default()),
            [
                "it grows told every 15m at most, or at once when it is 4 times as much",
                "nobody took it up told again after 30m, while one is critical",
                "over after 10m without anything more",
            ]
        );
        let never = Alerting { acknowledge_within: None, ..Alerting::default() };
        assert_eq!(said(&never)[1], "nobody took it up never told again for that");
    }
}
