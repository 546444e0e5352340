//! What is known of the world's numbers: countries and how they dial, kinds of numbers, emergency numbers,
//! high-risk countries. Tables in `monitor/data`, each row with its source, and libphonenumber's metadata.

pub mod countries;
pub mod dialling;
pub mod kinds;
mod pattern;
pub mod risk;
mod table;
pub mod zones;

pub use countries::{Country, Iso};
pub use kinds::Kind;
