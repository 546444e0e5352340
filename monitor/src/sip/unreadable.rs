//! Why a message could not be read.

use thiserror::Error;

/// What a message lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Error)]
pub enum Unreadable {
    /// No SIP start line.
    #[error("no SIP start line: look at the packet with `tcpdump -A`")]
    StartLine,
    /// Its headers end within the part at hand, and one that is needed is not among them.
    #[error("cut before the headers that name its dialog: the sender puts more than 2 KiB before them")]
    Cut,
    /// No `Call-ID` that can be read.
    #[error("no readable Call-ID: look at its sender")]
    CallId,
    /// No `From` that can be read.
    #[error("no readable From: look at its sender")]
    From,
    /// No `To` that can be read.
    #[error("no readable To: look at its sender")]
    To,
    /// No `CSeq` that can be read.
    #[error("no readable CSeq: look at its sender")]
    CSeq,
}

impl Unreadable {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::StartLine, Self::Cut, Self::CallId, Self::From, Self::To, Self::CSeq];

    /// Label in metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::StartLine => "start_line",
            Self::Cut => "cut",
            Self::CallId => "call_id",
            Self::From => "from",
            Self::To => "to",
            Self::CSeq => "cseq",
        }
    }
}
