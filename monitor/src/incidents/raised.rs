//! An alert as an incident takes it: what it is about, and how hard it is. Numbers are masked before they get here.

use std::net::IpAddr;

use serde_json::Value;

use super::{Kind, Measure, Rule};
use crate::{
    alerts::{About, Alert, Gap, Reached},
    limits::{Severity, Token},
    policy::limits::Scope,
};

/// An alert.
#[derive(Clone, Debug)]
pub struct Raised {
    /// What it is.
    pub(super) kind: Kind,
    /// How hard it is.
    pub(super) severity: Severity,
    /// Name of the limit, or of the baseline.
    pub(super) limit: Option<String>,
    /// For whom it counts, masked.
    pub(super) key: Option<String>,
    /// The token of that key.
    pub(super) token: Option<Token>,
    /// Whether it counts for whole destinations, whoever calls.
    pub(super) is_wide: bool,
    /// Name of the destination.
    pub(super) destination: Option<String>,
    /// ISO 3166 code.
    pub(super) country: Option<String>,
    /// Where the call came from.
    pub(super) source: Option<IpAddr>,
    /// Whose it is.
    pub(super) customer: Option<String>,
    /// Interfaces that nothing guarded.
    pub(super) interfaces: Vec<String>,
    /// What was counted.
    pub(super) rule: Option<Rule>,
    /// What follows; the times are the incident's to fill in.
    pub(super) done: Vec<Done>,
    /// A block for a time dropped it: somebody was told already why that stands.
    pub(super) is_for_a_time: bool,
    /// The INVITE left the host: its source is the host.
    pub(super) leaves: bool,
    /// As standard output has it.
    pub(super) document: Value,
}

impl Raised {
    /// A burst of blocked INVITEs of which only is known where it comes from and where it goes.
    pub(super) fn burst(source: IpAddr, destination: &str) -> Self {
        Self {
            kind: Kind::BlockedInvites,
            severity: Severity::Warning,
            limit: None,
            key: None,
            token: None,
            is_wide: false,
            destination: Some(destination.to_owned()),
            country: None,
            source: Some(source),
            customer: None,
            interfaces: Vec::new(),
            rule: None,
            done: Vec::new(),
            is_for_a_time: true,
            leaves: false,
            document: Value::Null,
        }
    }

    /// Whether it is about calls that were counted before.
    #[must_use]
    pub const fn is_of_calls(&self) -> bool {
        matches!(self.kind, Kind::Limit | Kind::Unusual)
    }

    /// The limit that was reached, and for whom it counts.
    #[must_use]
    pub fn limit(&self) -> Option<(&str, Token)> {
        self.limit.as_deref().filter(|_| self.kind == Kind::Limit).zip(self.token)
    }

    /// The class of the learned baseline that is unusual.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.key.as_deref().filter(|_| self.kind == Kind::Unusual)
    }
}

/// What followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    what: &'static str,
    target: String,
    until: Option<String>,
    why: Option<String>,
}

impl Done {
    pub(super) fn at(self, time: std::time::SystemTime) -> Measure {
        let Self { what, target, until, why } = self;
        Measure { time, what: what.into(), target, until, why }
    }
}

impl From<&Reached> for Raised {
    fn from(reached: &Reached) -> Self {
        let is_wide = matches!(reached.scope, Scope::All | Scope::Destination | Scope::Country);
        Self {
            kind: match reached.alert {
                About::Limit => Kind::Limit,
                About::Unusual => Kind::Unusual,
            },
            severity: reached.severity,
            limit: Some(reached.limit.clone()),
            key: Some(reached.key.clone()),
            token: reached.token.as_ref().and_then(|token| token.parse().ok()),
            is_wide,
            destination: reached.call.destination.clone(),
            country: reached.call.country.clone(),
            source: reached.call.source,
            customer: reached.call.customer.clone(),
            interfaces: Vec::new(),
            rule: Some(Rule {
                name: reached.limit.clone(),
                counts: reached.counts.label().into(),
                scope: reached.scope.label().into(),
                window: reached.window.clone(),
                value: reached.value.clone(),
                threshold: reached.threshold.clone(),
                unit: reached.unit.clone(),
                usual: reached.usual.clone(),
            }),
            done: done(reached),
            is_for_a_time: false,
            leaves: false,
            document: document(&reached.json()),
        }
    }
}

impl From<&Alert> for Raised {
    fn from(alert: &Alert) -> Self {
        Self {
            country: alert.country().map(Into::into),
            rule: Some(Rule {
                name: alert.reason.into(),
                counts: "invites".into(),
                scope: Scope::Destination.label().into(),
                window: None,
                value: "1".into(),
                threshold: "0".into(),
                unit: "calls".into(),
                usual: None,
            }),
            is_for_a_time: alert.is_for_a_time(),
            leaves: alert.leaves(),
            document: document(&alert.json()),
            ..Self::burst(alert.source, &alert.destination)
        }
    }
}

impl From<&Gap> for Raised {
    fn from(gap: &Gap) -> Self {
        Self {
            kind: Kind::Gap,
            severity: Severity::Critical,
            limit: None,
            key: None,
            token: None,
            is_wide: false,
            destination: None,
            country: None,
            source: None,
            customer: None,
            interfaces: gap.interfaces.clone(),
            rule: None,
            done: Vec::new(),
            is_for_a_time: false,
            leaves: false,
            document: document(&gap.json()),
        }
    }
}

fn done(reached: &Reached) -> Vec<Done> {
    let is_only_told = reached.report_only || reached.dry_run;
    let what = if is_only_told { "would_block" } else { "blocked" };
    let blocked = reached.blocked.iter().map(|blocked| Done {
        what,
        target: blocked.target.clone(),
        until: blocked.until.clone(),
        why: None,
    });
    let not_blocked = reached.not_blocked.iter().map(|not| Done {
        what: "not_blocked",
        target: not.kind.clone(),
        until: None,
        why: Some(not.why.clone()),
    });
    let program = reached.program.iter().map(|program| Done {
        what: "program",
        target: program.clone(),
        until: None,
        why: None,
    });
    blocked.chain(not_blocked).chain(program).collect()
}

fn document(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn blocked(target: &str) -> Done {
        Done { what: "blocked", target: target.into(), until: None, why: None }
    }
}
