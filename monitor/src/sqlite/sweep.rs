//! How a file is swept: what is due goes a little at a time, then empty pages go back to the disk, then it rests.

use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction};

use super::file::{close_log, shrink};

/// How far the deleting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// Nothing to do until then.
    Resting(Instant),
    /// Rows are deleted.
    Deleting,
    /// Empty pages are given back to the disk.
    Shrinking,
}

/// What a part of the deleting did.
#[derive(Debug, Default)]
pub(crate) struct Deleted<T> {
    /// Nothing more is due.
    pub(crate) is_all: bool,
    /// What whoever deletes has to say of it.
    pub(crate) said: T,
}

impl Sweep {
    /// When the next step is due.
    pub(crate) const fn due(self, now: Instant) -> Instant {
        match self {
            Self::Resting(until) => until,
            Self::Deleting | Self::Shrinking => now,
        }
    }

    /// One step, short enough for whatever else waits; `delete` deletes some of what is due, in one transaction.
    pub(crate) fn step<T: Default>(
        &mut self,
        connection: &mut Connection,
        now: Instant,
        delete: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<Deleted<T>>,
    ) -> rusqlite::Result<T> {
        match self {
            Self::Resting(_) => {
                *self = Self::Deleting;
                Ok(T::default())
            }
            Self::Deleting => {
                let transaction = connection.transaction()?;
                let deleted = delete(&transaction)?;
                transaction.commit()?;
                if deleted.is_all {
                    *self = Self::Shrinking;
                }
                Ok(deleted.said)
            }
            Self::Shrinking => {
                if !shrink(connection)? {
                    close_log(connection)?;
                    *self = Self::Resting(now + REST);
                }
                Ok(T::default())
            }
        }
    }
}

/// From the end of one sweep to the beginning of the next.
const REST: Duration = Duration::from_secs(600);
