//! What it is about in one line, and what is new of it.

use super::{Reader, written};
use crate::{
    incidents::{Incident, Kind, Message, News},
    limits::Severity,
    vocabulary::Language,
};

/// What it is about, in one line without end of line.
#[must_use]
pub fn headline(message: &Message, language: Language) -> String {
    let incident = &message.incident;
    if message.news == News::Test {
        return language
            .of(
                "a test: nothing happened, and this address is told",
                "un essai : rien ne s'est produit, et cette adresse est prévenue",
            )
            .to_owned();
    }
    let towards = towards(incident, language);
    let text = match (incident.kind, language) {
        (Kind::Limit, Language::English) => {
            format!("{} reached{}{towards}", limit(incident, language), by(incident, language))
        }
        (Kind::Limit, Language::French) => {
            format!("{} atteinte{}{towards}", limit(incident, language), by(incident, language))
        }
        (Kind::Unusual, Language::English) => format!("much more than usual{towards}"),
        (Kind::Unusual, Language::French) => format!("beaucoup plus que d'habitude{towards}"),
        (Kind::BlockedInvites, Language::English) => format!("calls that are blocked are tried{towards}"),
        (Kind::BlockedInvites, Language::French) => format!("des appels bloqués sont tentés{towards}"),
        (Kind::Gap, Language::English) => {
            format!("nothing guarded {} for a time", interfaces(incident, language))
        }
        (Kind::Gap, Language::French) => {
            format!("rien ne protégeait {} pendant un temps", interfaces(incident, language))
        }
    };
    written::one_line(&text)
}

/// For a list of letters: the severity first, then what is new, then what it is about.
pub(super) fn subject(message: &Message, reader: Reader, language: Language) -> String {
    let severity = severity(message.incident.severity, language);
    let about = headline(message, language);
    if message.news == News::Test {
        return format!("[Ringfence {}] {about}", message.host);
    }
    let news = news(message.news, language);
    let number = message.incident.id.0;
    match reader {
        Reader::Operator => {
            format!("[{severity}] {} {}, incident {number} {news}: {about}", "Ringfence", message.host)
        }
        Reader::Customer => {
            let calls = language.of("Your telephone calls", "Vos appels téléphoniques");
            format!("[{severity}] {calls}, incident {number} {news}: {about}")
        }
    }
}

/// What is new, in one or two sentences.
pub(super) fn lead(message: &Message, language: Language) -> String {
    let incident = &message.incident;
    let began = written::time(incident.began);
    let latest = written::time(incident.latest);
    match (message.news, language) {
        (News::Opened, Language::English) => format!("It began at {began} and goes on."),
        (News::Opened, Language::French) => format!("Cela a commencé le {began} et continue."),
        (News::Grew, Language::English) => format!("It goes on since {began}. This is how it stands."),
        (News::Grew, Language::French) => format!("Cela continue depuis le {began}. Voici où cela en est."),
        (News::Escalated, Language::English) => {
            format!("It grew much since it was last told. It goes on since {began}.")
        }
        (News::Escalated, Language::French) => {
            format!("Cela s'est beaucoup aggravé depuis le dernier message. Cela continue depuis le {began}.")
        }
        (News::Unacknowledged, Language::English) => {
            format!("Nobody has taken it up yet. It goes on since {began}.")
        }
        (News::Unacknowledged, Language::French) => {
            format!("Personne ne s'en est encore chargé. Cela continue depuis le {began}.")
        }
        (News::Acknowledged, Language::English) => format!("Somebody has taken it up. It began at {began}."),
        (News::Acknowledged, Language::French) => {
            format!("Quelqu'un s'en est chargé. Cela a commencé le {began}.")
        }
        (News::Ended, Language::English) => {
            format!("It is over: it began at {began}, and nothing came after {latest}.")
        }
        (News::Ended, Language::French) => {
            format!("C'est terminé : cela a commencé le {began}, et rien n'est venu après le {latest}.")
        }
        (News::Test, Language::English) => "Somebody ran `ringfence alerts test` on this host.".to_owned(),
        (News::Test, Language::French) => {
            "Quelqu'un a lancé `ringfence alerts test` sur cet hôte.".to_owned()
        }
    }
}

/// What is new, as a verb.
pub(super) fn news(news: News, language: Language) -> &'static str {
    match news {
        News::Opened => language.of("began", "a commencé"),
        News::Grew => language.of("goes on", "continue"),
        News::Escalated => language.of("grew much", "s'aggrave"),
        News::Unacknowledged => language.of("is taken up by nobody", "n'est pris en charge par personne"),
        News::Acknowledged => language.of("was taken up", "est pris en charge"),
        News::Ended => language.of("is over", "est terminé"),
        News::Test => language.of("test", "essai"),
    }
}

/// How hard it is.
pub(super) fn severity(severity: Severity, language: Language) -> &'static str {
    match severity {
        Severity::Warning => language.of("warning", "avertissement"),
        Severity::Critical => language.of("critical", "critique"),
    }
}

fn limit(incident: &Incident, language: Language) -> String {
    let name = incident.subject.limit.as_deref().unwrap_or("?");
    match language {
        Language::English => format!("limit \"{name}\""),
        Language::French => format!("limite « {name} »"),
    }
}

fn by(incident: &Incident, language: Language) -> String {
    let key = incident.subject.key.as_deref().filter(|key| !key.is_empty());
    key.map(|key| format!(" {} {key}", language.of("by", "par"))).unwrap_or_default()
}

fn towards(incident: &Incident, language: Language) -> String {
    let subject = &incident.subject;
    let place = subject.destination.as_deref().or(subject.country.as_deref());
    place.map(|place| format!(" {} {place}", language.of("to", "vers"))).unwrap_or_default()
}

fn interfaces(incident: &Incident, language: Language) -> String {
    let interfaces = incident.subject.interfaces.join(", ");
    if interfaces.is_empty() { language.of("this host", "cet hôte").to_owned() } else { interfaces }
}
