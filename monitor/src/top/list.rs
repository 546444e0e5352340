//! One pane's selection, filter and order. Pure.

use super::{
    pane::Pane,
    source::View,
    table::{self, Row, Sort},
};

/// How a pane is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Text that a row must hold; empty: all rows.
    pub filter: String,
    /// `None`: the agent's order.
    pub sort: Option<Sort>,
    selected: Option<String>,
    place: usize,
}

/// The rows that are shown, and which of them is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Filtered and sorted.
    pub rows: Vec<Row>,
    /// How many there were before the filter.
    pub all: usize,
    /// Index in `rows`; 0 where there is none.
    pub selected: usize,
}

impl List {
    /// The rows of `pane`, as this list looks at them.
    #[must_use]
    pub fn shown(&self, pane: Pane, view: &View) -> Shown {
        let mut rows = pane.rows(view);
        let all = rows.len();
        rows.retain(|row| row.holds(&self.filter));
        if let Some(sort) = self.sort {
            table::sort(&mut rows, pane.columns(), sort);
        }
        let kept = self.selected.as_ref().and_then(|key| rows.iter().position(|row| row.key == *key));
        let selected = kept.unwrap_or(self.place).min(rows.len().saturating_sub(1));
        Shown { rows, all, selected }
    }

    /// Moves the selection, not past the ends. It stays on its row wherever that goes, but for the first
    /// place: whatever comes to stand there is selected.
    pub fn step(&mut self, shown: &Shown, by: isize) {
        let last = shown.rows.len().saturating_sub(1);
        self.place = shown.selected.saturating_add_signed(by).min(last);
        self.selected = shown.rows.get(self.place).filter(|_| self.place > 0).map(|row| row.key.clone());
    }

    /// Sorts by the next column, after the last again as the agent does.
    pub fn sort_by_next(&mut self, pane: Pane) {
        let next = self.sort.map_or(0, |sort| sort.column + 1);
        self.sort = (next < pane.columns().len()).then_some(Sort { column: next, is_reversed: false });
    }

    /// The other way round.
    pub fn reverse(&mut self) {
        if let Some(sort) = &mut self.sort {
            sort.is_reversed = !sort.is_reversed;
        }
    }
}

impl Shown {
    /// The selected row.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::scene;

    fn selected(list: &List, view: &View) -> String {
        list.shown(Pane::Destinations, view).row().map_or_else(String::new, |row| row.key.clone())
    }

    #[test]
    fn the_selection_stays_on_its_row_when_rows_move_or_go() {
        let mut view = scene::night();
        let mut list = List::default();
        list.step(&list.shown(Pane::Destinations, &view), 2);
        assert_eq!(selected(&list, &view), "cuba");
        view.top.destinations.reverse();
        assert_eq!(selected(&list, &view), "cuba");
        view.top.destinations.retain(|sum| sum.name != "cuba");
        assert_eq!(selected(&list, &view), "FR");
        view.top.destinations.clear();
        assert_eq!(selected(&list, &view), "");
    }

    #[test]
    fn the_first_place_takes_whatever_stands_there() {
        let mut view = scene::night();
        let mut list = List::default();
        list.step(&list.shown(Pane::Destinations, &view), -5);
        view.top.destinations.reverse();
        assert_eq!(selected(&list, &view), "internal");
        list.step(&list.shown(Pane::Destinations, &view), isize::MAX);
        assert_eq!(selected(&list, &view), "FR");
    }

    #[test]
    fn the_order_goes_round_the_columns_and_back_to_the_agents() {
        let view = scene::night();
        let mut list = List::default();
        list.reverse();
        assert_eq!(list.sort, None);
        list.sort_by_next(Pane::Destinations);
        assert_eq!(selected(&list, &view), "cuba");
        list.reverse();
        assert_eq!(selected(&list, &view), "niger");
        for _ in 0..Pane::Destinations.columns().len() {
            list.sort_by_next(Pane::Destinations);
        }
        assert_eq!(list.sort, None);
    }

    #[test]
    fn a_filter_leaves_the_rows_that_hold_it() {
        let list = List { filter: "NIGER".into(), ..List::default() };
        let shown = list.shown(Pane::Destinations, &scene::night());
        assert_eq!((shown.rows.len(), shown.all), (1, 4));
    }
}
