//! Who was told, and who could not be.

use std::collections::BTreeMap;

use super::Messages;
use crate::{
    evidence::{Delivery as Sent, Outcome},
    incidents::Incident,
    policy::{Compiled, mask::mask_party},
    report::{Delivery, NotTold, Told, WhyNot},
};

/// Every message to every receiver, in the order in which they were told.
pub(super) fn told(messages: &Messages) -> Vec<Told> {
    let rows = messages.iter().flat_map(|told| {
        let row = |sent: &Sent| {
            let last = sent.tries.last();
            let to = sent.tries.iter().rev().find_map(|a_try| a_try.to.clone());
            Told {
                message: told.message.id.clone(),
                news: told.message.news.label().to_owned(),
                decided: told.message.time,
                sink: sent.address.sink.clone(),
                to: to.or_else(|| sent.address.contact.clone()),
                state: state(sent),
                tries: sent.tries.len() as u64,
                delivered: sent
                    .ended
                    .and_then(|(outcome, time)| (outcome == Outcome::Delivered).then_some(time)),
                answer: last.map(|last| last.answer.clone()),
            }
        };
        told.deliveries.iter().map(row).collect::<Vec<_>>()
    });
    rows.collect()
}

fn state(sent: &Sent) -> Delivery {
    match sent.ended {
        Some((Outcome::Delivered, _)) => Delivery::Delivered,
        None | Some((Outcome::Retried, _)) => Delivery::Waiting,
        Some((Outcome::Failed | Outcome::GivenUp, _)) => Delivery::Failed,
    }
}

/// Receivers that took no message at all, and contacts of the customer that nothing can be sent to.
pub(super) fn not_told(
    incident: &Incident,
    told: &[Told],
    policy: Option<&Compiled>,
    hidden: u8,
) -> Vec<NotTold> {
    let customer = incident.subject.customer.as_deref();
    let mut receivers: BTreeMap<(&str, &str), Vec<&Told>> = BTreeMap::new();
    for row in told {
        receivers.entry((&row.sink, row.to.as_deref().unwrap_or(&row.sink))).or_default().push(row);
    }
    let silent = receivers.iter().filter(|(_, rows)| rows.iter().all(|row| row.state != Delivery::Delivered));
    let mut missed: Vec<_> = silent
        .map(|((_, to), rows)| {
            let is_waiting = rows.iter().any(|row| row.state == Delivery::Waiting);
            NotTold {
                who: (*to).to_owned(),
                customer: None,
                why: if is_waiting { WhyNot::Waiting } else { WhyNot::Failed },
                detail: rows.last().and_then(|row| row.answer.clone()),
            }
        })
        .collect();
    if told.is_empty() {
        missed.push(NotTold { who: String::new(), customer: None, why: WhyNot::NoSink, detail: None });
    }
    let Some(customer) = policy.zip(customer).and_then(|(policy, name)| policy.customers.named(name)) else {
        return missed;
    };
    let of_customer =
        |who: String, why| NotTold { who, customer: Some(customer.name.to_string()), why, detail: None };
    if customer.contacts.is_empty() {
        missed.push(of_customer(customer.name.to_string(), WhyNot::NoContact));
    }
    let telephones = customer.contacts.iter().filter(|contact| contact.starts_with("tel:"));
    missed.extend(telephones.map(|contact| of_customer(mask_party(contact, hidden), WhyNot::Telephone)));
    missed
}
