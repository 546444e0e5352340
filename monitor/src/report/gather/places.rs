//! Where the calls went: destinations, the countries behind them, and what their tariffs say.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    incidents::{Incident, PerDestination},
    policy::{Compiled, mask::known_digits, numbering::countries},
    report::{Destination, PolicyText, TariffPrice},
};

/// The destinations of an incident, the dearest first.
pub(super) fn destinations(
    incident: &Incident,
    policy: Option<&Compiled>,
    text: PolicyText,
) -> Vec<Destination> {
    let called = called(incident, policy);
    let row = |(name, per): (&String, &PerDestination)| Destination {
        name: name.clone(),
        countries: countries_of(name, &called, policy),
        calls: per.calls,
        blocked: per.blocked,
        minutes: per.minutes,
        spend: per.spend,
        tariff: per.tariff.clone(),
        price: policy
            .filter(|_| text == PolicyText::Same)
            .and_then(|policy| price(policy, per.tariff.as_deref()?)),
    };
    let mut rows: Vec<_> = incident.account.destinations.iter().map(row).collect();
    rows.sort_by(|one, other| {
        (other.spend, other.calls, &one.name).cmp(&(one.spend, one.calls, &other.name))
    });
    rows
}

/// Countries of the numbers that were called most, by the destination that the policy has them in.
fn called(incident: &Incident, policy: Option<&Compiled>) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut called: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for row in &incident.account.numbers {
        let Some(digits) = known_digits(&row.number) else { continue };
        let destination = policy.and_then(|policy| Some(policy.destination(policy.longest(digits)?)));
        if let (Some(destination), Some(country)) = (destination, countries::of(digits)) {
            called.entry(destination.to_string()).or_default().insert(country.iso.as_str());
        }
    }
    called
}

/// Those that were called; where no number says so, those that the policy means.
fn countries_of(
    name: &str,
    called: &BTreeMap<String, BTreeSet<&'static str>>,
    policy: Option<&Compiled>,
) -> Vec<String> {
    if let Some(country) = countries::by_iso(name) {
        return vec![country.iso.as_str().to_owned()];
    }
    if let Some(countries) = called.get(name) {
        return countries.iter().map(|iso| (*iso).to_owned()).collect();
    }
    let Some(policy) = policy else { return Vec::new() };
    let own = policy.rules.iter().filter(|rule| policy.destination(rule).as_str() == name);
    let meant: BTreeSet<_> =
        own.filter_map(|rule| countries::of(rule.prefix)).map(|it| it.iso.as_str()).collect();
    meant.into_iter().map(str::to_owned).collect()
}

/// A tariff as it was counted is `name: price`.
fn price(policy: &Compiled, counted: &str) -> Option<TariffPrice> {
    let (name, _) = counted.split_once(": ")?;
    let tariff = policy.tariffs.iter().find(|tariff| &**tariff.name() == name)?;
    let (price, increments) = (tariff.price(), tariff.increments());
    Some(TariffPrice {
        name: name.to_owned(),
        per_minute: price.per_minute,
        per_call: price.per_call,
        first_increment: increments.first,
        increment: increments.then,
        has_bands: !tariff.bands().is_empty(),
    })
}
