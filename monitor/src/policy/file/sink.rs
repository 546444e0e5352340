//! `[[sink]]`: who is told of incidents, how, and of which, as written.

mod filter;
mod http;
mod keys;
mod local;
mod mail;
mod paths;
mod syslog;
mod template;
mod url;

use std::ops::RangeInclusive;
use std::time::Duration;

pub use self::filter::SinkFilterSection;
use self::keys::*;
pub(crate) use self::url::check as url;
use super::At;
use super::name;
use super::section::{Key, Section};
use super::words;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::{BY_HAND, SinkKind, TemplateSource, Way};
use crate::vocabulary::Language;

/// A sink as written.
#[derive(Debug)]
pub struct SinkSection {
    /// Its name, fit for a label.
    pub name: Option<At<String>>,
    /// What it is.
    pub kind: Option<At<SinkKind>>,
    /// Where its messages go; none where that is at fault.
    pub way: Option<Way>,
    /// Which messages it takes.
    pub filter: SinkFilterSection,
    /// Whether it tells customers' contacts.
    pub contacts: Option<At<bool>>,
    /// How its message looks.
    pub template: Option<TemplateSource>,
    /// How long one try may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub place: At<()>,
}

impl SinkSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let kind = kind(section, errors);
        let contacts = section.boolean(CONTACTS, errors);
        let tells_contacts = contacts.as_ref().is_some_and(|at| at.value);
        if let Some(kind) = &kind {
            foreign_keys(section, kind, errors);
        }
        Self {
            name: name::read(section, NAME, "sink", by_hand, errors),
            way: kind.as_ref().and_then(|kind| way(section, kind.value, tells_contacts, errors)),
            filter: SinkFilterSection::read(section, errors),
            contacts,
            template: template::read(section, TEMPLATE, TEMPLATE_FILE, errors),
            timeout: section.duration(TIMEOUT, TIMEOUTS, errors).map(|at| at.value),
            place: At::new((), section.span()),
            kind,
        }
    }
}

/// The language of a built-in text.
fn language(section: &Section<'_>, errors: &mut Findings) -> Language {
    words::language(section, LANG, errors).unwrap_or(Language::English)
}

/// What a sink must not be named: contacts that no sink tells are on record under it.
fn by_hand(name: &str) -> Option<(&'static str, String)> {
    (name == BY_HAND).then(|| ("is that of contacts whom a person must tell", format!("write {}", NAME.1)))
}

fn kind(section: &Section<'_>, errors: &mut Findings) -> Option<At<SinkKind>> {
    if !section.has(KIND) {
        errors.push(section.missing(KIND));
    }
    let known: Vec<_> = SinkKind::ALL.iter().map(|kind| kind.label()).collect();
    words::one(section, KIND, "sink", SinkKind::from_label, &known, errors)
}

fn way(section: &Section<'_>, kind: SinkKind, contacts: bool, errors: &mut Findings) -> Option<Way> {
    match kind {
        SinkKind::Webhook => http::webhook(section, contacts, errors).map(Way::Webhook),
        SinkKind::Alertmanager => http::alertmanager(section, errors).map(Way::Alertmanager),
        SinkKind::Mail => mail::read(section, contacts, errors).map(Way::Mail),
        SinkKind::Syslog => syslog::read(section, errors).map(Way::Syslog),
        SinkKind::Journald => Some(Way::Journald(syslog::journald(section, errors))),
        SinkKind::Program => local::program(section, errors).map(Way::Program),
        SinkKind::File => local::file(section, errors).map(Way::File),
    }
}

/// Errors for keys that such a sink does not have.
fn foreign_keys(section: &Section<'_>, kind: &At<SinkKind>, errors: &mut Findings) {
    let own = own_keys(kind.value);
    let is_own = |key: &Key| COMMON.contains(key) || own.contains(key);
    for key in KEYS.iter().filter(|key| section.has(**key) && !is_own(key)) {
        let title = format!("a sink of kind \"{}\" has no {}", kind.value.label(), key.0);
        let others = SinkKind::ALL.iter().filter(|other| own_keys(**other).contains(key));
        let others: Vec<_> = others.map(|other| other.label()).collect();
        let help = format!("take it out; it is for kind {}", others.join(", "));
        let finding = Finding::new(title, section.span_of(*key), "").also(kind.span(), "what it is");
        errors.push(finding.help(help));
    }
}

/// Keys of a sink, of every kind.
pub(crate) const KEYS: [Key; 37] = ALL;
/// A second to a minute: a try that takes longer holds up the next message of this sink.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
