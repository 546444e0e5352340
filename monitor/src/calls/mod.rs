//! Calls: from the signals of both hooks to calls with a beginning, an answer and an end. Pure: the clock is an
//! argument, and nothing here knows of maps, files or sockets.

mod call;
mod signal;
mod state;

mod token;

mod seen;

mod leg;
mod outcome;
mod timers;

mod entry;
mod index;
mod matching;
mod media;
mod remnant;
mod resume;

mod adopting;
mod beginning;
mod dialogs;
mod joining;
mod naming;
mod tracker;

#[cfg(test)]
mod tests;

pub use call::{Call, CallId, CallResult, Fact, Happened, Origin, Route, Seconds};
pub use media::MediaSeen;
pub use resume::Resume;
pub use signal::{Judged, Signal, Timestamp, Trunk};
pub use tracker::{Counters, Settings, Tracker};
