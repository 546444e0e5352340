//! Calls through Kamailio: who may call calls, who may not is not heard, and every packet agrees with the metrics.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use tests::{
    hosts::{Capture, Datagram, LAN, PHONES_PBX, Side, TRUNK_PBX, WAN},
    peers::{Calls, Family, Guard, Kamailio, Mode, Scenario, Scrape, Sipp},
};

use super::office::{CUBA, Office, PARIS, POLICY};

#[test]
fn native_ipv4() -> Result<()> {
    guard_a_day(Mode::Native, Family::V4)
}

#[test]
fn native_ipv6() -> Result<()> {
    guard_a_day(Mode::Native, Family::V6)
}

#[test]
fn generic_ipv4() -> Result<()> {
    guard_a_day(Mode::Generic, Family::V4)
}

#[test]
fn generic_ipv6() -> Result<()> {
    guard_a_day(Mode::Generic, Family::V6)
}

#[test]
fn a_call_from_a_blocked_country_lives_through_its_reinvite_and_bye() -> Result<()> {
    let office = Office::open()?;
    let _pbx = Kamailio::start(&office.hosts, office.folder.path())?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        for family in Family::BOTH {
            let phone = family.of(PHONES_PBX.outer());
            let _phone = Sipp::answer(&office.hosts.phones, phone, 5080, office.folder.path())?;
            let calls = Calls {
                scenario: Scenario::Reinviter,
                from: family.of(TRUNK_PBX.outer()),
                to: family.of(TRUNK_PBX.pbx()),
                number: "+33142000000",
                count: 3,
                rate: 10,
            };
            Sipp::call(&office.hosts.trunk, &calls, office.folder.path())?.outcome()?.all(3)?;
        }
        let scrape = guard.metrics()?;
        let invites = |labels: &[_]| scrape.sum("ringfence_invites_total", labels);
        ensure!(invites(&[("verdict", "drop")]) == 0, "an incoming call lost a packet:\n{}", scrape.text);
        ensure!(
            invites(&[("direction", "ingress")]) >= 12,
            "INVITEs from the trunk are not counted:\n{}",
            scrape.text
        );
        guard.stop()?;
    }
    Ok(())
}

/// Everything that happens to the office in a day, in a few seconds.
fn guard_a_day(mode: Mode, family: Family) -> Result<()> {
    let office = Office::open()?;
    let _pbx = Kamailio::start(&office.hosts, office.folder.path())?;
    let folder = office.folder.path();
    let _trunk = Sipp::answer(&office.hosts.trunk, family.of(TRUNK_PBX.outer()), 5060, folder)?;
    let guard = office.guard(mode, POLICY)?;
    let sent = Capture::start(&office.hosts.phones, "eth0", Side::Left, folder)?;
    let arrived = Capture::start(&office.hosts.pbx, LAN, Side::Arrived, folder)?;
    let left = Capture::start(&office.hosts.pbx, WAN, Side::Left, folder)?;

    let plan = [
        (Scenario::Caller, PARIS, 3),
        (Scenario::Caller, "0112", 2),
        (Scenario::Caller, "15", 2),
        (Scenario::Caller, "0005378301234", 2),
        (Scenario::Blocked, CUBA, 3),
        (Scenario::Refused, FORWARDED, 2),
    ];
    let start = |(scenario, number, count)| {
        Sipp::call(&office.hosts.phones, &office.calls(family, scenario, number, count), folder)
    };
    let running = plan.map(|calls| (calls, start(calls)));
    for ((_, number, count), sipp) in running {
        let outcome = sipp?.outcome()?;
        outcome.all(count).map_err(|error| error.context(format!("calls to {number}\n{}", guard.log())))?;
    }

    let day = Day { sent: sent.finish()?, arrived: arrived.finish()?, left: left.finish()? };
    let scrape = guard.metrics()?;
    compare(&day, &scrape).map_err(|error| error.context(format!("\n{}{}", scrape.text, guard.log())))?;
    ensure!(
        scrape.sum("ringfence_up_mode", &[("interface", LAN), ("mode", mode.word())]) == 1,
        "mode is not told"
    );
    one_masked_alert(&guard)
}

