//! One alert of a limit that was reached, or of something unusual, as a line of JSON. Its fields are stable;
//! docs/OPERATIONS.md lists them.

use std::{net::IpAddr, time::SystemTime};

use serde::Serialize;

use crate::{
    control::view::AlertRow,
    limits::{Key, Severity},
    policy::{
        limits::{Counted, Scope},
        mask::{mask, mask_party},
    },
};

/// What the alert is about: the field `alert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A limit of the policy was reached.
    Limit,
    /// Much more than usual at this hour of the week.
    Unusual,
}

/// A limit was reached, or something is unusual. Numbers are whole here: [`Self::masked`] comes before they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// When it was noticed.
    #[serde(serialize_with = "moment")]
    pub time: SystemTime,
    /// What it is about.
    pub alert: About,
    /// Name of the limit, or of the baseline.
    pub limit: String,
    /// How much too much it is.
    pub severity: Severity,
    /// What is counted.
    pub counts: Counted,
    /// For whom each apart.
    pub scope: Scope,
    /// For whom it was reached.
    pub key: String,
    /// The name of whom it was reached for: `ringfence limits NAME --reset` takes it.
    pub token: Option<String>,
    /// What was counted, decimal.
    pub value: String,
    /// What it is compared with, decimal.
    pub threshold: String,
    /// `calls`, `minutes`, `numbers`, `countries`, or the code of a currency.
    pub unit: String,
    /// What it usually is, decimal; nothing for a limit.
    pub usual: Option<String>,
    /// For how long something counts (`1h`, `day`, `month`); none for calls that go on at once.
    pub window: Option<String>,
    /// What the calls that count have cost within the window, decimal; none where no tariff says.
    pub spent: Option<String>,
    /// The call that reached it; nothing where calls were only inferred.
    #[serde(flatten)]
    pub call: AboutCall,
    /// Calls that go on and that the limit counts.
    pub calls_active: u64,
    /// What was blocked for it, or stood already.
    pub blocked: Vec<BlockedTarget>,
    /// What was not blocked.
    pub not_blocked: Vec<NotBlocked>,
    /// The program that was started.
    pub program: Option<String>,
    /// The limit says `report_only`: nothing else follows.
    pub report_only: bool,
    /// The agent runs with `--dry-run`: it drops nothing.
    pub dry_run: bool,
    /// How many of the calls were only inferred from counters, for their events were lost.
    pub inferred: u64,
}

/// The call that reached it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AboutCall {
    /// Name of its destination.
    pub destination: Option<String>,
    /// ISO 3166 code of the country of its number.
    pub country: Option<String>,
    /// Its number, E.164 with `+`.
    pub number: Option<String>,
    /// Who calls.
    pub caller: Option<String>,
    /// Where it came from.
    pub source: Option<IpAddr>,
    /// Who began it: `extension`, `trunk` or `pbx`.
    pub origin: Option<&'static str>,
    /// Whose it is.
    pub customer: Option<String>,
}

/// Something that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockedTarget {
    /// As `status` shows it.
    pub target: String,
    /// Its kind there.
    pub kind: String,
    /// RFC 3339; none until it is taken away.
    pub until: Option<String>,
}

/// Something that is not blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotBlocked {
    /// What the limit names.
    pub kind: String,
    /// Why not.
    pub why: String,
}

impl Reached {
    /// As it may be written: without the last digits of numbers. To mask twice hides no more.
    #[must_use]
    pub fn masked(mut self, hidden_digits: u8) -> Self {
        self.key = match self.scope {
            Scope::Number => mask(&self.key, hidden_digits),
            Scope::Caller => mask_party(&self.key, hidden_digits),
            _ => self.key,
        };
        for blocked in self.blocked.iter_mut().filter(|blocked| blocked.kind == PREFIX) {
            blocked.target = mask_party(&blocked.target, hidden_digits);
        }
        self.call.number = self.call.number.map(|number| mask(&number, hidden_digits));
        self.call.caller = self.call.caller.map(|caller| mask_party(&caller, hidden_digits));
        self
    }

    /// A key as [`Self::key`] has it before it is masked.
    #[must_use]
    pub fn key_of(key: &Key) -> String {
        key.masked(0)
    }

    /// The alert in a few words, for those who look now.
    #[must_use]
    pub fn row(&self) -> AlertRow {
        let Self { limit, severity, scope, key, value, threshold, unit, .. } = self;
        let what = match self.alert {
            About::Limit => "limit",
            About::Unusual => "unusual",
        };
        let whom = if *scope == Scope::All { String::new() } else { format!(" of {} {key}", scope.label()) };
        let window = self.window.as_ref().map_or_else(String::new, |window| format!(" in {window}"));
        let text = format!(
            "{}: {what} {limit}: {value} {unit}{whom}{window}, threshold {threshold}{}",
            severity.label(),
            self.consequence()
        );
        AlertRow { time: shown(self.time), text }
    }

