//! Rows and columns of a pane: what a row says and names, how rows are filtered and sorted, how wide columns are.

use std::cmp::Ordering;

use super::{shown, target::Target};
use crate::control::view::BlockRow;

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What stays the same while its amounts change.
    pub key: String,
    /// One a column.
    pub cells: Vec<Cell>,
    /// Everything that is known, for the window of details.
    pub details: Vec<(&'static str, String)>,
    /// What can be blocked here, the likeliest first.
    pub targets: Vec<Target>,
    /// Calls that go on and that such a block would leave alone.
    pub active: u64,
    /// Temporary blocks that are set on it.
    pub blocks: Vec<BlockRow>,
    /// Whether it must not be overlooked.
    pub is_loud: bool,
}

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// What it is sorted by; `None`: by its text.
    pub amount: Option<f64>,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Columns of the terminal that it is never narrower than.
    pub least: usize,
    /// What its fields are.
    pub holds: Holds,
    /// When it is left out in a narrow terminal: 0 never, then the highest first.
    pub rank: u8,
}

/// What the fields of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Words; where there is no room, their end is cut away.
    Words,
    /// Addresses, which are told apart by both ends: the middle is cut away.
    Addresses,
    /// Amounts: these stand at the right, and the largest come first.
    Amounts,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column.
    pub column: usize,
    /// Whether the other way round.
    pub is_reversed: bool,
}

impl Cell {
    /// Text, also that of strangers.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self { text: shown::printable(text.as_ref()), amount: None }
    }

    /// An amount in the words that are given.
    pub const fn amount(text: String, amount: f64) -> Self {
        Self { text, amount: Some(amount) }
    }

    /// A count.
    pub fn count(count: u64) -> Self {
        Self::amount(shown::count(count), count as f64)
    }
}

impl Row {
    /// Whether one of its fields, shown or not, holds `text`, whatever the case of its letters.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let is_in = |field: &str| field.to_lowercase().contains(&text);
        self.cells.iter().any(|cell| is_in(&cell.text))
            || self.details.iter().any(|(_, detail)| is_in(detail))
    }
}

/// Sorts by one column: text from A, amounts from the largest. Equal rows stay in the agent's order.
pub fn sort(rows: &mut [Row], columns: &[Column], by: Sort) {
    let is_amount = columns.get(by.column).is_some_and(|column| column.holds == Holds::Amounts);
    rows.sort_by(|a, b| {
        let order = compare(a.cells.get(by.column), b.cells.get(by.column));
        if is_amount == by.is_reversed { order } else { order.reverse() }
    });
}

/// The widths of the columns in a terminal of `total` columns, with one blank between them; `None`: left out.
#[must_use]
pub fn widths(columns: &[Column], rows: &[Row], total: usize) -> Vec<Option<usize>> {
    let wanted: Vec<usize> = (0..columns.len()).map(|place| wanted(columns, rows, place)).collect();
    let sum = |rank: u8| -> usize {
        let shown = wanted.iter().zip(columns).filter(|(_, column)| column.rank <= rank);
        shown.map(|(width, _)| width + 1).sum::<usize>().saturating_sub(1)
    };
    let ranks = columns.iter().map(|column| column.rank);
    let rank = ranks.filter(|rank| *rank == 0 || sum(*rank) <= total).max().unwrap_or(0);
    let mut widths: Vec<Option<usize>> =
        columns.iter().zip(&wanted).map(|(column, width)| (column.rank <= rank).then_some(*width)).collect();
    for _ in total..sum(rank) {
        narrow(&mut widths, columns);
    }
    widths
}

fn compare(a: Option<&Cell>, b: Option<&Cell>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) };
    match (a.amount, b.amount) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.text.to_lowercase().cmp(&b.text.to_lowercase()),
    }
}

fn wanted(columns: &[Column], rows: &[Row], place: usize) -> usize {
    let column = &columns[place];
    let widest =
        rows.iter().filter_map(|row| row.cells.get(place)).map(|cell| shown::width(&cell.text)).max();
    // The mark of the sorted column stands beside its title.
    let title = column.title.len() + 1;
    // Amounts change each second; their columns do not jump about for that.
    let least = if column.holds == Holds::Amounts { column.least.max(title) } else { title };
    widest.unwrap_or(0).clamp(least, WIDEST.max(least))
}

/// Takes one column of the terminal from the widest that can spare it.
fn narrow(widths: &mut [Option<usize>], columns: &[Column]) {
    let spare = |(place, width): &(usize, &mut Option<usize>)| {
        width.is_some_and(|width| width > columns[*place].least.max(columns[*place].title.len()))
    };
    let widest = widths.iter_mut().enumerate().filter(spare).max_by_key(|(_, width)| **width);
    if let Some((_, Some(width))) = widest {
        *width -= 1;
    }
}

/// A column does not grow wider than an IPv6 address or a long name.
const WIDEST: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { title: "NAME", least: 6, holds: Holds::Words, rank: 0 },
        Column { title: "NOW", least: 5, holds: Holds::Amounts, rank: 0 },
        Column { title: "TRUNK", least: 6, holds: Holds::Words, rank: 1 },
    ];

    fn row(name: &str, now: u64) -> Row {
        let cells = vec![Cell::text(name), Cell::count(now), Cell::text("192.0.2.1")];
        Row { key: name.into(), cells, ..Row::default() }
    }

    fn names(rows: &[Row]) -> Vec<&str> {
        rows.iter().map(|row| row.key.as_str()).collect()
    }

    #[test]
    fn text_is_sorted_from_a_and_amounts_from_the_largest() {
        let agents = [row("Niger", 3), row("cuba", 1_000_000), row("FR", 3)];
        for (column, is_reversed, expected) in [
            (0, false, ["cuba", "FR", "Niger"]),
            (0, true, ["Niger", "FR", "cuba"]),
            (1, false, ["cuba", "Niger", "FR"]),
            (1, true, ["Niger", "FR", "cuba"]),
            (9, false, ["Niger", "cuba", "FR"]),
        ] {
            let mut rows = agents.clone();
            sort(&mut rows, &COLUMNS, Sort { column, is_reversed });
            assert_eq!(names(&rows), expected, "{column} {is_reversed}");
        }
    }

    #[test]
    fn a_filter_looks_at_every_field() {
        let mut row = row("Cuba", 3);
        row.details.push(("customer", "ACME".into()));
        assert!(row.holds("CUB") && row.holds("acme") && row.holds("192.0") && row.holds(""));
        assert!(!row.holds("niger"));
    }

    #[test]
    fn columns_are_left_out_then_narrowed_but_never_below_their_least() {
        let rows = [row("a-name-of-twenty-long", 3)];
        for (total, expected) in [
            (200, [Some(21), Some(5), Some(9)]),
            (37, [Some(21), Some(5), Some(9)]),
            (36, [Some(21), Some(5), None]),
            (20, [Some(14), Some(5), None]),
            (5, [Some(6), Some(5), None]),
            (0, [Some(6), Some(5), None]),
        ] {
            assert_eq!(widths(&COLUMNS, &rows, total), expected, "{total}");
        }
        assert_eq!(widths(&COLUMNS, &[], 80), [Some(5), Some(5), Some(6)]);
    }
}
