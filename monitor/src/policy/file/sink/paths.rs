//! Paths of a sink: absolute ones, and those of secrets.

use std::path::{Component, Path, PathBuf};

use super::super::section::{Key, Section, shortened};
use crate::policy::file::At;
use crate::policy::report::{Finding, Findings};
use crate::policy::sinks::SecretFile;

/// An absolute path of a file.
pub(super) fn absolute(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<PathBuf> {
    let text = section.text(key, errors)?;
    let title = problem(text.value).or_else(|| {
        let is_relative = !Path::new(text.value).is_absolute();
        is_relative.then(|| format!("\"{}\" is no absolute path", shortened(text.value)))
    });
    let Some(title) = title else { return Some(text.value.into()) };
    errors.push(Finding::new(title, text.span(), "").help(format!("write {}", key.1)));
    None
}

/// A file with a secret: an absolute path, or a bare name that the service manager hands over.
pub(super) fn secret(section: &Section<'_>, key: Key, errors: &mut Findings) -> Option<SecretFile> {
    let text = section.text(key, errors)?;
    let title = problem(text.value).or_else(|| {
        let path = Path::new(text.value);
        let is_name = matches!(path.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        (!path.is_absolute() && !is_name).then(|| looks_like(&text, key))
    });
    let Some(title) = title else { return Some(SecretFile(text.value.into())) };
    let help = format!("write {}, or the bare name of a credential (LoadCredential= of systemd)", key.1);
    errors.push(Finding::new(title, text.span(), "").help(help));
    None
}

fn looks_like(text: &At<&str>, key: Key) -> String {
    format!("\"{}\" in {} is neither an absolute path nor a bare name", shortened(text.value), key.0)
}

fn problem(path: &str) -> Option<String> {
    if path.is_empty() {
        Some("the path is empty".into())
    } else if path.contains('\0') {
        Some("no path can hold U+0000".into())
    } else if path.ends_with('/') {
        Some(format!("\"{}\" is a folder", shortened(path)))
    } else {
        None
    }
}
