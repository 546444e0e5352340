//! Kamailio as the PBX, with the configuration in `tests/peers/kamailio.cfg`; or as a proxy that accounts for its
//! calls, with `accounting.cfg`; or as one that tells what it read, with `spellings.cfg`.

use std::{collections::BTreeMap, net::UdpSocket, path::Path, time::Duration};

use anyhow::{Context, Result};

use super::{
    Family, shipped,
    told::{Told, seconds},
};
use crate::hosts::{Hosts, PHONES_PBX, Process, wait_until};

/// A running Kamailio.
#[derive(Debug)]
pub struct Kamailio {
    process: Process,
}

impl Kamailio {
    /// Whether it is installed.
    #[must_use]
    pub fn installed() -> bool {
        std::process::Command::new("kamailio").arg("-v").output().is_ok_and(|output| output.status.success())
    }

    /// Its name and version.
    pub fn version() -> Result<String> {
        let output = std::process::Command::new("kamailio").arg("-v").output()?;
        // `version: kamailio 5.6.3 (x86_64/linux)`
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = said.split_whitespace().nth(2).context("Kamailio does not say its version")?;
        Ok(format!("Kamailio {version}"))
    }

    /// Starts it on the PBX and waits until it answers OPTIONS, which takes about a second.
    pub fn start(hosts: &Hosts, folder: &Path) -> Result<Self> {
        Self::configured("kamailio.cfg", &[], hosts, folder)
    }

    /// Starts it with dialogs and with a control socket `kamailio_ctl` in the folder.
    pub fn with_dialogs(hosts: &Hosts, folder: &Path) -> Result<Self> {
        let control = format!("CONTROL=\"unix:{}\"", folder.join("kamailio_ctl").display());
        Self::configured("kamailio.cfg", &["-A", &control], hosts, folder)
    }

    /// Starts the proxy that accounts.
    pub fn accounting(hosts: &Hosts, folder: &Path) -> Result<Self> {
        Self::configured("accounting.cfg", &[], hosts, folder)
    }

    /// Starts the proxy that tells what it read, on port 5070.
    pub fn telling(hosts: &Hosts, folder: &Path) -> Result<Self> {
        Self::listening("spellings.cfg", 5070, &[], hosts, folder)
    }

    fn configured(configuration: &str, options: &[&str], hosts: &Hosts, folder: &Path) -> Result<Self> {
        Self::listening(configuration, 5060, options, hosts, folder)
    }

    fn listening(
        configuration: &str,
        port: u16,
        options: &[&str],
        hosts: &Hosts,
        folder: &Path,
    ) -> Result<Self> {
        let mut command = hosts.pbx.command("kamailio");
        command
            .arg("-f")
            .arg(shipped(configuration))
            .args(["-DD", "-E", "-m", "32", "-M", "4", "-Y"])
            .arg(folder)
            .args(options);
        let mut process = Process::start(command, &folder.join("kamailio.log"))?;
        let socket = hosts.pbx.within(|| UdpSocket::bind("10.1.0.1:0"))??;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let pbx = (Family::V4.of(PHONES_PBX.pbx()), port);
        let answers = wait_until(START, || {
            anyhow::ensure!(process.ended()?.is_none(), "it ended");
            socket.send_to(OPTIONS.as_bytes(), pbx)?;
            Ok(socket.recv(&mut [0; 2048]).is_ok())
        });
        answers.with_context(|| {
            format!("Kamailio does not answer (apt-get install kamailio?):\n{}", process.output())
        })?;
        Ok(Self { process })
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// The calls that its accounting module wrote down.
    pub fn calls(&self) -> Result<Vec<Told>> {
        accounts(&self.log())
    }
}

/// `ACC: transaction answered: …;method=INVITE;…;call_id=…;code=200;…;at=…;caller=…;dialled=…;asked=…`: one line
/// for the answer to an INVITE, one for the answer to its BYE.
fn accounts(log: &str) -> Result<Vec<Told>> {
    let mut calls: BTreeMap<String, Told> = BTreeMap::new();
    for line in log.lines() {
        let Some((_, words)) = line.split_once("ACC: transaction answered: ") else { continue };
        let words: BTreeMap<_, _> = words.split(';').filter_map(|word| word.split_once('=')).collect();
        let word = |name: &str| words.get(name).copied().with_context(|| format!("no {name} in `{line}`"));
        let time = |name: &str| seconds(word(name)?).with_context(|| format!("no time {name} in `{line}`"));
        let call = word("call_id")?.to_owned();
        if word("method")? == "BYE" {
            if let Some(call) = calls.get_mut(&call) {
                call.ended = time("at")?;
            }
            continue;
        }
        let (status, at) = (word("code")?.parse()?, time("at")?);
        let told = Told {
            call: call.clone(),
            caller: Some(word("caller")?.to_owned()),
            dialled: word("dialled")?.to_owned(),
            started: time("asked")?,
            rang: None,
            answered: Some(at).filter(|_| (200..300).contains(&status)),
            ended: at,
            status: Some(status),
            attempts: 1,
            heard: None,
        };
        calls.entry(call).or_insert(told);
    }
    let mut told: Vec<_> = calls.into_values().collect();
    told.sort_by_key(|call| call.started);
    Ok(told)
}

const START: Duration = Duration::from_secs(15);
const OPTIONS: &str = "OPTIONS sip:10.1.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1;rport;branch=z9hG4bKready\r\n\
    From: <sip:ready@10.1.0.1>;tag=1\r\nTo: <sip:10.1.0.1>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\n\
    Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_an_answer_and_its_bye() -> Result<()> {
        let log = " 1(4) WARNING: acc: ACC: transaction answered: timestamp=1;method=INVITE;from_tag=a;to_tag=b;call_id=x@h;code=200;reason=OK;at=11.5;caller=101;dialled=110;asked=11.25\n\
             1(4) WARNING: acc: ACC: call missed: timestamp=1;method=INVITE;call_id=y@h;code=486\n\
             1(4) WARNING: acc: ACC: transaction answered: timestamp=1;method=INVITE;call_id=y@h;code=486;reason=Busy Here;at=12.5;caller=102;dialled=186;asked=12.25\n\
             1(4) WARNING: acc: ACC: transaction answered: timestamp=1;method=BYE;call_id=x@h;code=200;reason=OK;at=14.0;caller=101;dialled=callee;asked=\n";
        let told = accounts(log)?;
        let seen: Vec<_> =
            told.iter().map(|call| (call.dialled.as_str(), call.status, call.talk())).collect();
        let wanted = [("110", Some(200), Duration::from_millis(2500)), ("186", Some(486), Duration::ZERO)];
        assert_eq!(seen, wanted);
        Ok(())
    }
}
