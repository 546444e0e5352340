//! How a policy's errors and warnings are kept and shown.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Something in the policy that the owner must or may want to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong, in one line.
    pub title: String,
    /// Where; the first place is the main one.
    pub places: Vec<Place>,
    /// What to write instead.
    pub help: Option<String>,
}

/// A stretch of the policy's text and what it has to do with the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Octets of the text.
    pub span: Range<usize>,
    /// A few words under the line; may be empty.
    pub label: String,
}

impl Finding {
    /// A finding at `span`.
    pub fn new(title: impl Into<String>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { title: title.into(), places: vec![Place { span, label: label.into() }], help: None }
    }

    /// Another place that belongs to it.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.places.push(Place { span, label: label.into() });
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The first [`Findings::KEPT`] findings, and how many there were beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    beyond: usize,
}

impl Findings {
    /// Findings that are kept: nobody reads more, and a file of junk must not fill the memory.
    pub const KEPT: usize = 100;

    /// Keeps one more finding, or only counts it.
    pub fn push(&mut self, finding: Finding) {
        self.push_with(|| finding);
    }

    /// Keeps one more finding, which is only put together where it is kept.
    pub fn push_with(&mut self, finding: impl FnOnce() -> Finding) {
        if self.kept.len() < Self::KEPT {
            self.kept.push(finding());
        } else {
            self.beyond += 1;
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kept.len() + self.beyond
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Those that were kept, in the order of the file.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Adds `more`, but for those on a line that `broken` also speaks of: one slip makes one error.
    pub fn extend_elsewhere(&mut self, more: Self, broken: &Self, text: &str) {
        let line =
            |finding: &Finding| finding.places.first().map(|place| line_and_column(text, place.span.start).0);
        let broken_lines: Vec<_> = broken.kept.iter().map(line).collect();
        for finding in more.kept {
            if broken_lines.is_empty() || !broken_lines.contains(&line(&finding)) {
                self.push(finding);
            }
        }
        self.beyond += more.beyond;
    }

    /// Puts the kept findings in the order of the file.
    pub fn sort(&mut self) {
        self.kept.sort_by_key(|finding| finding.places.first().map(|place| place.span.start));
    }
}

/// Errors or warnings: how loud a finding is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The policy is refused.
    Error,
    /// The policy is taken.
    Warning,
}

/// Line and column of an octet, both from 1; the column counts characters.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|octet| **octet == b'\n').count();
    (line, 1 + String::from_utf8_lossy(&before[line_start..]).chars().count())
}

/// The quoted text that begins at `offset`, a rule's [`offset`](super::PrefixRule::offset).
#[must_use]
pub fn quoted(text: &str, offset: u32) -> Range<usize> {
    let start = offset as usize;
    let mut octets = text.as_bytes().get(start..).unwrap_or_default().iter();
    let quote = octets.next();
    let inside = octets.take_while(|octet| Some(*octet) != quote && **octet != b'\n').count();
    start..(start + inside + 2).min(text.len())
}

/// The findings as text for people: title, file, line, column, the line itself, and what to write instead.
#[must_use]
pub fn render(findings: &Findings, severity: Severity, text: &str, name: &str, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut shown: Vec<String> = findings
        .kept
        .iter()
        .map(|finding| renderer.render(&[group(finding, severity, text, name)]))
        .collect();
    if findings.beyond > 0 {
        shown.push(format!("… and {} more", findings.beyond));
    }
    shown.join("\n\n")
}

fn group<'a>(finding: &'a Finding, severity: Severity, text: &'a str, name: &'a str) -> Group<'a> {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(finding.title.as_str()));
    for (index, place) in finding.places.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        group = show(group, place, kind, text, name);
    }
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

/// Adds a place: file, line, column, the line itself.
fn show<'a>(
    group: Group<'a>,
    place: &'a Place,
    kind: AnnotationKind,
    text: &'a str,
    name: &'a str,
) -> Group<'a> {
    let (line, column) = line_and_column(text, place.span.start);
    let (excerpt, span) = excerpt(text, &place.span);
    let is_whole_line = excerpt[..span.start].chars().count() + 1 == column;
    let annotation = kind.span(span).label((!place.label.is_empty()).then_some(place.label.as_str()));
    let snippet = Snippet::source(excerpt).line_start(line).annotation(annotation);
    if is_whole_line {
        group.element(snippet.path(name))
    } else {
        group.element(Origin::path(name).line(line).char_column(column)).element(snippet)
    }
}

/// The line of a span, or the part of a long line around it, and the span within it.
fn excerpt<'a>(text: &'a str, span: &Range<usize>) -> (&'a str, Range<usize>) {
    let start = boundary(text, span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let from = boundary(text, line_start.max(start.saturating_sub(EXCERPT_BEFORE)));
    let to = boundary(text, line_end.min(start + EXCERPT_AFTER)).max(start);
    let end = boundary(text, span.end.clamp(start, to)).max(start);
    (&text[from..to], start - from..end - from)
}

/// The last place at or before `offset` where a character begins.
fn boundary(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Octets of a long line that are shown before a finding.
const EXCERPT_BEFORE: usize = 60;
/// Octets of a long line that are shown from a finding on.
const EXCERPT_AFTER: usize = 100;
