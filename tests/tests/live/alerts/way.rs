//! The whole way on real interfaces: from packets of a burst to every receiver, past a dead and a silent one, over a
//! kill, and through a flood.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{
    hosts::wait_until,
    peers::{
        Family, Guard, Mode,
        receivers::{Journald, MailServer, Rsyslog, WebServer, certificate, lines},
    },
};

use super::super::office::{CUBA, Office, POLICY, dial};

#[test]
fn a_burst_reaches_every_receiver_over_a_kill_and_past_dead_sinks() -> Result<()> {
    let office = Office::open()?;
    let receivers = Receivers::start(&office)?;
    let policy = receivers.policy()?;
    let guard = office.guard(Mode::Native, &policy)?;
    burst(&office, CUBA, 40)?;
    receivers.all_have(&guard, "cuba", "opened")?;
    waits(&guard, "dead")?;
    waits(&guard, "silent")?;

    // Killed as soon as the first receiver has it, wherever the others are.
    burst(&office, HAITI, 40)?;
    receivers.has(&guard, "file", "haiti", "opened")?;
    guard.kill()?;
    let guard = office.guard(Mode::Native, &policy)?;
    receivers.all_have(&guard, "haiti", "opened")?;
    receivers.all_have(&guard, "cuba", "ended")?;
    receivers.all_have(&guard, "haiti", "ended")?;

    let before = receivers.told("file")?.len();
    flood(&office, &guard)?;
    receivers.all_have(&guard, "niger", "ended")?;
    let dropped = guard.metrics()?.invites("ingress", "niger", "drop");
    let messages = receivers.messages_of("niger")?;
    ensure!(messages.len() <= 10, "a flood became {} messages", messages.len());
    let last = messages.last().context("no message of the flood")?;
    let counted = last["incident"]["account"]["dropped_invites"].as_u64();
    ensure!(counted == Some(dropped), "{dropped} INVITEs were dropped, told are {counted:?}");
    ensure!(receivers.told("file")?.len() - before <= 10, "other incidents came with the flood");
    ensure!(!guard.log().contains("panicked"), "{}", guard.log());
    receivers.agree()
}

/// Blocked calls, each with a name of its own.
fn burst(office: &Office, number: &str, count: u32) -> Result<()> {
    let sink = office.pbx_sink(Family::V4)?;
    let socket = office.phone(Family::V4)?;
    for call in 0..count {
        socket.send_to(dial(number, &format!("{number}-{call}")).as_bytes(), sink.address())?;
    }
    let heard = sink.finish().len();
    ensure!(heard == 0, "{heard} of {count} blocked calls pass");
    Ok(())
}

/// Ten thousand blocked calls as fast as they can be sent.
fn flood(office: &Office, guard: &Guard<'_>) -> Result<()> {
    for _ in 0..10 {
        burst(office, NIGER, 1_000)?;
    }
    let dropped = guard.metrics()?.invites("ingress", "niger", "drop");
    // A veth that is not read fast enough drops a few before any program sees them.
    ensure!(dropped > 5_000, "of 10,000 INVITEs {dropped} are counted as dropped");
    Ok(())
}

/// Waits until something waits for a sink that does not answer.
fn waits(guard: &Guard<'_>, sink: &str) -> Result<()> {
    let waiting = || Ok(guard.metrics()?.sum("ringfence_outbox_waiting", &[("sink", sink)]) > 0);
    wait_until(PATIENCE, waiting).with_context(|| format!("nothing waits for {sink}\n{}", guard.log()))
}

/// One message as a receiver has it: its name, the incident, and what is new of it.
type Had = (String, u64, String);

struct Receivers {
    mail: MailServer,
    rsyslog: Rsyslog,
    journald: Journald,
    web: WebServer,
    file: PathBuf,
}

impl Receivers {
    fn start(office: &Office) -> Result<Self> {
        let (host, folder) = (&office.hosts.pbx, office.folder.path());
        certificate(folder)?;
        Ok(Self {
            mail: MailServer::start(host, folder)?,
            rsyslog: Rsyslog::start(host, folder)?,
            journald: Journald::start(folder)?,
            web: WebServer::start(host)?,
            file: folder.join("told.jsonl"),
        })
    }

    fn policy(&self) -> Result<String> {
        let blocked = [("haiti", "+509"), ("niger", "+227")].map(|(name, prefix)| {
            format!("[[destination]]\nname = \"{name}\"\nprefixes = [\"{prefix}\"]\naction = \"block\"\n")
        });
        let sink = |name: &str, kind: &str, keys: &str| {
            format!("[[sink]]\nname = \"{name}\"\nkind = \"{kind}\"\n{keys}\n")
        };
        let mail = |port: u16, more: &str| {
            format!(
                "server = \"127.0.0.1:{port}\"\nencryption = \"none\"\nfrom = \"guard@example.com\"\n\
                 to = \"noc@a.test\"\n{more}"
            )
        };
        let socket = self.journald.socket();
        let sinks = [
            sink("dead", "mail", &mail(9, "")),
            sink("silent", "mail", &mail(MailServer::SILENT, "timeout = \"2s\"")),
            sink("file", "file", &format!("path = \"{}\"", self.file.display())),
            sink("web", "webhook", &format!("url = \"{}\"\nunsigned = true", self.web.url())),
            sink("mail", "mail", &mail(MailServer::PLAIN, "")),
            sink(
                "syslog",
                "syslog",
                &format!("transport = \"tcp\"\naddress = \"127.0.0.1:{}\"", Rsyslog::PORT),
            ),
            sink("journal", "journald", &format!("socket = \"{}\"", socket.to_str().context("the socket")?)),
        ];
        Ok([POLICY, &blocked.concat(), "[alerts]\nquiet = \"10s\"\n", &sinks.concat()].concat())
    }

