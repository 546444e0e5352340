//! Reads calls beside the writer, through a connection that can write nothing.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, ToSql, params_from_iter};

use super::{
    record::{Query, Stored, micros},
    row,
    shared::Shared,
};
use crate::{policy::mask::mask_party, sqlite::file};

/// The connection, and the generation of the file that it reads.
#[derive(Default)]
pub(super) struct Reader {
    connection: Mutex<Option<(u64, Connection)>>,
}

impl Reader {
    /// Calls that a query asks for, the newest first. Those whose time is over are left out even where they are not
    /// deleted yet.
    pub(super) fn calls(&self, shared: &Shared, query: &Query) -> Result<Vec<Stored>, String> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = shared.generation();
        let connection = match slot.take().filter(|(opened, _)| *opened == generation) {
            Some((_, connection)) => Ok(connection),
            None => file::open_to_read(&shared.path),
        };
        let read = connection.and_then(|connection| Ok((read(&connection, shared, query)?, connection)));
        match read {
            Ok((calls, connection)) => {
                *slot = Some((generation, connection));
                Ok(calls)
            }
            Err(error) => {
                if file::is_damage(&error) {
                    shared.suspect(generation);
                }
                Err(format!("calls cannot be read: {}", file::advice(&error, &shared.path)))
            }
        }
    }
}

/// Those that began since a moment, then the older ones that go on: each by its own index, and both in order.
fn read(connection: &Connection, shared: &Shared, query: &Query) -> rusqlite::Result<Vec<Stored>> {
    let filter = Filter::new(shared, query);
    let Some(since) = query.since.map(micros) else { return filter.read(connection, query.limit) };
    let mut calls = filter.clone().with("started >= ?", since).read(connection, query.limit)?;
    if calls.len() < query.limit {
        let older = filter.with("started < ?", since).and("ended IS NULL");
        calls.extend(older.read(connection, query.limit - calls.len())?);
    }
    Ok(calls)
}

/// Conditions and their values.
#[derive(Clone, Default)]
struct Filter {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

#[derive(Clone)]
enum Value {
    Integer(i64),
    Text(String),
}

impl Filter {
    fn new(shared: &Shared, query: &Query) -> Self {
        let mut filter = Self::default();
        if query.active {
            filter = filter.and("ended IS NULL");
        } else {
            filter = filter.with("(ended IS NULL OR ended >= ?)", shared.cutoff_micros());
        }
        if let Some(until) = query.until {
            filter = filter.with("started < ?", micros(until));
        }
        if let Some(destination) = &query.destination {
            filter = filter.with("destination = ?", destination.clone());
        }
        if let Some(customer) = &query.customer {
            filter = filter.with("customer = ?", customer.clone());
        }
        if let Some(caller) = &query.caller {
            filter = filter.with("caller = ?", mask_party(caller, shared.privacy().hidden_digits));
        }
        filter
    }

    fn and(mut self, condition: &'static str) -> Self {
        self.conditions.push(condition);
        self
    }

    fn with(mut self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.and(condition)
    }

    fn read(&self, connection: &Connection, limit: usize) -> rusqlite::Result<Vec<Stored>> {
        let conditions = self.conditions.join(" AND ");
        let sql = format!("{} WHERE {conditions} ORDER BY started DESC, id DESC LIMIT ?", row::SELECT);
        let limit = Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut statement = connection.prepare_cached(&sql)?;
        let values = params_from_iter(self.values.iter().chain([&limit]));
        let rows = statement.query_map(values, |row| Ok(row::call(row)))?;
        let mut calls = Vec::new();
        for call in rows {
            match call? {
                Ok(call) => calls.push(call),
                Err(error) => tracing::warn!(%error, "a call of the store cannot be read"),
            }
        }
        Ok(calls)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Integer(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
        }
    }
}