    /// The line, without its end.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn consequence(&self) -> String {
        let mut said = String::new();
        if !self.blocked.is_empty() {
            let verb = if self.report_only || self.dry_run { "would block" } else { "blocked" };
            let targets: Vec<_> = self.blocked.iter().map(|blocked| blocked.target.as_str()).collect();
            said = format!("; {verb} {}", targets.join(", "));
        }
        if !self.not_blocked.is_empty() {
            let kinds: Vec<_> = self.not_blocked.iter().map(|not| not.kind.as_str()).collect();
            said = format!("{said}; not blocked: {}", kinds.join(", "));
        }
        said
    }
}

fn moment<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(*time))
}

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// The kind of a block by the first digits of numbers, which may be a whole number.
const PREFIX: &str = "prefix";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reached() -> Reached {
        Reached {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            alert: About::Limit,
            limit: "premium-at-night".into(),
            severity: Severity::Critical,
            counts: Counted::Spend,
            scope: Scope::Caller,
            key: "+33142345678".into(),
            token: Some("8b9c5a1f0e7d4c3b2a190817f6e5d4c3".into()),
            value: "20.60".into(),
            threshold: "20".into(),
            unit: "EUR".into(),
            usual: None,
            window: Some("1h".into()),
            spent: Some("20.60".into()),
            call: AboutCall {
                destination: Some("KY".into()),
                country: Some("KY".into()),
                number: Some("+13459490000".into()),
                caller: Some("+33142345678".into()),
                source: Some([192, 0, 2, 66].into()),
                origin: Some("extension"),
                customer: None,
            },
            calls_active: 3,
            blocked: vec![
                BlockedTarget {
                    target: "country:KY".into(),
                    kind: "country".into(),
                    until: Some("1970-01-01T01:00:01.500Z".into()),
                },
                BlockedTarget { target: "+13459490000".into(), kind: "prefix".into(), until: None },
            ],
            not_blocked: vec![NotBlocked { kind: "source".into(), why: "192.0.2.66 is trusted".into() }],
            program: Some("/etc/ringfence/hang-up".into()),
            report_only: false,
            dry_run: false,
            inferred: 0,
        }
    }

    #[test]
    fn the_line_has_every_field_and_no_whole_number() {
        assert_eq!(
            reached().masked(4).json(),
            r#"{"time":"1970-01-01T00:00:01.500Z","alert":"limit","limit":"premium-at-night","severity":"critical","counts":"spend","scope":"caller","key":"+3314234xxxx","token":"8b9c5a1f0e7d4c3b2a190817f6e5d4c3","value":"20.60","threshold":"20","unit":"EUR","usual":null,"window":"1h","spent":"20.60","destination":"KY","country":"KY","number":"+1345949xxxx","caller":"+3314234xxxx","source":"192.0.2.66","origin":"extension","customer":null,"calls_active":3,"blocked":[{"target":"country:KY","kind":"country","until":"1970-01-01T01:00:01.500Z"},{"target":"+1345949xxxx","kind":"prefix","until":null}],"not_blocked":[{"kind":"source","why":"192.0.2.66 is trusted"}],"program":"/etc/ringfence/hang-up","report_only":false,"dry_run":false,"inferred":0}"#
        );
        let text = format!("{} {}", reached().masked(4).json(), reached().masked(4).row().text);
        assert!(!text.contains("5678") && !text.contains("0000\""), "{text}");
    }

    #[test]
    fn what_is_no_persons_number_stays_as_it_is() {
        for (scope, key, shown) in [
            (Scope::All, "all", "all"),
            (Scope::Destination, "africa-2024-2025", "africa-2024-2025"),
            (Scope::Country, "KY", "KY"),
            (Scope::Customer, "Garage 0142345678", "Garage 0142345678"),
            (Scope::Trunk, "203.0.113.5", "203.0.113.5"),
            (Scope::Source, "192.0.2.66", "192.0.2.66"),
            (Scope::Caller, "101", "101"),
            (Scope::Caller, "0142345678", "014234xxxx"),
            (Scope::Number, "+13459490000", "+1345949xxxx"),
        ] {
            let masked = Reached { scope, key: key.into(), ..reached() }.masked(4);
            assert_eq!(masked.key, shown);
            assert_eq!(masked.clone().masked(4), masked, "to mask twice hides no more");
        }
        let short = BlockedTarget { target: "+5355".into(), kind: "prefix".into(), until: None };
        let masked = Reached { blocked: vec![short.clone()], ..reached() }.masked(4);
        assert_eq!(masked.blocked, [short], "a range of many numbers");
    }

    #[test]
    fn a_row_says_what_follows() {
        let text = |alert: Reached| alert.masked(4).row().text;
        assert_eq!(
            text(reached()),
            "critical: limit premium-at-night: 20.60 EUR of caller +3314234xxxx in 1h, threshold 20; blocked country:KY, \
             +1345949xxxx; not blocked: source"
        );
        assert!(text(Reached { dry_run: true, ..reached() }).contains("; would block country:KY"));
        let quiet = Reached {
            alert: About::Unusual,
            severity: Severity::Warning,
            scope: Scope::All,
            window: None,
            blocked: Vec::new(),
            not_blocked: Vec::new(),
            ..reached()
        };
        assert_eq!(text(quiet), "warning: unusual premium-at-night: 20.60 EUR, threshold 20");
    }
}
