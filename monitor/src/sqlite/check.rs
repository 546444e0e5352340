//! Looks through a whole file for damage that no reader and no writer has met yet, beside both of them.

use std::{
    path::Path,
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, InterruptHandle};

use super::file;

/// A look that goes on; dropping it ends it.
pub(crate) struct Check {
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<()>>,
}

impl Check {
    /// Begins; `damaged` is called where there is damage.
    pub(crate) fn start(path: &Path, damaged: impl FnOnce() + Send + 'static) -> Option<Self> {
        let connection = file::open_to_read(path).ok()?;
        let interrupt = connection.get_interrupt_handle();
        let path = path.to_owned();
        let look = move || {
            if let Some(damage) = damage(&connection) {
                tracing::error!(file = %path.display(), damage, "the file is damaged");
                damaged();
            }
        };
        let thread = thread::Builder::new().name("file-check".into()).spawn(look).ok();
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
            tracing::debug!(%error, "the file was not looked through");
            None
        }
    }
}
