//! A Prometheus server beside the agent, with the configuration and the rules of docs/prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{Read, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    hosts::{Host, Process, wait_until},
    monitoring::docs,
};

/// A running Prometheus.
#[derive(Debug)]
pub struct Prometheus<'a> {
    host: &'a Host,
    process: Process,
}

/// One series of an answer: its labels, the name among them, and its value.
pub type Sample = (BTreeMap<String, String>, f64);

impl<'a> Prometheus<'a> {
    /// Starts it with the example configuration and the rules, but that all is done every second; waits until it is
    /// ready.
    pub fn start(host: &'a Host, folder: &Path) -> Result<Self> {
        let folder = folder.join("prometheus");
        std::fs::create_dir_all(&folder)?;
        for (name, interval) in [("prometheus.yml", "15s"), ("ringfence.rules.yml", "15m")] {
            let text = std::fs::read_to_string(docs("prometheus").join(name))?;
            let hurried = text.replace(&format!("interval: {interval}"), "interval: 1s");
            ensure!(hurried != text, "docs/prometheus/{name} names no interval of {interval}");
            std::fs::write(folder.join(name), hurried)?;
        }
        let mut command = host.command("prometheus");
        command.current_dir(&folder).arg("--config.file=prometheus.yml").arg("--storage.tsdb.path=data");
        command.arg(format!("--web.listen-address={LISTEN}"));
        let process = Process::start(command, &folder.join("prometheus.log"))?;
        let mut prometheus = Self { host, process };
        let ready = wait_until(PATIENCE, || {
            ensure!(prometheus.process.ended()?.is_none(), "it ended (apt-get install prometheus?)");
            Ok(prometheus.ask("/-/ready").is_ok_and(|answer| answer.contains(" 200 ")))
        });
        ready
            .with_context(|| format!("Prometheus does not become ready:\n{}", prometheus.process.output()))?;
        Ok(prometheus)
    }

    /// What a query gives now.
    pub fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let answer = self.api(&format!("/api/v1/query?query={}", encoded(query)))?;
        let series = answer["result"].as_array().with_context(|| format!("{query}: {answer}"))?;
        series.iter().map(|one| sample(one).with_context(|| format!("{query}: {one}"))).collect()
    }

    /// The value of a query that gives one series; `None` where it gives none.
    pub fn value(&self, query: &str) -> Result<Option<f64>> {
        let samples = self.query(query)?;
        ensure!(samples.len() < 2, "{query} gives several series: {samples:?}");
        Ok(samples.first().map(|(_, value)| *value))
    }

    /// Asks again until the query gives one series whose value is as wanted.
    pub fn wait_for(&self, query: &str, wanted: impl Fn(f64) -> bool) -> Result<f64> {
        let mut last = None;
        let waited = wait_until(PATIENCE, || {
            last = self.value(query)?;
            Ok(last.is_some_and(&wanted))
        });
        waited.with_context(|| format!("{query} gives {last:?}"))?;
        last.context("a value that is as wanted")
    }

    /// Name, health and last error of every rule that it loaded.
    pub fn rules(&self) -> Result<Vec<(String, String, String)>> {
        let answer = self.api("/api/v1/rules")?;
        let groups = answer["groups"].as_array().context("no groups")?;
        let rules = groups.iter().filter_map(|group| group["rules"].as_array()).flatten();
        let text = |rule: &Value, field: &str| rule[field].as_str().unwrap_or_default().to_owned();
        Ok(rules.map(|rule| (text(rule, "name"), text(rule, "health"), text(rule, "lastError"))).collect())
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }

    fn api(&self, path: &str) -> Result<Value> {
        let answer = self.ask(path)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
        let json: Value = serde_json::from_str(body).with_context(|| body.to_owned())?;
        ensure!(json["status"] == "success", "{path}: {json}");
        Ok(json["data"].clone())
    }

    /// HTTP 1.0: the answer comes in one piece.
    fn ask(&self, path: &str) -> Result<String> {
        let mut stream = self.host.within(|| TcpStream::connect(LISTEN))??;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {LISTEN}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

fn sample(series: &Value) -> Option<Sample> {
    let labels = series["metric"].as_object()?.iter();
    let labels = labels.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some((labels.collect(), series["value"][1].as_str()?.parse().ok()?))
}

/// Percent-encoding of everything but letters and digits (RFC 3986).
fn encoded(query: &str) -> String {
    query.bytes().fold(String::new(), |mut text, octet| {
        if octet.is_ascii_alphanumeric() {
            text.push(char::from(octet));
        } else {
            let _ = write!(text, "%{octet:02X}");
        }
        text
    })
}

/// Each PBX is alone in its namespace.
const LISTEN: &str = "127.0.0.1:9090";
/// What Prometheus may take to start, and a value to come, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
