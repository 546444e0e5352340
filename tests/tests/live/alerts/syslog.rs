//! Syslog to a real rsyslog by each transport, which reads RFC 5424 and its structured data.

use anyhow::{Context, Result, ensure};
use tests::peers::receivers::{Rsyslog, certificate};

use super::{super::office::Office, delivered, failed, message, sinks, to};

#[test]
fn rsyslog_reads_every_field_by_every_transport() -> Result<()> {
    let office = Office::open()?;
    let (host, folder) = (&office.hosts.pbx, office.folder.path());
    certificate(folder)?;
    let server = Rsyslog::start(host, folder)?;
    let socket = server.socket();
    let ca = format!("ca_file = \"{}\"", folder.join("ca.pem").display());
    let sink = |name: &str, transport: &str, address: &str, more: &str| {
        format!(
            "[[sink]]\nname = \"{name}\"\nkind = \"syslog\"\ntransport = \"{transport}\"\naddress = \"{address}\"\n\
             facility = \"local4\"\n{more}\n"
        )
    };
    let plain = format!("127.0.0.1:{}", Rsyslog::PORT);
    let tls = format!("127.0.0.1:{}", Rsyslog::TLS);
    let text = [
        sink("udp", "udp", &plain, ""),
        sink("tcp", "tcp", &plain, "lang = \"fr\""),
        sink("tls", "tls", &tls, &ca),
        sink("imuxsock", "unix", socket.to_str().context("the socket's path")?, ""),
        sink("unknown-authority", "tls", &tls, ""),
        sink("closed", "tcp", "127.0.0.1:9", ""),
    ];
    let sinks = sinks(&text.concat())?;
    let (opened, ended) = (message("opened", 42)?, message("ended", 57)?);
    for by in ["udp", "tcp", "tls", "imuxsock"] {
        for message in [&opened, &ended] {
            let receipt = delivered(host, &sinks, &to(by), message)?;
            let is_read = receipt.answer.contains("read it to the end");
            ensure!(is_read == ["tcp", "tls"].contains(&by), "{by}: {receipt:?}");
        }
        let got = server.messages_by(by, 2)?;
        let [first, second] = &got[..] else { anyhow::bail!("{by}: {got:?}") };
        // local4: 20 * 8, and 2 for critical, 5 for what is over.
        ensure!((&first["priority"], &second["priority"]) == (&"162".into(), &"165".into()), "{by}: {got:?}");
        ensure!((&first["news"], &second["news"]) == (&"opened".into(), &"ended".into()), "{by}: {got:?}");
        ensure!(first["host"] == "pbx.example.org" && first["app"] == "ringfence", "{by}: {first}");
        let data = &first["data"]["ringfence@32473"];
        ensure!(data["incident"] == "7" && data["key"] == "1\"0]1\\", "{by}: {data}");
        ensure!(
            data["spend"] == "56.7" && data["currency"] == "EUR" && data["journal_seq"] == "42",
            "{by}: {data}"
        );
        let words = if by == "tcp" { "limite « abroad » atteinte" } else { "limit \"abroad\" reached" };
        ensure!(first["text"].as_str().is_some_and(|text| text.contains(words)), "{by}: {first}");
    }
    let foreign = failed(host, &sinks, &to("unknown-authority"), &opened)?;
    ensure!(!foreign.is_final && foreign.what.contains("certificate"), "{foreign:?}");
    let closed = failed(host, &sinks, &to("closed"), &opened)?;
    ensure!(!closed.is_final && closed.what.contains("nobody listens"), "{closed:?}");
    Ok(())
}
