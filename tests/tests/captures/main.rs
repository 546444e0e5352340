//! Captures: every variant of the formats read back, damaged files, and real captures replayed.

mod agreement;
mod calls;
mod command;
mod damaged;
mod formats;
mod incident;
mod limits;
mod night;
mod replays;
mod story;
mod torture;
mod wireshark;
mod written;
