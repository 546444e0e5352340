//! The file that the writer has open: whether it is still the one that has the name, and another one in its place.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;

use super::{
    super::opening::{self, Found},
    Writer,
};
use crate::sqlite::{check::Check, file};

impl Writer {
    /// Whether the file is open, and still the one that has the name.
    pub(super) fn is_ready(&mut self) -> bool {
        if self.connection.is_some() && file::identity(&self.shared.path) != self.identity {
            self.begin_anew("it was taken away", false);
        }
        if self.connection.is_none() {
            self.open();
        }
        self.connection.is_some()
    }

    pub(super) fn open(&mut self) {
        let opened = opening::open(&self.shared);
        self.opened(opened);
    }

    fn opened(&mut self, opened: Result<(Connection, Found), String>) {
        match opened {
            Ok((connection, found)) => {
                self.identity = file::identity(&self.shared.path);
                self.retry = None;
                self.take_up(&found);
                let shared = Arc::clone(&self.shared);
                self.check = Check::start(&self.shared.path, move || shared.suspect());
                self.connection = Some(connection);
                self.works();
                self.wake_all();
                self.shared.holds(self.head.as_ref(), self.work.len());
            }
            Err(problem) => self.off(&problem),
        }
    }

    pub(super) fn take_up(&mut self, found: &Found) {
        self.last_delivery = self.last_delivery.max(found.last_delivery);
        self.head.clone_from(&found.head);
        found.going_on.iter().for_each(|incident| self.shared.note_found(incident));
        self.shared.note_last(found.last_incident);
    }

    /// Another file takes the place of the one in use, with what can be saved of it.
    pub(super) fn begin_anew(&mut self, what: &str, is_there: bool) {
        self.check = None;
        // What was met in the file that goes says nothing of the next one.
        self.shared.takes_suspicion();
        let Some(connection) = self.connection.take() else { return };
        let rescued = Found { going_on: self.shared.going_on(), ..Found::rescue(&connection) };
        file::leave_as_it_is(&connection);
        drop(connection);
        let aside = if is_there {
            opening::put_away(&self.shared, file::DAMAGED, what).map(Some)
        } else {
            let file = self.shared.path.display();
            tracing::error!(%file, "the file of the evidence was taken away: there is a new one");
            Ok(None)
        };
        let before = |aside| json!({ "file": aside, "why": what });
        let opened =
            aside.and_then(|aside| opening::open_in_its_place(&self.shared, rescued, &before(aside)));
        self.opened(opened);
    }
}
