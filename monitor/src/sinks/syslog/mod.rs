//! A sink of syslog, RFC 5424: over a socket of this host, UDP, TCP or TLS.

mod format;
mod stream;

use std::{path::PathBuf, time::Duration};

pub use syslog_fmt::Facility;

use super::{Failure, Receipt, letter::headline};
use crate::{incidents::Message, vocabulary::Language};

/// How the receiver is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A socket of this host, a datagram a message.
    Unix(PathBuf),
    /// UDP (RFC 5426), a datagram a message.
    Udp(String),
    /// TCP with octet counting (RFC 6587 section 3.4.1).
    Tcp(String),
    /// TLS (RFC 5425), with certificates of authorities instead of the system's.
    Tls(String, Option<PathBuf>),
}

/// Sends to a syslog receiver; addresses are `host:port`.
#[derive(Clone, Debug)]
pub struct Syslog {
    /// How it is reached.
    pub transport: Transport,
    /// Which kind of program writes.
    pub facility: Facility,
    /// The language of the line.
    pub language: Language,
    /// What one try may take.
    pub timeout: Duration,
}

impl Syslog {
    /// One try.
    pub async fn deliver(&self, message: &Message) -> Result<Receipt, Failure> {
        self.deliver_line(message, &headline(message, self.language)).await
    }

    /// One try, with a text of the owner's as MSG.
    pub async fn deliver_line(&self, message: &Message, line: &str) -> Result<Receipt, Failure> {
        let octets = format::format(message, line, self.facility);
        let sent = tokio::time::timeout(self.timeout, self.send(&octets)).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(format!("did not finish within {}", humantime::format_duration(self.timeout)))
        });
        let to = self.to();
        match sent {
            Ok(answer) => Ok(Receipt { answer: answer.to_owned(), to }),
            Err(what) => Err(Failure { what: format!("{to}: {what}"), is_final: false, retry_after: None }),
        }
    }

    async fn send(&self, octets: &[u8]) -> Result<&'static str, String> {
        match &self.transport {
            Transport::Unix(path) => stream::local(path, octets).await,
            Transport::Udp(address) => stream::datagram(address, octets).await,
            Transport::Tcp(address) => stream::plain(address, octets).await,
            Transport::Tls(address, ca_file) => stream::encrypted(address, ca_file.as_deref(), octets).await,
        }
    }

    fn to(&self) -> String {
        match &self.transport {
            Transport::Unix(path) => path.display().to_string(),
            Transport::Udp(address) => format!("udp:{address}"),
            Transport::Tcp(address) => format!("tcp:{address}"),
            Transport::Tls(address, _) => format!("tls:{address}"),
        }
    }
}

#[cfg(test)]
mod tests;
