//! One pane: titles of columns, and the rows that have room.

use std::ops::Range;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Text},
};

use super::Palette;
use crate::top::{
    list::Shown,
    model::Model,
    pane::Pane,
    shown,
    table::{self, Column, Holds, Row, Sort},
};

/// The first row that each pane shows.
#[derive(Clone, Debug, Default)]
pub struct Scroll([usize; Pane::ALL.len()]);

/// Draws a pane and gives which of its rows are shown: `1-17 of 42`.
pub(super) fn draw(
    frame: &mut Frame,
    model: &Model,
    pane: Pane,
    scroll: &mut Scroll,
    palette: Palette,
    area: Rect,
) -> String {
    let list = model.shown(pane);
    let mut columns =
        table::widths(pane.columns(), &list.rows, usize::from(area.width).saturating_sub(MARKS));
    if pane == Pane::Alerts {
        let time = columns[0].unwrap_or(0);
        columns[1] = Some(usize::from(area.width).saturating_sub(MARKS + time + 1));
    }
    let mut lines =
        vec![Line::styled(titles(pane.columns(), &columns, model.list(pane).sort), palette.columns())];
    let rows: Vec<Vec<String>> = list.rows.iter().map(|row| fields(pane, row, &columns)).collect();
    let height = usize::from(area.height).saturating_sub(1);
    let first = &mut scroll.0[pane.place()];
    let range = visible(&rows, list.selected, *first, height);
    *first = range.start;
    for place in range.clone() {
        let is_selected = pane == model.pane && place == list.selected;
        lines.extend(marked(&list.rows[place], &rows[place], is_selected, palette));
    }
    if list.rows.is_empty() {
        lines.push(Line::raw(format!("  {}", emptiness(model, pane, &list))));
    }
    frame.render_widget(Text::from(lines), area);
    counted(&list, &range)
}

fn titles(columns: &[Column], widths: &[Option<usize>], sort: Option<Sort>) -> String {
    let mut line = " ".repeat(MARKS);
    for (place, (column, width)) in columns.iter().zip(widths).enumerate() {
        let Some(width) = width else { continue };
        let mark = match sort.filter(|sort| sort.column == place) {
            Some(Sort { is_reversed: false, .. }) => "*",
            Some(Sort { is_reversed: true, .. }) => "^",
            None => "",
        };
        line.push_str(&padded(&format!("{}{mark}", column.title), *width, column.holds));
        line.push(' ');
    }
    line
}

/// The lines of a row; only alerts take more than one.
fn fields(pane: Pane, row: &Row, widths: &[Option<usize>]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for ((cell, column), width) in row.cells.iter().zip(pane.columns()).zip(widths) {
        let Some(width) = *width else { continue };
        if pane == Pane::Alerts && column.title == "ALERT" {
            let indent = " ".repeat(shown::width(&lines[0]));
            for (place, part) in shown::wrap(&cell.text, width).into_iter().take(MOST_LINES).enumerate() {
                match place {
                    0 => lines[0].push_str(&part),
                    _ => lines.push(format!("{indent}{part}")),
                }
            }
            continue;
        }
        lines[0].push_str(&padded(&cell.text, width, column.holds));
        lines[0].push(' ');
    }
    lines
}

/// The text in exactly `width` columns.
fn padded(text: &str, width: usize, holds: Holds) -> String {
    let text =
        if holds == Holds::Addresses { shown::cut_middle(text, width) } else { shown::cut(text, width) };
    let blanks = " ".repeat(width.saturating_sub(shown::width(&text)));
    if holds == Holds::Amounts { format!("{blanks}{text}") } else { format!("{text}{blanks}") }
}

fn marked(row: &Row, lines: &[String], is_selected: bool, palette: Palette) -> Vec<Line<'static>> {
    let style = if row.is_loud { palette.loud() } else { Default::default() };
    let style = if is_selected { style.patch(palette.selected()) } else { style };
    let marks = match (is_selected, row.is_loud) {
        (true, true) => ">!",
        (true, false) => "> ",
        (false, true) => " !",
        (false, false) => "  ",
    };
    let mark = |(place, line)| format!("{}{line}", if place == 0 { marks } else { "  " });
    lines.iter().enumerate().map(mark).map(|line| Line::styled(line, style)).collect()
}

/// The rows that have room in `height` lines: the selected one among them, no line wasted at the end.
fn visible(rows: &[Vec<String>], selected: usize, first: usize, height: usize) -> Range<usize> {
    let lines = |range: Range<usize>| rows[range].iter().map(Vec::len).sum::<usize>();
    let mut first = first.min(selected);
    while first < selected && lines(first..selected + 1) > height {
        first += 1;
    }
    while first > 0 && lines(first - 1..rows.len()) <= height {
        first -= 1;
    }
    let end = (first..rows.len()).take_while(|last| lines(first..last + 1) <= height).last();
    first..end.map_or(first, |last| last + 1)
}

fn emptiness(model: &Model, pane: Pane, list: &Shown) -> String {
    match list.all {
        _ if model.view.is_none() => "Nothing was heard from the agent yet.".into(),
        0 => pane.emptiness().into(),
        all => format!("None of {all} rows holds the text of the filter. Esc clears it."),
    }
}

fn counted(list: &Shown, range: &Range<usize>) -> String {
    if range.is_empty() {
        return String::new();
    }
    let filtered = if list.rows.len() < list.all { format!(" ({} in all)", list.all) } else { String::new() };
    format!("{}-{} of {}{filtered}", range.start + 1, range.end, list.rows.len())
}

/// Columns before the fields: `>` marks the selected row, `!` a loud one.
const MARKS: usize = 2;
/// Lines of an alert; the details have the whole of it.
const MOST_LINES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_visible_and_no_line_is_wasted() {
        let rows = |heights: &[usize]| -> Vec<Vec<String>> {
            heights.iter().map(|height| vec![String::new(); *height]).collect()
        };
        for (heights, selected, first, height, range) in [
            (&[1, 1, 1, 1][..], 0, 0, 2, 0..2),
            (&[1, 1, 1, 1], 2, 0, 2, 1..3),
            (&[1, 1, 1, 1], 1, 2, 2, 1..3),
            (&[1, 1, 1, 1], 3, 0, 9, 0..4),
            (&[1, 1], 1, 7, 1, 1..2),
            (&[3, 1, 2], 2, 0, 3, 1..3),
            (&[3], 0, 0, 2, 0..0),
            (&[], 0, 0, 5, 0..0),
            (&[1, 1], 1, 0, 0, 1..1),
        ] {
            assert_eq!(visible(&rows(heights), selected, first, height), range, "{heights:?} {selected}");
        }
    }
}
