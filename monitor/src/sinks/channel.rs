//! What every kind of sink does: try once, and say what came back. One file a kind; this one knows them all.

use std::{future::Future, pin::Pin};

use super::{
    Failure, Receipt, alertmanager::Alertmanager, file::JsonLines, http::certificates, journald::Journald,
    mail::Mail, program::Program, secret::Secret, syslog::Syslog, webhook::Webhook,
};
use crate::{
    incidents::Message,
    policy::{
        Compiled,
        sinks::{Sink, Way},
    },
};

/// One kind of sink, with its secrets read and its templates made.
pub(super) trait Channel: Send + Sync {
    /// Tries once: its own receivers, or the contact. It ends within twice the time-out of its sink.
    fn send<'a>(&'a self, contact: Option<&'a str>, message: &'a Message) -> Sending<'a>;

    /// The Alertmanager that must be looked after while incidents go on, where it is one.
    fn alertmanager(&self) -> Option<&Alertmanager> {
        None
    }
}

/// A try that goes on.
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>>;

/// Makes what delivers for a sink, or says what is wrong with its files and what to do about it.
pub(super) fn open(sink: &Sink, policy: &Compiled) -> Result<Box<dyn Channel>, String> {
    match &sink.way {
        Way::File(path) => Ok(Box::new(JsonLines::new(path.clone()))),
        Way::Alertmanager(about) => Ok(Box::new(Alertmanager::open(sink, about)?)),
        Way::Program(program) => Ok(Box::new(Program::open(sink, program)?)),
        Way::Webhook(webhook) => Ok(Box::new(Webhook::open(sink, webhook)?)),
        Way::Mail(mail) => Ok(Box::new(Mail::open(sink, mail, policy)?)),
        Way::Syslog(syslog) => Ok(Box::new(Syslog::open(sink, syslog)?)),
        Way::Journald(journald) => Ok(Box::new(Journald::open(sink, journald)?)),
    }
}

/// What is wrong with files that are read at each try; none where nothing is, or where [`open`] reads them.
pub(super) fn look(sink: &Sink) -> Option<String> {
    let (password, ca_file) = match &sink.way {
        Way::Mail(mail) => (mail.password_file.as_ref(), mail.ca_file.as_deref()),
        Way::Syslog(syslog) => (None, syslog.ca_file.as_deref()),
        _ => return None,
    };
    let secret = password.and_then(|file| Secret::read(file).err());
    secret.or_else(|| ca_file.and_then(|path| certificates(path).err()))
}
