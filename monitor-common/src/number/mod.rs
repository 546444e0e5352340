//! From dialled symbols to an E.164 number, by a dial plan.

mod digits;
mod reading;
mod shortcut;
mod symbols;

pub use digits::Digits;
pub use reading::{READINGS, Reading, reading};
pub use shortcut::{Shortcut, shortcut, shortcuts};
pub use symbols::{HASH, PLUS, STAR, Symbols};
