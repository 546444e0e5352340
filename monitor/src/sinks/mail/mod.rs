//! A sink of mail: SMTP with STARTTLS or TLS, one letter to several mailboxes, each of which may answer for itself.

mod answer;
mod compose;
mod conversation;
mod settings;
mod taken;

use std::{collections::HashMap, sync::Arc};

use lettre::message::Mailbox;

use super::{
    Failure, Receipt,
    channel::{Channel, Sending},
    letter::{Letter, Offers, Reader},
};
use crate::{
    incidents::Message,
    policy::{self, Compiled, sinks::Sink},
    vocabulary::Language,
};
use compose::Texts;
use settings::{Own, Settings};
use taken::Taken;

/// Sends mail.
pub(super) struct Mail {
    settings: Settings,
    own: Own,
    offers: Offers,
    /// Of those customers that have one.
    languages: HashMap<Arc<str>, Language>,
    taken: Taken,
}

impl Mail {
    /// Makes its templates, and takes from the policy what a letter offers and in which language customers read.
    pub(super) fn open(sink: &Sink, mail: &policy::sinks::Mail, policy: &Compiled) -> Result<Self, String> {
        let spoken = policy.customers.iter().filter_map(|it| Some((Arc::clone(&it.name), it.language?)));
        Ok(Self {
            settings: Settings::of(sink, mail)?,
            own: Own::open(sink, mail)?,
            offers: Offers::of(policy),
            languages: spoken.collect(),
            taken: Taken::default(),
        })
    }

    async fn deliver(&self, contact: Option<&str>, message: &Message) -> Result<Receipt, Failure> {
        let Some(contact) = contact else {
            return self.write(&self.settings.to, Reader::Operator, self.settings.language, message).await;
        };
        let mailbox = mailbox(contact).map_err(Failure::for_good)?;
        let customer = message.incident.subject.customer.as_deref();
        let language = customer.and_then(|customer| self.languages.get(customer)).copied();
        let language = language.unwrap_or(self.settings.language);
        self.write(&[mailbox], Reader::Customer, language, message).await
    }

    /// One letter to some mailboxes; those that took it in an earlier try are left out.
    async fn write(
        &self,
        to: &[Mailbox],
        reader: Reader,
        language: Language,
        message: &Message,
    ) -> Result<Receipt, Failure> {
        let letter = Letter::about(message, reader, language, &self.offers);
        let texts = Texts::of(&letter, &self.own, message).map_err(Failure::for_good)?;
        let octets = compose::compose(&self.settings.from, to, texts, message).map_err(Failure::for_good)?;
        let name =
            (message.id.as_str(), to.first().map(|mailbox| mailbox.email.to_string()).unwrap_or_default());
        let before = self.taken.by(&name);
        let has_it = |mailbox: &&Mailbox| before.contains_key(AsRef::<str>::as_ref(&mailbox.email));
        let waiting: Vec<_> = to.iter().filter(|mailbox| !has_it(mailbox)).collect();
        let tried = conversation::send(&self.settings, &waiting, &octets);
        let sent = match tokio::time::timeout(self.settings.timeout, tried).await {
            Ok(sent) => sent?,
            Err(_) => return Err(answer::too_slow(&self.settings)),
        };
        let outcome = answer::joined(&self.settings, before, sent);
        self.taken.keep(&name, &outcome);
        outcome.result
    }
}

impl Channel for Mail {
    fn send<'a>(&'a self, contact: Option<&'a str>, message: &'a Message) -> Sending<'a> {
        Box::pin(self.deliver(contact, message))
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
