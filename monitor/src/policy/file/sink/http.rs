//! Webhooks and Alertmanager, as written.

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use toml::Spanned;
use toml::de::DeValue;

use super::super::section::{Key, Section, shortened, wrong_type};
use super::keys::*;
use super::{paths, url};
use crate::policy::file::At;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::{Alertmanager, Http, Webhook, WebhookUrl};

/// A webhook; with `contacts` its URLs are those of the customers.
pub(super) fn webhook(section: &Section<'_>, contacts: bool, errors: &mut Findings) -> Option<Webhook> {
    let url = webhook_url(section, contacts, errors);
    let is_unsigned = section.boolean(UNSIGNED, errors).is_some_and(|unsigned| unsigned.value);
    if !section.has(SECRET_FILE) && !is_unsigned {
        let finding = section.missing(SECRET_FILE);
        let help = "write secret_file = \"/etc/ringfence/noc.secret\", made by: (printf whsec_; head -c 32 /dev/urandom | base64) > FILE; or unsigned = true where the receiver checks no signature";
        errors.push(finding.help(help));
    }
    if section.has(SECRET_FILE) && is_unsigned {
        let title = "a secret, and unsigned: one of the two";
        let finding = Finding::new(title, section.span_of(UNSIGNED), "");
        errors.push(finding.also(section.span_of(SECRET_FILE), "the secret").help("keep one of the two"));
    }
    let secret_file = paths::secret(section, SECRET_FILE, errors);
    let http = http(section, errors);
    Some(Webhook { url: url?, secret_file, http })
}

/// Alertmanager.
pub(super) fn alertmanager(section: &Section<'_>, errors: &mut Findings) -> Option<Alertmanager> {
    if !section.has(URL) {
        errors.push(section.missing((URL.0, "url = \"http://127.0.0.1:9093\"")));
    }
    let url = url::read(section, URL, errors).and_then(|url| without_path(section, url, errors));
    let labels = pairs(section, LABELS, errors, label);
    let http = http(section, errors);
    Some(Alertmanager { url: url?, http, labels })
}

fn webhook_url(section: &Section<'_>, contacts: bool, errors: &mut Findings) -> Option<WebhookUrl> {
    let written: Vec<_> = [URL, URL_FILE].into_iter().filter(|key| section.has(*key)).collect();
    match (written.as_slice(), contacts) {
        ([], true) => return Some(WebhookUrl::Contacts),
        ([], false) => errors.push(section.missing(URL)),
        ([key, ..], true) => errors.push(to_both(section, *key)),
        ([URL], false) => return url::read(section, URL, errors).map(WebhookUrl::Written),
        ([_], false) => return paths::secret(section, URL_FILE, errors).map(WebhookUrl::File),
        (_, false) => {
            let finding = Finding::new("url and url_file: one of the two", section.span_of(URL_FILE), "");
            errors.push(finding.also(section.span_of(URL), "and here").help("keep one of the two"));
        }
    }
    None
}

/// An error for receivers of one's own beside those of customers.
pub(super) fn to_both(section: &Section<'_>, key: Key) -> Finding {
    let title = format!("contacts = true tells customers alone: {} would tell somebody else", key.0);
    let finding = Finding::new(title, section.span_of(key), "").also(section.span_of(CONTACTS), "customers");
    finding.help("write a sink of its own for each: their secrets and texts are not the same")
}

/// Alertmanager's paths are its own; a prefix that a proxy needs stays.
fn without_path(section: &Section<'_>, url: Url, errors: &mut Findings) -> Option<Url> {
    let Some(stem) = url.path().find("/api/").map(|at| url.path()[..at].to_owned()) else { return Some(url) };
    let mut short = url;
    short.set_path(&stem);
    let title = "the URL of Alertmanager is the one of its front page";
    let help = format!("write url = \"{}\"", short.as_str().trim_end_matches('/'));
    errors.push(Finding::new(title, section.span_of(URL), "").help(help));
    None
}

