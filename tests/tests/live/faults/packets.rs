//! Hostile SIP from a phone of the house, to a running agent: all of it is counted, none of it does harm.

use anyhow::{Result, ensure};
use tests::{
    hostile::Hostile,
    mutate::Random,
    peers::{Family, Mode},
};

use super::{
    super::office::{Office, POLICY},
    guards, is_well, memory, shows, vanished,
};

#[test]
fn hostile_sip_is_counted_and_does_no_harm() -> Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same packets again");
    let office = Office::open()?;
    let guard = office.guard(Mode::Generic, &format!("{POLICY}{MORE}"))?;
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    let before = vanished(&office)?;
    let mut hostile = Hostile::new(seed)?;
    let (mut sent, mut memories) = (0, Vec::new());
    for _ in 0..ROUNDS {
        for case in hostile.next(ROUND) {
            let payload = case.frame.get(HEADERS..).unwrap_or_default();
            socket.send_to(&payload[..payload.len().min(LONGEST)], sink.address())?;
            sent += 1;
        }
        memories.push(memory(&guard)?);
    }
    drop(sink.finish());
    sent -= vanished(&office)? - before;
    let scrape = guard.metrics()?;
    let on_lan = [("interface", "lan"), ("direction", "ingress")];
    let all = scrape.sum("ringfence_packets_total", &on_lan);
    let not_udp: u64 = ["tcp", "ip"]
        .map(|kind| scrape.sum("ringfence_other_packets_total", &[on_lan[0], on_lan[1], ("protocol", kind)]))
        .iter()
        .sum();
    let no_ip = scrape.sum("ringfence_packets_total", &[on_lan[0], on_lan[1], ("class", "non_ip")]);
    ensure!(
        all - not_udp - no_ip == sent,
        "{sent} arrived, {all} counted, of them {not_udp} not UDP, {no_ip} not IP"
    );
    let unread = scrape.sum("ringfence_signals_unreadable_total", &[]);
    println!("{sent} packets, {unread} messages not read, memory {memories:?} kB");
    ensure!(unread > 0, "every hostile message was read");
    guards(&office)?;
    shows(&guard, "ringfence_call_signals_total", &[], |signals| signals > 10)?;
    is_well(&guard)
}

/// What reads more of each call: a customer, prices, and limits of several scopes that nothing reaches.
const MORE: &str = r#"
[[customer]]
name = "bakery"
sources = ["10.1.0.0/24"]

[money]
currency = "EUR"

[[tariff]]
name = "all"
per_minute = "0.05"

[[limit]]
name = "callers"
counts = "calls"
scope = "caller"
window = "1h"
critical = 100000000

[[limit]]
name = "sources"
counts = "new_countries"
scope = "source"
window = "1h"
critical = 100000000
"#;
const ROUNDS: u32 = 3;
const ROUND: usize = 5_000;
/// Octets of Ethernet, IPv4 and UDP headers.
const HEADERS: usize = 42;
/// Octets of a datagram that is not cut in pieces.
const LONGEST: usize = 1_400;
