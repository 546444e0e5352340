//! What the terminal sends: read by a thread of its own, so that the loop ends even where that does not return.

use std::{
    io::{self, stdin},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use ratatui::crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The events of the terminal. The thread that reads them ends with the process: crossterm reads a terminal that is
/// gone, and the rest of an escape sequence that never comes, for ever.
#[derive(Debug)]
pub struct Keyboard {
    events: Receiver<io::Result<Event>>,
}

impl Keyboard {
    /// Reads from now on.
    pub fn start() -> io::Result<Self> {
        let (reading, events) = channel();
        thread::Builder::new().name("keyboard".into()).spawn(
            move || {
                while reading.send(event::read()).is_ok() {}
            },
        )?;
        Ok(Self { events })
    }

    /// The next key or change of size, waited for so long.
    pub fn next(&self, patience: Duration) -> io::Result<Option<Event>> {
        match self.events.recv_timeout(patience) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("its keys are not read any more")),
        }
    }
}

/// Whether the other end of the terminal was closed: a hang-up is seen without a signal, too, as where another session
/// has the terminal.
pub fn is_gone() -> bool {
    let stdin = stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut terminal, Some(&at_once)).is_ok()
        && terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}
