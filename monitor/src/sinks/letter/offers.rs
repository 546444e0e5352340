//! What can be done now and at what cost, as `[[report.measure]]` says it: the same as in the report.

use std::sync::Arc;

use super::{Offer, is_over, written};
use crate::{
    incidents::Message,
    policy::{
        Compiled,
        remedies::{Per, Remedy, ReportTexts},
    },
    vocabulary::Language,
};

/// What the policy offers.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    texts: Arc<ReportTexts>,
    currency: String,
}

impl Offers {
    /// Of a policy.
    #[must_use]
    pub fn of(policy: &Compiled) -> Self {
        Self { texts: Arc::clone(&policy.report), currency: policy.tariffs.currency().to_owned() }
    }

    /// What helps against an incident that goes on.
    pub(super) fn about(&self, message: &Message, language: Language) -> Vec<Offer> {
        if is_over(message.news) {
            return Vec::new();
        }
        let incident = &message.incident;
        let called =
            || incident.account.destinations.keys().chain(&incident.subject.destination).map(String::as_str);
        let remedies = self.texts.remedies.iter();
        let remedies = remedies.filter(|remedy| remedy.applies(incident.kind.label(), called()));
        remedies.filter_map(|remedy| self.offer(remedy, language)).collect()
    }

    fn offer(&self, remedy: &Remedy, language: Language) -> Option<Offer> {
        let (own, other) = match language {
            Language::English => (&remedy.en, &remedy.fr),
            Language::French => (&remedy.fr, &remedy.en),
        };
        let what = own.as_ref().or(other.as_ref())?.clone();
        let amount = written::amount(remedy.price, Some(&self.currency), language);
        Some(Offer { what, price: amount.map(|amount| format!("{amount}{}", per(remedy.per, language))) })
    }
}

/// For what a price is, after it.
const fn per(per: Per, language: Language) -> &'static str {
    match per {
        Per::Once => "",
        Per::Hour => language.of(" an hour", " par heure"),
        Per::Day => language.of(" a day", " par jour"),
        Per::Month => language.of(" a month", " par mois"),
        Per::Year => language.of(" a year", " par an"),
        Per::Call => language.of(" a call", " par appel"),
        Per::Line => language.of(" a line", " par ligne"),
    }
}
