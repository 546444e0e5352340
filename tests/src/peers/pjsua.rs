//! Phones on pjsua2, the library of many softphones, driven by `tests/peers/phone.py`.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{shipped, told::Told};
use crate::hosts::{Host, Process};

/// Phones at work.
#[derive(Debug)]
pub struct Phones {
    process: Process,
}

impl Phones {
    /// Starts to play `steps` (phone.py says which there are) with phones at `address` that register at `registrar`.
    pub fn start(host: &Host, address: &str, registrar: &str, steps: &Value, folder: &Path) -> Result<Self> {
        let mut command = host.command(&python()?);
        command.arg(shipped("phone.py")).args([address, registrar, &steps.to_string()]);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        Ok(Self { process: Process::start(command, &folder.join(format!("phones-{number}.log")))? })
    }

    /// Waits until every step was played; the calls that its own phones placed, as they saw them.
    pub fn told(mut self) -> Result<Vec<Told>> {
        self.process.wait_for("\"done\": true", LIMIT)?;
        calls(&self.process.output())
    }
}

/// The Python that has pjsua2.
pub(super) fn python() -> Result<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the package has a parent")?;
    let python = bpf_toolchain::tools_folder(workspace).join("pjsua2/bin/python");
    ensure!(python.is_file(), "no pjsua2 in {}: run `cargo xtask setup --tests`", python.display());
    Ok(python.to_str().context("the tools folder is not UTF-8")?.to_owned())
}

/// A call begins with its step and goes through the states that pjsip names.
fn calls(log: &str) -> Result<Vec<Told>> {
    let mut calls: Vec<Told> = Vec::new();
    for line in log.lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line)?;
        let at = Duration::from_secs_f64(line["at"].as_f64().context("a line without a time")?);
        if let [Value::String(step), Value::String(name), Value::String(caller), Value::String(number)] =
            line["step"].as_array().map(Vec::as_slice).unwrap_or_default()
            && step == "call"
        {
            calls.push(Told {
                call: name.clone(),
                caller: Some(caller.clone()),
                dialled: number.clone(),
                started: at,
                rang: None,
                answered: None,
                ended: at,
                status: None,
                attempts: 1,
                heard: None,
            });
        }
        let Some(call) = calls.iter_mut().rev().find(|call| line["call"] == call.call.as_str()) else {
            continue;
        };
        match line["state"].as_str() {
            Some("EARLY") => call.rang = call.rang.or(Some(at)),
            Some("CONFIRMED") => call.answered = call.answered.or(Some(at)),
            Some("DISCONNECTED") => {
                call.status = line["status"].as_u64().and_then(|status| status.try_into().ok());
            }
            _ => {}
        }
        call.ended = at;
    }
    Ok(calls)
}

static STARTED: AtomicU32 = AtomicU32::new(0);
const LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_a_call_are_its_times() -> Result<()> {
        let log = "noise\n{\"at\": 10.0, \"step\": [\"call\", \"a\", \"101\", \"102\"]}\n\
             {\"at\": 10.5, \"call\": \"a\", \"state\": \"EARLY\", \"status\": 180}\n\
             {\"at\": 11.0, \"call\": \"a\", \"state\": \"CONFIRMED\", \"status\": 200}\n\
             {\"at\": 11.0, \"call\": \"to 102\", \"state\": \"CONFIRMED\", \"status\": 200}\n\
             {\"at\": 13.5, \"call\": \"a\", \"state\": \"DISCONNECTED\", \"status\": 200}\n";
        let told = calls(log)?;
        let [call] = &told[..] else { anyhow::bail!("{told:?}") };
        assert_eq!((call.dialled.as_str(), call.talk()), ("102", Duration::from_millis(2500)));
        Ok(())
    }
}
