//! The screen: header, tabs, panes, the line for words and filter, keys, and a window over them.

mod header;
mod list;
mod palette;
mod window;

use std::time::Instant;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    text::{Line, Span, Text},
};

pub use list::Scroll;
pub use palette::Palette;

use super::{model::Model, pane::Pane, shown};

/// Draws everything as it is at `now`.
pub fn draw(frame: &mut Frame, model: &Model, scroll: &mut Scroll, palette: Palette, now: Instant) {
    let area = frame.area();
    if area.width < NARROWEST || area.height < LOWEST {
        frame.render_widget(Text::from(shown::wrap(TOO_SMALL, area.width.into()).join("\n")), area);
        return;
    }
    let banners = header::banners(model, area.width.into(), palette, now);
    let companion = if area.height >= HIGH { area.height / 3 } else { 0 };
    let [top, notices, tabs, pane, below, words, keys] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(banners.len() as u16),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(companion),
        Constraint::Length(words_height(model, area.width)),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Text::from(header::lines(model, area.width.into(), palette)), top);
    frame.render_widget(Text::from(banners), notices);
    frame.render_widget(header::tabs(model, palette), tabs);
    let range = list::draw(frame, model, model.pane, scroll, palette, pane);
    if companion > 0 {
        draw_companion(frame, model, scroll, palette, below);
    }
    draw_words(frame, model, &range, palette, words);
    frame.render_widget(header::keys(area.width.into(), palette), keys);
    if let (Some(window), Some(view)) = (&model.window, &model.view) {
        window::draw(frame, window, view, palette, area);
    }
}

/// In a high terminal the alerts stand below the pane; below the alerts, the calls.
fn draw_companion(frame: &mut Frame, model: &Model, scroll: &mut Scroll, palette: Palette, area: Rect) {
    let pane = if model.pane == Pane::Alerts { Pane::Calls } else { Pane::Alerts };
    let [_, title, list] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    frame.render_widget(Line::styled(pane.title(), palette.title()), title);
    list::draw(frame, model, pane, scroll, palette, list);
}

/// The agent's words may take several lines.
fn words_height(model: &Model, width: u16) -> u16 {
    let Some((_, words)) = &model.message else { return 1 };
    if shown::width(words) + RANGE <= width.into() {
        return 1;
    }
    shown::wrap(words, width.into()).len().clamp(2, MOST_WORDS) as u16
}

/// The filter as it is typed or kept, or the last words; at the right, which rows are shown.
fn draw_words(frame: &mut Frame, model: &Model, range: &str, palette: Palette, area: Rect) {
    let filter = &model.list(model.pane).filter;
    if area.height > 1 {
        let (is_good, words) = model.message.clone().unwrap_or_default();
        let style = if is_good { palette.title() } else { palette.loud() };
        let lines = shown::wrap(&words, area.width.into()).into_iter().map(|line| Line::styled(line, style));
        frame.render_widget(Text::from_iter(lines), area);
        return;
    }
    let width = usize::from(area.width).saturating_sub(range.len() + 1);
    let words = match &model.message {
        _ if model.is_typing => Line::raw(shown::cut(&format!("/{filter}"), width)),
        Some((true, words)) => Line::styled(shown::cut(words, width), palette.title()),
        Some((false, words)) => Line::styled(shown::cut(words, width), palette.loud()),
        None if !filter.is_empty() => Line::raw(shown::cut(&format!("/{filter}  (Esc clears it)"), width)),
        None => Line::raw(""),
    };
    if model.is_typing {
        frame.set_cursor_position(Position::new(area.x + words.width() as u16, area.y));
    }
    frame.render_widget(words, area);
    frame.render_widget(Line::from(Span::raw(range)).right_aligned(), area);
}

/// Below these there is no telling anything.
const NARROWEST: u16 = 40;
const LOWEST: u16 = 10;
/// From here on, a second list has room.
const HIGH: u16 = 40;
/// Columns that are left to `1-17 of 42 (200 in all)` beside the words.
const RANGE: usize = 26;
/// Lines of the agent's words.
const MOST_WORDS: usize = 6;
const TOO_SMALL: &str = "The terminal is too small for ringfence top: 80x24 shows everything. q quits.";

#[cfg(test)]
mod tests;
