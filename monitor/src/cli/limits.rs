//! Limits as a table.

use std::fmt::Write as _;

use super::table::{self, Column, Kind, printable};
use crate::control::{KeyRow, LimitRow, Limits, SpendRow};

/// The tables; `width` is that of the terminal. `detail` shows the keys of each limit.
pub(super) fn render(limits: &Limits, detail: bool, width: Option<u16>) -> String {
    if limits.limits.is_empty() {
        return "the policy in force has no such limit; docs/LIMITS.md shows how to write one\n".into();
    }
    let mut text = table::render(&LIMITS, 4, &limits.limits, width) + "\n";
    for limit in limits.limits.iter().filter(|limit| detail && !limit.highest.is_empty()) {
        let _ = writeln!(text, "\n{}, the highest of {}", printable(&limit.name), limit.keys);
        let _ = writeln!(text, "{}", table::render(&KEYS, KEYS.len(), &limit.highest, width));
    }
    if let Some(currency) = limits.currency.as_ref().filter(|_| !limits.spend.is_empty()) {
        let _ = writeln!(text, "\nWhat calls have cost since the start, {}", printable(currency));
        let _ = writeln!(text, "{}", table::render(&SPEND, SPEND.len(), &limits.spend, width));
    }
    text
}

fn used(limit: &LimitRow) -> String {
    format!("{:.0} %", limit.used_ratio * 100.0)
}

fn highest(limit: &LimitRow) -> String {
    limit.highest.first().map_or_else(|| "0".into(), |key| key.value.clone())
}

fn follows(limit: &LimitRow) -> String {
    let what = match (limit.critical.is_some(), limit.blocks.is_empty()) {
        (true, false) => format!("alert, block {}", limit.blocks.join(", ")),
        _ => "alert".into(),
    };
    match (limit.report_only, limit.counts_now) {
        (true, _) => format!("{what} (report only)"),
        (_, false) => format!("{what} (not at this time)"),
        _ => what,
    }
}

fn or_dash(text: Option<&String>) -> String {
    text.map_or_else(|| "-".into(), Clone::clone)
}

fn whom(key: &KeyRow) -> String {
    if key.key.is_empty() { "all".into() } else { key.key.clone() }
}

/// The columns of a limit, the most telling first.
const LIMITS: [Column<LimitRow>; 10] = [
    Column { name: "limit", cell: |limit| limit.name.clone(), kind: Kind::Elastic },
    Column { name: "used", cell: used, kind: Kind::Amount },
    Column { name: "highest", cell: highest, kind: Kind::Amount },
    Column { name: "critical", cell: |limit| or_dash(limit.critical.as_ref()), kind: Kind::Amount },
    Column { name: "warning", cell: |limit| or_dash(limit.warning.as_ref()), kind: Kind::Amount },
    Column { name: "unit", cell: |limit| limit.unit.clone(), kind: Kind::Whole },
    Column { name: "window", cell: |limit| or_dash(limit.window.as_ref()), kind: Kind::Whole },
    Column { name: "each", cell: |limit| limit.scope.clone(), kind: Kind::Whole },
    Column { name: "then", cell: follows, kind: Kind::Elastic },
    Column { name: "counts", cell: |limit| limit.counts.clone(), kind: Kind::Whole },
];

/// The columns of a key.
const KEYS: [Column<KeyRow>; 4] = [
    Column { name: "for", cell: whom, kind: Kind::Elastic },
    Column { name: "value", cell: |key| key.value.clone(), kind: Kind::Amount },
    Column { name: "state", cell: |key| key.state.clone(), kind: Kind::Whole },
    Column { name: "token", cell: |key| key.token.clone(), kind: Kind::Whole },
];

/// The columns of what was spent.
const SPEND: [Column<SpendRow>; 2] = [
    Column { name: "destination", cell: |row| row.destination.clone(), kind: Kind::Elastic },
    Column { name: "amount", cell: |row| row.amount.clone(), kind: Kind::Amount },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        let key = KeyRow {
            key: "KY".into(),
            token: "00112233445566778899aabbccddeeff".into(),
            value: "8".into(),
            state: "warning".into(),
        };
        let night = LimitRow {
            name: "night".into(),
            counts: "calls".into(),
            scope: "country".into(),
            window: Some("1h".into()),
            unit: "calls".into(),
            warning: Some("5".into()),
            critical: Some("10".into()),
            counts_now: true,
            blocks: vec!["country".into()],
            used_ratio: 0.8,
            keys: 1,
            highest: vec![key],
            ..LimitRow::default()
        };
        Limits {
            limits: vec![night],
            currency: Some("EUR".into()),
            spend: vec![SpendRow { destination: "KY".into(), amount: "2.06".into() }],
        }
    }

    #[test]
    fn the_table_says_how_much_is_used_and_what_follows() {
        let text = render(&limits(), true, None);
        for part in
            ["night", "80 %", "alert, block country", "KY", "00112233445566778899aabbccddeeff", "2.06"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(!render(&limits(), false, None).contains("00112233445566778899aabbccddeeff"));
        assert!(render(&Limits::default(), true, None).contains("no such limit"));
    }

    #[test]
    fn a_limit_that_does_nothing_now_says_so() {
        let mut row = limits().limits.remove(0);
        row.counts_now = false;
        assert_eq!(follows(&row), "alert, block country (not at this time)");
        row.report_only = true;
        assert_eq!(follows(&row), "alert, block country (report only)");
        row.critical = None;
        row.report_only = false;
        row.counts_now = true;
        assert_eq!(follows(&row), "alert");
    }
}
