//! `[packets]` compiled: how much of an incident's SIP is kept, and what of it may be written.

use crate::vocabulary::words;

words! {
    /// How numbers stand in the packets of incidents.
    Numbers {
        Masked = "masked", "Without their last digits, as in everything else that the agent writes";
        Whole = "whole", "As they were sent";
    }
}

/// What is kept of an incident's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packets {
    /// Whether any are.
    pub enabled: bool,
    /// Whether session descriptions are kept too, and with [`Numbers::Whole`] every body.
    pub bodies: bool,
    /// How numbers stand in them.
    pub numbers: Numbers,
    /// Packets of one incident, at most.
    pub most: u64,
    /// Octets of one incident's file, at most.
    pub most_bytes: u64,
    /// Octets of all files together, at most.
    pub total_bytes: u64,
}

impl Packets {
    /// Digits to hide of a number where `hidden` are everywhere else.
    #[must_use]
    pub const fn hidden(&self, hidden: u8) -> u8 {
        match self.numbers {
            Numbers::Masked => hidden,
            Numbers::Whole => 0,
        }
    }
}

impl Default for Packets {
    fn default() -> Self {
        Self {
            enabled: true,
            bodies: false,
            numbers: Numbers::Masked,
            most: 200,
            most_bytes: 1_000_000,
            total_bytes: 100_000_000,
        }
    }
}
