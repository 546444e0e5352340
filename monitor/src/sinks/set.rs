//! The sinks of a policy: which of them a message goes to, and how it is handed to the one of an address.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;

use super::{
    Address, Deliver, Failure, LookedAfter, Receipt,
    alertmanager::Alertmanager,
    answer::{cut, cut_failure},
    channel::{self, Channel},
};
use crate::{
    incidents::{Acknowledgement, Incident, IncidentId, Message, News},
    policy::{
        Compiled,
        sinks::{BY_HAND, Sink, SinkFilter},
    },
};

/// Every sink of a policy, with its secrets read and its templates made.
pub struct Sinks {
    sinks: Vec<Opened>,
    /// The contacts of each customer, as the policy has them.
    contacts: HashMap<Arc<str>, Vec<String>>,
}

/// A sink that cannot deliver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sink \"{sink}\" cannot tell anybody: {what}")]
pub struct Fault {
    /// Its name.
    pub sink: Arc<str>,
    /// What is wrong, and what to do about it.
    pub what: String,
}

struct Opened {
    sink: Arc<Sink>,
    /// What delivers; or why nothing does, until a reload finds it put right.
    channel: Result<Box<dyn Channel>, String>,
}

impl Sinks {
    /// Reads secrets and templates. A sink that cannot deliver fails each time that it is tried, so that nothing is
    /// lost until it can; what is wrong with it is said.
    #[must_use]
    pub fn open(policy: &Compiled) -> (Self, Vec<Fault>) {
        let open = |sink: &Arc<Sink>| Opened { channel: channel::open(sink, policy), sink: Arc::clone(sink) };
        let sinks: Vec<_> = policy.sinks.iter().map(open).collect();
        let faults = sinks.iter().filter_map(Opened::fault).collect();
        let contacts =
            policy.customers.iter().map(|it| (Arc::clone(&it.name), it.contacts.clone())).collect();
        (Self { sinks, contacts }, faults)
    }

    /// How often what goes on is looked after.
    pub const LOOK: Duration = Duration::from_secs(30);

    fn alertmanagers(&self) -> impl Iterator<Item = (&Sink, &Alertmanager)> {
        self.sinks.iter().filter_map(|opened| {
            let alertmanager = opened.channel.as_ref().ok()?.alertmanager()?;
            Some((&*opened.sink, alertmanager))
        })
    }

    /// The sinks as the policy has them, in its order.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Sink> {
        self.sinks.iter().map(|opened| &*opened.sink)
    }

    /// The contacts of all customers that a sink can tell, each once.
    pub(super) fn every_contact(&self, sink: &Sink) -> impl Iterator<Item = String> {
        let scheme = sink.way.kind().contacts();
        let all: BTreeSet<_> = self.contacts.values().flatten().collect();
        let of_it = move |contact: &&String| scheme.is_some_and(|scheme| has_scheme(contact, scheme));
        all.into_iter().filter(of_it).cloned()
    }

    /// Tries once, whatever the filters say.
    pub(super) async fn send(&self, address: &Address, message: &Message) -> Result<Receipt, Failure> {
        match self.named(&address.sink) {
            Some(opened) => opened.send(address.contact.as_deref(), message).await,
            None => Err(gone(format!("the policy has no sink \"{}\" any more", address.sink))),
        }
    }

    fn named(&self, name: &str) -> Option<&Opened> {
        self.sinks.iter().find(|opened| &*opened.sink.name == name)
    }

    /// The contacts of an incident's customer that a sink can tell.
    fn contacts(&self, sink: &Sink, incident: &Incident) -> impl Iterator<Item = &String> {
        let customer = incident.subject.customer.as_deref();
        let contacts = customer.and_then(|customer| self.contacts.get(customer)).into_iter().flatten();
        let scheme = sink.way.kind().contacts();
        contacts.filter(move |contact| scheme.is_some_and(|scheme| has_scheme(contact, scheme)))
    }
}

impl Sinks {
    /// The contacts of an incident's customer that no sink can tell, each on record once an incident, and again
    /// where it got worse. Without sinks nobody is told anything.
    fn by_hand(&self, incident: &Incident) -> Vec<Address> {
        let customer = incident.subject.customer.as_deref().filter(|_| !self.sinks.is_empty());
        let contacts = customer.and_then(|customer| self.contacts.get(customer)).into_iter().flatten();
        let can = |contact: &String| {
            let schemes = self.sinks.iter().filter(|opened| opened.sink.contacts);
            schemes
                .filter_map(|opened| opened.sink.way.kind().contacts())
                .any(|scheme| has_scheme(contact, scheme))
        };
        let left = contacts.filter(|contact| !can(contact));
        left.map(|contact| Address { sink: BY_HAND.to_owned(), contact: Some(contact.clone()) }).collect()
    }
}

