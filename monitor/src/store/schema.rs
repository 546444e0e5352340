//! The tables of the store, by version. A migration that was released is never changed: what comes later is another.

use rusqlite_migration::{M, Migrations};

use super::row;
use crate::sqlite::file::Tables;

/// What makes a file the store of calls.
pub(super) const TABLES: Tables =
    Tables { migrations: MIGRATIONS, statements: &row::STATEMENTS, is_flushed: false };

/// Every step from an empty file to the newest tables; `user_version` counts the steps that a file has.
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

const STEPS: &[M<'static>] = &[M::up(CALLS), M::up(BLOCKS), M::up(CAUSES), M::up(KEPT)];

/// Version 1. Times are microseconds since 1970, UTC; lengths of time are microseconds. Words are the labels of
/// [`crate::calls`] and of the ABI. `unfinished` has what it takes to follow a call after a restart.
const CALLS: &str = "
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY,
        direction TEXT NOT NULL,
        origin TEXT NOT NULL,
        destination TEXT NOT NULL,
        dialled TEXT NOT NULL,
        number TEXT,
        caller TEXT NOT NULL,
        source TEXT NOT NULL,
        trunk TEXT,
        customer TEXT,
        verdict TEXT NOT NULL,
        reason TEXT NOT NULL,
        started INTEGER NOT NULL,
        rang INTEGER,
        answered INTEGER,
        ended INTEGER,
        result TEXT,
        status INTEGER,
        attempts INTEGER NOT NULL,
        legs_out INTEGER NOT NULL,
        media_ingress INTEGER NOT NULL,
        media_egress INTEGER NOT NULL,
        whole INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX calls_started ON calls (started);
    CREATE INDEX calls_ended ON calls (ended) WHERE ended IS NOT NULL;
    CREATE INDEX calls_unfinished ON calls (started) WHERE ended IS NULL;
    CREATE TABLE unfinished (
        call INTEGER PRIMARY KEY,
        resume TEXT NOT NULL
    ) STRICT;
";

/// Version 2. `lifted` is when a block was taken away, or another took its place.
const BLOCKS: &str = "
    CREATE TABLE blocks (
        id INTEGER PRIMARY KEY,
        target TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        set_by TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER,
        lifted INTEGER
    ) STRICT;
    CREATE INDEX blocks_in_force ON blocks (target) WHERE lifted IS NULL;
";

/// Version 3. `cause` is a word of [`crate::blocks::Cause`]; the other two say which limit set a block, and for whom.
const CAUSES: &str = "
    ALTER TABLE blocks ADD COLUMN cause TEXT NOT NULL DEFAULT 'operator';
    ALTER TABLE blocks ADD COLUMN limit_name TEXT;
    ALTER TABLE blocks ADD COLUMN limit_key TEXT;
";

/// Version 4. What limits go on with after a restart: of which kind, of which limit, for which key (a fingerprint, no
/// number), and a JSON document that only `crate::limits` reads.
const KEPT: &str = "
    CREATE TABLE kept (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (kind, name, key)
    ) STRICT, WITHOUT ROWID;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_runs() {
        assert_eq!(MIGRATIONS.validate(), Ok(()));
    }
}
