//! A program or a file, as written.

use std::path::PathBuf;

use super::super::limit::program_of;
use super::super::section::Section;
use super::keys::{PATH, RUN};
use super::paths;
use crate::policy::limits::Program;
use crate::policy::report::Findings;

/// The program and its arguments.
pub(super) fn program(section: &Section<'_>, errors: &mut Findings) -> Option<Program> {
    if !section.has(RUN) {
        errors.push(section.missing(RUN));
    }
    program_of(section, RUN, errors)
}

/// The file's path.
pub(super) fn file(section: &Section<'_>, errors: &mut Findings) -> Option<PathBuf> {
    if !section.has(PATH) {
        errors.push(section.missing(PATH));
    }
    paths::absolute(section, PATH, errors)
}
