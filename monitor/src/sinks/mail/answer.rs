//! What the answers of a mail server mean: taken, later, or never.

use std::{collections::BTreeMap, error::Error as _, fmt::Write as _};

use lettre::transport::smtp;

use super::{
    super::{
        Failure, Receipt,
        answer::{cut, sandbox},
    },
    settings::Settings,
};

/// What one conversation came to, by mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Who took it, with the answer to the whole letter.
    pub(super) taken: Vec<(String, String)>,
    /// Who asked to be tried again (4xx).
    pub(super) later: Vec<(String, String)>,
    /// Who refused for good (5xx).
    pub(super) refused: Vec<(String, String)>,
}

/// The result of a try, and who has the letter now.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<Receipt, Failure>,
    pub(super) taken: BTreeMap<String, String>,
    pub(super) others_wait: bool,
}

/// Joins what an earlier try did with this one.
pub(super) fn joined(settings: &Settings, before: BTreeMap<String, String>, sent: Sent) -> Outcome {
    let mut taken = before;
    taken.extend(sent.taken.iter().cloned());
    let others_wait = !sent.later.is_empty();
    let result = if others_wait || taken.is_empty() {
        Err(Failure { what: cut(&told(&taken, &sent)), is_final: !others_wait, retry_after: None })
    } else {
        Ok(Receipt { answer: cut(&told(&taken, &sent)), to: addressed(settings, &taken) })
    };
    Outcome { result, taken, others_wait }
}

/// `250 2.0.0 Ok (a@x, b@x); refused: c@x (550 5.1.1 no such user)`.
fn told(taken: &BTreeMap<String, String>, sent: &Sent) -> String {
    let mut by_answer: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (mailbox, answer) in taken {
        by_answer.entry(answer).or_default().push(mailbox);
    }
    let mut parts: Vec<String> =
        by_answer.iter().map(|(answer, mailboxes)| format!("{answer} ({})", mailboxes.join(", "))).collect();
    for (word, list) in [("wants it later", &sent.later), ("refused", &sent.refused)] {
        let mut text = String::new();
        for (mailbox, answer) in list {
            let between = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{between}{mailbox} ({answer})");
        }
        if !text.is_empty() {
            parts.push(format!("{word}: {text}"));
        }
    }
    parts.join("; ")
}

fn addressed(settings: &Settings, taken: &BTreeMap<String, String>) -> String {
    let mailboxes: Vec<_> = taken.keys().map(String::as_str).collect();
    cut(&format!("{} by {}:{}", mailboxes.join(", "), settings.server, settings.port))
}

/// The try took longer than it may.
pub(super) fn too_slow(settings: &Settings) -> Failure {
    let time = humantime::format_duration(settings.timeout);
    let what = format!("{}:{} did not finish within {time}{}", settings.server, settings.port, sandbox());
    Failure::again(what)
}

/// Before any mailbox was named: the fault is the server's, the network's or the login's, never the letter's, and so
/// it is tried again. The sender of the letter is the exception.
pub(super) fn no_session(settings: &Settings, step: &str, error: &smtp::Error) -> Failure {
    let words = in_words(error);
    let hint = if words.contains(NOT_PERMITTED) { sandbox() } else { "" };
    let what = format!("{}:{} {step}: {words}{hint}", settings.server, settings.port);
    Failure::again(cut(&what))
}

/// Whether such an answer (RFC 5321 section 4.2.1) to MAIL, RCPT or the letter is for good. Answers that ask for a
/// login (530 to 538, RFC 4954 section 6) are about this agent's settings: whoever corrects them shall have the letter.
pub(super) fn is_final(error: &smtp::Error) -> bool {
    let code = error.status().map(u16::from);
    error.is_permanent() && !code.is_some_and(|code| (530..=538).contains(&code))
}

/// The server's words, or what else went wrong and why.
pub(super) fn in_words(error: &smtp::Error) -> String {
    let mut text = match error.status() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            let _ = write!(text, " {words}");
        }
        cause = inner.source();
    }
    text
}

/// EPERM, as the C library words it.
const NOT_PERMITTED: &str = "Operation not permitted";
