//! From a path to a file that can be written, whatever lay there before.

use std::{sync::Arc, time::SystemTime};

use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;

use super::{row, schema::TABLES, shared::Shared, work::Waiting};
use crate::{
    incidents::{Head, Incident, IncidentId},
    journal::{self, Entry, EntryKind},
    sinks::Address,
    sqlite::file::{self, Fault},
};

/// What a file held when it was opened, or could be read of one that is broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) going_on: Vec<Arc<Incident>>,
    pub(super) last_incident: Option<IncidentId>,
    pub(super) last_delivery: i64,
    pub(super) head: Option<Head>,
    /// Only of a file that another one takes the place of.
    pub(super) waiting: Vec<(Address, Waiting)>,
}

impl Found {
    /// All that can be read: what cannot is left out.
    pub(super) fn rescue(connection: &Connection) -> Self {
        Self { waiting: row::all_waiting(connection).unwrap_or_default(), ..Self::read(connection).0 }
    }

    /// What the agent goes on with; where the file is damaged, as far as it could be read.
    fn read(connection: &Connection) -> (Self, rusqlite::Result<()>) {
        let mut found = Self::default();
        let result = found.fill(connection);
        (found, result)
    }

    fn fill(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.last_incident = row::last_incident(connection)?;
        self.last_delivery = row::last_delivery(connection)?;
        self.going_on = row::going_on(connection)?;
        self.head = journal::head(connection)?;
        Ok(())
    }
}

/// Opens the file, or another one in its place where it is broken. An error says what to do.
pub(super) fn open(shared: &Shared) -> Result<(Connection, Found), String> {
    let opened = file::open(&shared.path, &TABLES).and_then(|connection| {
        let (found, result) = Found::read(&connection);
        result.map_err(Fault::from).map(|()| (connection, found))
    });
    match opened {
        Ok(opened) => Ok(opened),
        Err(Fault::Unusable(why, what)) => {
            let rescued =
                file::open_to_read(&shared.path).map(|file| Found::rescue(&file)).unwrap_or_default();
            let aside = put_away(shared, why, &what)?;
            open_in_its_place(shared, rescued, &json!({ "file": aside, "why": what }))
        }
        Err(Fault::Host(what)) => Err(advice(shared, &what)),
    }
}

/// What a file holds that cannot be written now: names that are taken must not be given again.
pub(super) fn look(shared: &Shared) -> Found {
    let read = |connection: Connection| Found::read(&connection).0;
    let found = file::open_to_read(&shared.path).or_else(|_| file::open_as_it_is(&shared.path)).map(read);
    let found = found.unwrap_or_default();
    if found.last_incident.is_some() || !shared.path.exists() {
        return found;
    }
    let seconds = shared.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    tracing::error!(file = %shared.path.display(), seconds, "the evidence cannot be read: names of incidents go on with the time");
    Found { last_incident: Some(IncidentId(seconds)), ..found }
}

/// Sets the file aside and says so; returns its new name.
pub(super) fn put_away(shared: &Shared, why: &'static str, what: &str) -> Result<String, String> {
    shared.metrics.errors.inc();
    let file = shared.path.display();
    let aside = file::set_aside(&shared.path, why, shared.now())
        .map_err(|error| format!("{file} cannot be used: {what}; move it away: {error}"))?;
    tracing::error!(%file, aside = %aside.display(), what, "the evidence begins anew: its file cannot be used");
    // What was set aside is evidence still: only what is too much goes.
    file::prune(&shared.path, SystemTime::UNIX_EPOCH);
    Ok(aside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

/// Begins a new file with what was saved of the one before. Its journal begins anew, too, and says what it follows.
pub(super) fn open_in_its_place(
    shared: &Shared,
    rescued: Found,
    before: &serde_json::Value,
) -> Result<(Connection, Found), String> {
    let mut connection = match file::open(&shared.path, &TABLES) {
        Ok(connection) => connection,
        Err(Fault::Host(what) | Fault::Unusable(_, what)) => return Err(advice(shared, &what)),
    };
    let filled = fill(&mut connection, &rescued, before, shared.now());
    let head = filled.map_err(|error| file::advice(&error, &shared.path))?;
    shared.metrics.entered(EntryKind::Lost, 1);
    Ok((connection, Found { head: Some(head), waiting: Vec::new(), ..rescued }))
}

fn fill(
    connection: &mut Connection,
    rescued: &Found,
    before: &serde_json::Value,
    now: SystemTime,
) -> rusqlite::Result<Head> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let content = json!({ "before": before, "head": rescued.head, "messages_saved": rescued.waiting.len() });
    let head = journal::append(&transaction, &Entry { kind: EntryKind::Lost, time: now, content })?;
    for incident in &rescued.going_on {
        row::put_incident(&transaction, incident)?;
    }
    for (address, waiting) in &rescued.waiting {
        row::put_message(&transaction, &waiting.message)?;
        row::put_delivery(&transaction, address, waiting)?;
    }
    transaction.commit()?;
    Ok(head)
}

fn advice(shared: &Shared, what: &str) -> String {
    format!("{what}; let the agent's user read and write {}", shared.path.display())
}
