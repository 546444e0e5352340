//! Whether an address is in one of some networks.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::calls::Trunk;

/// Networks that do not overlap, in order.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Overlapping networks are joined.
    #[must_use]
    pub fn new(networks: &[IpNet]) -> Self {
        let mut joined = IpNet::aggregate(&networks.to_vec());
        joined.sort_by_key(IpNet::network);
        Self(joined)
    }

    /// Whether some network has the address.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let after = self.0.partition_point(|network| network.network() <= address);
        after.checked_sub(1).is_some_and(|at| self.0[at].contains(&address))
    }

    /// What the address is where these are the trunks.
    #[must_use]
    pub fn trunk(&self, address: IpAddr) -> Trunk {
        match (self.0.is_empty(), self.contain(address)) {
            (true, _) => Trunk::Unknown,
            (false, true) => Trunk::Yes,
            (false, false) => Trunk::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_the_network_that_has_it() {
        let nets = ["203.0.113.0/28", "203.0.113.8/29", "198.51.100.7/32", "2001:db8::/64", "fd00::/8"];
        let networks = Networks::new(&nets.map(|net| net.parse().unwrap()));
        let rows = [
            ("203.0.113.0", true),
            ("203.0.113.15", true),
            ("203.0.113.16", false),
            ("203.0.112.255", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("2001:db8::ffff", true),
            ("2001:db8:0:1::", false),
            ("fdff::1", true),
            ("0.0.0.0", false),
            ("::", false),
        ];
        for (address, is_in) in rows {
            assert_eq!(networks.contain(address.parse().unwrap()), is_in, "{address}");
        }
    }

    #[test]
    fn without_networks_nothing_is_known() {
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(Networks::default().trunk(address), Trunk::Unknown);
        assert_eq!(Networks::new(&["10.0.0.0/8".parse().unwrap()]).trunk(address), Trunk::No);
    }
}
