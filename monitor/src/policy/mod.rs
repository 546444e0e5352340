//! The policy: from the owner's file to values that the maps can take. Pure but for [`read`].
//!
//! 1. [`read`] takes the file in, with its limits.
//! 2. [`file`] turns the text into typed sections, each value with its place, and collects every error.
//! 3. [`numbering`] knows countries, kinds of numbers, and how each country dials.
//! 4. [`compile`] puts both together: the same text gives the same [`Compiled`].
//! 5. [`image`] lays the prefixes out as the lines that the kernel reads.
//! 6. [`slots`] gives each destination its counter slot for as long as the agent runs.
//! 7. [`customers`] tells whose call is whose.
//! 8. [`schedule`] knows when it is, [`money`] what calls cost, [`limits`] what is too much,
//!    [`unusual`] what is unlike before, [`alerting`] when that is told, [`sinks`] to whom, [`remedies`] what can be
//!    done about it.
//!
//! [`packets`] says what is kept of the SIP of an incident. [`report`] is how all of them say what is wrong; [`mask`] hides numbers in what the agent writes.

pub mod alerting;
pub mod compile;
pub mod compiled;
pub mod customers;
pub(crate) mod digits;
pub mod file;
pub mod image;
pub mod limits;
pub mod mask;
pub mod money;
pub mod numbering;
pub mod packets;
pub mod prefixes;
pub mod read;
pub mod remedies;
pub mod report;
pub mod schedule;
pub mod sinks;
pub mod slots;
pub mod unusual;

pub use compile::{Compilation, compile};
pub use compiled::{CallTimers, Compiled, DestinationIndex, DestinationName, PrefixRule, Privacy};
pub use customers::{Customer, Customers};
#[cfg(test)]
pub(crate) use file::INCIDENT_KINDS;
pub use file::OTHER;
pub(crate) use file::{country, nearest, url};
pub use money::{Tariff, Tariffs};
pub use packets::Packets;
pub use read::read;
pub use report::quoted;
pub use slots::SlotTable;
