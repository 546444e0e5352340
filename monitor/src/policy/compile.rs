//! From the policy's text to what can be put in force, or all that is wrong with it. Pure: the same text
//! gives the same [`Compilation`].

use super::Compiled;
use super::report::{Findings, Severity, render};

/// What became of a policy's text.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The compiled policy; `None` where there is any error.
    pub policy: Option<Compiled>,
    /// Why the policy is refused.
    pub errors: Findings,
    /// What the owner may want to change.
    pub warnings: Findings,
}

impl Compilation {
    /// Errors, then warnings, as text for people; `name` is what the file is called.
    #[must_use]
    pub fn render(&self, text: &str, name: &str, colour: bool) -> String {
        let errors = render(&self.errors, Severity::Error, text, name, colour);
        let warnings = render(&self.warnings, Severity::Warning, text, name, colour);
        [errors, warnings].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}
