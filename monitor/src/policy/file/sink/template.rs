//! A template: in the policy or in a file. What stands in the policy must be a template; files are read when it is put in
//! force.

use minijinja::Environment;

use super::super::section::{Key, Section};
use super::paths;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::TemplateSource;

/// The template that `text` holds or that `file` names.
pub(super) fn read(
    section: &Section<'_>,
    text: Key,
    file: Key,
    errors: &mut Findings,
) -> Option<TemplateSource> {
    if section.has(text) && section.has(file) {
        let title = format!("{} and {}: one of the two is the template", text.0, file.0);
        let finding = Finding::new(title, section.span_of(file), "").also(section.span_of(text), "and here");
        errors.push(finding.help("keep one of the two"));
        return None;
    }
    if section.has(file) {
        return paths::absolute(section, file, errors).map(TemplateSource::File);
    }
    let written = section.text(text, errors)?;
    if let Some((problem, help)) = fault(written.value) {
        let title = format!("{} {problem}", text.0);
        errors.push(Finding::new(title, written.span(), "").help(help));
        return None;
    }
    Some(TemplateSource::Text(written.value.into()))
}

/// What is wrong with a template, with its line and column, and what to do about it.
fn fault(text: &str) -> Option<(String, String)> {
    if text.trim().is_empty() {
        return Some(("is empty".into(), "leave it out for the built-in one, or write a template".into()));
    }
    let mut environment = Environment::empty();
    let error = environment.add_template("", text).err()?;
    let at = error.range().map_or(0, |range| range.start);
    let (line, column) = crate::policy::report::line_and_column(text, at);
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Some((
        format!("is no template: line {line}, column {column}: {why}"),
        "write it as https://docs.rs/minijinja/3/minijinja/syntax says; docs/ALERTS.md has examples".into(),
    ))
}
