//! A sink of syslog, RFC 5424: over a socket of this host, UDP, TCP or TLS.

mod format;
mod stream;

use std::time::Duration;

use syslog_fmt::Facility;

use super::{
    Failure, Receipt,
    answer::{cut, sandbox},
    channel::{Channel, Sending},
    letter::headline,
    template::{BuiltIn, Escape, Template},
};
use crate::{
    incidents::Message,
    policy::{
        self,
        sinks::{Sink, SyslogTransport},
    },
};

/// Sends to a syslog receiver.
pub(super) struct Syslog {
    settings: policy::sinks::Syslog,
    facility: Facility,
    /// The owner's own line.
    own: Option<Template>,
    timeout: Duration,
}

impl Syslog {
    /// Makes its template.
    pub(super) fn open(sink: &Sink, syslog: &policy::sinks::Syslog) -> Result<Self, String> {
        let own = sink.template.as_ref().map(|own| Template::open(Some(own), BuiltIn::Line, Escape::Plain));
        // The number of RFC 5424 section 6.2.1 is the facility's sentence in the vocabulary.
        let number: i32 = syslog.facility.help().parse().unwrap_or_default();
        Ok(Self {
            settings: syslog.clone(),
            facility: Facility::try_from(number).unwrap_or_default(),
            own: own.transpose()?,
            timeout: sink.timeout,
        })
    }

    async fn deliver(&self, message: &Message) -> Result<Receipt, Failure> {
        let line = self.own.as_ref().map(|own| own.render(message));
        let line = line.unwrap_or_else(|| headline(message, self.settings.language));
        let octets = format::format(message, &line, self.facility);
        let sent = tokio::time::timeout(self.timeout, self.hand_over(&octets)).await;
        let sent = sent.unwrap_or_else(|_| {
            let time = humantime::format_duration(self.timeout);
            Err(format!("it did not finish within {time}{}", sandbox()))
        });
        let to = format!("{}:{}", self.settings.transport.label(), self.settings.address);
        match sent {
            Ok(answer) => Ok(Receipt { answer: answer.to_owned(), to }),
            Err(what) => Err(Failure::again(cut(&format!("{to}: {what}")))),
        }
    }

    async fn hand_over(&self, octets: &[u8]) -> Result<&'static str, String> {
        let address = self.settings.address.as_str();
        match self.settings.transport {
            SyslogTransport::Unix => stream::local(address.as_ref(), octets).await,
            SyslogTransport::Udp => stream::datagram(address, octets).await,
            SyslogTransport::Tcp => stream::plain(address, octets).await,
            SyslogTransport::Tls => {
                stream::encrypted(address, self.settings.ca_file.as_deref(), octets).await
            }
        }
    }
}

impl Channel for Syslog {
    fn send<'a>(&'a self, _contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(self.deliver(message))
    }
}

#[cfg(test)]
mod tests;
