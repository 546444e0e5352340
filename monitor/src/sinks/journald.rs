//! A sink of journald's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram, a field a line.
//!
//! Written here, as the crates that speak it (libsystemd 0.7, systemd-journal-logger 2.2) send to one path that is theirs:
//! a journal namespace (`LogNamespace=` of systemd.exec(5)) has a socket of its own.

use std::{io::ErrorKind, path::Path, time::Duration};

use tokio::net::UnixDatagram;

use super::{
    Failure, Receipt,
    channel::{Channel, Sending},
    fields,
    letter::headline,
    template::{BuiltIn, Escape, Template},
};
use crate::{
    incidents::{Message, News},
    policy::{self, sinks::Sink},
};

/// Writes into the journal of systemd.
pub(super) struct Journald {
    settings: policy::sinks::Journald,
    /// The owner's own `MESSAGE`.
    own: Option<Template>,
    timeout: Duration,
}

impl Journald {
    /// Makes its template.
    pub(super) fn open(sink: &Sink, journald: &policy::sinks::Journald) -> Result<Self, String> {
        let own = sink.template.as_ref().map(|own| Template::open(Some(own), BuiltIn::Line, Escape::Plain));
        Ok(Self { settings: journald.clone(), own: own.transpose()?, timeout: sink.timeout })
    }

    async fn deliver(&self, message: &Message) -> Result<Receipt, Failure> {
        let line = self.own.as_ref().map(|own| own.render(message));
        let line = line.unwrap_or_else(|| headline(message, self.settings.language));
        let octets = entry(message, &line);
        match tokio::time::timeout(self.timeout, send(&self.settings.socket, &octets)).await {
            Ok(Ok(())) => Ok(Receipt {
                answer: "journald's socket took it; journald itself answers nothing".to_owned(),
                to: self.settings.socket.display().to_string(),
            }),
            Ok(Err(error)) => Err(self.failure(&in_words(&error))),
            Err(_) => Err(self.failure("takes nothing: journald reads too slowly, or not at all")),
        }
    }

    fn failure(&self, what: &str) -> Failure {
        Failure::again(format!("{} {what}", self.settings.socket.display()))
    }
}

impl Channel for Journald {
    fn send<'a>(&'a self, _contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(self.deliver(message))
    }
}

async fn send(socket: &Path, octets: &[u8]) -> std::io::Result<()> {
    UnixDatagram::unbound()?.send_to(octets, socket).await.map(|_| ())
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "is not there: does journald run on this host?".to_owned(),
        ErrorKind::ConnectionRefused => "has no listener: does journald run?".to_owned(),
        _ => format!("takes nothing: {error}"),
    }
}

/// The datagram. Every value is one line, so that no field needs its length.
fn entry(message: &Message, line: &str) -> Vec<u8> {
    let mut text = format!(
        "MESSAGE={}\nPRIORITY={}\nMESSAGE_ID={}\nSYSLOG_IDENTIFIER=ringfence\n",
        super::letter::one_line(line),
        fields::severity(message),
        message_id(message.news),
    );
    for (name, value) in fields::fields(message) {
        text += &format!("RINGFENCE_{}={value}\n", name.to_ascii_uppercase());
    }
    text.into_bytes()
}

/// `MESSAGE_ID` (systemd.journal-fields(7)): fixed for each kind of news, for `journalctl MESSAGE_ID=…`.
const fn message_id(news: News) -> &'static str {
    match news {
        News::Opened => "faeb81ac59764b49bb4780b7cce54e14",
        News::Grew => "db237b03addd44f8b61cb0a9336060cc",
        News::Escalated => "a775bdf284274bd58a3feed891d1e9f6",
        News::Unacknowledged => "cb64f41306e54f949eab3ef65d50359b",
        News::Acknowledged => "a2cf3976acd04004b311620ee0792bf4",
        News::Ended => "68a8ccf96ddf4e6aa68f4a1fcbb3fa40",
        News::Test => "abeb0ae82b3d40bebe5fad13b301ed85",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use anyhow::{Context, Result};

    use super::{super::specimen, *};
    use crate::vocabulary::Language;

    fn sink(socket: std::path::PathBuf) -> Journald {
        let settings = policy::sinks::Journald { socket, language: Language::English };
        Journald { settings, own: None, timeout: Duration::from_secs(10) }
    }

    #[tokio::test]
    async fn one_datagram_has_every_field_on_a_line_of_its_own() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("socket");
        let listener = UnixDatagram::bind(&socket)?;
        let sink = sink(socket);
        let mut message = specimen::message(News::Opened);
        message.incident.subject.key = Some("101\nPRIORITY=7".to_owned());
        let receipt = sink.deliver(&message).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        assert!(receipt.answer.contains("took it"), "{receipt:?}");
        let mut octets = vec![0; 65_536];
        let length = listener.recv(&mut octets).await?;
        let text = std::str::from_utf8(&octets[..length])?;
        let read: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
        assert_eq!(read.len(), text.lines().count(), "a field twice, or a line without one:\n{text}");
        let field = |name: &str| read.get(name).copied().with_context(|| format!("no {name}"));
        assert_eq!(field("PRIORITY")?, "2");
        assert_eq!(field("MESSAGE_ID")?, "faeb81ac59764b49bb4780b7cce54e14");
        assert_eq!(field("RINGFENCE_INCIDENT")?, "7");
        assert_eq!(field("RINGFENCE_KEY")?, "101 PRIORITY=7");
        assert_eq!(field("MESSAGE")?, headline(&message, Language::English));
        Ok(())
    }

    #[tokio::test]
    async fn a_socket_that_nobody_has_is_tried_again_later() {
        let sink = sink("/nonexistent/socket".into());
        let failure = sink.deliver(&specimen::message(News::Opened)).await.unwrap_err();
        assert!(!failure.is_final && failure.what.contains("does journald run"), "{failure:?}");
    }

    #[test]
    fn each_kind_of_news_has_an_id_of_its_own() {
        let ids: BTreeSet<_> = News::ALL.iter().map(|news| message_id(*news)).collect();
        assert_eq!(ids.len(), News::ALL.len());
        assert!(ids.iter().all(|id| id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit())));
    }
}
