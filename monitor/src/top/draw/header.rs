//! The lines above and below the panes: the agent and its policy, what is wrong, tabs, keys.

use std::time::Instant;

use ratatui::text::{Line, Span};

use super::Palette;
use crate::{
    control::{
        Status,
        view::{Losses, Top},
    },
    top::{model::Model, pane::Pane, shown, source::View},
};

/// Time, interfaces, dry run and pause; policy, calls, losses.
pub(super) fn lines(model: &Model, width: usize, palette: Palette) -> Vec<Line<'static>> {
    let Some(view) = &model.view else {
        return vec![Line::styled(NAME, palette.title()), Line::raw("Asking the agent ...")];
    };
    let mut first = vec![
        Span::styled(NAME, palette.title()),
        Span::raw(format!("  {} UTC  ", shown::clock(&view.top.time, &view.top.time))),
    ];
    let flags = flags(model, &view.top, palette);
    let used: usize = first.iter().chain(&flags).map(Span::width).sum();
    let interfaces = shown::cut(&interfaces(&view.top), width.saturating_sub(used + 1));
    let blanks = width.saturating_sub(used + shown::width(&interfaces));
    first.push(Span::raw(interfaces));
    first.push(Span::raw(" ".repeat(blanks)));
    first.extend(flags);
    vec![Line::from(first), second(view)]
}

/// What is wrong, each in as many lines as it takes; empty on a good day.
pub(super) fn banners(model: &Model, width: usize, palette: Palette, now: Instant) -> Vec<Line<'static>> {
    let mut banners = Vec::new();
    let mut say = |style, text: String| {
        for line in shown::wrap(&text, width) {
            banners.push(Line::styled(format!("{line:<width$}"), style));
        }
    };
    if let Some((silent, why)) = model.silence(now) {
        let seconds = shown::span(silent.as_secs());
        say(
            palette.alarm(),
            shown::cut(&format!("NO ANSWER from the agent for {seconds}: {why}"), 2 * width),
        );
        say(palette.alarm(), "What is shown is the last view. The agent is asked again each second.".into());
    }
    let Some(view) = &model.view else { return banners };
    if let Some(text) = gone(&view.top) {
        say(palette.alarm(), shown::cut(&text, width));
    }
    if let Some(text) = losses(&view.top.losses) {
        say(palette.alarm(), text);
    }
    let Some(status) = &view.status else { return banners };
    if let Some(problem) = status.store.as_ref().and_then(|store| store.problem.as_deref()) {
        say(
            palette.alarm(),
            shown::cut(&format!("STORE OF CALLS: {}", shown::printable(problem)), 2 * width),
        );
    }
    for note in status.notes.iter().take(MOST_NOTES) {
        say(palette.notice(), shown::cut(&shown::printable(note), 2 * width));
    }
    if let Some(seconds) = status.confirm_within_seconds {
        let left = shown::span(seconds);
        say(palette.notice(), format!("Policy on trial: `ringfence confirm` within {left} keeps it."));
    }
    banners
}

/// The panes, with how much is in those that may be empty.
pub(super) fn tabs(model: &Model, palette: Palette) -> Line<'static> {
    let mut spans = Vec::new();
    for pane in Pane::ALL {
        let text = tab(model, pane);
        if pane == model.pane {
            spans.push(Span::styled(format!("[{text}]"), palette.selected()));
        } else if text.ends_with('!') {
            spans.push(Span::styled(format!(" {text} "), palette.loud()));
        } else {
            spans.push(Span::raw(format!(" {text} ")));
        }
    }
    Line::from(spans)
}

/// What can be pressed.
pub(super) fn keys(width: usize, palette: Palette) -> Line<'static> {
    let gap = if width < WIDE { " " } else { "  " };
    let key = |(key, what): (&'static str, &'static str)| {
        [Span::styled(key, palette.title()), Span::raw(format!(" {what}{gap}"))]
    };
    Line::from(KEYS.into_iter().flat_map(key).collect::<Vec<_>>())
}

fn flags(model: &Model, top: &Top, palette: Palette) -> Vec<Span<'static>> {
    let mut flags = Vec::new();
    if top.dry_run {
        flags.push(Span::styled("DRY RUN: nothing is dropped", palette.notice()));
    }
    if model.paused.is_some() {
        flags.push(Span::raw(" "));
        flags.push(Span::styled("PAUSED", palette.notice()));
    }
    flags
}

fn interfaces(top: &Top) -> String {
    let named = |(name, mode): &(String, String)| shown::printable(&format!("{name} {mode}"));
    top.interfaces.iter().map(named).collect::<Vec<_>>().join(", ")
}

fn second(view: &View) -> Line<'static> {
    let policy = |status: &Status| {
        format!(
            "policy {} prefixes, generation {}",
            shown::count(status.policy_rules),
            status.policy_generation
        )
    };
    let policy = view.status.as_ref().map_or_else(|| "policy unknown".into(), policy);
    // Lists end after some 200 rows; only the status counts all of the calls.
    let calls = view.status.as_ref().map_or("?".into(), |status| shown::count(status.calls_active));
    let losses = if view.top.losses == Losses::default() { "none" } else { "SEE BELOW" };
    Line::raw(format!("{policy}   calls now {calls}   blocks {}   losses {losses}", view.top.blocks.len()))
}

fn gone(top: &Top) -> Option<String> {
    let gone =
        top.interfaces.iter().filter(|(_, mode)| mode == "gone").map(|(name, _)| shown::printable(name));
    let gone: Vec<_> = gone.collect();
    (!gone.is_empty()).then(|| format!("NOT GUARDED, the interface is gone: {}", gone.join(", ")))
}

fn losses(losses: &Losses) -> Option<String> {
    let named = [
        (losses.events_lost, "events lost"),
        (losses.events_held_back, "events held back"),
        (losses.unreadable, "messages unreadable"),
        (losses.calls_not_followed, "calls not followed"),
        (losses.records_lost, "records not stored"),
    ];
    let some: Vec<_> = named
        .iter()
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, what)| format!("{} {what}", shown::count(*amount)))
        .collect();
    (!some.is_empty()).then(|| format!("LOSSES: {}", some.join(", ")))
}

/// Media that no call asked for is marked here too. Lists end where the agent ends them.
fn tab(model: &Model, pane: Pane) -> String {
    let title = format!("{} {}", pane.place() + 1, pane.title());
    let Some(View { top, .. }) = &model.view else { return title };
    let unasked = top.media.iter().any(|stream| stream.call.is_none());
    match pane {
        Pane::Destinations | Pane::Sources => title,
        Pane::Calls => format!("{title} {}", top.calls.len()),
        Pane::Media => format!("{title} {}{}", top.media.len(), if unasked { "!" } else { "" }),
        Pane::Alerts => format!("{title} {}", top.alerts.len()),
        Pane::Blocks => format!("{title} {}", top.blocks.len()),
    }
}

const NAME: &str = "ringfence top";
/// Notes of the agent that are shown; `ringfence status` has all of them.
const MOST_NOTES: usize = 2;
/// Columns from which the keys stand further apart.
const WIDE: usize = 90;
const KEYS: [(&str, &str); 9] = [
    ("Tab", "pane"),
    ("/", "filter"),
    ("s", "sort"),
    ("Enter", "details"),
    ("b", "block"),
    ("u", "unblock"),
    ("p", "pause"),
    ("?", "help"),
    ("q", "quit"),
];
