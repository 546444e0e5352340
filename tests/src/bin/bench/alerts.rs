//! `--alerts`: from the packet that opens an incident to the receiver's answer, for each kind of sink, with an agent on real
//! interfaces and receivers on the loopback address; quiet, and beside a flood.

use std::{
    collections::BTreeMap,
    net::UdpSocket,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use monitor::{
    evidence::{Archive, Filter, Outcome},
    incidents::{Incident, News},
};
use serde_json::{Value, json};
use tests::{
    hosts::{Hosts, PHONES_PBX, wait_until},
    interrupt::Interrupt,
    peers::{
        Family, Guard, Mode, invite,
        receivers::{Journald, MailServer, Rsyslog, WebServer, certificate},
    },
};

use crate::report::{align_right, plain};

/// Milliseconds from packet to answer, by sink: quiet, then beside a flood.
pub struct Found {
    quiet: BTreeMap<String, Vec<f64>>,
    flooded: BTreeMap<String, Vec<f64>>,
    flood: u64,
}

/// Measures all of it. Hosts and processes are gone when it returns.
pub fn run() -> Result<Found> {
    let interrupt = Interrupt::watch()?;
    let hosts = Hosts::start()?;
    let folder = tempfile::tempdir()?;
    let site = Site::start(&hosts, folder.path())?;
    eprintln!("{INCIDENTS} incidents, one every {PACE:?} …");
    let quiet = site.round(0, &interrupt)?;
    eprintln!("the same beside a flood …");
    let over = AtomicBool::new(false);
    let (flooded, flood) = std::thread::scope(|scope| {
        let flood = scope.spawn(|| site.flood(&over));
        let flooded = site.round(INCIDENTS, &interrupt);
        over.store(true, Ordering::Relaxed);
        let flood = flood.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, anyhow::Error>((flooded?, flood?))
    })?;
    Ok(Found { quiet, flooded, flood })
}

impl Found {
    /// For people.
    pub fn text(&self) -> String {
        let mut table =
            plain(["sink", "median, ms", "p95", "max", "beside a flood: median, ms", "p95", "max"]);
        for (sink, quiet) in &self.quiet {
            let flooded = self.flooded.get(sink).map_or(&[][..], Vec::as_slice);
            let shown = |values: &[f64]| spread(values).map(|value| format!("{value:.0}"));
            let [a, b, c] = shown(quiet);
            let [d, e, f] = shown(flooded);
            table.add_row([sink.clone(), a, b, c, d, e, f]);
        }
        align_right(&mut table, &[1, 2, 3, 4, 5, 6]);
        let missing =
            self.flooded.values().map(|values| INCIDENTS as usize - values.len()).max().unwrap_or_default();
        format!(
            "{table}\n\n{INCIDENTS} incidents each, {missing} without an event beside the flood of {} blocked INVITEs",
            self.flood
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({ "incidents": INCIDENTS, "flood": self.flood, "quiet_ms": self.quiet, "flooded_ms": self.flooded })
    }
}

/// Median, 95th percentile and maximum.
fn spread(values: &[f64]) -> [f64; 3] {
    let mut ordered = values.to_vec();
    ordered.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let place = (ordered.len() * share).div_ceil(100).max(1) - 1;
        ordered.get(place).copied().unwrap_or(f64::NAN)
    };
    [at(50), at(95), at(100)]
}

/// An agent, and who is told by it.
struct Site<'a> {
    guard: Guard<'a>,
    phone: UdpSocket,
    state: std::path::PathBuf,
    _receivers: (MailServer, Rsyslog, Journald, WebServer),
}

impl<'a> Site<'a> {
    fn start(hosts: &'a Hosts, folder: &Path) -> Result<Self> {
        certificate(folder)?;
        let pbx = &hosts.pbx;
        let receivers = (
            MailServer::start(pbx, folder)?,
            Rsyslog::start(pbx, folder)?,
            Journald::start(folder)?,
            WebServer::start(pbx)?,
        );
        let policy = policy(&receivers.2, &receivers.3, folder);
        let guard = Guard::start(pbx, Mode::Native, &policy, folder)?;
        let address = Family::V4.of(PHONES_PBX.outer());
        let phone = hosts.phones.within(|| UdpSocket::bind((address, 0)))??;
        phone.connect((Family::V4.of(PHONES_PBX.pbx()), 5070))?;
        Ok(Self { guard, phone, state: folder.join("state"), _receivers: receivers })
    }

