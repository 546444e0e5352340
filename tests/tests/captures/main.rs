//! Captures: every variant of the formats read back, damaged files, and real captures replayed.

mod damaged;
mod formats;
mod written;
