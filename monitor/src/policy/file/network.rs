//! `[network]`: whose addresses are whose.

use std::net::IpAddr;

use ipnet::IpNet;

use super::At;
use super::section::{Key, Section, shortened};
use crate::policy::report::{Finding, Findings};

/// `[network]` as written.
#[derive(Debug, Default)]
pub struct NetworkSection {
    /// The operator's SBCs.
    pub trunks: Vec<At<IpNet>>,
    /// This host's own addresses.
    pub local: Vec<At<IpNet>>,
    /// Addresses that no limit blocks.
    pub trusted: Vec<At<IpNet>>,
    /// SIP ports; `None` where the key is missing.
    pub sip_ports: Option<Vec<u16>>,
}

impl NetworkSection {
    pub(super) fn read(section: &Section<'_>, errors: &mut Findings, warnings: &mut Findings) -> Self {
        let trunks = networks(section, TRUNKS, errors, warnings);
        for wide in trunks.iter().filter(|net| is_wide(&net.value)) {
            let title = format!("{} as a trunk takes in much of the Internet", wide.value);
            let help = "calls from a trunk are incoming and never judged by their number: name the operator's SBCs only";
            warnings.push(Finding::new(title, wide.span(), "").help(help));
        }
        Self {
            trunks,
            local: networks(section, LOCAL, errors, warnings),
            trusted: networks(section, TRUSTED, errors, warnings),
            sip_ports: sip_ports(section, errors),
        }
    }
}

/// The networks of a list.
pub(super) fn networks(
    section: &Section<'_>,
    key: Key,
    errors: &mut Findings,
    warnings: &mut Findings,
) -> Vec<At<IpNet>> {
    let texts = section.texts(key, errors).map(|texts| texts.value).unwrap_or_default();
    texts.iter().filter_map(|text| network(text, key, errors, warnings)).collect()
}

fn network(text: &At<&str>, key: Key, errors: &mut Findings, warnings: &mut Findings) -> Option<At<IpNet>> {
    let parsed = text.value.parse().ok().or_else(|| text.value.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(net): Option<IpNet> = parsed else {
        let title = format!("\"{}\" is neither an address nor a network", shortened(text.value));
        errors.push(
            Finding::new(title, text.span(), "").help(format!("write {}; names are not looked up", key.1)),
        );
        return None;
    };
    if net.trunc() != net {
        let title = format!("{net} has address bits beyond its length");
        let help = format!(
            "write \"{}\", which is how it is read, or \"{}\" for the one address",
            net.trunc(),
            net.addr()
        );
        warnings.push(Finding::new(title, text.span(), "").help(help));
    }
    Some(text.with(net.trunc()))
}

fn sip_ports(section: &Section<'_>, errors: &mut Findings) -> Option<Vec<u16>> {
    let ports = section.integers(SIP_PORTS, 1..65536, errors)?;
    if ports.value.len() > MOST_PORTS {
        let title = format!("{} SIP ports: at most {MOST_PORTS} fit", ports.value.len());
        errors.push(
            Finding::new(title, ports.span(), "")
                .help("name the ports for TLS and TCP; UDP is read on every port"),
        );
    }
    Some(ports.value.iter().filter_map(|port| u16::try_from(port.value).ok()).collect())
}

fn is_wide(net: &IpNet) -> bool {
    net.prefix_len() < if net.addr().is_ipv4() { WIDE_IPV4 } else { WIDE_IPV6 }
}

const TRUNKS: Key = ("trunks", "trunks = [\"203.0.113.0/28\"]");
const LOCAL: Key = ("local", "local = [\"192.0.2.10/32\"]");
const TRUSTED: Key = ("trusted", "trusted = [\"192.0.2.0/28\"]");
const SIP_PORTS: Key = ("sip_ports", "sip_ports = [5060, 5061]");

/// Keys of `[network]`.
pub(super) const NETWORK_KEYS: [Key; 4] = [TRUNKS, LOCAL, TRUSTED, SIP_PORTS];
/// SIP ports that the settings hold.
const MOST_PORTS: usize = 16;
/// Bits below which an IPv4 trunk is more than any operator has.
const WIDE_IPV4: u8 = 8;
/// Bits below which an IPv6 trunk is more than any operator has.
const WIDE_IPV6: u8 = 16;
