//! `[[destination]]`: a named set of numbers and what becomes of calls to them.

use monitor_common::abi::{Action, slot};

use super::At;
use super::name::{self, Problem};
use super::numbers::{self, COUNTRIES, KINDS, LISTS, NumbersSection, PREFIXES};
use super::section::{Key, Section, shortened};
use super::suggest::nearest;
use crate::policy::numbering::countries;
use crate::policy::report::{Finding, Findings};

/// A destination as written.
#[derive(Debug)]
pub struct DestinationSection {
    /// Its name, fit for a label.
    pub name: Option<At<String>>,
    /// Its numbers.
    pub numbers: NumbersSection,
    /// What becomes of a call.
    pub action: Option<Action>,
}

impl DestinationSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let read = Self {
            name: name::read(section, NAME, "destination", taken, errors),
            numbers: NumbersSection::read(section, errors),
            action: action(section, errors),
        };
        if NumbersSection::is_unwritten(section) {
            let title = "a destination without numbers";
            errors.push(Finding::new(title, section.span(), "").help(numbers::help()));
        }
        read
    }
}

/// Why a name would be taken for calls that no destination covers, and what to write.
fn taken(name: &str) -> Option<Problem> {
    if slot::RESERVED.contains(&name.to_lowercase().as_str()) {
        let help = "calls that no destination covers have it; choose another name";
        return Some(("is reserved", help.to_owned()));
    }
    countries::by_iso(&name.to_uppercase())?;
    let help = format!(
        "calls that no destination covers are counted under it; write \"{}-calls\"",
        name.to_lowercase()
    );
    Some(("is the code of a country", help))
}

fn action(section: &Section<'_>, errors: &mut Findings) -> Option<Action> {
    let Some(text) = section.text(ACTION, errors) else {
        if !section.has(ACTION) {
            errors.push(section.missing(ACTION));
        }
        return None;
    };
    let action = Action::ALL.iter().find(|action| action.label() == text.value).copied();
    if action.is_none() {
        let near = nearest(text.value, Action::ALL.iter().map(|action| action.label()));
        let help =
            near.map_or_else(|| format!("write {}", ACTION.1), |near| format!("did you mean \"{near}\"?"));
        let title = format!("there is no action \"{}\"", shortened(text.value));
        errors.push(Finding::new(title, text.span(), "").help(help));
    }
    action
}

const NAME: Key = ("name", "name = \"cuba\"");
const ACTION: Key = ("action", "action = \"block\" (or \"allow\", \"watch\")");

/// Keys of a destination.
pub(super) const KEYS: [Key; 6] = [NAME, PREFIXES, COUNTRIES, KINDS, LISTS, ACTION];
