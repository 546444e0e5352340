//! One try to deliver one message, and what came of it.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::incidents::{Acknowledgement, Incident, IncidentId, Message, News};

/// Where a message goes. Messages of one address arrive in their order; addresses never wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Name of the sink.
    pub sink: String,
    /// A contact of a customer (a URI as the policy has it); none for the sink's own receivers.
    pub contact: Option<String>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.contact {
            Some(contact) => write!(f, "{} to {contact}", self.sink),
            None => f.write_str(&self.sink),
        }
    }
}

/// The receiver took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What it said, in its own words: `HTTP 200`, `250 2.0.0 Ok: queued as 4F…`; at most 512 octets.
    pub answer: String,
    /// Who was told: mailboxes, a URL without its secrets, a path.
    pub to: String,
}

/// The receiver did not take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, and what the receiver said; at most 512 octets.
    pub what: String,
    /// Trying again is of no use (HTTP 4xx but for 408, 425 and 429; SMTP 5xx).
    pub is_final: bool,
    /// When the receiver asked to be tried again.
    pub retry_after: Option<Duration>,
}

/// What a look comes to.
pub type LookedAfter<'a> = Pin<Box<dyn Future<Output = Vec<(IncidentId, Acknowledgement)>> + Send + 'a>>;

/// What delivers.
pub trait Deliver: Send + Sync {
    /// Whom this is told to, by the policy in force: the filters of sinks, and the contacts of the customer.
    fn addresses(&self, incident: &Incident, news: News) -> Vec<Address>;

    /// Tries once, and ends within a bounded time. An address that the policy no longer has fails for good.
    fn deliver<'a>(
        &'a self,
        address: &'a Address,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>>;

    /// Says again what goes on to those who would take it to be over, and asks them who took it up; the incidents that
    /// somebody did, and who. Called now and then; ends within a bounded time.
    fn look_after<'a>(&'a self, _host: &'a str, _going_on: &'a [Arc<Incident>]) -> LookedAfter<'a> {
        Box::pin(std::future::ready(Vec::new()))
    }
}