    /// What a receiver has so far, in its own order.
    fn told(&self, sink: &str) -> Result<Vec<Had>> {
        let rows: Vec<[Value; 3]> = match sink {
            "file" => lines(&self.file)?.iter().map(document).collect(),
            "web" => self.web.bodies().iter().map(document).collect(),
            "mail" => self.mail.mails()?.iter().map(|mail| header_fields(&mail["headers"])).collect(),
            "syslog" => self
                .rsyslog
                .messages_by("tcp", 0)?
                .iter()
                .map(|it| fields(&it["data"]["ringfence@32473"]))
                .collect(),
            _ => self.journald.entries(0)?.iter().map(journal_fields).collect(),
        };
        rows.into_iter().map(|row| had(&row).with_context(|| format!("{sink} has {row:?}"))).collect()
    }

    fn has(&self, guard: &Guard<'_>, sink: &str, destination: &str, news: &str) -> Result<()> {
        let is_there = || {
            let Some(incident) = self.incident(destination)? else { return Ok(false) };
            Ok(self.told(sink)?.iter().any(|(_, of, what)| *of == incident && what == news))
        };
        wait_until(PATIENCE, is_there).with_context(|| {
            format!("{sink} has no `{news}` of {destination}: {:?}\n{}", self.told(sink), guard.log())
        })
    }

    fn all_have(&self, guard: &Guard<'_>, destination: &str, news: &str) -> Result<()> {
        SINKS.iter().try_for_each(|sink| self.has(guard, sink, destination, news))
    }

    /// The incident of a destination, as the file has it.
    fn incident(&self, destination: &str) -> Result<Option<u64>> {
        Ok(self.messages_of(destination)?.first().and_then(|message| message["incident"]["id"].as_u64()))
    }

    /// The messages about a destination's incident, whole, each once.
    fn messages_of(&self, destination: &str) -> Result<Vec<Value>> {
        let mut all = lines(&self.file)?;
        all.retain(|message| message["incident"]["subject"]["destination"] == destination);
        all.dedup_by_key(|message| message["id"].to_string());
        Ok(all)
    }

    /// Every receiver has every message, each for the first time after those that were told before it.
    fn agree(&self) -> Result<()> {
        let all: BTreeSet<_> = self.told("file")?.into_iter().collect();
        for sink in SINKS {
            let told = self.told(sink)?;
            let set: BTreeSet<_> = told.iter().cloned().collect();
            ensure!(set == all, "{sink} has {set:?}, the file has {all:?}");
            let mut highest = 0;
            let mut seen = BTreeSet::new();
            for (id, _, _) in told {
                let number: u64 =
                    id.rsplit('-').nth(1).and_then(|it| it.parse().ok()).context("no number")?;
                ensure!(number > highest || seen.contains(&number), "{sink}: {id} comes after {highest}");
                highest = highest.max(number);
                seen.insert(number);
            }
        }
        Ok(())
    }
}

fn document(it: &Value) -> [Value; 3] {
    [it["id"].clone(), it["incident"]["id"].clone(), it["news"].clone()]
}

fn header_fields(headers: &Value) -> [Value; 3] {
    let id = headers["message-id"].as_str().unwrap_or_default().trim_matches(['<', '>']);
    let id = id.split('@').next().unwrap_or_default();
    [id.into(), headers["x-ringfence-incident"].clone(), headers["x-ringfence-news"].clone()]
}

fn fields(data: &Value) -> [Value; 3] {
    ["message", "incident", "news"].map(|name| data[name].clone())
}

fn journal_fields(entry: &Value) -> [Value; 3] {
    ["RINGFENCE_MESSAGE", "RINGFENCE_INCIDENT", "RINGFENCE_NEWS"].map(|name| entry[name].clone())
}

fn had([id, incident, news]: &[Value; 3]) -> Option<Had> {
    let number = incident.as_u64().or_else(|| incident.as_str()?.parse().ok())?;
    Some((id.as_str()?.to_owned(), number, news.as_str()?.to_owned()))
}

const SINKS: [&str; 5] = ["file", "web", "mail", "syslog", "journal"];
const HAITI: &str = "000509370000001";
const NIGER: &str = "00022790000001";
/// What a busy machine may take, with the ten seconds of quiet that end an incident.
const PATIENCE: Duration = Duration::from_secs(90);
