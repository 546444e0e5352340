//! Calls: from the signals of both hooks to calls with a beginning, an answer and an end. Pure: the clock is an
//! argument, and nothing here knows of maps, files or sockets.

mod call;
mod signal;

pub use call::{Call, CallId, CallResult, Fact, Happened, Origin, Route, Seconds};
pub use signal::{Judged, Signal, Timestamp, Trunk};
