//! Alerts that reach real receivers: a mail server, rsyslog, journald, and the agent on its way to them.

mod alertmanager;
mod journal;
mod mail;
mod syslog;
mod way;

use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use monitor::{
    incidents::Message,
    policy,
    sinks::{Address, Deliver, Failure, Receipt, Sinks},
};
use serde_json::json;
use tests::hosts::Host;

/// The sinks of a policy with these sections, each ready to deliver.
fn sinks(sections: &str) -> Result<Sinks> {
    let text = format!("[dialplan]\ncountry_code = \"33\"\n{sections}");
    let compilation = policy::compile(&text);
    let compiled = compilation.policy.with_context(|| format!("{:?}", compilation.errors))?;
    let (sinks, faults) = Sinks::open(&compiled);
    if let Some(fault) = faults.first() {
        return Err(anyhow!("{fault}"));
    }
    Ok(sinks)
}

/// One try for each message, one after the other, from this host.
fn tries(
    host: &Host,
    sinks: &Sinks,
    address: &Address,
    messages: &[Message],
) -> Result<Vec<Result<Receipt, Failure>>> {
    host.within(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut results = Vec::new();
            for message in messages {
                results.push(sinks.deliver(address, message).await);
            }
            Ok(results)
        })
    })?
}

/// A try that must succeed.
fn delivered(host: &Host, sinks: &Sinks, address: &Address, message: &Message) -> Result<Receipt> {
    let tried = tries(host, sinks, address, std::slice::from_ref(message))?.pop().context("a result")?;
    tried.map_err(|failure| anyhow!("{address}: {failure:?}"))
}

/// A try that must fail.
fn failed(host: &Host, sinks: &Sinks, address: &Address, message: &Message) -> Result<Failure> {
    let tried = tries(host, sinks, address, std::slice::from_ref(message))?.pop().context("a result")?;
    tried.err().with_context(|| format!("{address}: it was delivered"))
}

fn to(sink: &str) -> Address {
    Address { sink: sink.to_owned(), contact: None }
}

/// A message about incident 7: calls of the bakery to Cuba, with what would break out of a badly written frame.
fn message(news: &str, number: u64) -> Result<Message> {
    let now = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    let account = json!({
        "calls": 12, "answered": 9, "active": 2, "blocked": 30, "dropped_invites": 90, "minutes": "34.1",
        "spend": "56.70", "currency": "EUR", "prevented": null, "slices": [], "slice_seconds": 60,
        "destinations": { "cuba": { "calls": 12, "blocked": 30, "minutes": "34.1", "spend": "56.70", "tariff": null } },
        "numbers": [{ "number": "+53555xxxx", "token": "ab", "calls": 42 }],
    });
    let incident = json!({
        "id": 7, "kind": "limit", "severity": "critical", "rule": null, "began": now, "latest": now, "ended": null,
        "subject": {
            "limit": "abroad", "key": "1\"0]1\\", "token": null, "destination": "cuba", "country": "CU",
            "source": "192.0.2.66", "customer": "bakery",
        },
        "alerts": 3, "account": account, "measures": [], "acknowledged": null, "escalations": 0, "policy": null,
        "packets": null,
    });
    Ok(serde_json::from_value(json!({
        "format": 1, "id": format!("pbx-{number}-0123456789ab"), "news": news, "time": now, "host": "pbx.example.org",
        "incident": incident, "alert": null, "journal": { "seq": number, "hash": "0123456789abcdef".repeat(4) },
    }))?)
}
