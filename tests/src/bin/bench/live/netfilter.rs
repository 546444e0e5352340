//! nftables and iptables at the receiving end: a rule set, and what its rules counted.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use tests::hosts::Host;

use super::cable::output;

/// Which of the two, and so how rules are loaded and counters read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Netfilter {
    /// nft(8).
    Nftables,
    /// iptables(8), the one with its own tables in the kernel where both are there.
    Iptables,
}

impl Netfilter {
    /// Puts a rule set in force on a host where there is none of its kind.
    pub fn load(self, host: &Host, rules: &str, folder: &Path) -> Result<()> {
        let file = folder.join("rules");
        fs::write(&file, rules)?;
        match self {
            Self::Nftables => output(host.command("nft").arg("-f").arg(&file)),
            Self::Iptables => {
                let mut command = host.command(&iptables("-restore"));
                output(command.stdin(Stdio::from(fs::File::open(&file)?)))
            }
        }
        .map(drop)
    }

    /// Packets that its rules counted, all of them together.
    pub fn counted(self, host: &Host) -> Result<u64> {
        match self {
            Self::Nftables => {
                let text =
                    output(host.command("nft").args(["-j", "list", "chain", "netdev", "bench", "ingress"]))?;
                Ok(counters(&serde_json::from_str(&text)?))
            }
            Self::Iptables => {
                let arguments = ["-w", "-t", "raw", "-nvxL", "PREROUTING"];
                let text = output(host.command(&iptables("")).args(arguments))?;
                // Two lines of header.
                let packets =
                    text.lines().skip(2).map(|line| line.split_whitespace().next()?.parse::<u64>().ok());
                packets.sum::<Option<_>>().with_context(|| format!("iptables says:\n{text}"))
            }
        }
    }
}

/// Which iptables is there: its own tables are slightly cheaper than those that it makes of nftables.
pub fn iptables(suffix: &str) -> String {
    let legacy = format!("iptables-legacy{suffix}");
    if bpf_toolchain::in_path(&legacy).is_some() { legacy } else { format!("iptables{suffix}") }
}

/// The sum of all `{"counter": {"packets": …}}`, wherever they stand.
fn counters(value: &Value) -> u64 {
    match value {
        Value::Array(values) => values.iter().map(counters).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value["packets"].as_u64() {
                Some(packets) if name == "counter" => packets,
                _ => counters(value),
            })
            .sum(),
        _ => 0,
    }
}
