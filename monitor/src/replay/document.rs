//! The JSON document of a replay; `docs/REPLAY.md` describes it.

mod account;
mod limits;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::{Duration, UNIX_EPOCH},
};

use monitor_common::{
    abi::{Class, Direction, Reason, SipRecord, Transport, Uninspected},
    number::{Digits, Symbols},
    wire::Address,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use self::account::OfCalls;
pub(super) use self::{account::minutes, limits::time};
use super::report::{Inspected, Report, Tally};
use crate::policy::numbering::countries;

/// A report as JSON.
#[derive(Serialize)]
pub struct Document<'a> {
    engine: &'static str,
    packets: u64,
    classes: Labelled,
    methods: Labelled,
    statuses: Labelled,
    other: Labelled,
    directions: Labelled,
    uninspected: BTreeMap<&'static str, Labelled>,
    unreadable: Vec<UnreadableFrames>,
    cut: u64,
    judged_by_host: u64,
    media: Media,
    policy: Policy,
    destinations: BTreeMap<&'a str, Counts>,
    verdicts: Verdicts<'a>,
    #[serde(flatten)]
    of_calls: OfCalls<'a>,
    error: Option<Error>,
}

impl<'a> Document<'a> {
    /// The document of a report.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let totals = &report.totals;
        let by_direction = |direction: &Direction| {
            let reasons = Uninspected::ALL
                .iter()
                .map(|reason| (reason.label(), totals.uninspected(*direction, *reason)));
            (direction.label(), Labelled::present(reasons))
        };
        Self {
            engine: report.engine.label(),
            packets: report.frames,
            classes: classes(report),
            methods: within(report, "sip_request"),
            statuses: within(report, "sip_response"),
            other: within(report, "other"),
            directions: Labelled(Direction::ALL.iter().map(|way| (way.label(), totals.all(*way))).collect()),
            uninspected: Direction::ALL.iter().map(by_direction).collect(),
            unreadable: report
                .unreadable
                .iter()
                .map(|(what, frames)| UnreadableFrames {
                    reason: what.label(),
                    what: what.to_string(),
                    frames: *frames,
                })
                .collect(),
            cut: report.cut,
            judged_by_host: report.on_host,
            media: Media { streams: totals.streams, evicted: totals.streams_evicted },
            policy: Policy::of(report),
            destinations: report
                .destinations
                .iter()
                .map(|(slot, tally)| (report.destination(*slot), Counts::of(*tally)))
                .collect(),
            verdicts: Verdicts(report),
            of_calls: OfCalls::new(&report.account, &report.currency),
            error: report.broken.as_ref().map(|broken| Error {
                frame: broken.frame,
                offset: broken.offset,
                what: broken.fault.to_string(),
            }),
        }
    }
}

/// Packets of every group of classes.
fn classes(report: &Report) -> Labelled {
    let of = |group: &&'static str| {
        let classes = Class::ALL.iter().filter(|class| class.group() == *group);
        (*group, classes.map(|class| report.totals.of(*class)).sum())
    };
    Labelled(Class::GROUPS.iter().map(of).collect())
}

/// Packets of the classes of one group, where there are any.
fn within(report: &Report, group: &str) -> Labelled {
    let classes = Class::ALL.iter().filter(|class| class.group() == group);
    Labelled::present(classes.map(|class| (class.label(), report.totals.of(*class))))
}

/// Counts by label, in their own order.
struct Labelled(Vec<(&'static str, u64)>);

impl Labelled {
    /// Those that are not zero.
    fn present(counts: impl Iterator<Item = (&'static str, u64)>) -> Self {
        Self(counts.filter(|(_, count)| *count != 0).collect())
    }
}

impl Serialize for Labelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (label, count) in &self.0 {
            map.serialize_entry(label, count)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct UnreadableFrames {
    reason: &'static str,
    what: String,
    frames: u64,
}

#[derive(Serialize)]
struct Media {
    streams: u64,
    evicted: u64,
}

#[derive(Serialize)]
struct Policy {
    destinations: usize,
    prefixes: usize,
    trunks: usize,
    local: usize,
}

impl Policy {
    const fn of(report: &Report) -> Self {
        let policy = &report.policy;
        Self {
            destinations: policy.destinations,
            prefixes: policy.prefixes,
            trunks: policy.trunks,
            local: policy.local,
        }
    }
}

#[derive(Serialize)]
struct Counts {
    invites: u64,
    passed: u64,
    dropped: u64,
    would_drop: u64,
}

impl Counts {
    const fn of(tally: Tally) -> Self {
        Self {
            invites: tally.invites,
            passed: tally.passed,
            dropped: tally.dropped,
            would_drop: tally.would_drop,
        }
    }
}

#[derive(Serialize)]
struct Error {
    frame: u64,
    offset: u64,
    what: String,
}

/// The INVITEs; each becomes text only as it is written.
struct Verdicts<'a>(&'a Report);

impl Serialize for Verdicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.invites.iter().map(|invite| Entry::new(invite, self.0)))
    }
}

