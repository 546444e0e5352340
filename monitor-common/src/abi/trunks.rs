//! The trunks of a policy where they are few: what the kernel compares before it asks the trie of all.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Up to [`Self::MOST`] IPv4 networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FewTrunks {
    /// Address and mask of each, in host byte order; ones and zeros, which no address has, where there is none.
    networks: [[u32; 2]; Self::MOST],
    /// 1 where the policy has no other trunk.
    are_all: u32,
    /// Always zero.
    reserved: u32,
}

impl FewTrunks {
    /// Networks that are compared.
    pub const MOST: usize = 4;

    /// The trunks of a policy: address and length of each network of IPv4, `None` for one of IPv6.
    pub fn new(networks: impl Iterator<Item = Option<([u8; 4], u8)>>) -> Self {
        let mut trunks = Self { networks: [[u32::MAX, 0]; Self::MOST], are_all: 1, reserved: 0 };
        for (place, network) in networks.enumerate() {
            match (trunks.networks.get_mut(place), network) {
                (Some(row), Some((address, len))) => {
                    let mask = u32::MAX.checked_shl(32 - u32::from(len.min(32))).unwrap_or(0);
                    *row = [u32::from_be_bytes(address) & mask, mask];
                }
                _ => trunks.are_all = 0,
            }
        }
        trunks
    }

    /// Whether a trunk has the IPv4 address; `None` where these are not all trunks.
    #[inline(always)]
    #[must_use]
    pub fn has(&self, address: [u8; 4]) -> Option<bool> {
        if self.are_all == 0 {
            return None;
        }
        let address = u32::from_be_bytes(address);
        let is_of = |[network, mask]: [u32; 2]| (address & mask) == network;
        let [a, b, c, d] = self.networks.map(is_of);
        Some(a | b | c | d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_a_trunk_or_not() {
        let trunks = FewTrunks::new([Some(([203, 0, 113, 9], 28)), Some(([192, 0, 2, 1], 32))].into_iter());
        for (address, is_trunk) in [
            ([203, 0, 113, 0], true),
            ([203, 0, 113, 15], true),
            ([203, 0, 113, 16], false),
            ([192, 0, 2, 1], true),
            ([192, 0, 2, 2], false),
            ([255, 255, 255, 255], false),
            ([0, 0, 0, 0], false),
        ] {
            assert_eq!(trunks.has(address), Some(is_trunk), "{address:?}");
        }
        assert_eq!(FewTrunks::new([Some(([1, 2, 3, 4], 0))].into_iter()).has([9; 4]), Some(true));
        assert_eq!(FewTrunks::new(core::iter::empty()).has([0; 4]), Some(false));
    }

    #[test]
    fn where_others_are_named_it_does_not_know() {
        let many = core::iter::repeat_n(Some(([203, 0, 113, 0], 28)), FewTrunks::MOST + 1);
        assert_eq!(FewTrunks::new(many).has([203, 0, 113, 1]), None);
        assert_eq!(FewTrunks::new([None].into_iter()).has([203, 0, 113, 1]), None);
    }
}
