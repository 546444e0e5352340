//! `ringfence report`: the file of one incident for the operator, the police and the insurer, as JSON and as a page that
//! prints on A4.

mod chart;
mod document;
mod gather;
mod language;
pub mod output;
mod page;
mod proof;

pub use document::{
    Delivery, Destination, Event, Made, NotTold, ReportDocument, Reveal, TariffPrice, Told, What, WhyNot,
};
pub use proof::{Clock, ClockState, Entry, Gap, Losses, Missing, PolicyInForce, PolicyText, Proof};

pub use gather::{GatherError, Sources, gather};
pub use language::Language;
pub use output::OutputError;
pub use page::{PageError, html};

#[cfg(test)]
mod tests;
