//! The report as data: one JSON document, the same in every language. Its fields are stable; docs/REPORT.md lists them.

use std::time::SystemTime;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::proof::{Clock, Losses, Missing, PolicyInForce, Proof};
use crate::{
    incidents::{Head, Incident},
    policy::remedies::{Operator, Remedy},
    vocabulary::words,
};

/// Everything that a report says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportDocument {
    /// Version of this document: 1.
    pub format: u32,
    /// Who made it, when, and how numbers are shown.
    pub made: Made,
    /// Who hands it over, as the policy says.
    pub operator: Operator,
    /// The incident as it stood then; docs/ALERTS.md lists its fields.
    pub incident: Incident,
    /// Where the calls went, the dearest first.
    pub destinations: Vec<Destination>,
    /// What happened, in its order; at most [`Self::MOST_EVENTS`].
    pub timeline: Vec<Event>,
    /// Further events, which the journal has.
    pub timeline_left_out: u64,
    /// Every message to every receiver.
    pub told: Vec<Told>,
    /// Who could not be told.
    pub not_told: Vec<NotTold>,
    /// What can be done now, and at what cost.
    pub remedies: Vec<Remedy>,
    /// The policy that was in force.
    pub policy: PolicyInForce,
    /// The clock that the times come from.
    pub clock: Clock,
    /// What the agent could not see, or could not write down.
    pub losses: Losses,
    /// That the journal is whole.
    pub proof: Proof,
    /// What this report should say and cannot.
    pub missing: Vec<Missing>,
}

impl ReportDocument {
    /// Version of the document.
    pub const FORMAT: u32 = 1;
    /// Events that are told one by one.
    pub const MOST_EVENTS: usize = 200;
}

/// How a report came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// When.
    #[serde(with = "crate::incidents::moment")]
    pub time: SystemTime,
    /// Version of Ringfence.
    pub version: String,
    /// Name of the host that the evidence is from; none where nothing recorded it.
    pub host: Option<String>,
    /// IANA time zone of the times that people read; those of this document are UTC.
    pub zone: String,
    /// Digits hidden at the end of a number; none where the policy is not at hand.
    pub hidden_digits: Option<u8>,
    /// Who had numbers shown whole; none where they are masked.
    pub reveal: Option<Reveal>,
}

/// Whole numbers were shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// To whom.
    pub by: String,
    /// When.
    #[serde(with = "crate::incidents::moment")]
    pub time: SystemTime,
    /// The entry of the journal that says so.
    pub journal: Head,
    /// Numbers that could not be shown whole: nothing has them any more.
    pub not_found: u64,
}

/// Where calls went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Destination {
    /// Name of the policy, ISO code of a country, or `other`.
    pub name: String,
    /// ISO 3166 codes of the countries that it stands for; none where the policy is not at hand.
    pub countries: Vec<String>,
    /// Calls that were not blocked.
    pub calls: u64,
    /// Calls that were.
    pub blocked: u64,
    /// From answer to end.
    pub minutes: Decimal,
    /// What they cost; none where no tariff says.
    pub spend: Option<Decimal>,
    /// The tariff and its price when they were counted.
    pub tariff: Option<String>,
    /// The same as figures; none where the policy that was in force is not at hand.
    pub price: Option<TariffPrice>,
}

/// What a call costs by a tariff, in units of the policy's currency, outside its bands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffPrice {
    /// Its name.
    pub name: String,
    /// For a minute.
    pub per_minute: Decimal,
    /// At the answer.
    pub per_call: Decimal,
    /// Seconds that are billed at least.
    pub first_increment: u32,
    /// Seconds of each further step.
    pub increment: u32,
    /// Whether it has other prices at other times.
    pub has_bands: bool,
}

words! {
    /// What happened.
    What {
        Began = "began", "The incident began";
        Alert = "alert", "A rule was reached again, or harder";
        Told = "told", "A message was handed to a sink";
        Delivered = "delivered", "A receiver took a message";
        NotDelivered = "not_delivered", "A message was given up";
        Acknowledged = "acknowledged", "Somebody took the incident up";
        Blocked = "blocked", "Calls are blocked from here on";
        WouldBlock = "would_block", "Calls would have been blocked, but nothing was to be dropped";
        NotBlocked = "not_blocked", "Calls were not blocked";
        Unblocked = "unblocked", "A block was taken away";
        Program = "program", "A program was started";
        Policy = "policy", "A policy was put in force";
        PolicyRefused = "policy_refused", "A policy was at fault, and the one before stayed";
        Clock = "clock", "The clock was set, or lost or found its reference";
        Gap = "gap", "Nothing guarded, or nobody followed calls";
        Lost = "lost", "Entries of the journal could not be written";
        Started = "started", "The agent began to guard";
        Stopped = "stopped", "The agent was asked to end";
        Revealed = "revealed", "Whole numbers were shown to somebody";
        Ended = "ended", "The incident was over";
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    #[serde(with = "crate::incidents::moment")]
    pub time: SystemTime,
    /// What.
    pub what: What,
    /// To whom or to what: a receiver, a block's target, a program, a person.
    pub subject: Option<String>,
    /// In the words of whoever said it: an answer, a reason, a comment.
    pub detail: Option<String>,
    /// The entry of the journal; none where the time comes from the incident itself.
    pub journal: Option<u64>,
}

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The message.
    pub message: String,
    /// What was new: `opened`, `grew`, `escalated` …
    pub news: String,
    /// When the agent decided to tell it.
    #[serde(with = "crate::incidents::moment")]
    pub decided: SystemTime,
    /// Name of the sink.
    pub sink: String,
    /// Whom: a contact, a mailbox, a URL without its secrets; the sink alone where nothing else is known.
    pub to: Option<String>,
    /// What became of it.
    pub state: Delivery,
    /// How often it was tried.
    pub tries: u64,
    /// When the receiver took it.
    #[serde(with = "crate::incidents::moment_if_any")]
    pub delivered: Option<SystemTime>,
    /// What the receiver's server said last.
    pub answer: Option<String>,
}

words! {
    /// What became of a message.
    Delivery {
        Delivered = "delivered", "The receiver's server took it";
        Waiting = "waiting", "It is tried again";
        Failed = "failed", "It failed for good or was given up";
    }
}

/// Somebody who could not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTold {
    /// A contact, or a receiver.
    pub who: String,
    /// The customer whose contact it is.
    pub customer: Option<String>,
    /// Why.
    pub why: WhyNot,
    /// What the receiver's server said last.
    pub detail: Option<String>,
}

words! {
    /// Why somebody could not be told.
    WhyNot {
        Telephone = "telephone", "It is a telephone number, and the agent does not telephone";
        Failed = "failed", "Every try failed";
        Waiting = "waiting", "No try has succeeded so far";
        NoContact = "no_contact", "The customer has no contact in the policy";
        NoSink = "no_sink", "The policy names nobody to tell";
    }
}
