//! Who is compared: what each puts at the receiving end, and how many frames a round gives it.

use super::numbers;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// An XDP program that drops at once.
    Empty,
    /// xdp-filter with one rule for an address.
    XdpFilter,
    /// `ringfence run` with one prefix.
    One,
    /// `ringfence run` with many prefixes: what all others are compared with.
    Ringfence,
    /// The same, in generic mode.
    Generic,
    /// nftables with one rule.
    NftRule,
    /// nftables with a hundred rules.
    NftRules,
    /// nftables with many prefixes in a set.
    NftSet,
    /// iptables with one string match.
    String,
    /// iptables with a hundred string matches.
    Strings,
    /// The same, each of which searches the beginning only.
    StringsAtStart,
    /// Kamailio that drops.
    Kamailio,
    /// Media that passes, without any XDP: what the next is compared with.
    Media,
    /// Media that passes `ringfence run` with many prefixes.
    GuardedMedia,
}

impl Contender {
    /// In the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Empty,
        Self::XdpFilter,
        Self::One,
        Self::Ringfence,
        Self::Generic,
        Self::NftRule,
        Self::NftRules,
        Self::NftSet,
        Self::String,
        Self::Strings,
        Self::StringsAtStart,
        Self::Kamailio,
        Self::Media,
        Self::GuardedMedia,
    ];

    /// What it is called in tables; `many` is the number of prefixes of a large policy.
    pub fn name(self, many: usize) -> String {
        let many = thousands(many);
        match self {
            Self::Empty => "XDP program that only drops".into(),
            Self::XdpFilter => "xdp-filter, one rule for an IPv4 address".into(),
            Self::One => "Ringfence, 1 prefix".into(),
            Self::Ringfence => format!("Ringfence, {many} prefixes"),
            Self::Generic => format!("Ringfence, {many} prefixes, generic mode"),
            Self::NftRule => "nftables, 1 raw payload rule".into(),
            Self::NftRules => "nftables, 100 raw payload rules".into(),
            Self::NftSet => format!("nftables, set of {many} prefixes"),
            Self::String => "iptables, 1 string match".into(),
            Self::Strings => "iptables, 100 string matches".into(),
            Self::StringsAtStart => "iptables, 100 string matches, first 80 octets".into(),
            Self::Kamailio => "Kamailio, one regular expression, `exit`".into(),
            Self::Media => "RTP, passed, no XDP".into(),
            Self::GuardedMedia => format!("RTP, passed by Ringfence, {many} prefixes"),
        }
    }

    /// Whose time in the same round its own is divided by.
    pub const fn reference(self) -> Self {
        match self {
            Self::Media | Self::GuardedMedia => Self::Media,
            _ => Self::Ringfence,
        }
    }

    /// Frames a round: those of the fast take some 20 ms, those of the slow some 100.
    pub const fn frames(self) -> u32 {
        match self {
            Self::Empty | Self::XdpFilter | Self::One | Self::Ringfence => 1 << 17,
            Self::Generic
            | Self::NftRule
            | Self::NftSet
            | Self::String
            | Self::Media
            | Self::GuardedMedia => 1 << 16,
            Self::NftRules => 1 << 13,
            Self::Strings | Self::StringsAtStart => 1 << 11,
            Self::Kamailio => 1 << 10,
        }
    }

    /// Frames that are sent before it is waited for: what lies in a socket must not overflow.
    pub const fn burst(self) -> u32 {
        match self {
            Self::Kamailio => 32,
            _ => u32::MAX,
        }
    }

    /// What is blocked.
    pub fn prefixes(self, many: usize) -> Vec<String> {
        numbers::prefixes(match self {
            Self::Ringfence | Self::Generic | Self::NftSet | Self::GuardedMedia => many,
            Self::NftRules | Self::Strings | Self::StringsAtStart => 100,
            _ => 1,
        })
    }

    /// Whether media is sent to it, and not INVITEs.
    pub const fn takes_media(self) -> bool {
        matches!(self, Self::Media | Self::GuardedMedia)
    }
}

/// As people write it: 100,000.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [7, 999, 1_000, 65_536, 1_234_567].map(thousands),
            ["7", "999", "1,000", "65,536", "1,234,567"]
        );
    }
}
