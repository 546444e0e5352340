//! Writes lines to standard output in a thread of its own, so that a reader who stops reading holds up nobody.

use std::{
    io::{self, Write},
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

/// The way to standard output.
#[derive(Debug)]
pub struct Lines {
    sender: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
}

impl Lines {
    /// Starts the thread.
    pub fn to_stdout() -> io::Result<Self> {
        Self::start(io::stdout())
    }

    /// Hands a line over; where too many wait already, the log has it instead.
    pub fn send(&self, line: String) {
        let Some(sender) = &self.sender else { return };
        if let Err(TrySendError::Full(line) | TrySendError::Disconnected(line)) = sender.try_send(line) {
            tracing::error!(alert = line, "standard output does not take this alert");
        }
    }

    pub(super) fn start(mut output: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, lines) = sync_channel::<String>(WAITING);
        let writer = thread::Builder::new().name("alerts".into()).spawn(move || {
            for line in lines {
                if let Err(error) = writeln!(output, "{line}").and_then(|()| output.flush()) {
                    tracing::error!(%error, "alerts go to the log from now on: standard output is closed");
                    tracing::error!(alert = line);
                    return;
                }
            }
        })?;
        Ok(Self { sender: Some(sender), writer: Some(writer) })
    }
}

impl Drop for Lines {
    /// Writes what waits, unless the reader has stopped reading.
    fn drop(&mut self) {
        self.sender = None;
        let Some(writer) = self.writer.take() else { return };
        for _ in 0..PATIENCE {
            if writer.is_finished() {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Lines that may wait.
const WAITING: usize = 1024;
/// Times [`PAUSE`] that the end waits for the writer: 200 ms.
const PATIENCE: u32 = 100;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(2);

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    pub(in super::super) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(in super::super) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_written_in_order_before_the_end() {
        let kept = Kept::default();
        let lines = Lines::start(kept.clone()).unwrap();
        (0..100).for_each(|n| lines.send(n.to_string()));
        drop(lines);
        let text = kept.text();
        assert_eq!(
            text.lines().map(|line| line.parse::<u32>().unwrap()).collect::<Vec<_>>(),
            (0..100).collect::<Vec<_>>()
        );
    }
}
