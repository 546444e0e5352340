//! `ringfence report`: the file of one incident for the operator, the police and the insurer, as JSON and as a page that
//! prints on A4.

mod chart;
mod document;
mod gather;
mod language;
pub mod output;
mod page;

pub use document::{
    Clock, ClockState, Delivery, Destination, Entry, Event, Gap, Losses, Made, Missing, NotTold,
    PolicyInForce, PolicyText, Proof, ReportDocument, Reveal, TariffPrice, Told, What, WhyNot,
};

pub use gather::{GatherError, Sources, gather};
pub use language::Language;
pub use output::OutputError;
pub use page::{PageError, html};

#[cfg(test)]
mod tests;
