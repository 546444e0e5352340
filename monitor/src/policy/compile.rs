//! From the policy's text to what can be put in force, or all that is wrong with it. Pure: the same text
//! gives the same [`Compilation`].

mod alerting;
mod ambiguity;
mod claims;
mod customers;
mod limits;
mod owners;
mod plan;
mod report;
mod schedules;
mod sinks;
mod tariffs;
mod warn;

use std::{net::Ipv6Addr, sync::Arc};

use ipnet::IpNet;
use monitor_common::abi::{DialPlan, FewTrunks, Settings};
use monitor_common::number::{Digits, shortcuts};

use super::file::{self, CallsSection, PacketsSection, PolicyFile, PrivacySection};
use super::report::{Findings, Severity, render};
use super::{CallTimers, Compiled, DestinationName, Packets, Privacy};

/// What became of a policy's text.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The compiled policy; `None` where there is any error.
    pub policy: Option<Compiled>,
    /// Why the policy is refused.
    pub errors: Findings,
    /// What the owner may want to change.
    pub warnings: Findings,
}

impl Compilation {
    /// Errors, then warnings, as text for people; `name` is what the file is called.
    #[must_use]
    pub fn render(&self, text: &str, name: &str, colour: bool) -> String {
        let errors = render(&self.errors, Severity::Error, text, name, colour);
        let warnings = render(&self.warnings, Severity::Warning, text, name, colour);
        [errors, warnings].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

/// Compiles the text of a policy file.
#[must_use]
pub fn compile(text: &str) -> Compilation {
    let (mut errors, mut warnings) = (Findings::default(), Findings::default());
    let file = file::parse(text, &mut errors, &mut warnings);
    let policy = file.and_then(|file| build(text, &file, &mut errors, &mut warnings));
    errors.sort();
    warnings.sort();
    Compilation { policy: policy.filter(|_| errors.is_empty()), errors, warnings }
}

/// Builds as much as can be built, so that a broken dial plan does not hide a duplicate prefix.
fn build(text: &str, file: &PolicyFile, errors: &mut Findings, warnings: &mut Findings) -> Option<Compiled> {
    let plans = plan::compile(file, errors, warnings);
    let table = claims::compile(text, file, errors, warnings);
    let customers = customers::compile(file, errors);
    let schedules = schedules::compile(file, errors, warnings);
    let own_code = plans.map(|plans| Digits(plans[0].country.0));
    let limits = limits::compile(file, own_code, &schedules, errors, warnings);
    let unusual = file.unusual.as_ref().map(|section| limits::unusual(section, &schedules, errors));
    let tariffs = tariffs::compile(text, file, &schedules, errors);
    let sinks = sinks::compile(file, errors);
    let policy = Compiled {
        settings: settings(file, plans?),
        trunks: file.network.trunks.iter().map(|net| net.value).collect(),
        local: file.network.local.iter().map(|net| net.value).collect(),
        rules: table.rules,
        destinations: table.destinations,
        named_destinations: file.destinations.len(),
        privacy: privacy(&file.privacy),
        calls: timers(&file.calls),
        alerting: alerting::compile(&file.alerts),
        packets: packets(&file.packets),
        customers,
        tariffs: Arc::new(tariffs),
        calendar: schedules.calendar,
        schedules: schedules.all(),
        limits,
        trusted: file.network.trusted.iter().map(|net| net.value).collect(),
        unusual,
        report: Arc::new(report::compile(file, errors)),
        sinks,
    };
    if errors.is_empty() {
        warn::wide_blocks(text, file, &policy, warnings);
        ambiguity::warn(file, &policy, warnings);
        limits::warn(text, file, &policy, warnings);
        tariffs::warn(file, &policy, warnings);
        sinks::warn(file, &policy.sinks, warnings);
    }
    Some(policy)
}

fn privacy(section: &PrivacySection) -> Privacy {
    let Privacy { hidden_digits, retention, incident_retention, sealed_numbers } = Privacy::default();
    Privacy {
        hidden_digits: section.hidden_digits.unwrap_or(hidden_digits),
        retention: section.retention.unwrap_or(retention),
        incident_retention: section.incident_retention.unwrap_or(incident_retention),
        sealed_numbers: section
            .sealed_retention
            .or(sealed_numbers)
            .filter(|_| section.sealed_numbers != Some(false)),
    }
}

fn timers(section: &CallsSection) -> CallTimers {
    let CallTimers { media_silence, longest_unheard } = CallTimers::default();
    CallTimers {
        media_silence: section.media_silence.unwrap_or(media_silence),
        longest_unheard: section.longest_unheard.unwrap_or(longest_unheard),
    }
}

fn packets(section: &PacketsSection) -> Packets {
    let default = Packets::default();
    let most_bytes = section.most_bytes.unwrap_or(default.most_bytes);
    let total_bytes = section.total_bytes.unwrap_or(default.total_bytes);
    Packets {
        enabled: section.enabled.unwrap_or(default.enabled),
        bodies: section.bodies.unwrap_or(default.bodies),
        numbers: section.numbers.unwrap_or(default.numbers),
        most: section.most.unwrap_or(default.most),
        // A file that nobody gave a length is no longer than what all may have.
        most_bytes: most_bytes.min(total_bytes),
        total_bytes,
    }
}

fn settings(file: &PolicyFile, plans: [DialPlan; 2]) -> Settings {
    let mut settings = Settings {
        plans,
        has_trunks: u32::from(!file.network.trunks.is_empty()),
        loaded: 1,
        few_trunks: few_trunks(&file.network.trunks),
        shortcuts: plans.map(|plan| shortcuts(&plan)),
        ..Settings::default()
    };
    let ports = file.network.sip_ports.as_deref().unwrap_or(&DEFAULT_SIP_PORTS);
    for (slot, port) in settings.sip_ports.iter_mut().zip(ports) {
        *slot = *port;
    }
    settings
}

fn few_trunks(trunks: &[file::At<IpNet>]) -> FewTrunks {
    FewTrunks::new(trunks.iter().filter_map(|net| match net.value {
        IpNet::V4(network) => Some(Some((network.network().octets(), network.prefix_len()))),
        // Where it covers no IPv4 address (`::ffff:0:0/96`), it is never asked for one.
        IpNet::V6(network) => {
            (network.contains(&IPV4) || network.network().to_ipv4_mapped().is_some()).then_some(None)
        }
    }))
}

/// Names of the policy's destinations, by their index; a nameless one keeps its place.
fn destination_names(file: &PolicyFile) -> Vec<DestinationName> {
    let name = |destination: &file::DestinationSection| {
        DestinationName::new(destination.name.as_ref().map_or("", |name| name.value.as_str()))
    };
    file.destinations.iter().map(name).collect()
}

#[cfg(test)]
mod error_rows;
#[cfg(test)]
mod tests;

/// Where IPv4 addresses lie among those of IPv6 (RFC 4291, 2.5.5.2).
const IPV4: Ipv6Addr = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
/// SIP ports where the policy names none (IANA: sip, sips).
const DEFAULT_SIP_PORTS: [u16; 2] = [5060, 5061];
