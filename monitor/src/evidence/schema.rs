//! The tables of the evidence, by version. A migration that was released is never changed: what comes later is another.

use rusqlite_migration::{M, Migrations};

use super::row;
use crate::{journal, privacy, sqlite::file::Tables};

/// What makes a file the evidence. Each transaction is on the disk before anybody is told of it.
pub(super) const TABLES: Tables =
    Tables { migrations: MIGRATIONS, statements: &row::STATEMENTS, is_flushed: true };

/// Every step from an empty file to the newest tables; `user_version` counts the steps that a file has.
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

const STEPS: &[M<'static>] = &[M::up(journal::SCHEMA), M::up(EVIDENCE), M::up(privacy::DELETION_SCHEMA)];

/// Version 2. Times are microseconds since 1970, UTC. `document` is an incident or a message as JSON. A delivery without
/// an end is what waits in the outbox; `next` is when it is tried again at the earliest. `recipient` and `answer` are the
/// receiver's. No name of an incident or a delivery is given twice, also where rows were deleted. `sealed` holds whole numbers that only `ringfence report --reveal` opens.
const EVIDENCE: &str = "
    CREATE TABLE incidents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        began INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        ended INTEGER,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX incidents_going_on ON incidents (id) WHERE ended IS NULL;
    CREATE INDEX incidents_ended ON incidents (ended) WHERE ended IS NOT NULL;
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        incident INTEGER NOT NULL,
        news TEXT NOT NULL,
        time INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX messages_incident ON messages (incident);
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message TEXT NOT NULL,
        sink TEXT NOT NULL,
        contact TEXT,
        queued INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        tried INTEGER,
        next INTEGER,
        ended INTEGER,
        result TEXT,
        recipient TEXT,
        answer TEXT
    ) STRICT;
    CREATE INDEX deliveries_waiting ON deliveries (sink, contact, id) WHERE ended IS NULL;
    CREATE INDEX deliveries_message ON deliveries (message);
    CREATE TABLE tries (
        delivery INTEGER NOT NULL,
        time INTEGER NOT NULL,
        took INTEGER NOT NULL,
        result TEXT NOT NULL,
        recipient TEXT,
        answer TEXT NOT NULL
    ) STRICT;
    CREATE INDEX tries_delivery ON tries (delivery);
    CREATE TABLE sealed (
        token TEXT NOT NULL,
        incident INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        expires INTEGER NOT NULL,
        PRIMARY KEY (token, incident)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sealed_expires ON sealed (expires);
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_runs() {
        assert_eq!(MIGRATIONS.validate(), Ok(()));
    }
}
