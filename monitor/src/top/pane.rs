//! The panes and their columns.

use super::{
    rows,
    source::View,
    table::{Column, Holds, Row},
};

/// One list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// Sums by destination.
    Destinations,
    /// Calls that go on.
    Calls,
    /// Sums by source.
    Sources,
    /// Streams of media.
    Media,
    /// The latest alerts.
    Alerts,
    /// Temporary blocks.
    Blocks,
}

impl Pane {
    /// All of them, in the order of their digits.
    pub const ALL: [Self; 6] =
        [Self::Destinations, Self::Calls, Self::Sources, Self::Media, Self::Alerts, Self::Blocks];

    /// Its place in [`Pane::ALL`].
    #[must_use]
    pub const fn place(self) -> usize {
        self as usize
    }

    /// Its name on the tab.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Destinations => "Destinations",
            Self::Calls => "Calls",
            Self::Sources => "Sources",
            Self::Media => "Media",
            Self::Alerts => "Alerts",
            Self::Blocks => "Blocks",
        }
    }

    /// What it says where there is nothing to list.
    #[must_use]
    pub const fn emptiness(self) -> &'static str {
        match self {
            Self::Destinations | Self::Sources => "No call since the agent started.",
            Self::Calls => "No call goes on.",
            Self::Media => "No stream of media.",
            Self::Alerts => "No alert.",
            Self::Blocks => "No temporary block. `b` on a destination, call or source sets one.",
        }
    }

    /// Its columns.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Destinations => &DESTINATIONS,
            Self::Calls => &CALLS,
            Self::Sources => &SOURCES,
            Self::Media => &MEDIA,
            Self::Alerts => &ALERTS,
            Self::Blocks => &BLOCKS,
        }
    }

    /// Its rows, in the agent's order.
    #[must_use]
    pub fn rows(self, view: &View) -> Vec<Row> {
        match self {
            Self::Destinations => rows::destinations(&view.top),
            Self::Calls => rows::calls(&view.top),
            Self::Sources => rows::sources(&view.top),
            Self::Media => rows::media(&view.top),
            Self::Alerts => rows::alerts(&view.top),
            Self::Blocks => rows::blocks(&view.top),
        }
    }
}

const fn words(title: &'static str, least: usize, rank: u8) -> Column {
    Column { title, least, holds: Holds::Words, rank }
}

const fn address(title: &'static str, least: usize, rank: u8) -> Column {
    Column { title, least, holds: Holds::Addresses, rank }
}

const fn amount(title: &'static str, least: usize, rank: u8) -> Column {
    Column { title, least, holds: Holds::Amounts, rank }
}

const fn sums(first: Column) -> [Column; 8] {
    [
        first,
        amount("NOW", 5, 0),
        amount("STARTED", 7, 0),
        amount("ANSWERED", 8, 0),
        amount("BLOCKED", 7, 0),
        amount("MINUTES", 7, 0),
        amount("ASR", 4, 0),
        amount("BLOCK", 6, 0),
    ]
}

const DESTINATIONS: [Column; 8] = sums(words("DESTINATION", 16, 0));
const SOURCES: [Column; 8] = sums(address("SOURCE", 15, 0));
const CALLS: [Column; 11] = [
    words("WAY", 7, 0),
    words("DIALLED", 13, 0),
    words("CALLER", 12, 0),
    address("SOURCE", 15, 0),
    amount("TALK", 6, 0),
    amount("MEDIA", 9, 0),
    words("DEST", 6, 0),
    address("TRUNK", 15, 1),
    words("STARTED", 8, 2),
    words("CUSTOMER", 8, 3),
    amount("ATTEMPTS", 8, 4),
];
const MEDIA: [Column; 7] = [
    words("CALL", 9, 0),
    address("REMOTE", 15, 0),
    amount("PORT", 6, 0),
    words("WAY", 7, 0),
    amount("PACKETS", 8, 0),
    amount("BYTES", 8, 0),
    words("PAYLOAD", 8, 0),
];
const ALERTS: [Column; 2] = [words("TIME", 8, 0), words("ALERT", 40, 0)];
const BLOCKS: [Column; 6] = [
    words("TARGET", 12, 0),
    words("KIND", 11, 1),
    amount("LEFT", 6, 0),
    words("SINCE", 8, 0),
    words("BY", 8, 0),
    words("REASON", 8, 0),
];
