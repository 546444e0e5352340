//! Progress on long captures: a bar on standard error, where that is a terminal.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

/// How far the capture has been read.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar for the file at `capture`; indicatif draws nothing where standard error is no terminal.
    pub(super) fn new(capture: &Path) -> Self {
        let Ok(size) = capture.metadata().map(|metadata| metadata.len()) else {
            return Self(ProgressBar::hidden());
        };
        let style = ProgressStyle::with_template(
            "{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left ({msg} frames)",
        );
        Self(ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Shows how far it is, every now and then.
    pub(super) fn at(&self, frame: u64, offset: impl FnOnce() -> u64) {
        if frame.is_multiple_of(FRAMES_BETWEEN) && !self.0.is_hidden() {
            self.0.set_position(offset());
            self.0.set_message(frame.to_string());
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        self.0.finish_and_clear();
    }
}

/// Frames after which the bar moves.
const FRAMES_BETWEEN: u64 = 4096;
