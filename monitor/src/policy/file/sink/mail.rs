//! E-mail, as written.

use lettre::message::Mailbox;

use super::super::section::{Key, Section, shortened};
use super::http::to_both;
use super::keys::*;
use super::url::is_this_host;
use super::{paths, template};
use crate::policy::file::At;
use crate::policy::file::words;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::{Encryption, Mail};

/// E-mail; with `contacts` its recipients are the customers'.
pub(super) fn read(section: &Section<'_>, contacts: bool, errors: &mut Findings) -> Option<Mail> {
    let mut needed = vec![SERVER, FROM];
    if contacts && section.has(TO) {
        errors.push(to_both(section, TO));
    } else if !contacts {
        needed.push(TO);
    }
    for key in needed.into_iter().filter(|key| section.lacks(*key)) {
        errors.push(section.missing(key));
    }
    let server = section.text(SERVER, errors);
    let server = server.and_then(|server| host_and_port(&server, SERVER, errors));
    let encryption = encryption(section, errors);
    let login = login(section, errors);
    let from = section.text(FROM, errors).and_then(|text| mailbox(&text, FROM, errors));
    let to = section.one_or_more(TO, errors).map(|texts| texts.value).unwrap_or_default();
    let to = to.iter().filter_map(|text| mailbox(text, TO, errors)).collect();
    let (subject, html) = (
        template::read(section, SUBJECT, SUBJECT_FILE, errors),
        template::read(section, HTML, HTML_FILE, errors),
    );
    let ca_file = paths::absolute(section, CA_FILE, errors);
    let (server, port) = server?;
    is_protected(section, &server, encryption, errors);
    let language = super::language(section, errors);
    let (user, password_file) = login;
    Some(Mail {
        server,
        port,
        encryption,
        user,
        password_file,
        ca_file,
        from: from?,
        to,
        subject,
        html,
        language,
    })
}

fn encryption(section: &Section<'_>, errors: &mut Findings) -> Encryption {
    let known: Vec<_> = Encryption::ALL.iter().map(|word| word.label()).collect();
    let read = words::one(section, ENCRYPTION, "encryption", Encryption::from_label, &known, errors);
    read.map_or(Encryption::Starttls, |at| at.value)
}

fn login(
    section: &Section<'_>,
    errors: &mut Findings,
) -> (Option<String>, Option<crate::policy::sinks::SecretFile>) {
    for (has, lacks) in [(USER, PASSWORD_FILE), (PASSWORD_FILE, USER)] {
        if section.has(has) && !section.has(lacks) {
            let title = format!("{} without {}", has.0, lacks.0);
            errors.push(Finding::new(title, section.span_of(has), "").help(format!("write {}", lacks.1)));
        }
    }
    let user = section.text(USER, errors).map(|user| user.value.to_owned());
    (user, paths::secret(section, PASSWORD_FILE, errors))
}

/// An error for mail that anybody on the way can read, unless the owner says so.
fn is_protected(section: &Section<'_>, server: &str, encryption: Encryption, errors: &mut Findings) {
    let is_plain = section.boolean(PLAIN, errors).is_some_and(|plain| plain.value);
    if encryption == Encryption::None && !is_plain && !is_this_host(server) {
        let title = "mail would be sent unprotected";
        let help =
            "write encryption = \"starttls\" or \"tls\", or plain = true where nobody can listen on the way";
        errors.push(Finding::new(title, section.span_of(ENCRYPTION), "").help(help));
    }
    if encryption == Encryption::None && section.has(PASSWORD_FILE) {
        let title = "the password would be sent unprotected";
        let help = "write encryption = \"starttls\" or \"tls\", or take user and password_file out";
        errors.push(Finding::new(title, section.span_of(PASSWORD_FILE), "").help(help));
    }
}

fn mailbox(text: &At<&str>, key: Key, errors: &mut Findings) -> Option<String> {
    if text.value.parse::<Mailbox>().is_ok() {
        return Some(text.value.to_owned());
    }
    let title = format!("\"{}\" in {} is no mailbox", shortened(text.value), key.0);
    errors.push_with(|| Finding::new(title, text.span(), "").help(format!("write {}", key.1)));
    None
}

/// `host`, `host:port` or `[address]:port`.
pub(super) fn host_and_port(
    text: &At<&str>,
    key: Key,
    errors: &mut Findings,
) -> Option<(String, Option<u16>)> {
    let whole = text.value;
    let (host, port) = match whole.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (whole, None),
    };
    let number = port.map(str::parse::<u16>);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_host = !host.is_empty()
        && host.len() <= LONGEST_HOST
        && host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-:_".contains(letter));
    match number {
        None if is_host => Some((host.to_owned(), None)),
        Some(Ok(number @ 1..)) if is_host => Some((host.to_owned(), Some(number))),
        _ => {
            let title = format!("\"{}\" in {} is no host with or without a port", shortened(whole), key.0);
            errors.push(Finding::new(title, text.span(), "").help(format!("write {}", key.1)));
            None
        }
    }
}

/// Octets of a host's name (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 253;
