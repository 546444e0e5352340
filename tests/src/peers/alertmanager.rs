//! A Prometheus Alertmanager beside the agent, and amtool, which asks it and silences.

use std::{net::TcpStream, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::hosts::{Host, Process, wait_until};

/// A running Alertmanager.
#[derive(Debug)]
pub struct Alertmanager<'a> {
    host: &'a Host,
    process: Process,
}

impl<'a> Alertmanager<'a> {
    /// Its front page.
    pub const URL: &'static str = "http://127.0.0.1:9093";

    /// Starts it alone, without anybody to tell; waits until it listens.
    pub fn start(host: &'a Host, folder: &Path) -> Result<Self> {
        let folder = folder.join("alertmanager");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("alertmanager.yml"), CONFIGURATION)?;
        let mut command = host.command("prometheus-alertmanager");
        command.current_dir(&folder).arg("--config.file=alertmanager.yml").arg("--storage.path=data");
        command.arg(format!("--web.listen-address={LISTEN}")).arg("--cluster.listen-address=");
        let process = Process::start(command, &folder.join("alertmanager.log"))?;
        let mut alertmanager = Self { host, process };
        let ready = wait_until(PATIENCE, || {
            let ended = alertmanager.process.ended()?;
            ensure!(ended.is_none(), "it ended (apt-get install prometheus-alertmanager?)");
            host.within(|| TcpStream::connect(LISTEN).is_ok())
        });
        ready.with_context(|| format!("it does not listen:\n{}", alertmanager.process.output()))?;
        Ok(alertmanager)
    }

    /// The alerts that go on, silenced or not, as amtool lists them; with those labels.
    pub fn alerts(&self, matchers: &[&str]) -> Result<Vec<Value>> {
        let mut arguments = vec!["alert", "query", "--silenced", "--active", "--output=json"];
        arguments.extend(matchers);
        Ok(serde_json::from_str(&self.amtool(&arguments)?)?)
    }

    /// Silences what has those labels for an hour.
    pub fn silence(&self, author: &str, comment: &str, matchers: &[&str]) -> Result<()> {
        let author = format!("--author={author}");
        let comment = format!("--comment={comment}");
        let mut arguments = vec!["silence", "add", &author, &comment, "--duration=1h"];
        arguments.extend(matchers);
        self.amtool(&arguments).map(drop)
    }

    fn amtool(&self, arguments: &[&str]) -> Result<String> {
        let url = format!("--alertmanager.url={}", Self::URL);
        let all: Vec<_> = [url.as_str()].into_iter().chain(arguments.iter().copied()).collect();
        self.host.run("amtool", &all)
    }
}

const LISTEN: &str = "127.0.0.1:9093";
const CONFIGURATION: &str = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";
const PATIENCE: Duration = Duration::from_secs(60);
