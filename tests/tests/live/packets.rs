//! INVITEs made by hand, one a row, spelled as attackers spell them: what the application received is compared
//! with the row and with the counters, packet by packet.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, UdpSocket},
};

use anyhow::{Result, ensure};
use tests::{
    hosts::{Datagram, PHONES_PBX, TRUNK_PBX},
    peers::{Family, Guard, Mode, Scrape, Sink, invite},
};

use super::office::{CUBA, Office, PARIS, POLICY};

#[test]
fn phones_dial_and_the_pbx_receives_what_the_policy_allows() -> Result<()> {
    for_each_way(POLICY, |office, guard, family| {
        let (before, sink) = (guard.metrics()?, office.pbx_sink(family)?);
        let (phone, pbx) = (office.phone(family)?, sink.address());
        play(&phone, pbx, FROM_PHONES)?;
        check(sink, guard, &before, "ingress", FROM_PHONES)
    })
}

#[test]
fn the_pbx_calls_out_and_the_trunk_receives_what_the_policy_allows() -> Result<()> {
    for_each_way(POLICY, |office, guard, family| {
        let (before, sink) = (guard.metrics()?, office.trunk_sink(family)?);
        let address = family.of(TRUNK_PBX.pbx());
        let pbx = office.hosts.pbx.within(|| UdpSocket::bind((address, 0)))??;
        play(&pbx, sink.address(), TO_TRUNK)?;
        check(sink, guard, &before, "egress", TO_TRUNK)
    })
}

#[test]
fn legs_that_are_not_judged_pass() -> Result<()> {
    for_each_way(POLICY, |office, guard, family| {
        let from_trunk =
            office.trunk_to_pbx(family, &invite("sip:+5355512345@pbx.example", "incoming", None))?;
        ensure!(from_trunk == 1, "an incoming call was dropped");
        let to_phone = office.pbx_to_phone(family, &invite("sip:+5355512345@phone.example", "leg", None))?;
        ensure!(to_phone == 1, "an internal leg was dropped");
        let drops = guard.metrics()?.sum(INVITES, &[("verdict", "drop")]);
        ensure!(drops == 0, "{drops} INVITEs are counted as dropped");
        Ok(())
    })
}

/// An optional access digit 0 leaves two readings: `0 0534…` is Toulouse and `00 534…` Cuba.
#[test]
fn a_block_needs_every_reading_where_the_access_digit_is_optional() -> Result<()> {
    let policy = POLICY.replacen("access_required = true", "access_required = false", 1);
    for_each_way(&policy, |office, guard, family| {
        let (before, sink) = (guard.metrics()?, office.pbx_sink(family)?);
        play(&office.phone(family)?, sink.address(), OPTIONAL_ACCESS)?;
        check(sink, guard, &before, "ingress", OPTIONAL_ACCESS)
    })
}

#[test]
fn a_dry_run_counts_and_drops_nothing() -> Result<()> {
    let office = Office::open()?;
    let options = ["--dry-run", "--interface", "lan"];
    let guard = Guard::start_with(&office.hosts.pbx, POLICY, office.folder.path(), &options)?;
    let sink = office.pbx_sink(Family::V4)?;
    play(&office.phone(Family::V4)?, sink.address(), FROM_PHONES)?;
    let received = sink.finish().len();
    ensure!(received == FROM_PHONES.len(), "{received} of {} INVITEs arrived", FROM_PHONES.len());
    let would = guard.metrics()?.invites("ingress", "cuba", "would_drop");
    let blocked = FROM_PHONES.iter().filter(|row| row.dropped).count() as u64;
    ensure!(would == blocked, "{would} of {blocked} INVITEs are counted as would_drop");
    Ok(())
}

/// Native and generic mode, IPv4 and IPv6.
fn for_each_way(policy: &str, test: impl Fn(&Office, &Guard<'_>, Family) -> Result<()>) -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, policy)?;
        for family in Family::BOTH {
            let way = || format!("{mode:?}, {family:?}\n{}", guard.log());
            test(&office, &guard, family).map_err(|error| error.context(way()))?;
        }
        guard.stop()?;
    }
    Ok(())
}

/// One INVITE: its start line up to the version, or rather all that stands before `SIP/2.0`.
struct Row {
    start: &'static str,
    dropped: bool,
}

const fn dropped(start: &'static str) -> Row {
    Row { start, dropped: true }
}

const fn passed(start: &'static str) -> Row {
    Row { start, dropped: false }
}

/// Sends every row; its index is the Call-ID.
fn play(socket: &UdpSocket, to: SocketAddr, rows: &[Row]) -> Result<()> {
    for (index, row) in rows.iter().enumerate() {
        let message = invite("sip:x", &format!("row{index}"), None);
        let rest = message.split_once(" SIP/2.0").map_or("", |(_, rest)| rest);
        socket.send_to(format!("{} SIP/2.0{rest}", row.start).as_bytes(), to)?;
    }
    Ok(())
}

