//! Kamailio as the PBX, with the configuration in `tests/peers/kamailio.cfg`.

use std::{net::UdpSocket, path::Path, time::Duration};

use anyhow::{Context, Result};

use super::{Family, shipped};
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

    /// Starts it on the PBX and waits until it answers OPTIONS, which takes about a second.
    pub fn start(hosts: &Hosts, folder: &Path) -> Result<Self> {
        let mut command = hosts.pbx.command("kamailio");
        command
            .arg("-f")
            .arg(shipped("kamailio.cfg"))
            .args(["-DD", "-E", "-m", "32", "-M", "4", "-Y"])
            .arg(folder);
        let mut process = Process::start(command, &folder.join("kamailio.log"))?;
        let socket = hosts.pbx.within(|| UdpSocket::bind("10.1.0.1:0"))??;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let pbx = (Family::V4.of(PHONES_PBX.pbx()), 5060);
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
}

const START: Duration = Duration::from_secs(15);
const OPTIONS: &str = "OPTIONS sip:10.1.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.1;rport;branch=z9hG4bKready\r\n\
    From: <sip:ready@10.1.0.1>;tag=1\r\nTo: <sip:10.1.0.1>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\n\
    Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n";
