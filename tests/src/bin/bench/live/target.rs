//! What was promised of live frames, and whether a run kept it.

use super::contender::Contender;
use crate::figures::Spread;

/// A promise and what a run says of it.
pub struct Target {
    /// What is compared.
    pub what: String,
    /// The least ratio that was promised.
    pub promised: f64,
    /// What was measured, where it could be.
    pub measured: Option<Spread>,
}

impl Target {
    /// Judged by the median.
    pub fn verdict(&self) -> &'static str {
        match self.measured {
            None => "not measured",
            Some(spread) if spread.median >= self.promised => "met",
            Some(_) => "not met",
        }
    }
}

/// Contenders whose cost over ours was promised.
pub const PROMISED: [(Contender, f64); 4] = [
    (Contender::NftRule, 4.5),
    (Contender::NftSet, 10.0),
    (Contender::Strings, 250.0),
    (Contender::Kamailio, 200.0),
];
/// One rule of xdp-filter over our verdict on an INVITE, both in memory and over an empty program.
pub const FILTER: f64 = 1.4;
