//! What became of the calls, for people.

use std::cmp::Reverse;

use comfy_table::Table;

use super::table;
use crate::replay::{
    course::Account,
    document::minutes,
    sums::{Sum, Sums},
};

/// The sections about calls, each with its title.
pub(super) fn sections(account: &Account, currency: &str) -> Vec<(String, Option<Table>)> {
    let prevented = &account.prevented;
    let title = format!(
        "Calls that would have been prevented: {} by the policy, {} by limits",
        prevented.by_policy, prevented.by_limits
    );
    vec![
        (took_place(account), destinations(&account.calls.sums, currency)),
        (title, destinations(&prevented.sums, currency)),
        (
            "Outgoing calls that began before the first block".to_owned(),
            account.lost.as_ref().and_then(|lost| destinations(lost, currency)),
        ),
    ]
}

fn took_place(account: &Account) -> String {
    let calls = &account.calls;
    let going_on = if calls.active == 0 {
        String::new()
    } else {
        format!(" ({} went on when the capture ended)", calls.active)
    };
    format!("Calls that took place{going_on}")
}

fn destinations(sums: &Sums, currency: &str) -> Option<Table> {
    let mut table = if currency.is_empty() {
        table(&["destination", "calls", "answered", "minutes"], &[1, 2, 3])
    } else {
        table(&["destination", "calls", "answered", "minutes", currency], &[1, 2, 3, 4])
    };
    let mut rows: Vec<_> = sums.destinations.iter().collect();
    rows.sort_by_key(|(name, sum)| (Reverse(sum.cost), Reverse(sum.talk), Reverse(sum.calls), *name));
    let row = |name: &str, sum: &Sum| {
        let mut cells =
            vec![name.to_owned(), sum.calls.to_string(), sum.answered.to_string(), minutes(sum.talk)];
        if !currency.is_empty() {
            cells.push(money(sum));
        }
        cells
    };
    for (name, sum) in &rows {
        table.add_row(row(name, sum));
    }
    if rows.len() > 1 {
        table.add_row(row("together", &sums.all));
    }
    (!rows.is_empty()).then_some(table)
}

fn money(sum: &Sum) -> String {
    format!("{:.2}", sum.cost)
}
