//! The part of `docs/SPELLINGS.md` that the test writes.

use super::{
    rows::{Group, Row, Spellings, Stack},
    scene::{Outcome, Seen},
};

/// The tables, and why some rows are not judged.
pub fn tables(spellings: &Spellings, outcome: &Outcome) -> String {
    let mut page = String::new();
    for Group { title, rows } in &spellings.groups {
        let lines: String = rows.iter().map(|row| line(row, outcome) + "\n").collect();
        page += &format!("\n## {title}\n\n{HEAD}\n{lines}");
    }
    page += "\n## Known not to be judged\n\n";
    for (name, reason) in &spellings.reasons {
        page += &format!("* **{name}**: {reason}\n");
    }
    page
}

/// What became of a row's INVITEs in the kernel, and whom it dials.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Stacks for which it is the row's number.
    pub dialling: usize,
    /// Whether every one that arrived was judged by the number, or those that were.
    pub arrived: Share,
    /// The same of those that left with the number.
    pub left: Share,
}

/// How many of how many.
#[derive(Debug, PartialEq, Eq)]
pub struct Share(u64, u64);

impl Share {
    const fn is_whole(&self) -> bool {
        self.0 >= self.1
    }

    fn words(&self) -> String {
        match self {
            Self(_, 0) => "—".to_owned(),
            whole if whole.is_whole() => "judged".to_owned(),
            Self(0, _) => "no".to_owned(),
            Self(part, all) => format!("{part} of {all}"),
        }
    }
}

impl Verdict {
    pub fn of(row: &Row, outcome: &Outcome) -> Self {
        let sent = Stack::ALL.into_iter().filter(|stack| row.carrier.reaches(*stack)).count();
        let dialling = |stack: &Stack| dials(row, *stack, &outcome.seen(row, *stack));
        let leaving = [Stack::Asterisk, Stack::Kamailio].into_iter().filter(dialling).count();
        Self {
            dialling: Stack::ALL.into_iter().filter(dialling).count(),
            arrived: Share(outcome.judged(row, "ingress"), sent as u64),
            left: Share(outcome.judged(row, "egress"), leaving as u64),
        }
    }

    /// Whether a stack dials what the kernel did not judge, coming or going.
    pub const fn is_hole(&self) -> bool {
        self.dialling > 0 && !(self.arrived.is_whole() && self.left.is_whole())
    }
}

fn line(row: &Row, outcome: &Outcome) -> String {
    let verdict = Verdict::of(row, outcome);
    let [asterisk, kamailio, pjsua] = Stack::ALL.map(|stack| cell(row, stack, &outcome.seen(row, stack)));
    let what = match (&row.unjudged, verdict.dialling) {
        (Some(reason), _) => format!("{} (**{reason}**)", row.what),
        (None, 0) if verdict.arrived.is_whole() => format!("{} (nobody dials it)", row.what),
        _ => row.what.clone(),
    };
    let (arrived, left) = (verdict.arrived.words(), verdict.left.words());
    format!("| {what} | {asterisk} | {kamailio} | {pjsua} | {arrived} | {left} |")
}

/// Whether a stack takes it for the row's number: what left holds its digits, or what the phone is called by.
fn dials(row: &Row, stack: Stack, seen: &Seen) -> bool {
    let text = match (stack, &row.to) {
        (Stack::Pjsua, None) => seen.read.as_deref().and_then(user),
        (Stack::Pjsua, Some(_)) => None,
        _ => seen.left.clone(),
    };
    text.is_some_and(|text| digits(&text).contains(&row.local()))
}

/// The digits of a text, percent-encoded ones and twice encoded ones too.
fn digits(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..2 {
        for digit in b'0'..=b'9' {
            text = text.replace(&format!("%{digit:x}"), &char::from(digit).to_string());
        }
        text = text.replace("%25", "%");
    }
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The user part, or the number of a tel URI, of `<sip:user:password@host>`.
fn user(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.trim_start_matches('<').split_once(':')?;
    let user =
        if scheme.eq_ignore_ascii_case("tel") { rest.trim_end_matches('>') } else { rest.split_once('@')?.0 };
    user.split(':').next().map(str::to_owned)
}

fn cell(row: &Row, stack: Stack, seen: &Seen) -> String {
    let nothing = || "—".to_owned();
    match (stack, &seen.read, &seen.left) {
        (Stack::Pjsua, Some(read), _) => user(read).map_or_else(nothing, |user| shown(row, &user)),
        (Stack::Kamailio, _, Some(left)) => {
            let is_same = row.uri().is_some_and(|uri| row.filled(&uri, stack) == *left);
            if is_same { "as it came".to_owned() } else { shown(row, left) }
        }
        (Stack::Asterisk, read, Some(left)) => {
            let read = read.clone().or_else(|| user(left));
            let dialled = shown(row, &read.unwrap_or_default());
            if dials(row, stack, seen) { dialled } else { format!("{dialled}, another number") }
        }
        (Stack::Asterisk, Some(read), None) if !seen.is_planned => {
            format!("not in the dial plan: {}", shown(row, read))
        }
        (Stack::Asterisk, Some(read), None) => format!("no channel for {}", shown(row, read)),
        _ => nothing(),
    }
}

/// Its own eight digits as `…`, the long ones cut.
fn shown(row: &Row, text: &str) -> String {
    let local = row.local();
    let encoded: String = local.chars().map(|digit| format!("%3{digit}")).collect();
    let text = text.replace(&encoded, "…").replace(&local, "…");
    let text = text.replace(&format!("{:04}", row.place), "nnnn");
    let cut: String = text.chars().take(CUT).collect();
    let more = if cut.len() < text.len() { " and more" } else { "" };
    format!("`{}`{more}", cut.escape_debug().to_string().replace('|', "\\|").replace("\\'", "'"))
}

const HEAD: &str = "| written as | Asterisk dials | Kamailio relays | pjsua2 is called by | arriving | leaving |\n|---|---|---|---|---|---|";
/// Characters that are shown of what a stack dialled.
const CUT: usize = 40;
