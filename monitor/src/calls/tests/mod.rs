//! Tests of the tracker: rows of signals between hosts, and what is told of them.

mod script;

mod attempts;
mod media;
