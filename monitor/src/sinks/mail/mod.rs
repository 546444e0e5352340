//! A sink of mail: SMTP with STARTTLS or TLS, one letter to several mailboxes, each of which may answer for itself.

mod answer;
mod compose;
mod conversation;
mod taken;

use std::{path::PathBuf, time::Duration};

use lettre::message::Mailbox;

use super::{
    Failure, Receipt,
    letter::{Letter, Offer, Reader},
};
use crate::{
    incidents::Message,
    vocabulary::{Language, words},
};
use taken::Taken;

words! {
    /// How the way to the server is protected.
    Protection {
        StartTls = "starttls", "STARTTLS (RFC 3207), and nothing is said where the server has none";
        Tls = "tls", "TLS from the first octet (RFC 8314)";
        None = "none", "Not at all";
    }
}

impl Protection {
    /// The port that such servers listen on (RFC 8314 section 3.3; RFC 5321 section 4.5.4.2 for none).
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// Where mail goes, as the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// The server's host name or address.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub protection: Protection,
    /// Certificates of authorities instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// User and the file with the password, or the name of a credential.
    pub login: Option<(String, PathBuf)>,
    /// Who writes.
    pub from: Mailbox,
    /// Who is told; for customers, their contacts are.
    pub to: Vec<Mailbox>,
    /// The language of the letter.
    pub language: Language,
    /// What one try may take.
    pub timeout: Duration,
}

/// Sends mail.
#[derive(Debug)]
pub struct Mail {
    settings: MailSettings,
    offers: Vec<Offer>,
    taken: Taken,
}

/// Who is written to, and how.
#[derive(Clone, Copy, Debug)]
pub struct To<'a> {
    /// Mailboxes, at least one.
    pub mailboxes: &'a [Mailbox],
    /// Who reads it.
    pub reader: Reader,
    /// In which language.
    pub language: Language,
}

impl Mail {
    /// With what can be done and what it costs.
    #[must_use]
    pub fn new(settings: MailSettings, offers: Vec<Offer>) -> Self {
        Self { settings, offers, taken: Taken::default() }
    }

    /// One try for the sink's own receivers.
    pub async fn deliver(&self, message: &Message) -> Result<Receipt, Failure> {
        let to =
            To { mailboxes: &self.settings.to, reader: Reader::Operator, language: self.settings.language };
        self.deliver_to(to, message).await
    }

    /// One try for a contact of a customer: `mailto:…`, in the customer's language where it has one.
    pub async fn deliver_to_customer(
        &self,
        contact: &str,
        language: Option<Language>,
        message: &Message,
    ) -> Result<Receipt, Failure> {
        let mailbox = mailbox(contact).map_err(|what| Failure { what, is_final: true, retry_after: None })?;
        let to = To {
            mailboxes: &[mailbox],
            reader: Reader::Customer,
            language: language.unwrap_or(self.settings.language),
        };
        self.deliver_to(to, message).await
    }

    async fn deliver_to(&self, to: To<'_>, message: &Message) -> Result<Receipt, Failure> {
        let letter = Letter::about(message, to.reader, to.language, &self.offers);
        let octets = compose::compose(&self.settings.from, to.mailboxes, &letter, message)
            .map_err(|what| Failure { what, is_final: true, retry_after: None })?;
        let done_before = self.taken.by(&message.id);
        let waiting: Vec<_> =
            to.mailboxes.iter().filter(|it| !done_before.contains_key(it.email.as_ref() as &str)).collect();
        let tried = conversation::send(&self.settings, &waiting, &octets);
        let sent = match tokio::time::timeout(self.settings.timeout, tried).await {
            Ok(sent) => sent?,
            Err(_) => return Err(answer::too_slow(&self.settings)),
        };
        let outcome = answer::joined(&self.settings, done_before, sent);
        self.taken.keep(&message.id, &outcome);
        outcome.result
    }
}

/// The mailbox of a `mailto:` (RFC 6068); what follows `?` is of no use here.
fn mailbox(contact: &str) -> Result<Mailbox, String> {
    let address = contact.get(..MAILTO.len()).filter(|scheme| scheme.eq_ignore_ascii_case(MAILTO));
    let address = address.map(|_| contact[MAILTO.len()..].split('?').next().unwrap_or_default());
    let address = address.ok_or_else(|| format!("{contact} is no mailto: address"))?;
    let address = percent_encoding::percent_decode_str(address).decode_utf8_lossy();
    address.parse().map_err(|error| format!("{contact} names no mailbox: {error}"))
}

const MAILTO: &str = "mailto:";

#[cfg(test)]
mod tests;