/// What was seen on the wires of a day.
struct Day {
    sent: Vec<Datagram>,
    arrived: Vec<Datagram>,
    left: Vec<Datagram>,
}

/// Compares packets with packets, and packets with counters.
fn compare(day: &Day, scrape: &Scrape) -> Result<()> {
    let cuba = |invite: &&Datagram| dialled(invite) == CUBA;
    let (sent, arrived) = (invites(&day.sent), invites(&day.arrived));
    let allowed: Vec<_> = sent.iter().filter(|invite| !cuba(invite)).cloned().collect();
    ensure!(
        payloads(&allowed) == payloads(&arrived),
        "what arrived is not what was sent less the calls to Cuba"
    );
    let others: Vec<_> = day.sent.iter().filter(|datagram| datagram.invited().is_none()).cloned().collect();
    let passed: Vec<_> =
        day.arrived.iter().filter(|datagram| datagram.invited().is_none()).cloned().collect();
    ensure!(payloads(&others) == payloads(&passed), "something other than an INVITE was lost on its way in");

    let left = invites(&day.left);
    ensure!(!left.iter().any(|invite| dialled(invite).contains("5355512345")), "a call to Cuba left the PBX");
    let expected = [
        ("ingress", "cuba", "drop", count(&sent, &[CUBA])),
        ("ingress", "cuba", "pass", 0),
        ("ingress", "FR", "pass", count(&sent, &[PARIS])),
        ("ingress", "emergency", "pass", count(&sent, &["0112", "15"])),
        ("ingress", "cuba-office", "pass", count(&sent, &["0005378301234"])),
        ("ingress", "internal", "pass", count(&sent, &[FORWARDED])),
        ("egress", "cuba", "pass", 0),
        ("egress", "FR", "pass", count(&left, &[&PARIS[1..]])),
        ("egress", "emergency", "pass", count(&left, &["112", "15"])),
        ("egress", "cuba-office", "pass", count(&left, &["005378301234"])),
    ];
    for (direction, destination, verdict, packets) in expected {
        let counted = scrape.invites(direction, destination, verdict);
        ensure!(
            counted == packets,
            "{direction} {destination} {verdict}: {packets} packets, {counted} counted"
        );
    }
    ensure!(scrape.invites("egress", "cuba", "drop") >= 2, "the forwarded calls are not counted as dropped");
    let media = day.arrived.iter().filter(|datagram| datagram.payload.first() == Some(&0x80)).count() as u64;
    let labels = [("interface", LAN), ("direction", "ingress"), ("class", "rtp")];
    let rtp = scrape.sum("ringfence_packets_total", &labels);
    ensure!(rtp <= media && rtp * 10 >= media * 8, "{media} RTP packets arrived, {rtp} are counted as RTP");
    Ok(())
}

/// A burst makes an alert, and an alert shows no number.
fn one_masked_alert(guard: &Guard<'_>) -> Result<()> {
    let log = guard.log();
    let alerts: Vec<_> = log.lines().filter(|line| line.starts_with('{') && line.contains("cuba")).collect();
    ensure!(!alerts.is_empty(), "no alert line about Cuba in:\n{log}");
    ensure!(!log.contains("5355512345"), "a phone number is in the log:\n{log}");
    Ok(())
}

fn invites(datagrams: &[Datagram]) -> Vec<Datagram> {
    datagrams.iter().filter(|datagram| datagram.invited().is_some()).cloned().collect()
}

/// The user part of the Request-URI.
fn dialled(invite: &Datagram) -> &str {
    let uri = invite.invited().unwrap_or_default();
    uri.trim_start_matches("sip:").split('@').next().unwrap_or_default()
}

fn count(invites: &[Datagram], numbers: &[&str]) -> u64 {
    invites.iter().filter(|invite| numbers.contains(&dialled(invite))).count() as u64
}

/// How often each payload was seen.
fn payloads(datagrams: &[Datagram]) -> BTreeMap<&[u8], usize> {
    let mut seen = BTreeMap::new();
    for datagram in datagrams {
        *seen.entry(&datagram.payload[..]).or_default() += 1;
    }
    seen
}

/// The extension whose cracked mailbox forwards to Cuba: no INVITE that arrives carries the number.
const FORWARDED: &str = "199";
