//! What syslog and journald carry beside the line that people read: the same fields, the same values. Their names are
//! stable; docs/ALERTS.md lists them.

use super::letter::one_line;
use crate::incidents::{Incident, Message, News};
use crate::limits::Severity;

/// Name and value of each field that has one; the value is one line.
pub(super) fn fields(message: &Message) -> Vec<(&'static str, String)> {
    let incident = &message.incident;
    let mut fields = vec![
        ("message", message.id.clone()),
        ("incident", incident.id.0.to_string()),
        ("news", message.news.label().to_owned()),
        ("severity", incident.severity.label().to_owned()),
        ("kind", incident.kind.label().to_owned()),
    ];
    fields.extend(subject(incident));
    fields.extend(account(incident));
    fields.push(("journal_seq", message.journal.seq.to_string()));
    fields.push(("journal_hash", message.journal.hash.clone()));
    fields.iter_mut().for_each(|(_, value)| *value = bounded(value));
    fields
}

/// The severity of RFC 5424 section 6.2.1, which journald's `PRIORITY` has too: 2 critical, 4 warning, 5 notice, 6
/// informational. What is over or taken up wakes nobody.
pub(super) const fn severity(message: &Message) -> u8 {
    match (message.news, message.incident.severity) {
        (News::Test, _) => 6,
        (News::Ended | News::Acknowledged, _) => 5,
        (_, Severity::Warning) => 4,
        (_, Severity::Critical) => 2,
    }
}

fn subject(incident: &Incident) -> impl Iterator<Item = (&'static str, String)> {
    let subject = &incident.subject;
    let named = [
        ("limit", subject.limit.clone()),
        ("key", subject.key.clone()),
        ("destination", subject.destination.clone()),
        ("country", subject.country.clone()),
        ("source", subject.source.map(|source| source.to_string())),
        ("customer", subject.customer.clone()),
        ("began", Some(humantime::format_rfc3339_millis(incident.began).to_string())),
        ("ended", incident.ended.map(|ended| humantime::format_rfc3339_millis(ended).to_string())),
    ];
    named.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn account(incident: &Incident) -> impl Iterator<Item = (&'static str, String)> {
    let account = &incident.account;
    let counted = [
        ("calls", Some(account.calls.to_string())),
        ("blocked", Some(account.blocked.to_string())),
        ("dropped_invites", Some(account.dropped_invites.to_string())),
        ("minutes", Some(account.minutes.normalize().to_string())),
        ("spend", account.spend.map(|spend| spend.normalize().to_string())),
        ("currency", account.currency.clone()),
        ("alerts", Some(incident.alerts.to_string())),
    ];
    counted.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn bounded(value: &str) -> String {
    one_line(value).chars().take(LONGEST).collect()
}

/// Characters of a value: the whole of a syslog message stays below the 2,048 octets that RFC 5424 section 6.1 says
/// receivers should take.
const LONGEST: usize = 100;
