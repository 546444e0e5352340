//! From `[[sink]]` to values that deliver: names become what they name, and what nobody would hear is an error.

use std::collections::HashMap;
use std::sync::Arc;

use monitor_common::abi::slot;

use super::limits::unknown;
use crate::policy::file::{At, PolicyFile, SinkSection};
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::{Sink, SinkFilter};

/// Every sink whose way is known.
pub(super) fn compile(file: &PolicyFile, errors: &mut Findings) -> Vec<Arc<Sink>> {
    names(file, errors);
    for section in &file.sinks {
        contacts(section, file, errors);
        known_names(section, file, errors);
    }
    file.sinks.iter().filter_map(sink).collect()
}

/// Warns of contacts that nobody tells, where somebody is told something.
pub(super) fn warn(file: &PolicyFile, sinks: &[Arc<Sink>], warnings: &mut Findings) {
    let carried =
        |scheme: &str| sinks.iter().any(|sink| sink.contacts && sink.way.kind().contacts() == Some(scheme));
    let contacts = file.customers.iter().flat_map(|customer| &customer.contacts);
    for contact in contacts.filter(|_| !sinks.is_empty()) {
        let scheme = contact.value.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if carried(&scheme) {
            continue;
        }
        let kind = crate::policy::sinks::SinkKind::ALL.iter().find(|kind| kind.contacts() == Some(&*scheme));
        let kind = kind.map_or("mail", |kind| kind.label());
        warnings.push_with(|| {
            let title = format!("\"{}\" is told nothing: no sink tells {scheme} contacts", contact.value);
            let help = format!("write a [[sink]] with kind = \"{kind}\" and contacts = true");
            Finding::new(title, contact.span(), "").help(help)
        });
    }
}

fn sink(section: &SinkSection) -> Option<Arc<Sink>> {
    let filter = &section.filter;
    let shared = |names: &[At<String>]| names.iter().map(|at| at.value.as_str().into()).collect();
    Some(Arc::new(Sink {
        name: section.name.as_ref()?.value.as_str().into(),
        way: section.way.clone()?,
        filter: SinkFilter {
            severities: filter.severities.iter().map(|at| at.value).collect(),
            news: filter.news.iter().map(|at| at.value).collect(),
            destinations: shared(&filter.destinations),
            limits: shared(&filter.limits),
            customers: shared(&filter.customers),
        },
        contacts: section.contacts.as_ref().is_some_and(|at| at.value),
        template: section.template.clone(),
        timeout: section.timeout.unwrap_or(Sink::TIMEOUT),
    }))
}

/// Errors for names that stand twice, and for more sinks than labels should have.
fn names(file: &PolicyFile, errors: &mut Findings) {
    let mut known: HashMap<&str, &At<String>> = HashMap::new();
    for name in file.sinks.iter().filter_map(|sink| sink.name.as_ref()) {
        if let Some(first) = known.insert(&name.value, name) {
            let title = format!("two sinks are named \"{}\"", name.value);
            let finding = Finding::new(title, name.span(), "again here").also(first.span(), "first here");
            errors.push(finding.help("rename one: what waits for a sink is kept under its name"));
        }
    }
    if let Some(sink) = file.sinks.get(MOST_SINKS) {
        let title = format!("{} sinks: at most {MOST_SINKS} are told", file.sinks.len());
        let finding = Finding::new(title, sink.place.span(), "the first one too many");
        errors.push(finding.help("let one sink tell several: to = […], or the contacts of customers"));
    }
}

/// Errors for contacts where the sink cannot tell any, or no customer has one.
fn contacts(section: &SinkSection, file: &PolicyFile, errors: &mut Findings) {
    let (Some(contacts), Some(kind)) = (section.contacts.as_ref().filter(|at| at.value), &section.kind)
    else {
        return;
    };
    let (title, help) = match kind.value.contacts() {
        None => (
            format!("a sink of kind \"{}\" cannot tell the contacts of customers", kind.value.label()),
            "mail tells mailto:, webhook https:, program tel:; take it out otherwise".to_owned(),
        ),
        Some(scheme) => {
            let begins = |contact: &At<String>| contact.value.to_ascii_lowercase().starts_with(scheme);
            if file.customers.iter().any(|customer| customer.contacts.iter().any(begins)) {
                return;
            }
            let title = format!("no customer has a contact with {scheme}: nobody would be told");
            (title, format!("write contacts = [\"{scheme}:…\"] in a [[customer]]"))
        }
    };
    errors.push(Finding::new(title, contacts.span(), "").help(help));
}

/// Errors for what a filter names and nothing has.
fn known_names(section: &SinkSection, file: &PolicyFile, errors: &mut Findings) {
    let destinations = || file.destinations.iter().filter_map(|destination| destination.name.as_ref());
    let limits = || file.limits.iter().filter_map(|limit| limit.name.as_ref());
    let customers = || file.customers.iter().filter_map(|customer| customer.name.as_ref());
    for name in &section.filter.destinations {
        let text = name.value.as_str();
        let is_known = slot::RESERVED.contains(&text) || countries::by_iso(text).is_some();
        if !is_known && !destinations().any(|known| known.value == text) {
            let codes = countries::all().iter().map(|country| country.iso.as_str());
            let known =
                destinations().map(|name| name.value.as_str()).chain(codes.filter(|_| text.len() == 2));
            let section = "[[destination]], or a country's code such as \"CU\"";
            errors.push_with(|| unknown("destination", name, known, section));
        }
    }
    for name in &section.filter.limits {
        if name.value != UNUSUAL && !limits().any(|known| known.value == name.value) {
            let known = limits().map(|name| name.value.as_str()).chain([UNUSUAL]);
            errors.push_with(|| unknown("limit", name, known, "[[limit]], or \"unusual\""));
        }
    }
    for name in section.filter.customers.iter().filter(|name| !customers().any(|it| it.value == name.value)) {
        let known = customers().map(|name| name.value.as_str());
        errors.push_with(|| unknown("customer", name, known, "[[customer]]"));
    }
}

/// What the learned baseline is called where limits have their names.
const UNUSUAL: &str = "unusual";
/// Sinks at most: each is a label of metrics, and each message goes through all of them.
const MOST_SINKS: usize = 50;

#[cfg(test)]
mod tests;
