//! A mail sink as it is spoken with: the policy's words made into mailboxes, ports and templates.

use std::{path::PathBuf, time::Duration};

use lettre::message::Mailbox;

use super::super::template::{BuiltIn, Escape, Template};
use crate::{
    policy::{
        self,
        sinks::{Encryption, SecretFile, Sink, TemplateSource},
    },
    vocabulary::Language,
};

/// Where mail goes.
#[derive(Debug)]
pub(super) struct Settings {
    /// The server's host name or address.
    pub(super) server: String,
    /// Its port.
    pub(super) port: u16,
    /// How the way there is protected.
    pub(super) encryption: Encryption,
    /// Certificates of authorities instead of the system's, PEM.
    pub(super) ca_file: Option<PathBuf>,
    /// User and the file with the password.
    pub(super) login: Option<(String, SecretFile)>,
    /// Who writes.
    pub(super) from: Mailbox,
    /// Who is told; for customers, their contacts are.
    pub(super) to: Vec<Mailbox>,
    /// The language of the letter.
    pub(super) language: Language,
    /// What one try may take.
    pub(super) timeout: Duration,
}

impl Settings {
    /// From what the policy says.
    pub(super) fn of(sink: &Sink, mail: &policy::sinks::Mail) -> Result<Self, String> {
        let mailbox = |text: &String| text.parse::<Mailbox>().map_err(|error| format!("{text}: {error}"));
        Ok(Self {
            server: mail.server.clone(),
            port: mail.port.unwrap_or_else(|| port(mail.encryption)),
            encryption: mail.encryption,
            ca_file: mail.ca_file.clone(),
            login: mail.user.clone().zip(mail.password_file.clone()),
            from: mailbox(&mail.from)?,
            to: mail.to.iter().map(mailbox).collect::<Result<_, _>>()?,
            language: mail.language,
            timeout: sink.timeout,
        })
    }
}

/// The owner's own templates, where there are any.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) subject: Option<Template>,
    pub(super) text: Option<Template>,
    pub(super) html: Option<Template>,
}

impl Own {
    /// Makes them, or says what is wrong with one.
    pub(super) fn open(sink: &Sink, mail: &policy::sinks::Mail) -> Result<Self, String> {
        let open = |source: &Option<TemplateSource>, built_in, escape| {
            source.as_ref().map(|source| Template::open(Some(source), built_in, escape)).transpose()
        };
        Ok(Self {
            subject: open(&mail.subject, BuiltIn::Line, Escape::Plain)?,
            text: open(&sink.template, BuiltIn::Text, Escape::Plain)?,
            html: open(&mail.html, BuiltIn::Text, Escape::Html)?,
        })
    }
}

/// The port of RFC 8314 section 3.3; of RFC 5321 section 4.5.4.2 where nothing is encrypted.
const fn port(encryption: Encryption) -> u16 {
    match encryption {
        Encryption::Starttls => 587,
        Encryption::Tls => 465,
        Encryption::None => 25,
    }
}
