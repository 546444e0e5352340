//! What to do now, with what to type, and how the letter can be proved.

use super::{Reader, Step, is_over};
use crate::{
    incidents::{Kind, Message, News},
    vocabulary::Language,
};

/// What to do; nothing for a test.
pub(super) fn steps(message: &Message, reader: Reader, language: Language) -> Vec<Step> {
    match reader {
        Reader::Customer => customer(message, language),
        Reader::Operator => operator(message, language),
    }
}

/// A customer has no shell on the host.
fn customer(message: &Message, language: Language) -> Vec<Step> {
    let says =
        |english: &str, french: &str| Step { what: language.of(english, french).to_owned(), command: None };
    if is_over(message.news) {
        return Vec::new();
    }
    vec![
        says(
            "Ask in your house whether these calls are yours.",
            "Demandez chez vous si ces appels sont les vôtres.",
        ),
        says(
            "If they are not: change the passwords of your telephones and voicemail boxes, take call forwarding \
             abroad away, and disconnect the telephone system if calls go on.",
            "S'ils ne le sont pas : changez les mots de passe des téléphones et des messageries, supprimez les \
             renvois vers l'étranger, et débranchez le standard si les appels continuent.",
        ),
        says(
            "Answer this message or phone your operator, and say what is to be blocked.",
            "Répondez à ce message ou appelez votre opérateur, et dites ce qui doit être bloqué.",
        ),
    ]
}

fn operator(message: &Message, language: Language) -> Vec<Step> {
    let incident = &message.incident;
    let number = incident.id.0;
    let typed = |english: &str, french: &str, command: String| Step {
        what: language.of(english, french).to_owned(),
        command: Some(command),
    };
    let mut steps = Vec::new();
    if message.news == News::Test {
        return steps;
    }
    if incident.acknowledged.is_none() {
        let command = format!("sudo ringfence alerts ack {number}");
        steps.push(typed("Say that you take it up", "Dire que vous vous en chargez", command));
    }
    if !is_over(message.news) && incident.kind != Kind::Gap {
        if let Some(target) = target(message) {
            let command = format!("sudo ringfence block {} --for 12h", quoted(&target));
            steps.push(typed("Block it for a night", "Bloquer pour la nuit", command));
        }
        let command = "sudo ringfence calls --active".to_owned();
        steps.push(typed("See which calls go on", "Voir les appels en cours", command));
    }
    let command =
        format!("sudo ringfence report {number} --lang {} --html incident-{number}.html", language.label());
    steps.push(typed(
        "Write the file for police and insurer",
        "Établir le dossier pour la police et l'assureur",
        command,
    ));
    steps
}

/// What `ringfence block` takes; the source before the destination would lock a whole house out, so it comes last.
fn target(message: &Message) -> Option<String> {
    let subject = &message.incident.subject;
    let country = subject.country.as_ref().map(|country| format!("country:{country}"));
    subject.destination.clone().or(country).or_else(|| subject.source.map(|source| source.to_string()))
}

/// Fit for a shell: names of policies are, and what is not is put between quotes.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/+".contains(letter);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// The journal's head, and what it is good for.
pub(super) fn notes(message: &Message, language: Language) -> Vec<String> {
    let (seq, hash) = (message.journal.seq, &message.journal.hash);
    let head = match language {
        Language::English => format!("Journal: entry {seq}, SHA-256 {hash}."),
        Language::French => format!("Journal : entrée {seq}, SHA-256 {hash}."),
    };
    let keep = language.of(
        "Keep this message: with it, `ringfence journal verify` shows whether anything before it was changed.",
        "Gardez ce message : grâce à lui, `ringfence journal verify` montre si quoi que ce soit d'antérieur a été modifié.",
    );
    vec![format!("Message {}.", message.id), head, keep.to_owned()]
}