/// `before` is the scrape before the rows were sent.
fn check(sink: Sink, guard: &Guard<'_>, before: &Scrape, direction: &str, rows: &[Row]) -> Result<()> {
    let received = sink.finish();
    let calls: BTreeSet<_> = received.iter().filter_map(|datagram| datagram.header("Call-ID")).collect();
    ensure!(calls.len() == received.len(), "a packet came twice, or another came");
    for (index, row) in rows.iter().enumerate() {
        let came = calls.contains(format!("row{index}").as_str());
        ensure!(came != row.dropped, "{:?} {}", row.start, if came { "passed" } else { "was dropped" });
    }
    let scrape = guard.metrics()?;
    for (verdict, dropped) in [("drop", true), ("pass", false)] {
        let expected = rows.iter().filter(|row| row.dropped == dropped).count() as u64;
        let labels = [("direction", direction), ("verdict", verdict)];
        let counted = scrape.sum(INVITES, &labels) - before.sum(INVITES, &labels);
        ensure!(counted == expected, "{expected} INVITEs, {counted} counted as {verdict}:\n{}", scrape.text);
    }
    Ok(())
}

impl Office {
    fn trunk_to_pbx(&self, family: Family, message: &str) -> Result<usize> {
        let trunk = family.of(TRUNK_PBX.outer());
        let to = SocketAddr::new(family.of(TRUNK_PBX.pbx()), 5070);
        let sink = Sink::start(&self.hosts.pbx, to)?;
        self.hosts.trunk.within(|| UdpSocket::bind((trunk, 0)))??.send_to(message.as_bytes(), to)?;
        Ok(invites(&sink.finish()))
    }

    fn pbx_to_phone(&self, family: Family, message: &str) -> Result<usize> {
        let pbx = family.of(PHONES_PBX.pbx());
        let to = SocketAddr::new(family.of(PHONES_PBX.outer()), 5080);
        let sink = Sink::start(&self.hosts.phones, to)?;
        self.hosts.pbx.within(|| UdpSocket::bind((pbx, 0)))??.send_to(message.as_bytes(), to)?;
        Ok(invites(&sink.finish()))
    }
}

fn invites(received: &[Datagram]) -> usize {
    received.iter().filter(|datagram| datagram.invited().is_some()).count()
}

const INVITES: &str = "ringfence_invites_total";

const FROM_PHONES: &[Row] = &[
    dropped("INVITE sip:0005355512345@pbx.example"),
    dropped("INVITE sip:0+5355512345@pbx.example"),
    dropped("INVITE sip:%30%30%30535551%32345@pbx.example"),
    dropped("INVITE sip:0-00-53.555(12)345@pbx.example"),
    dropped("INVITE sip:0005355512345;user-context=x@pbx.example"),
    dropped("INVITE sip:0005355512345:secret@pbx.example"),
    dropped("INVITE SIP:0005355512345@pbx.example"),
    dropped("INVITE sips:0005355512345@pbx.example"),
    dropped("INVITE tel:0005355512345"),
    dropped("INVITE   sip:0005355512345@pbx.example"),
    dropped("\r\n\r\nINVITE sip:0005355512345@pbx.example"),
    dropped("  INVITE sip:0005355512345@pbx.example"),
    dropped("invite sip:0005355512345@pbx.example"),
    passed("INVITE sip:00142345678@pbx.example"),
    passed("INVITE sip:0005378301234@pbx.example"),
    passed("INVITE sip:00534567890@pbx.example"),
    passed("INVITE sip:0112@pbx.example"),
    passed("INVITE sip:112@pbx.example"),
    passed("INVITE sip:15@pbx.example"),
    passed("INVITE urn:service:sos"),
    passed("INVITE sip:199@pbx.example"),
    passed("INVITE sip:005355512345@pbx.example"),
    passed("INVITE sip:reception@pbx.example"),
];

const TO_TRUNK: &[Row] = &[
    dropped("INVITE sip:+5355512345@trunk.example"),
    dropped("INVITE sip:005355512345@trunk.example"),
    dropped("INVITE sip:5355512345@trunk.example"),
    dropped("INVITE tel:+53-555-12345"),
    passed("INVITE sip:+33142345678@trunk.example"),
    passed("INVITE sip:0142345678@trunk.example"),
    passed("INVITE sip:33142345678@trunk.example"),
    passed("INVITE sip:+5378301234@trunk.example"),
    passed("INVITE sip:112@trunk.example"),
    passed("INVITE sip:15@trunk.example"),
];

const OPTIONAL_ACCESS: &[Row] = &[
    passed("INVITE sip:00534567890@pbx.example"),
    passed("INVITE sip:00142345678@pbx.example"),
    passed("INVITE sip:0142345678@pbx.example"),
    passed("INVITE sip:15@pbx.example"),
    passed("INVITE sip:015@pbx.example"),
    dropped("INVITE sip:+5355512345@pbx.example"),
    dropped("INVITE sip:0+5355512345@pbx.example"),
    dropped("INVITE sip:0005355512345@pbx.example"),
    dropped("INVITE tel:55512345;phone-context=+53"),
];

/// The rows dial what the other tests dial.
#[test]
fn rows_and_calls_agree() {
    let dials = |rows: &[Row], number: &str, drop: bool| {
        let start = format!("INVITE sip:{number}@pbx.example");
        rows.iter().any(|row| row.start == start && row.dropped == drop)
    };
    assert!(dials(FROM_PHONES, CUBA, true) && dials(FROM_PHONES, PARIS, false));
}
