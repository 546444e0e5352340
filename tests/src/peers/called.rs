//! A phone on pjsua2 that is called and tells for whom, driven by `tests/peers/called.py`.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{pjsua, shipped};
use crate::hosts::{Host, Process};

/// A running phone.
#[derive(Debug)]
pub struct CalledPhone {
    process: Process,
}

impl CalledPhone {
    /// Takes calls at `address` over UDP and TCP.
    pub fn start(host: &Host, address: SocketAddr, folder: &Path) -> Result<Self> {
        let mut command = host.command(&pjsua::python()?);
        command.arg(shipped("called.py")).args([address.ip().to_string(), address.port().to_string()]);
        let mut process = Process::start(command, &folder.join("called.log"))?;
        process.wait_for("\"version\"", START).context("pjsua2 does not start")?;
        Ok(Self { process })
    }

    /// The version of the library.
    #[must_use]
    pub fn version(&self) -> String {
        let told = self.told().find_map(|line| line["version"].as_str().map(str::to_owned));
        told.unwrap_or_default()
    }

    /// What it wrote.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// Whom each call was for, by its Call-ID.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, String> {
        let word = |line: &Value, name: &str| line[name].as_str().map(str::to_owned);
        self.told().filter_map(|line| Some((word(&line, "call")?, word(&line, "called")?))).collect()
    }

    fn told(&self) -> impl Iterator<Item = Value> + use<> {
        let lines: Vec<_> =
            self.process.output().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.into_iter()
    }
}

const START: Duration = Duration::from_secs(15);