/// Whether a person who must be phoned is to be phoned for it.
const fn tells_people(news: News) -> bool {
    matches!(news, News::Opened | News::Escalated)
}

impl Deliver for Sinks {
    fn addresses(&self, incident: &Incident, news: News) -> Vec<Address> {
        let mut addresses = Vec::new();
        for Opened { sink, .. } in &self.sinks {
            if !takes(&sink.filter, incident, news) {
                continue;
            }
            let to = |contact| Address { sink: sink.name.to_string(), contact };
            if sink.contacts {
                addresses.extend(self.contacts(sink, incident).cloned().map(Some).map(to));
            } else {
                addresses.push(to(None));
            }
        }
        if tells_people(news) {
            addresses.extend(self.by_hand(incident));
        }
        addresses
    }

    fn deliver<'a>(
        &'a self,
        address: &'a Address,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>> {
        Box::pin(async move {
            if let (BY_HAND, Some(contact)) = (&*address.sink, &address.contact) {
                return Err(gone(format!(
                    "the agent cannot tell {contact}, and no sink of the policy can: a person must"
                )));
            }
            if let (Some(contact), Some(opened)) = (&address.contact, self.named(&address.sink))
                && !self.contacts(&opened.sink, &message.incident).any(|known| known == contact)
            {
                return Err(gone(format!("the policy does not name the contact {contact} any more")));
            }
            self.send(address, message).await
        })
    }

    fn look_after<'a>(&'a self, host: &'a str, going_on: &'a [Arc<Incident>]) -> LookedAfter<'a> {
        Box::pin(async move {
            let mut taken_up: Vec<(IncidentId, Acknowledgement)> = Vec::new();
            for (sink, alertmanager) in self.alertmanagers() {
                let of_it =
                    going_on.iter().filter(|it| it.ended.is_none() && takes(&sink.filter, it, News::Grew));
                let of_it: Vec<_> = of_it.map(|incident| &**incident).collect();
                match alertmanager.look_after(host, &of_it).await {
                    Ok(more) => taken_up.extend(more),
                    Err(Failure { what, .. }) => {
                        tracing::warn!(sink = &*sink.name, what, "Alertmanager does not hear what goes on");
                    }
                }
            }
            taken_up.sort_by_key(|(id, taken)| (*id, taken.time));
            taken_up.dedup_by_key(|(id, _)| *id);
            taken_up
        })
    }
}

impl Opened {
    fn fault(&self) -> Option<Fault> {
        let what = self.channel.as_ref().err().cloned().or_else(|| channel::look(&self.sink))?;
        Some(Fault { sink: Arc::clone(&self.sink.name), what })
    }

    async fn send(&self, contact: Option<&str>, message: &Message) -> Result<Receipt, Failure> {
        let channel = match &self.channel {
            Ok(channel) => channel,
            Err(what) => return Err(cut_failure(Failure::again(what))),
        };
        match timeout(self.sink.timeout * 2, channel.send(contact, message)).await {
            Ok(Ok(receipt)) => Ok(Receipt { answer: cut(&receipt.answer), to: cut(&receipt.to) }),
            Ok(Err(failure)) => Err(cut_failure(failure)),
            Err(_) => Err(Failure::again(format!("no end within {} s", 2 * self.sink.timeout.as_secs()))),
        }
    }
}

/// Whether a sink takes a message. A test goes through every sink.
fn takes(filter: &SinkFilter, incident: &Incident, news: News) -> bool {
    let subject = &incident.subject;
    let among = |names: &[Arc<str>], name: &str| names.iter().any(|known| &**known == name);
    let has = |names: &[Arc<str>], name: &Option<String>| {
        names.is_empty() || name.as_deref().is_some_and(|name| among(names, name))
    };
    let to = |names: &[Arc<str>]| {
        let counted = || incident.account.destinations.keys().any(|name| among(names, name));
        let subject = [&subject.destination, &subject.country];
        names.is_empty()
            || subject.iter().any(|name| name.as_deref().is_some_and(|name| among(names, name)))
            || (subject.iter().all(|name| name.is_none()) && counted())
    };
    news == News::Test
        || ((filter.severities.is_empty() || filter.severities.contains(&incident.severity))
            && (filter.news.is_empty() || filter.news.contains(&news))
            && has(&filter.limits, &subject.limit)
            && has(&filter.customers, &subject.customer)
            && to(&filter.destinations))
}

fn has_scheme(contact: &str, scheme: &str) -> bool {
    contact.split_once(':').is_some_and(|(written, _)| written.eq_ignore_ascii_case(scheme))
}

fn gone(what: String) -> Failure {
    cut_failure(Failure { what, is_final: true, retry_after: None })
}
