//! Tests of the tracker: rows of signals between hosts, and what is told of them.

mod script;

mod attempts;
mod dialogs;
mod hostile;
mod legs;
mod lost;
mod media;
mod naming;
mod opensips;
mod properties;
mod saved;
