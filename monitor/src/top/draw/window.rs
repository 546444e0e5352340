//! The windows: help, details, and the questions before a block and an unblock.

use ratatui::{
    Frame,
    layout::Rect,
    symbols::border,
    text::{Line, Span, Text},
    widgets::{Block, Clear},
};

use super::Palette;
use crate::top::{
    dialog::{BlockDialog, LENGTHS, UnblockDialog},
    keys::HELP,
    model::Window,
    shown,
    source::View,
    target::Kind,
};

/// Draws a window in the middle.
pub(super) fn draw(frame: &mut Frame, window: &Window, view: &View, palette: Palette, area: Rect) {
    let width = usize::from(area.width).min(WIDEST);
    let room = width.saturating_sub(4);
    let (title, lines, scroll) = match window {
        Window::Help(scroll) => (" Keys ", fields(&HELP, HELP_COLUMN, room, palette), *scroll),
        Window::Details { fields: all, scroll, .. } => {
            let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
            (" Details ", fields(&all, DETAILS_COLUMN, room, palette), *scroll)
        }
        Window::Block(dialog) => (" Block? ", block(dialog, view, room, palette), 0),
        Window::Unblock(dialog) => (" Unblock? ", unblock(dialog, room, palette), 0),
    };
    let height = (lines.len() + 2).min(area.height.into());
    let last = (lines.len() + 2).saturating_sub(height);
    let lines: Vec<_> = lines.into_iter().skip(scroll.min(last)).collect();
    let place = Rect {
        x: area.x + (area.width - width as u16) / 2,
        y: area.y + (area.height - height as u16) / 2,
        width: width as u16,
        height: height as u16,
    };
    let hint = if last > 0 { " Up Down scroll, Esc closes " } else { "" };
    let frame_of_it = Block::bordered().border_set(ASCII).title(title).title_bottom(hint);
    let inner = frame_of_it.inner(place);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    frame.render_widget(Clear, place);
    frame.render_widget(frame_of_it, place);
    frame.render_widget(Text::from(lines), inner);
}

fn fields(fields: &[(&str, &str)], column: usize, room: usize, palette: Palette) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (name, value) in fields {
        for (place, part) in shown::wrap(value, room.saturating_sub(column)).into_iter().enumerate() {
            let name = if place == 0 { *name } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{name:<column$}"), palette.title()),
                Span::raw(part),
            ]));
        }
    }
    lines
}

fn block(dialog: &BlockDialog, view: &View, room: usize, palette: Palette) -> Vec<Line<'static>> {
    let names = dialog.targets.iter().map(|target| match target.kind {
        Kind::Prefix => format!("{}  (digits and Backspace change it)", target.named()),
        Kind::Destination | Kind::Source => target.named(),
    });
    let mut lines = choices(names, dialog.chosen, room, palette);
    lines.push(Line::raw(""));
    let length = |(place, (name, _)): (usize, &(&str, Option<u64>))| {
        let text = if place == dialog.length { format!("[{name}]") } else { format!(" {name} ") };
        let style = if place == dialog.length { palette.selected() } else { Default::default() };
        Span::styled(text, style)
    };
    let mut lengths = vec![Span::raw("for ")];
    lengths.extend(LENGTHS.iter().enumerate().map(length));
    lines.push(Line::from(lengths));
    lines.push(Line::raw(""));
    lines.extend(sentences(&dialog.consequences(&view.top), room));
    let up_down = if dialog.targets.len() > 1 { "Up Down: what   " } else { "" };
    lines.push(Line::styled(
        format!("Enter: block   Esc: leave it   {up_down}Left Right: how long"),
        palette.title(),
    ));
    lines
}

fn unblock(dialog: &UnblockDialog, room: usize, palette: Palette) -> Vec<Line<'static>> {
    let mut lines = choices(dialog.choices().into_iter(), dialog.chosen, room, palette);
    lines.push(Line::raw(""));
    lines.extend(sentences(&dialog.consequences(), room));
    let up_down = if dialog.blocks.len() > 1 { "   Up Down: which" } else { "" };
    lines.push(Line::styled(format!("Enter: unblock   Esc: leave it{up_down}"), palette.title()));
    lines
}

/// A long list shows what stands around the chosen one.
fn choices(
    names: impl Iterator<Item = String>,
    chosen: usize,
    room: usize,
    palette: Palette,
) -> Vec<Line<'static>> {
    let first = chosen.saturating_sub(MOST_CHOICES - 1);
    let line = |(place, name): (usize, String)| {
        let mark = if place == chosen { "> " } else { "  " };
        let style = if place == chosen { palette.selected() } else { Default::default() };
        Line::styled(format!("{mark}{}", shown::cut(&name, room.saturating_sub(2))), style)
    };
    names.enumerate().skip(first).take(MOST_CHOICES).map(line).collect()
}

fn sentences(sentences: &[String], room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for sentence in sentences {
        lines.extend(shown::wrap(sentence, room).into_iter().take(MOST_LINES).map(Line::raw));
        lines.push(Line::raw(""));
    }
    lines
}

const WIDEST: usize = 76;
const HELP_COLUMN: usize = 15;
const DETAILS_COLUMN: usize = 13;
const MOST_CHOICES: usize = 4;
/// Lines of a sentence, so that the keys stay in sight whatever a name is like.
const MOST_LINES: usize = 4;
/// A terminal that is told the wrong character set shows these all the same.
const ASCII: border::Set = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