fn http(section: &Section<'_>, errors: &mut Findings) -> Http {
    let user = section.text(USER, errors);
    for (has, lacks) in [(USER, PASSWORD_FILE), (PASSWORD_FILE, USER)] {
        if section.has(has) && !section.has(lacks) {
            let title = format!("{} without {}", has.0, lacks.0);
            errors.push(Finding::new(title, section.span_of(has), "").help(format!("write {}", lacks.1)));
        }
    }
    if section.has(TOKEN_FILE) && section.has(USER) {
        let title = "a bearer token and a password: a request has one of the two";
        let finding = Finding::new(title, section.span_of(TOKEN_FILE), "").also(section.span_of(USER), "");
        errors.push(finding.help("keep one of the two"));
    }
    Http {
        token_file: paths::secret(section, TOKEN_FILE, errors),
        user: user.map(|user| user.value.to_owned()),
        password_file: paths::secret(section, PASSWORD_FILE, errors),
        ca_file: paths::absolute(section, CA_FILE, errors),
        headers: pairs(section, HEADERS, errors, header),
    }
}

/// Names and values of an inline table.
fn pairs(
    section: &Section<'_>,
    key: Key,
    errors: &mut Findings,
    check: impl Fn(&str, &str) -> Option<(String, String)>,
) -> Vec<(String, String)> {
    let Some(value) = section.value(key) else { return Vec::new() };
    let help = format!("write {}", key.1);
    let DeValue::Table(table) = value.get_ref() else {
        errors.push(wrong_type(value, value.get_ref(), "names and values", &help));
        return Vec::new();
    };
    let mut pairs = Vec::with_capacity(table.len());
    for (name, value) in table.iter() {
        let DeValue::String(text) = value.get_ref() else {
            errors.push(wrong_type(value, value.get_ref(), "text in quotes", &help));
            continue;
        };
        let text = At::new(text.as_ref(), Spanned::span(value));
        match check(name.get_ref(), text.value) {
            None => pairs.push((name.get_ref().to_string(), text.value.to_owned())),
            Some((title, help)) => errors.push(Finding::new(title, name.span(), "").help(help)),
        }
    }
    pairs
}

fn header(name: &str, value: &str) -> Option<(String, String)> {
    let lower = name.to_ascii_lowercase();
    let example = || format!("write {}", HEADERS.1);
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        Some((format!("\"{}\" is no name of a header", shortened(name)), example()))
    } else if HeaderValue::from_str(value).is_err() {
        Some((format!("the value of \"{}\" cannot stand in a header", shortened(name)), example()))
    } else if SECRET_HEADERS.contains(&lower.as_str()) {
        let help = "write token_file, or user and password_file: secrets come from files";
        Some((format!("\"{}\" would stand in the policy", shortened(name)), help.into()))
    } else if OWN_HEADERS.contains(&lower.as_str()) || lower.starts_with("webhook-") {
        Some((format!("Ringfence writes the header \"{}\" itself", shortened(name)), "take it out".into()))
    } else {
        None
    }
}

/// A label of Alertmanager that is not one of ours.
fn label(name: &str, value: &str) -> Option<(String, String)> {
    let example = || format!("write {}", LABELS.1);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty()
        || !name.chars().all(is_plain)
        || name.starts_with(|first: char| first.is_ascii_digit())
    {
        Some((format!("\"{}\" is no name of a label", shortened(name)), example()))
    } else if OWN_LABELS.contains(&name) || name.starts_with("__") {
        Some((format!("Ringfence writes the label \"{}\" itself", shortened(name)), "take it out".into()))
    } else if value.is_empty() || value.len() > LONGEST_LABEL {
        Some((
            format!("the value of \"{}\" must have 1 to {LONGEST_LABEL} octets", shortened(name)),
            example(),
        ))
    } else {
        None
    }
}

/// Headers that hold secrets.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];
/// Headers that say how a request is framed.
const OWN_HEADERS: [&str; 6] = ["content-length", "transfer-encoding", "connection", "host", "te", "upgrade"];
/// Labels of every alert.
pub(crate) const OWN_LABELS: [&str; 7] =
    ["alertname", "severity", "host", "incident", "limit", "destination", "customer"];
/// Octets of a label's value.
const LONGEST_LABEL: usize = 200;
