//! From a path to a file that can be written, whatever lay there before.

use std::sync::{Arc, mpsc::SyncSender};

use rusqlite::Connection;

use super::{
    keeping::Name,
    record::{Message, micros},
    row,
    schema::TABLES,
    shared::Shared,
    transaction::{Found, find},
};
use crate::sqlite::{
    check::Check,
    file::{self, Fault},
};

/// Opens the file, or another one in its place where it is broken; what could be read of a broken one is found all the
/// same. An error says what to do.
pub(super) fn open(shared: &Shared) -> Result<(Connection, Found), String> {
    let mut found = Found::default();
    let opened = match open_and_find(shared, &mut found) {
        Err(Fault::Unusable(why, what)) => {
            put_away(shared, why, &what)?;
            open_in_its_place(shared, &mut found)
        }
        opened => opened,
    };
    opened.map(|connection| (connection, found)).map_err(|fault| {
        let (Fault::Host(what) | Fault::Unusable(_, what)) = fault;
        format!("{what}; let the agent's user read and write {}", shared.path.display())
    })
}

/// Looks for damage beside the writer, and wakes it where there is some.
pub(super) fn look_for_damage(shared: &Arc<Shared>, wake: SyncSender<Message>) -> Option<Check> {
    let (shared, generation) = (Arc::clone(shared), shared.generation());
    let path = shared.path.clone();
    Check::start(&path, move || {
        shared.suspect(generation);
        let _ = wake.try_send(Message::Wake);
    })
}

/// Sets the file aside and says so.
pub(super) fn put_away(shared: &Shared, why: &'static str, what: &str) -> Result<(), String> {
    shared.metrics.errors.inc();
    let file = shared.path.display();
    let aside = file::set_aside(&shared.path, why, (shared.clock.now)())
        .map_err(|error| format!("{file} cannot be used: {what}; move it away: {error}"))?;
    tracing::error!(%file, aside = %aside.display(), what, "the store begins anew: its file cannot be used");
    file::prune(&shared.path, shared.cutoff());
    Ok(())
}

fn open_and_find(shared: &Shared, found: &mut Found) -> Result<Connection, Fault> {
    let connection = file::open(&shared.path, &TABLES)?;
    find(&connection, micros((shared.clock.now)()), found)?;
    Ok(connection)
}

/// The blocks and states that were saved go into the new file; calls come to it with whatever happens to them next.
fn open_in_its_place(shared: &Shared, found: &mut Found) -> Result<Connection, Fault> {
    let connection = file::open(&shared.path, &TABLES)?;
    for block in &found.blocks {
        row::put_block(&connection, block, shared.privacy().hidden_digits)?;
    }
    for kept in &found.kept {
        row::put_kept(&connection, Name::of(kept).columns(), kept.state.as_deref())?;
    }
    found.rows = 0;
    Ok(connection)
}
