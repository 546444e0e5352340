//! The journal for a third party: JSON, one entry a line, from one entry to another without a gap. Contents that are not
//! asked for are withheld; their entries stay, so that the chain can be verified.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Params};
use serde_json::Value;

use super::{
    EntryKind, Row,
    table::{column, number, stamp},
};

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// From the first entry of this moment or later on.
    pub since: Option<SystemTime>,
    /// To the last entry of this moment or earlier.
    pub until: Option<SystemTime>,
    /// Contents of this incident and of the guard itself, from the policy that was in force on; no other contents.
    pub incident: Option<u64>,
}

/// Lines of the entries from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The first entry.
    pub from: u64,
    /// The last one.
    pub to: u64,
    incident: Option<u64>,
    previous: Option<String>,
}

impl Export {
    /// Looks up where an excerpt begins and ends; none where there is no such entry.
    pub fn of(connection: &Connection, excerpt: &Excerpt) -> rusqlite::Result<Option<Self>> {
        let find = |what, with: &[&dyn rusqlite::ToSql]| find(connection, what, with);
        let (mut from, mut to) = (find(FIRST, &[])?, find(LAST, &[])?);
        if let Some(since) = excerpt.since {
            from = find(SINCE, &[&stamp(since)])?;
        }
        if let Some(until) = excerpt.until {
            to = find(UNTIL, &[&stamp(until)])?;
        }
        if let Some(incident) = excerpt.incident {
            let (first, last) = about(connection, incident)?;
            let policy = first.map(|first| find(POLICY, &[&column(first)])).transpose()?.flatten().or(first);
            from =
                if excerpt.since.is_some() { from.max(policy).filter(|_| policy.is_some()) } else { policy };
            to = if excerpt.until.is_some() { to.min(last) } else { last };
        }
        let Some((from, to)) = from.zip(to).filter(|(from, to)| from <= to) else { return Ok(None) };
        let previous = connection.query_row(HASH, [column(from)], |row| row.get(0)).optional()?;
        Ok(Some(Self { from, to, incident: excerpt.incident, previous }))
    }

    /// The line of a row between the first and the last, with its end.
    #[must_use]
    pub fn line(&self, row: Row) -> String {
        let mut row = if self.shows(&row) { row } else { row.without_content() };
        if row.seq == self.from {
            row.previous.clone_from(&self.previous);
        }
        let mut line = serde_json::to_string(&row).unwrap_or_default();
        line.push('\n');
        line
    }

    fn shows(&self, row: &Row) -> bool {
        let Some(incident) = self.incident else { return true };
        let is_of_guard = EntryKind::from_label(&row.kind).is_some_and(|kind| OF_GUARD.contains(&kind));
        is_of_guard || row.content.as_deref().is_some_and(|content| is_about(content, incident))
    }
}

/// The first and the last entry about an incident.
fn about(connection: &Connection, incident: u64) -> rusqlite::Result<(Option<u64>, Option<u64>)> {
    let mut select = connection.prepare(CONTENTS)?;
    let mut rows = select.query([])?;
    let (mut first, mut last) = (None, None);
    while let Some(row) = rows.next()? {
        if is_about(row.get_ref(1)?.as_str().unwrap_or_default(), incident) {
            last = Some(number(row.get(0)?));
            first = first.or(last);
        }
    }
    Ok((first, last))
}

/// Contents that belong to an incident name it: `"incident": 7`, or the incident itself with its `id`.
fn is_about(content: &str, incident: u64) -> bool {
    let Ok(content) = serde_json::from_str::<Value>(content) else { return false };
    let named = content.get("incident").map(|named| named.get("id").unwrap_or(named));
    named.and_then(Value::as_u64) == Some(incident)
}

fn find(connection: &Connection, what: &str, with: impl Params) -> rusqlite::Result<Option<u64>> {
    let found: Option<i64> = connection.query_row(what, with, |row| row.get(0))?;
    Ok(found.map(number))
}

/// Entries that say nothing of anybody's calls.
const OF_GUARD: [EntryKind; 8] = [
    EntryKind::Start,
    EntryKind::Stop,
    EntryKind::Gap,
    EntryKind::Lost,
    EntryKind::PolicyLoaded,
    EntryKind::PolicyRefused,
    EntryKind::Clock,
    EntryKind::Retention,
];
const FIRST: &str = "SELECT min(seq) FROM journal";
const LAST: &str = "SELECT max(seq) FROM journal";
const SINCE: &str = "SELECT min(seq) FROM journal WHERE time >= ?1";
const UNTIL: &str = "SELECT max(seq) FROM journal WHERE time <= ?1";
const POLICY: &str = "SELECT max(seq) FROM journal WHERE kind = 'policy_loaded' AND seq <= ?1";
const CONTENTS: &str = "SELECT seq, content FROM journal WHERE content IS NOT NULL ORDER BY seq";
const HASH: &str = "SELECT hash FROM journal WHERE seq = ?1 - 1";
