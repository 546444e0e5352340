//! One call of a plan: when, by whom, whereto, how it ends, and what it is for.

use std::{net::IpAddr, sync::Arc, time::Duration};

use monitor::calls::Timestamp;

/// A call as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its first INVITE.
    pub start: Timestamp,
    /// The way that it takes through the house.
    pub path: Path,
    /// Symbols that are dialled.
    pub dialled: Arc<str>,
    /// The same as E.164 with `+`; `None` within the house.
    pub number: Option<Arc<str>>,
    /// From the INVITE to the end of ringing.
    pub ring: Duration,
    /// What comes after the ringing.
    pub end: End,
    /// What it is for.
    pub purpose: Purpose,
}

/// The way of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// From a phone through the PBX to the trunk.
    Out {
        /// The extension that the phone says it is.
        extension: Arc<str>,
        /// Where its INVITE comes from.
        phone: IpAddr,
    },
    /// From the PBX itself to the trunk: a forward, voicemail, a dialler.
    Pbx,
    /// From the trunk through the PBX to a phone.
    In {
        /// User of From.
        caller: Arc<str>,
        /// The extension that rings.
        extension: Arc<str>,
    },
    /// From the trunk to the PBX itself: voicemail, a conference room, a queue, a forward.
    Service {
        /// User of From.
        caller: Arc<str>,
    },
    /// From one phone to another.
    Inside {
        /// The extension that calls.
        extension: Arc<str>,
    },
    /// From a phone to the PBX itself: its voicemail, a conference room, a queue.
    Room {
        /// The extension that calls.
        extension: Arc<str>,
    },
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Answered, and over after so much talk.
    Answered(Duration),
    /// Refused with this SIP status.
    Refused(u16),
    /// The caller does not wait any longer.
    GivenUp,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It makes money for whoever broke in.
    Fraud,
    /// It prepares the fraud.
    Guessing,
    /// It is somebody's work, named in a word or two.
    Work(&'static str),
}

impl Call {
    /// Time between answer and end.
    #[must_use]
    pub const fn talk(&self) -> Duration {
        match self.end {
            End::Answered(talk) => talk,
            End::Refused(_) | End::GivenUp => Duration::ZERO,
        }
    }

    /// When it is over.
    #[must_use]
    pub fn over(&self) -> Timestamp {
        self.start.after(self.ring + self.talk())
    }

    /// Who calls, where it is a phone of the house.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        match &self.path {
            Path::Out { extension, .. } | Path::Inside { extension } | Path::Room { extension } => {
                Some(extension)
            }
            Path::Pbx | Path::In { .. } | Path::Service { .. } => None,
        }
    }

    /// Whether it goes to an outside number.
    #[must_use]
    pub const fn goes_outside(&self) -> bool {
        matches!(self.path, Path::Out { .. } | Path::Pbx)
    }

    /// Whether it goes to an outside number that is not French.
    #[must_use]
    pub fn goes_abroad(&self) -> bool {
        self.goes_outside() && self.number.as_deref().is_some_and(|number| !number.starts_with("+33"))
    }

    /// Whether somebody of the house, or a customer of it, wants the call.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        matches!(self.purpose, Purpose::Work(_))
    }
}
