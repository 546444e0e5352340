//! The compiled dial plan: how dialled symbols become E.164, and which numbers are emergencies.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::FewTrunks;

/// Up to 15 symbols, four bits each from the highest bits down, and their count in the lowest four bits.
/// Symbols: 0 to 9, `*` is 10, `#` is 11, `+` is 12. The same layout as [`crate::number::Digits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Packed(pub u64);

/// A foreign code that is dialled nationally (France: 0590 … is +590 590 …).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Overseas {
    /// Digits after the national prefix.
    pub national: Packed,
    /// E.164 digits to put before the number.
    pub before: Packed,
    /// Digits to take off the number first (after the national prefix).
    pub take_off: u64,
}

/// How one direction's numbers are dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DialPlan {
    /// Digits before an outside number.
    pub access: [Packed; Self::ACCESS],
    /// International prefixes; `+` is always understood.
    pub international: [Packed; Self::INTERNATIONAL],
    /// Emergency numbers.
    pub emergency: [Packed; Self::EMERGENCY],
    /// Foreign codes dialled nationally.
    pub overseas: [Overseas; Self::OVERSEAS],
    /// National prefix; only where [`plan_flags::NATIONAL`] is set, and then perhaps empty.
    pub national: Packed,
    /// Country code.
    pub country: Packed,
    /// Entries in `access`.
    pub access_count: u8,
    /// Entries in `international`.
    pub international_count: u8,
    /// Entries in `emergency`.
    pub emergency_count: u8,
    /// Entries in `overseas`.
    pub overseas_count: u8,
    /// Digits of the longest emergency number.
    pub emergency_longest: u8,
    /// Fewest digits after the national prefix that make a national number (1 where the prefix tells it,
    /// the country's shortest number where the prefix is empty).
    pub national_shortest: u8,
    /// [`plan_flags`].
    pub flags: u8,
    /// Most digits of the country's numbers where the national prefix is empty; 0 where it is not.
    pub national_longest: u8,
}

/// Flags of a [`DialPlan`].
pub mod plan_flags {
    /// An outside number always begins with an access prefix.
    pub const ACCESS_REQUIRED: u8 = 1;
    /// Digits without any prefix are E.164.
    pub const BARE_E164: u8 = 2;
    /// There is a national prefix (which may be empty).
    pub const NATIONAL: u8 = 4;
}

impl DialPlan {
    /// Access prefixes that fit.
    pub const ACCESS: usize = 8;
    /// International prefixes that fit.
    pub const INTERNATIONAL: usize = 8;
    /// Emergency numbers that fit.
    pub const EMERGENCY: usize = 32;
    /// Nationally dialled foreign codes that fit.
    pub const OVERSEAS: usize = 32;
}

impl Default for DialPlan {
    fn default() -> Self {
        zerocopy::FromZeros::new_zeroed()
    }
}

/// Everything of one policy generation that is not a rule or a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Settings {
    /// Dial plans, by [`super::Direction`] slot.
    pub plans: [DialPlan; 2],
    /// SIP ports, in host byte order; unused entries are 0.
    pub sip_ports: [u16; 16],
    /// 1 where the policy names trunks.
    pub has_trunks: u32,
    /// 1 once a policy stands in this generation.
    pub loaded: u32,
    /// The trunks, where they are few.
    pub few_trunks: FewTrunks,
    /// What the plans make of plain digits by their first three symbols: [`crate::number::shortcuts`].
    pub shortcuts: [Shortcuts; 2],
}

/// A word for each three symbols: [`crate::number::shortcut`] says what it means.
pub type Shortcuts = [u16; SHORTCUTS];

/// Threes of symbols, four bits each.
pub const SHORTCUTS: usize = 1 << 12;

impl Default for Settings {
    fn default() -> Self {
        zerocopy::FromZeros::new_zeroed()
    }
}
