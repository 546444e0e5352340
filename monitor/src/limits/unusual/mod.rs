//! What is unlike before: a baseline of calls, minutes and spend for each hour of the week and each class of
//! destinations, and findings where an hour, a day or a week goes beyond it. Pure: the clocks are an argument.
//!
//! 1. [`class`] says what kind of destination a call goes to.
//! 2. [`hour`] says which hour of the week it is, with holidays.
//! 3. [`recent`] holds the last week, hour by hour; [`baseline`] what is usual.
//! 4. [`bound`] says how far from the usual is too much.
//! 5. [`watch`] takes facts and time in and gives findings; [`accrual`] follows the calls that go on, [`judged`] knows what was
//!    told, [`kept`] survives
//!    restarts.

mod accrual;
mod baseline;
mod bound;
mod class;
mod finding;
mod hour;
mod judged;
mod kept;
mod passing;
mod recent;
mod watch;

pub use class::Class;
pub use finding::{Finding, Horizon, Measure};
pub use watch::{Rules, Unusual};

#[cfg(test)]
mod tests;
