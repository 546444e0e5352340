//! The policies that the rows are judged by.

/// A policy's name; `Nothing` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyName {
    /// No policy is in force yet.
    Nothing,
    /// A French PBX; access prefixes may be left out; no trunks.
    French,
    /// A French PBX with trunks, which writes bare E.164 to them.
    Trunks,
    /// A French PBX on which an outside number begins with an access prefix.
    Required,
    /// A French PBX with access digit 0, which may be left out.
    Zero,
    /// A French PBX on which bare digits are E.164.
    Bare,
    /// A PBX in the USA.
    American,
    /// A Spanish PBX: no national prefix.
    Spanish,
    /// Prefixes of one digit, of 15, and inside each other.
    Lengths,
}

impl PolicyName {
    /// Every name; the one without a policy first.
    pub const ALL: &'static [Self] = &[
        Self::Nothing,
        Self::French,
        Self::Trunks,
        Self::Required,
        Self::Zero,
        Self::Bare,
        Self::American,
        Self::Spanish,
        Self::Lengths,
    ];

    /// The file.
    #[must_use]
    pub const fn text(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::French => Some(include_str!("policies/french.toml")),
            Self::Trunks => Some(include_str!("policies/trunks.toml")),
            Self::Required => Some(include_str!("policies/required.toml")),
            Self::Zero => Some(include_str!("policies/zero.toml")),
            Self::Bare => Some(include_str!("policies/bare.toml")),
            Self::American => Some(include_str!("policies/american.toml")),
            Self::Spanish => Some(include_str!("policies/spanish.toml")),
            Self::Lengths => Some(include_str!("policies/lengths.toml")),
        }
    }
}
