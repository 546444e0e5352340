//! Looks through a whole file for damage that no reader and no writer has met yet, beside both of them.

use std::{
    sync::{Arc, mpsc::SyncSender},
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, InterruptHandle};

use super::{file, record::Message, shared::Shared};

/// A look that goes on; dropping it ends it.
pub(super) struct Check {
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<()>>,
}

impl Check {
    /// Begins; `wake` lets the writer know that there is damage.
    pub(super) fn start(shared: &Arc<Shared>, wake: SyncSender<Message>) -> Option<Self> {
        let connection = file::open_to_read(&shared.path).ok()?;
        let interrupt = connection.get_interrupt_handle();
        let (shared, generation) = (Arc::clone(shared), shared.generation());
        let look = move || {
            if let Some(damage) = damage(&connection) {
                tracing::error!(file = %shared.path.display(), damage, "the file of the store is damaged");
                shared.suspect(generation);
                let _ = wake.try_send(Message::Wake);
            }
        };
        let thread = thread::Builder::new().name("store-check".into()).spawn(look).ok();
        Some(Self { interrupt, thread })
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.interrupt.interrupt();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The first damage of a file.
fn damage(connection: &Connection) -> Option<String> {
    let answer = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match answer {
        Ok(answer) if answer == "ok" => None,
        Ok(answer) => Some(answer),
        Err(error) if file::is_damage(&error) => Some(error.to_string()),
        Err(error) => {
            tracing::debug!(%error, "the file of the store was not looked through");
            None
        }
    }
}
