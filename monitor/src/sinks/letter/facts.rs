//! What is known of an incident, a line each: since when, how much, by which rule.

use super::{Fact, Reader, headline, written};
use crate::{
    incidents::{Account, Incident, Message, News, Rule},
    vocabulary::Language,
};

/// The lines; what is not known has none.
pub(super) fn facts(message: &Message, reader: Reader, language: Language) -> Vec<Fact> {
    let incident = &message.incident;
    let mut lines = Lines { language, facts: Vec::new() };
    if message.news == News::Test {
        lines.add("Host", "Hôte", Some(message.host.clone()));
        return lines.facts;
    }
    lines.add("Severity", "Gravité", Some(headline::severity(incident.severity, language).to_owned()));
    lines.add("Began", "Début", Some(written::time(incident.began)));
    lines.add("Latest", "Dernier fait", Some(written::time(incident.latest)));
    lines.add("Ended", "Fin", incident.ended.map(written::time));
    subject(&mut lines, incident, reader);
    lines.add("Rule", "Règle", incident.rule.as_ref().map(|rule| rule_in_words(rule, language)));
    account(&mut lines, &incident.account);
    lines.add("Alerts", "Alertes", Some(incident.alerts.to_string()));
    lines.add("Taken up", "Prise en charge", taken_up(incident, language));
    if reader == Reader::Operator {
        lines.add("Host", "Hôte", Some(message.host.clone()));
    }
    lines.facts
}

struct Lines {
    language: Language,
    facts: Vec<Fact>,
}

impl Lines {
    fn add(&mut self, english: &str, french: &str, value: Option<String>) {
        let label = self.language.of(english, french).to_owned();
        self.facts.extend(value.map(|value| Fact { label, value: written::one_line(&value) }));
    }
}

fn subject(lines: &mut Lines, incident: &Incident, reader: Reader) {
    let subject = &incident.subject;
    lines.add("Customer", "Client", subject.customer.clone());
    lines.add("Counted for", "Compté pour", subject.key.clone());
    lines.add("Destination", "Destination", subject.destination.clone());
    lines.add("Country", "Pays", subject.country.clone());
    if reader == Reader::Operator {
        lines.add("From host", "Depuis l'hôte", subject.source.map(|source| source.to_string()));
    }
    let joined = (subject.joined > 0).then(|| subject.joined.to_string());
    lines.add("Incidents in this one", "Incidents réunis ici", joined);
}

/// `12 calls where 10 are too many, each caller within 1h`.
fn rule_in_words(rule: &Rule, language: Language) -> String {
    let (value, threshold) =
        (written::pointed(&rule.value, language), written::pointed(&rule.threshold, language));
    let mut text = match language {
        Language::English => format!("{}: {value} {}, threshold {threshold}", rule.name, rule.unit),
        Language::French => format!("{} : {value} {}, seuil {threshold}", rule.name, unit(&rule.unit)),
    };
    if let Some(window) = &rule.window {
        text += &format!(" ({window})");
    }
    if let Some(usual) = &rule.usual {
        text += &format!(", {} {}", language.of("usually", "d'habitude"), written::pointed(usual, language));
    }
    text
}

/// The word of a rule's unit in French; a currency stays.
fn unit(unit: &str) -> &str {
    match unit {
        "calls" => "appels",
        "numbers" => "numéros",
        "countries" => "pays",
        other => other,
    }
}

fn account(lines: &mut Lines, account: &Account) {
    let language = lines.language;
    let currency = account.currency.as_deref();
    let calls = match language {
        Language::English => {
            format!("{}, {} of them answered, {} go on", account.calls, account.answered, account.active)
        }
        Language::French => {
            format!("{}, dont {} avec réponse, {} en cours", account.calls, account.answered, account.active)
        }
    };
    lines.add("Calls", "Appels", Some(calls));
    lines.add("Minutes", "Minutes", Some(written::minutes(account.minutes, language)));
    lines.add("Cost so far", "Coût à ce jour", written::amount(account.spend, currency, language));
    let blocked = (account.blocked > 0).then(|| account.blocked.to_string());
    lines.add("Calls blocked", "Appels bloqués", blocked);
    let dropped = (account.dropped_invites > 0).then(|| account.dropped_invites.to_string());
    lines.add("INVITEs dropped", "INVITE rejetés", dropped);
    let prevented = account.prevented.as_ref().and_then(|estimate| {
        let amount = written::amount(Some(estimate.amount), currency, language)?;
        Some(match language {
            Language::English => {
                format!("{amount} (estimate: {} calls of {} s)", estimate.calls, estimate.seconds_each)
            }
            Language::French => {
                format!("{amount} (estimation : {} appels de {} s)", estimate.calls, estimate.seconds_each)
            }
        })
    });
    lines.add("Cost prevented", "Coût évité", prevented);
}

fn taken_up(incident: &Incident, language: Language) -> Option<String> {
    let taken = incident.acknowledged.as_ref()?;
    let time = written::time(taken.time);
    let said = taken.comment.as_deref().map(|comment| format!(": {comment}")).unwrap_or_default();
    Some(match language {
        Language::English => format!("by {} at {time}{said}", taken.by),
        Language::French => format!("par {} le {time}{said}", taken.by),
    })
}