/// One INVITE as text.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    frame: u64,
    pub(super) time: Option<String>,
    pub(super) direction: &'static str,
    method: &'static str,
    pub(super) transport: &'static str,
    pub(super) source: String,
    target: String,
    pub(super) dialled: Option<String>,
    pub(super) number: Option<String>,
    pub(super) country: Option<&'static str>,
    pub(super) destination: &'a str,
    pub(super) prefix: Option<String>,
    verdict: &'static str,
    pub(super) reason: &'static str,
    /// Only where it is not the engine of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'static str>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(invite: &Inspected, report: &'a Report) -> Self {
        let judgement = &invite.judgement;
        let number = Some(Digits(judgement.number)).filter(|number| !number.is_empty());
        Self {
            frame: invite.frame,
            time: invite.time.and_then(timestamp),
            direction: Direction::from_slot(judgement.direction).map_or("ingress", Direction::label),
            method: "INVITE",
            transport: Transport::from_slot(judgement.transport).map_or("udp", Transport::label),
            source: endpoint(judgement.source, judgement.source_port),
            target: endpoint(judgement.destination, judgement.destination_port),
            dialled: dialled(judgement),
            number: number.map(|number| format!("+{number}")),
            country: number.and_then(countries::of).map(|country| country.iso.as_str()),
            destination: report.destination(judgement.slot),
            prefix: number
                .filter(|_| judgement.prefix_len > 0)
                .map(|number| prefix(number, judgement.prefix_len)),
            verdict: invite.verdict().label(),
            reason: Reason::from_slot(judgement.reason).map_or("no_number", Reason::label),
            engine: (invite.by != report.engine).then(|| invite.by.label()),
        }
    }
}

/// The symbols as they were read, the first 32 of them.
fn dialled(judgement: &SipRecord) -> Option<String> {
    let [first, then] = judgement.dialled;
    let symbols = Symbols { first, then, len: judgement.dialled_len.into() };
    (!symbols.is_empty()).then(|| symbols.to_string())
}

fn prefix(number: Digits, len: u8) -> String {
    let digits: String = number.to_string().chars().take(len.into()).collect();
    format!("+{digits}")
}

fn endpoint(address: Address, port: u16) -> String {
    let address = Ipv6Addr::from(address);
    let address = address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4);
    SocketAddr::new(address, port).to_string()
}

/// RFC 3339, UTC; `None` past the year 9999.
pub(super) fn timestamp(time: Duration) -> Option<String> {
    (time.as_secs() < YEAR_10000).then(|| humantime::format_rfc3339_nanos(UNIX_EPOCH + time).to_string())
}

/// Seconds from 1970 to the year 10000, which RFC 3339 cannot write.
const YEAR_10000: u64 = 253_402_300_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_far_as_the_format_goes() {
        assert_eq!(
            timestamp(Duration::from_nanos(1_500_000_000)).as_deref(),
            Some("1970-01-01T00:00:01.500000000Z")
        );
        assert!(
            timestamp(Duration::from_secs(YEAR_10000 - 1)).is_some_and(|text| text.starts_with("9999-12-31"))
        );
        assert_eq!(timestamp(Duration::from_secs(YEAR_10000)), None);
        assert_eq!(timestamp(Duration::MAX), None);
    }

    #[test]
    fn endpoints_are_written_as_their_own_version() {
        let four: Address = std::net::Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().octets();
        assert_eq!(endpoint(four, 5060), "192.0.2.1:5060");
        assert_eq!(endpoint(Ipv6Addr::LOCALHOST.octets(), 5060), "[::1]:5060");
    }

    #[test]
    fn what_was_dialled_is_written_as_symbols() {
        let mut judgement =
            SipRecord { dialled: [0x900c_ab00 << 32, 0], dialled_len: 6, ..SipRecord::default() };
        assert_eq!(dialled(&judgement).as_deref(), Some("900+*#"));
        judgement.dialled_len = 0;
        assert_eq!(dialled(&judgement), None);
        judgement.dialled_len = 33;
        assert_eq!(dialled(&judgement).map(|text| text.len()), Some(32));
    }

    #[test]
    fn a_prefix_is_the_beginning_of_its_number() {
        let number = Digits::parse("535551234").expect("digits");
        assert_eq!(prefix(number, 2), "+53");
        assert_eq!(prefix(number, 15), "+535551234");
    }
}
