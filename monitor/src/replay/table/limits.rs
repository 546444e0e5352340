//! What the limits did, for people.

use comfy_table::Table;

use super::{SHOWN, table};
use crate::replay::{
    document::time,
    limiting::{LimitSum, Limits, Reached},
};

/// The sections about limits, each with its title.
pub(super) fn sections(limits: &Limits) -> Vec<(String, Option<Table>)> {
    let all = limits.breaches.len() as u64 + limits.not_listed;
    let title = if all > SHOWN as u64 {
        format!("The first {SHOWN} of {all} times that a limit was reached (more of them: --json)")
    } else {
        "When limits were reached".to_owned()
    };
    vec![("The limits".to_owned(), each(&limits.each)), (title, breaches(&limits.breaches))]
}

fn each(limits: &[LimitSum]) -> Option<Table> {
    let mut table = table(&["limit", "counts", "for each", "warnings", "criticals", "blocks"], &[3, 4, 5]);
    for LimitSum { limit, warnings, criticals, blocks } in limits {
        table.add_row([
            limit.name.to_string(),
            limit.counts.label().to_owned(),
            limit.scope.label().to_owned(),
            warnings.to_string(),
            criticals.to_string(),
            blocks.to_string(),
        ]);
    }
    (!limits.is_empty()).then_some(table)
}

fn breaches(breaches: &[Reached]) -> Option<Table> {
    let header = ["frame", "time", "limit", "severity", "for", "value", "of", "what follows"];
    let mut table = table(&header, &[0, 5, 6]);
    for reached in breaches.iter().take(SHOWN) {
        let breach = &reached.breach;
        table.add_row([
            reached.frame.to_string(),
            time(breach.at).unwrap_or_default().chars().take(SECONDS).collect(),
            breach.limit.name.to_string(),
            breach.severity.label().to_owned(),
            breach.key.masked(0),
            breach.value.normalize().to_string(),
            breach.threshold.normalize().to_string(),
            follows(reached),
        ]);
    }
    (!breaches.is_empty()).then_some(table)
}

fn follows(reached: &Reached) -> String {
    let blocked = reached.blocks.iter().map(|block| {
        let until = block.until.and_then(time).map(|until| until.chars().take(SECONDS).collect::<String>());
        match until {
            Some(until) => format!("blocks {} until {until}", block.target),
            None => format!("blocks {} until unblocked", block.target),
        }
    });
    let refused = reached.refused.iter().map(|why| format!("does not block {why}"));
    let mut words: Vec<_> = blocked.chain(refused).collect();
    if reached.breach.limit.then.report_only && !words.is_empty() {
        words.insert(0, "report only:".to_owned());
    }
    words.join("\n")
}

/// Of a time in RFC 3339, what goes as far as seconds.
const SECONDS: usize = "2026-03-02T09:00:00".len();
