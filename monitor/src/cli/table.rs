//! Tables for people: as wide as the terminal, whatever the network put into a cell.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width};

/// One column.
pub(super) struct Column<R> {
    /// Its header.
    pub(super) name: &'static str,
    /// What a row has there.
    pub(super) cell: fn(&R) -> String,
    /// How it behaves.
    pub(super) kind: Kind,
}

/// How a column behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole, on the left.
    Whole,
    /// Cut where there is no room, on the left.
    Elastic,
    /// Whole, on the right.
    Amount,
}

/// As many of the columns as have room side by side in `width` letters, the first `least` in any case; all of them
/// where there is no width. Where not even those have room, elastic cells are cut, and end in `…`.
pub(super) fn render<R>(columns: &[Column<R>], least: usize, rows: &[R], width: Option<u16>) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| printable(&(column.cell)(row))).collect())
        .collect();
    let widths = widths(columns, &cells, least, width.map(usize::from));
    let mut table = Table::new();
    table.load_preset(HEADER_RULED).set_truncation_indicator("…");
    table.set_content_arrangement(ContentArrangement::DynamicFullWidth);
    table.set_width(u16::try_from(line(&widths)).unwrap_or(u16::MAX));
    table.set_header(columns[..widths.len()].iter().map(|column| column.name));
    for row in &cells {
        let mut line = Row::from(&row[..widths.len()]);
        line.max_height(1);
        table.add_row(line);
    }
    for (at, width) in widths.into_iter().enumerate() {
        let Some(column) = table.column_mut(at) else { continue };
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(
            u16::try_from(width).unwrap_or(u16::MAX),
        )));
        column.set_padding((0, PADDING as u16));
        if columns[at].kind == Kind::Amount {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Letters of a line of the terminal that standard output is, if it is one.
pub(super) fn terminal_width() -> Option<u16> {
    Table::new().width()
}

/// Text without what a terminal would obey: callers choose what stands in a SIP header.
pub(in crate::cli) fn printable(text: &str) -> String {
    let is_harmful = |letter: char| letter.is_control() || BIDIRECTIONAL.contains(&letter);
    text.chars().map(|letter| if is_harmful(letter) { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// Widths of the columns that are shown, padding included.
fn widths<R>(columns: &[Column<R>], cells: &[Vec<String>], least: usize, room: Option<usize>) -> Vec<usize> {
    let natural: Vec<_> = (0..columns.len())
        .map(|at| {
            let longest = cells.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
            longest.max(columns[at].name.chars().count()) + PADDING
        })
        .collect();
    let Some(room) = room else { return natural };
    let fit = (1..=columns.len()).take_while(|count| line(&natural[..*count]) <= room).count();
    let shown = fit.max(least).min(columns.len());
    let mut widths = natural[..shown].to_vec();
    while line(&widths) > room {
        let can_shrink = |at: &usize| {
            columns[*at].kind == Kind::Elastic && widths[*at] > columns[*at].name.chars().count() + PADDING
        };
        let Some(widest) = (0..shown).filter(can_shrink).max_by_key(|at| widths[*at]) else { break };
        widths[widest] -= 1;
    }
    widths
}

/// Letters of a line with columns of these widths.
fn line(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + SEPARATOR).sum::<usize>().saturating_sub(SEPARATOR)
}

/// Letters that turn the direction of a line around (UAX 9).
const BIDIRECTIONAL: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];
/// Blanks behind a cell.
const PADDING: usize = 1;
/// Blanks between two columns, beside the padding.
const SEPARATOR: usize = 1;
/// A rule above and below, and one under the header: comfy-table's order of the places of a frame.
const HEADER_RULED: &str = "  ── ══      ──    ";
