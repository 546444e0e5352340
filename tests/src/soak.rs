//! Calls without end through a guarded host, at a steady pace, while it is scraped and its policy reloaded: what is
//! counted is what was placed, and the agent's memory stays as it is.

use std::{
    collections::VecDeque,
    fs,
    net::UdpSocket,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{
    hosts::{Hosts, PHONES_PBX, wait_until},
    peers::{Family, Guard, Mode},
};

/// How long, and how much.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long calls begin.
    pub time: Duration,
    /// Calls that begin each second.
    pub rate: u32,
    /// How long each of them talks.
    pub talk: Duration,
}

/// How the agent stands.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Since the first call.
    pub at: Duration,
    /// Calls that began.
    pub begun: u64,
    /// Its own memory, kilobytes: what is no file's.
    pub memory: u64,
}

/// Places the calls, and gives a sample for each five seconds.
///
/// # Errors
/// Where something is missing, the agent ends, or it counted something else than was placed.
pub fn run(plan: &Plan, folder: &Path, mut watch: impl FnMut(&Sample)) -> Result<Vec<Sample>> {
    let hosts = Hosts::start()?;
    let guard = Guard::start(&hosts.pbx, Mode::Generic, POLICY, folder)?;
    let line = Line::between(&hosts)?;
    let (began, mut begun, mut ended) = (Instant::now(), 0, 0);
    let (mut talking, mut samples): (VecDeque<Instant>, Vec<Sample>) = Default::default();
    let (mut look, mut turn) = (Duration::ZERO, 0);
    while began.elapsed() < plan.time || !talking.is_empty() {
        let now = began.elapsed();
        while now < plan.time && begun < (now.as_secs_f64() * f64::from(plan.rate)) as u64 {
            begun += 1;
            line.begin(begun)?;
            talking.push_back(Instant::now() + plan.talk);
        }
        while talking.front().is_some_and(|end| *end <= Instant::now()) {
            talking.pop_front();
            ended += 1;
            line.end(ended)?;
        }
        if now >= look {
            look = now + LOOK;
            turn += 1;
            guard.reload(&format!("{POLICY}# {turn}\n"))?;
            guard.metrics()?;
            let sample = Sample { at: now, begun, memory: memory(guard.id())? };
            watch(&sample);
            samples.push(sample);
        }
        std::thread::sleep(PAUSE);
    }
    agree(&guard, begun)?;
    Ok(samples)
}

/// How much more memory the last quarter took than the one before, at their highest, kilobytes.
#[must_use]
pub fn growth(samples: &[Sample]) -> i64 {
    let quarter = samples.len() / 4;
    let highest = |some: &[Sample]| some.iter().map(|sample| sample.memory).max().unwrap_or_default() as i64;
    let (before, last) = samples.split_at(samples.len() - quarter);
    highest(last) - highest(&before[before.len().saturating_sub(quarter)..])
}

/// Every call was answered and is over, and no event was lost.
fn agree(guard: &Guard<'_>, begun: u64) -> Result<()> {
    let is_over = || {
        let scrape = guard.metrics()?;
        Ok(scrape.sum("ringfence_calls_total", &[("result", "answered")]) == begun
            && scrape.sum("ringfence_calls_active", &[]) == 0)
    };
    wait_until(PATIENCE, is_over).with_context(|| {
        let scrape = guard.metrics().map_or_else(|error| error.to_string(), |scrape| scrape.text);
        let of_calls = scrape.lines().filter(|line| line.starts_with("ringfence_calls_"));
        format!("{begun} calls were placed:\n{}\n{}", of_calls.collect::<Vec<_>>().join("\n"), guard.log())
    })?;
    let lost = guard.metrics()?.sum("ringfence_events_lost_total", &[]);
    ensure!(lost == 0, "{lost} events were lost");
    ensure!(!guard.log().contains("panicked"), "something panicked:\n{}", guard.log());
    Ok(())
}

fn memory(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).context("the agent ended")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no RssAnon in the status")?;
    Ok(number.trim().parse()?)
}

/// A phone and the PBX, who say what each has to; nobody listens.
struct Line {
    phone: UdpSocket,
    pbx: UdpSocket,
}

impl Line {
    fn between(hosts: &Hosts) -> Result<Self> {
        let (outer, inner) = (Family::V4.of(PHONES_PBX.outer()), Family::V4.of(PHONES_PBX.pbx()));
        let phone = hosts.phones.within(|| UdpSocket::bind((outer, 5062)))??;
        let pbx = hosts.pbx.within(|| UdpSocket::bind((inner, 5060)))??;
        phone.connect((inner, 5060))?;
        pbx.connect((outer, 5062))?;
        Ok(Self { phone, pbx })
    }

    fn begin(&self, call: u64) -> Result<()> {
        self.ask("INVITE", call, 1, false)?;
        self.answer("180 Ringing", "INVITE", call, 1)?;
        self.answer("200 OK", "INVITE", call, 1)?;
        self.ask("ACK", call, 1, true)
    }

    fn end(&self, call: u64) -> Result<()> {
        self.ask("BYE", call, 2, true)?;
        self.answer("200 OK", "BYE", call, 2)
    }

    fn ask(&self, method: &str, call: u64, number: u32, within: bool) -> Result<()> {
        let start = format!("{method} sip:{}@10.1.0.1 SIP/2.0", dialled(call));
        self.phone.send(message(&start, method, call, number, within).as_bytes())?;
        Ok(())
    }

    fn answer(&self, status: &str, method: &str, call: u64, number: u32) -> Result<()> {
        self.pbx.send(message(&format!("SIP/2.0 {status}"), method, call, number, true).as_bytes())?;
        Ok(())
    }
}

/// A number in one of a few countries.
fn dialled(call: u64) -> String {
    let countries = ["331423", "442079", "4930123", "3460012", "3906123"];
    format!("00{}{:05}", countries[(call % 5) as usize], call % 100_000)
}

fn message(start: &str, method: &str, call: u64, number: u32, has_tag: bool) -> String {
    let (branch, tag) = (format!("{method}{call}"), if has_tag { ";tag=pbx" } else { "" });
    // The ACK of a 200 and the BYE are transactions of their own (RFC 3261, 17).
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 10.1.0.2:5062;branch=z9hG4bK{branch}\r\nFrom: <sip:{}@pbx.example>;tag=f{call}\r\n\
         To: <sip:{}@10.1.0.1>{tag}\r\nCall-ID: soak{call}@10.1.0.2\r\nCSeq: {number} {method}\r\n\
         Contact: <sip:101@10.1.0.2:5062>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        100 + call % 50,
        dialled(call)
    )
}

const LOOK: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(60);
const POLICY: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"

[[destination]]
name = "cuba"
prefixes = ["+53"]
action = "block"

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
name = "cap"
counts = "spend"
window = "day"
critical = "100000000"
"#;
