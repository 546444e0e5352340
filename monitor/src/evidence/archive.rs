//! The evidence as it is read: beside a running agent or without one, from this process or another, and never changed.

use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rusqlite::{Connection, ErrorCode, OptionalExtension, ToSql, params_from_iter};

use super::{
    FILE,
    outcome::{Delivery, Sealed},
    row::{self, micros, signed},
};
use crate::{
    incidents::{Head, Incident, IncidentId, Kind, Message},
    journal,
    limits::Severity,
    sqlite::file,
};

/// Reads the evidence of a state directory.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    path: PathBuf,
}

/// Why evidence cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is none yet.
    #[error("no incident was recorded: there is no {} (another directory? give `--state`)", .0.display())]
    None(PathBuf),
    /// It is somebody else's.
    #[error("{} may be read by the agent's user only: try again with sudo", .0.display())]
    Denied(PathBuf),
    /// Something else is wrong.
    #[error("{} cannot be read: {what}", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do about it.
        what: String,
    },
}

/// Which incidents to read, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that go on (`true`), or that are over (`false`).
    pub going_on: Option<bool>,
    /// Only those whose latest alert or call was then or later.
    pub since: Option<SystemTime>,
    /// Only those that began before that.
    pub until: Option<SystemTime>,
    /// Only those of this kind.
    pub kind: Option<Kind>,
    /// Only those as hard as this.
    pub severity: Option<Severity>,
    /// At most so many; none for all.
    pub limit: Option<usize>,
}

/// A message that was told of an incident, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// As it went out.
    pub message: Message,
    /// For each address, in the order in which they were put into the outbox.
    pub deliveries: Vec<Delivery>,
}

impl Archive {
    /// Opens the evidence of a state directory.
    pub fn open(state: &Path) -> Result<Self, Unreadable> {
        let path = state.join(FILE);
        match path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unreadable::None(path)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Unreadable::Denied(path));
            }
            _ => (),
        }
        if std::fs::File::open(&path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
            return Err(Unreadable::Denied(path));
        }
        let opened = file::open_to_read(&path).and_then(looked_at);
        // Where no log can be made beside it there is none, or nobody can read it.
        let opened = match opened {
            Err(error) if is_read_only(&error) => file::open_as_it_is(&path).and_then(looked_at),
            opened => opened,
        };
        match opened {
            Ok(Some(connection)) => Ok(Self { connection, path }),
            // The agent is just making it.
            Ok(None) => Err(Unreadable::None(path)),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// Incidents, the newest first.
    pub fn incidents(&self, filter: &Filter) -> Result<Vec<Incident>, Unreadable> {
        let (sql, values) = filter.select();
        self.all(&sql, values, |row| row::read(row, 0))
    }

    /// One incident.
    pub fn incident(&self, id: IncidentId) -> Result<Option<Incident>, Unreadable> {
        let read = || {
            let mut select = self.connection.prepare_cached(INCIDENT)?;
            select.query_row([signed(id.0)], |row| row::read(row, 0)).optional()
        };
        read().map_err(|error| self.unreadable(&error))
    }

    /// What was told of an incident, the oldest first: each message, where it went, every try and its answer.
    pub fn told(&self, id: IncidentId) -> Result<Vec<Told>, Unreadable> {
        let messages: Vec<Message> =
            self.all(MESSAGES, vec![Box::new(signed(id.0))], |row| row::read(row, 0))?;
        let told = |message: Message| Ok(Told { deliveries: self.deliveries(&message.id)?, message });
        messages.into_iter().map(told).collect()
    }

    /// The sealed numbers of an incident whose time is not over.
    pub fn sealed(&self, id: IncidentId, now: SystemTime) -> Result<Vec<Sealed>, Unreadable> {
        self.all(SEALED, vec![Box::new(signed(id.0)), Box::new(micros(now))], row::sealed)
    }

    /// The newest entry of the journal; none where it is empty.
    pub fn head(&self) -> Result<Option<Head>, Unreadable> {
        journal::head(&self.connection).map_err(|error| self.unreadable(&error))
    }

    /// Hands out the entries of the journal from a number on, until `take` has enough.
    pub fn journal(
        &self,
        from: u64,
        take: impl FnMut(journal::Row) -> ControlFlow<()>,
    ) -> Result<(), Unreadable> {
        journal::rows(&self.connection, from, take).map_err(|error| self.unreadable(&error))
    }

    /// What the journal's own readers read through. Nothing can be written with it.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The error of something that was read through [`Self::connection`].
    #[must_use]
    pub fn unreadable(&self, error: &rusqlite::Error) -> Unreadable {
        unreadable(&self.path, error)
    }

    fn deliveries(&self, message: &str) -> Result<Vec<Delivery>, Unreadable> {
        let found = self.all(DELIVERIES, vec![Box::new(message.to_owned())], row::delivery)?;
        let with_tries = |(id, delivery): (i64, Delivery)| {
            Ok(Delivery { tries: self.all(TRIES, vec![Box::new(id)], row::a_try)?, ..delivery })
        };
        found.into_iter().map(with_tries).collect()
    }

    fn all<T>(
        &self,
        sql: &str,
        values: Vec<Box<dyn ToSql>>,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Unreadable> {
        let rows = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare_cached(sql)?.query_map(params_from_iter(values), read)?.collect()
        };
        rows().map_err(|error| self.unreadable(&error))
    }
}

impl Filter {
    fn select(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut conditions = vec!["1"];
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut with = |condition, value: Option<Box<dyn ToSql>>| {
            if let Some(value) = value {
                conditions.push(condition);
                values.push(value);
            }
        };
        with("(ended IS NULL) = ?", self.going_on.map(|going_on| Box::new(going_on) as _));
        with("coalesce(ended, latest) >= ?", self.since.map(|since| Box::new(micros(since)) as _));
        with("began < ?", self.until.map(|until| Box::new(micros(until)) as _));
        with("kind = ?", self.kind.map(|kind| Box::new(kind.label()) as _));
        with("severity = ?", self.severity.map(|severity| Box::new(severity.label()) as _));
        let limit = self.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        values.push(Box::new(limit));
        (
            format!(
                "SELECT document FROM incidents WHERE {} ORDER BY id DESC LIMIT ?",
                conditions.join(" AND ")
            ),
            values,
        )
    }
}

/// Whether the tables are there at all: a file is empty for a moment when it is made.
fn looked_at(connection: Connection) -> rusqlite::Result<Option<Connection>> {
    let tables: i64 = connection.query_row(TABLES_THERE, [], |row| row.get(0))?;
    Ok((tables > 0).then_some(connection))
}

fn is_read_only(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

fn unreadable(path: &Path, error: &rusqlite::Error) -> Unreadable {
    if matches!(error.sqlite_error_code(), Some(ErrorCode::PermissionDenied)) {
        return Unreadable::Denied(path.to_owned());
    }
    Unreadable::Other { path: path.to_owned(), what: file::advice(error, path) }
}

const TABLES_THERE: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'incidents'";
const INCIDENT: &str = "SELECT document FROM incidents WHERE id = ?1";
const MESSAGES: &str = "SELECT document FROM messages WHERE incident = ?1 ORDER BY number";
const DELIVERIES: &str =
    "SELECT id, sink, contact, queued, next, ended, result FROM deliveries WHERE message = ?1 ORDER BY id";
const TRIES: &str =
    "SELECT time, took, result, recipient, answer FROM tries WHERE delivery = ?1 ORDER BY time, rowid";
const SEALED: &str =
    "SELECT token, incident, sealed, expires FROM sealed WHERE incident = ?1 AND expires > ?2 ORDER BY token";