    /// One packet for each destination from `first` on, and how long each sink took. Beside a flood the event of a packet
    /// may be held back: then there is no incident, and one figure less.
    fn round(&self, first: u32, interrupt: &Interrupt) -> Result<BTreeMap<String, Vec<f64>>> {
        let mut sent = Vec::new();
        for number in first..first + INCIDENTS {
            interrupt.check()?;
            let dialled = format!("sip:0044{number:02}5551234@pbx.example");
            let text = invite(&dialled, &format!("alert-{number}"), None);
            sent.push((format!("d{number:02}"), SystemTime::now()));
            self.phone.send(text.as_bytes())?;
            std::thread::sleep(PACE);
        }
        std::thread::sleep(REST);
        let mut times = BTreeMap::<String, Vec<f64>>::new();
        for (destination, at) in &sent {
            for (sink, answered) in self.answers(destination)? {
                let took = answered.duration_since(*at).context("an answer before its packet")?;
                times.entry(sink).or_default().push(took.as_secs_f64() * 1000.0);
            }
        }
        // So that the next round has room for as many of its own.
        let over = || {
            let filter = Filter { going_on: Some(true), ..Filter::default() };
            Ok(Archive::open(&self.state)?.incidents(&filter)?.len() < 5)
        };
        wait_until(PATIENCE, over).context("the incidents do not end")?;
        Ok(times)
    }

    /// When each sink's receiver answered to the news that an incident opened.
    fn answers(&self, destination: &str) -> Result<Vec<(String, SystemTime)>> {
        let archive = Archive::open(&self.state)?;
        let is_it = |it: &Incident| it.subject.destination.as_deref() == Some(destination);
        let Some(incident) = archive.incidents(&Filter::default())?.into_iter().find(is_it) else {
            return Ok(Vec::new());
        };
        let told = archive.told(incident.id)?.into_iter().find(|told| told.message.news == News::Opened);
        let deliveries = told.map(|told| told.deliveries).unwrap_or_default();
        let answered = deliveries.into_iter().filter_map(|delivery| {
            let last = delivery.tries.last().filter(|last| last.outcome == Outcome::Delivered)?;
            Some((delivery.address.sink, last.time + last.took))
        });
        Ok(answered.collect())
    }

    /// Blocked INVITEs of another destination, about 10,000 a second; returns how many.
    fn flood(&self, over: &AtomicBool) -> Result<u64> {
        let mut sent = 0;
        while !over.load(Ordering::Relaxed) {
            for _ in 0..100 {
                self.phone.send(invite("sip:00535551234@pbx.example", "flood", None).as_bytes())?;
                sent += 1;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        ensure!(self.guard.metrics()?.invites("ingress", "cuba", "drop") > 0, "the flood was not seen");
        Ok(sent)
    }
}

fn policy(journald: &Journald, web: &WebServer, folder: &Path) -> String {
    let mut text = String::from(
        "[dialplan]\ncountry_code = \"33\"\ninternational_prefixes = [\"00\"]\nnational_prefix = \"0\"\n\
         [alerts]\nquiet = \"10s\"\n[[destination]]\nname = \"cuba\"\nprefixes = [\"+53\"]\naction = \"block\"\n",
    );
    for number in 0..2 * INCIDENTS {
        text += &format!(
            "[[destination]]\nname = \"d{number:02}\"\nprefixes = [\"+44{number:02}\"]\naction = \"block\"\n"
        );
    }
    let syslog = |transport: &str| {
        format!(
            "[[sink]]\nname = \"syslog-{transport}\"\nkind = \"syslog\"\ntransport = \"{transport}\"\n\
             address = \"127.0.0.1:{}\"\n",
            Rsyslog::PORT
        )
    };
    text += &format!(
        "[[sink]]\nname = \"mail\"\nkind = \"mail\"\nserver = \"127.0.0.1:{}\"\nencryption = \"none\"\n\
         from = \"guard@example.com\"\nto = \"noc@a.test\"\n\
         [[sink]]\nname = \"webhook\"\nkind = \"webhook\"\nurl = \"{}\"\nunsigned = true\n\
         [[sink]]\nname = \"file\"\nkind = \"file\"\npath = \"{}\"\n\
         [[sink]]\nname = \"journald\"\nkind = \"journald\"\nsocket = \"{}\"\n{}{}",
        MailServer::PLAIN,
        web.url(),
        folder.join("told.jsonl").display(),
        journald.socket().display(),
        syslog("tcp"),
        syslog("udp"),
    );
    text
}

/// Fewer than the agent tells apart at once.
const INCIDENTS: u32 = 50;
/// Between two packets.
const PACE: Duration = Duration::from_millis(200);
/// For the last receivers to answer.
const REST: Duration = Duration::from_secs(5);
/// What a busy machine may take.
const PATIENCE: Duration = Duration::from_secs(120);
