//! Whose call is whose: by its source, else by its caller. Asked for every INVITE.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::file::CallerPattern;
use crate::vocabulary::Language;

/// A customer of the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its name, fit for a label.
    pub name: Arc<str>,
    /// Networks that its calls come from.
    pub sources: Vec<IpNet>,
    /// Callers that its calls bear.
    pub callers: Vec<CallerPattern>,
    /// URIs of those who are told: `mailto:`, `https:` or `tel:`.
    pub contacts: Vec<String>,
    /// The language that they are told in; none for that of the sink.
    pub language: Option<Language>,
}

/// The customers of a policy.
#[derive(Clone, Debug, Default)]
pub struct Customers {
    customers: Vec<Customer>,
    networks: HashMap<IpNet, usize>,
    /// Lengths that networks have, IPv4 and IPv6, the longest first.
    lengths: [Vec<u8>; 2],
    callers: HashMap<String, usize>,
    stems: HashMap<String, usize>,
    /// Octets that stems have, the longest first.
    stem_lengths: Vec<usize>,
}

impl Customers {
    /// Makes the tables; where two claim one thing, the last has it.
    pub(super) fn new(customers: Vec<Customer>) -> Self {
        let mut tables = Self::default();
        for (index, customer) in customers.iter().enumerate() {
            tables.networks.extend(customer.sources.iter().map(|network| (network.trunc(), index)));
            for caller in &customer.callers {
                match caller {
                    CallerPattern::Whole(caller) => tables.callers.insert(caller.clone(), index),
                    CallerPattern::Prefix(stem) => tables.stems.insert(stem.clone(), index),
                };
            }
        }
        tables.lengths = [true, false].map(|is_ipv4| {
            let networks = tables.networks.keys().filter(|network| network.addr().is_ipv4() == is_ipv4);
            longest_first(networks.map(IpNet::prefix_len))
        });
        tables.stem_lengths = longest_first(tables.stems.keys().map(String::len));
        Self { customers, ..tables }
    }

    /// The customer whose call it is: the longest network that holds the source decides, else the longest
    /// pattern of the caller, which is the user part of From.
    #[must_use]
    pub fn of(&self, source: IpAddr, caller: &str) -> Option<&Arc<str>> {
        let index = self.by_source(source.to_canonical()).or_else(|| self.by_caller(caller))?;
        self.customers.get(index).map(|customer| &customer.name)
    }

    /// The customer of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| &*customer.name == name)
    }

    /// All of them, in the order of the policy.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Customer> {
        self.customers.iter()
    }

    fn by_source(&self, source: IpAddr) -> Option<usize> {
        let lengths = &self.lengths[usize::from(source.is_ipv6())];
        lengths.iter().find_map(|length| {
            let network = IpNet::new(source, *length).ok()?.trunc();
            self.networks.get(&network).copied()
        })
    }

    fn by_caller(&self, caller: &str) -> Option<usize> {
        self.callers.get(caller).copied().or_else(|| {
            let stems = self.stem_lengths.iter().filter_map(|length| caller.get(..*length));
            stems.into_iter().find_map(|stem| self.stems.get(stem).copied())
        })
    }
}

fn longest_first<T: Ord>(lengths: impl Iterator<Item = T>) -> Vec<T> {
    lengths.collect::<BTreeSet<_>>().into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, sources: &[&str], callers: &[&str]) -> Customer {
        let pattern = |text: &&str| match text.strip_suffix('*') {
            Some(stem) => CallerPattern::Prefix(stem.to_owned()),
            None => CallerPattern::Whole((*text).to_owned()),
        };
        Customer {
            name: name.into(),
            sources: sources.iter().map(|text| text.parse().unwrap()).collect(),
            callers: callers.iter().map(pattern).collect(),
            contacts: Vec::new(),
            language: None,
        }
    }

    #[test]
    fn the_source_decides_before_the_caller_and_the_longest_before_the_rest() {
        let customers = Customers::new(vec![
            customer("town", &["198.51.100.0/24", "2001:db8::/32"], &["+3314*"]),
            customer("hall", &["198.51.100.16/28", "2001:db8:1::/48"], &["+331423456*"]),
            customer("desk", &["198.51.100.17/32"], &["101", "+33142345678"]),
        ]);
        for (source, caller, name) in [
            ("198.51.100.1", "101", Some("town")),
            ("198.51.100.16", "101", Some("hall")),
            ("198.51.100.17", "+33140000000", Some("desk")),
            ("::ffff:198.51.100.17", "", Some("desk")),
            ("2001:db8:2::1", "", Some("town")),
            ("2001:db8:1::1", "", Some("hall")),
            ("192.0.2.1", "101", Some("desk")),
            ("192.0.2.1", "1011", None),
            ("192.0.2.1", "10", None),
            ("192.0.2.1", "+33140000000", Some("town")),
            ("192.0.2.1", "+33142345670", Some("hall")),
            ("192.0.2.1", "+33142345678", Some("desk")),
            ("192.0.2.1", "+331", None),
            ("2001:db9::1", "", None),
            ("192.0.2.1", "é", None),
        ] {
            let found = customers.of(source.parse().unwrap(), caller).map(|name| &**name);
            assert_eq!(found, name, "{source} {caller}");
        }
        assert_eq!(Customers::default().of("192.0.2.1".parse().unwrap(), "101"), None);
    }

    /// A look-up tries one network or stem a length, however many customers there are.
    #[test]
    fn a_thousand_customers_are_told_apart_by_as_many_tries_as_lengths() {
        let many = (0..1000u32).map(|n| {
            let sources = [format!("10.{}.{}.0/{}", n / 250, n % 250, 24 + n % 9)];
            let callers = [format!("+331{n:04}*"), format!("{}", 10_000 + n)];
            customer(
                &format!("c{n}"),
                &sources.each_ref().map(String::as_str),
                &callers.each_ref().map(String::as_str),
            )
        });
        let customers = Customers::new(many.collect());
        let source = "192.0.2.1".parse().unwrap();
        for n in 0..1000u32 {
            let name = format!("c{n}");
            for caller in [format!("+331{n:04}99"), format!("{}", 10_000 + n)] {
                assert_eq!(customers.of(source, &caller).map(|name| &**name), Some(&*name), "{caller}");
            }
            let source = IpAddr::from([10, (n / 250) as u8, (n % 250) as u8, 0]);
            assert_eq!(customers.of(source, "").map(|name| &**name), Some(&*name), "{source}");
        }
        assert_eq!(customers.lengths, [(24..=32).rev().collect(), vec![]]);
        assert_eq!(customers.stem_lengths, ["+3310000".len()]);
    }
}
