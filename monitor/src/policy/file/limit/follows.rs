//! What follows where a limit is reached, as written.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::FilterSection;
use crate::policy::file::At;
use crate::policy::file::section::{Key, Section, shortened};
use crate::policy::file::words;
use crate::policy::limits::{BlockKind, Program};
use crate::policy::report::{Finding, Findings};
use crate::vocabulary::{Origin, Route};

/// `block`, `block_for`, `run` and `report_only`.
#[derive(Debug)]
pub struct FollowsSection {
    /// What is blocked.
    pub blocks: Vec<At<BlockKind>>,
    /// Where the blocks are written.
    pub blocks_at: Option<At<()>>,
    /// For how long.
    pub lasts: Option<At<LastsWritten>>,
    /// What is run.
    pub program: Option<Program>,
    /// Where the program is written.
    pub program_at: Option<At<()>>,
    /// Only say what would follow.
    pub report_only: Option<At<bool>>,
}

/// `block_for`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastsWritten {
    /// So long.
    For(Duration),
    /// `"window"`
    Window,
    /// `"until open"`: the name of a schedule.
    Until(String),
    /// `"until unblocked"`
    Unblocked,
}

impl FollowsSection {
    /// The keys of a limit or of `[unusual]`.
    pub(in crate::policy::file) fn read(section: &Section<'_>, errors: &mut Findings) -> Self {
        let read = Self {
            blocks: blocks(section, errors),
            blocks_at: section.has(BLOCK).then(|| At::new((), section.span_of(BLOCK))),
            lasts: lasts(section, errors),
            program: program(section, RUN, errors),
            program_at: section.has(RUN).then(|| At::new((), section.span_of(RUN))),
            report_only: section.boolean(REPORT_ONLY, errors),
        };
        if let Some(lasts) = read.lasts.as_ref().filter(|_| read.blocks_at.is_none()) {
            let title = "block_for without block: nothing is blocked";
            errors.push(Finding::new(title, lasts.span(), "").help(format!("write {}", BLOCK.1)));
        }
        read
    }

    /// Errors for blocks that no call of the filter can be hit by.
    pub(super) fn can_reach(&self, filter: &FilterSection, errors: &mut Findings) {
        let directions: Vec<_> = filter.directions.iter().map(|at| at.value).collect();
        let is_only = |routes: &[Route]| {
            !directions.is_empty() && directions.iter().all(|direction| routes.contains(direction))
        };
        let origins: Vec<_> = filter.origins.iter().map(|at| at.value).collect();
        for block in &self.blocks {
            let label = block.value.label();
            let is_source = block.value == BlockKind::Source;
            let (title, help) = if is_only(&[Route::Incoming]) {
                let title = format!("block = \"{label}\" can do nothing about incoming calls");
                (title, "they come from a trunk, which is never blocked: write run = […], or leave block out")
            } else if is_only(&[Route::Incoming, Route::Internal]) && !is_source {
                let title = format!("block = \"{label}\" can do nothing about calls that do not go out");
                (title, "write block = \"source\" for calls within the house, or directions = [\"outgoing\"]")
            } else if is_source && origins == [Origin::Pbx] {
                let title = "calls that the PBX itself begins have no source to block".to_owned();
                (title, "write block = \"country\", \"international\" or \"everything\"")
            } else {
                continue;
            };
            errors.push(Finding::new(title, block.span(), "").help(help));
        }
    }
}

/// One word, or a list of them.
fn blocks(section: &Section<'_>, errors: &mut Findings) -> Vec<At<BlockKind>> {
    let Some(texts) = section.one_or_more(BLOCK, errors) else { return Vec::new() };
    if section.lacks(BLOCK) {
        let help = format!("leave it out, or write {}", BLOCK.1);
        errors.push(Finding::new("block is empty", texts.span(), "").help(help));
    }
    let (callers, texts): (Vec<_>, Vec<_>) =
        texts.value.into_iter().partition(|text| CALLERS.contains(&text.value));
    for text in callers {
        let title = format!("\"{}\" cannot be blocked: From is what callers say of themselves", text.value);
        let help = "write block = \"source\" for the address that the call came from, or let run = […] take the extension out of service";
        errors.push(Finding::new(title, text.span(), "").help(help));
    }
    let known: Vec<_> = BlockKind::ALL.iter().map(|kind| kind.label()).collect();
    words::some(&texts, "block", BlockKind::from_label, &known, errors)
}

fn lasts(section: &Section<'_>, errors: &mut Findings) -> Option<At<LastsWritten>> {
    let text = section.text(BLOCK_FOR, errors)?;
    match (text.value, text.value.strip_prefix("until ")) {
        ("window", _) => Some(text.with(LastsWritten::Window)),
        (_, Some("unblocked")) => Some(text.with(LastsWritten::Unblocked)),
        (_, Some(schedule)) => Some(text.with(LastsWritten::Until(schedule.trim().to_owned()))),
        _ => section.duration(BLOCK_FOR, BLOCKED, errors).map(|at| at.with(LastsWritten::For(at.value))),
    }
}

/// The program and its arguments, without a shell.
pub(in crate::policy::file) fn program(
    section: &Section<'_>,
    key: Key,
    errors: &mut Findings,
) -> Option<Program> {
    if let Some(DeValue::String(text)) = section.value(key).map(Spanned::get_ref) {
        let words: Vec<_> = text.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        let title = format!("{} is a list: the program and its arguments, without a shell", key.0);
        let help = format!("write {} = [{}]", key.0, shortened(&words.join(", ")));
        errors.push(Finding::new(title, section.span_of(key), "").help(help));
        return None;
    }
    let texts = section.texts(key, errors)?;
    if section.lacks(key) {
        let help = format!("leave it out, or write {}", key.1);
        errors.push(Finding::new(format!("{} is empty", key.0), texts.span(), "").help(help));
    }
    let (path, arguments) = texts.value.split_first()?;
    let nul = texts.value.iter().find(|text| text.value.contains('\0'));
    let (at, title, help) = if let Some(at) = nul {
        (at, "no argument can hold U+0000".to_owned(), "take it out".to_owned())
    } else if !Path::new(path.value).is_absolute() {
        let title = format!("\"{}\" is no absolute path", shortened(path.value));
        (path, title, format!("write {}; there is no search path", key.1))
    } else if path.value.ends_with('/') {
        (path, format!("\"{}\" is a folder", shortened(path.value)), format!("write {}", key.1))
    } else {
        let arguments = arguments.iter().map(|text| text.value.to_owned()).collect();
        return Some(Program { path: path.value.into(), arguments });
    };
    errors.push(Finding::new(title, at.span(), "").help(help));
    None
}

/// What is blocked.
pub(in crate::policy::file) const BLOCK: Key = (
    "block",
    "block = \"country\" (or \"destination\", \"number\", \"source\", \"international\", \"everything\")",
);
/// For how long.
pub(in crate::policy::file) const BLOCK_FOR: Key =
    ("block_for", "block_for = \"1h\", or \"until open\" (a schedule), \"window\" or \"until unblocked\"");
/// What is run.
pub(in crate::policy::file) const RUN: Key = ("run", "run = [\"/etc/ringfence/hang-up\", \"asterisk\"]");
/// Whether it is only told.
pub(in crate::policy::file) const REPORT_ONLY: Key = ("report_only", "report_only = true");

/// Words that owners look for and that name nothing which can be blocked.
const CALLERS: [&str; 4] = ["caller", "callers", "extension", "from"];
/// One second to ten years, as `ringfence block --for`.
const BLOCKED: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(31_557_600 * 10);
