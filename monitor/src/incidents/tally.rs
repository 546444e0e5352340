//! What an incident amounts to, while it grows: exact sums, from which the account is made.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Account, Estimate, PerDestination, numbers::Numbers, slices::Slices};
use crate::policy::{OTHER, Tariff, Tariffs};

/// Sums of an incident.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) answered: u64,
    pub(super) blocked: u64,
    /// INVITEs that the kernel dropped.
    pub(super) dropped: u64,
    /// Microseconds.
    pub(super) talk: u64,
    pub(super) spend: Decimal,
    /// ISO 4217; empty without tariffs.
    currency: String,
    places: BTreeMap<Arc<str>, Place>,
    numbers: Numbers,
    slices: Slices,
}

/// Sums for one destination.
#[derive(Clone, Debug, Default)]
struct Place {
    calls: u64,
    blocked: u64,
    talk: u64,
    spend: Decimal,
    tariff: Option<Arc<Tariff>>,
}

/// A call that begins to count.
pub(super) struct Begun<'a> {
    pub(super) destination: &'a Arc<str>,
    /// Masked, and its token.
    pub(super) number: Option<(&'a str, &'a str)>,
    pub(super) tariff: Option<&'a Arc<Tariff>>,
    pub(super) at: SystemTime,
    pub(super) is_blocked: bool,
}

/// What prevented calls would have cost, and how long calls to a destination usually are.
pub(super) struct Basis<'a> {
    pub(super) tariffs: &'a Tariffs,
    pub(super) typical: &'a dyn Fn(&str) -> Option<Duration>,
    pub(super) now: DateTime<Utc>,
}

impl Tally {
    /// Counted nothing yet.
    pub(super) fn new(currency: &str) -> Self {
        Self { currency: currency.to_owned(), ..Self::default() }
    }

    /// Goes on from an account.
    pub(super) fn of(account: &Account, tariffs: &Tariffs) -> Self {
        let place = |(name, place): (&String, &PerDestination)| {
            let is_same = |tariff: &&Arc<Tariff>| place.tariff.as_ref() == Some(&in_words(tariff, tariffs));
            let sums = Place {
                calls: place.calls,
                blocked: place.blocked,
                talk: of_minutes(place.minutes),
                spend: place.spend.unwrap_or_default(),
                tariff: tariffs.iter().find(is_same).cloned(),
            };
            (Arc::from(name.as_str()), sums)
        };
        Self {
            calls: account.calls,
            answered: account.answered,
            blocked: account.blocked,
            dropped: account.dropped_invites,
            talk: of_minutes(account.minutes),
            spend: account.spend.unwrap_or_default(),
            currency: account.currency.clone().unwrap_or_else(|| tariffs.currency().to_owned()),
            places: account.destinations.iter().map(place).collect(),
            numbers: Numbers::of(account),
            slices: Slices::of(account),
        }
    }

    /// A call begins to count.
    pub(super) fn begin(&mut self, call: &Begun<'_>) {
        let place = self.place(call.destination);
        if let Some(tariff) = call.tariff {
            place.tariff = Some(Arc::clone(tariff));
        }
        *(if call.is_blocked { &mut place.blocked } else { &mut place.calls }) += 1;
        *(if call.is_blocked { &mut self.blocked } else { &mut self.calls }) += 1;
        if let Some((number, token)) = call.number {
            self.numbers.call(number, token);
        }
        self.slices.call(call.at, call.is_blocked);
    }

    /// A call that counted as one that passed was blocked after all.
    pub(super) fn block(&mut self, destination: &Arc<str>, began: SystemTime) {
        let place = self.place(destination);
        place.calls = place.calls.saturating_sub(1);
        place.blocked += 1;
        self.calls = self.calls.saturating_sub(1);
        self.blocked += 1;
        self.slices.block(began);
    }

    /// Somebody talked from one moment to another, and that cost so much.
    pub(super) fn grow(&mut self, destination: &Arc<str>, talked: (SystemTime, SystemTime), cost: Decimal) {
        let (from, until) = talked;
        let talk = until.duration_since(from).unwrap_or_default();
        let talk = u64::try_from(talk.as_micros()).unwrap_or(u64::MAX);
        if talk == 0 && cost.is_zero() {
            return;
        }
        let place = self.place(destination);
        place.talk = place.talk.saturating_add(talk);
        place.spend = place.spend.saturating_add(cost);
        self.talk = self.talk.saturating_add(talk);
        self.spend = self.spend.saturating_add(cost);
        self.slices.talk(from, until, cost);
    }

    /// As it is told; `active` calls go on.
    pub(super) fn account(&self, active: u64, basis: &Basis<'_>) -> Account {
        let has_money = !self.currency.is_empty();
        let place = |place: &Place| PerDestination {
            calls: place.calls,
            blocked: place.blocked,
            minutes: minutes(place.talk),
            spend: has_money.then(|| place.spend.normalize()),
            tariff: place.tariff.as_ref().map(|tariff| in_words(tariff, basis.tariffs)),
        };
        let (slices, slice_seconds) = self.slices.show();
        Account {
            calls: self.calls,
            answered: self.answered,
            active,
            blocked: self.blocked,
            dropped_invites: self.dropped,
            minutes: minutes(self.talk),
            spend: has_money.then(|| self.spend.normalize()),
            currency: has_money.then(|| self.currency.clone()),
            prevented: self.prevented(basis),
            destinations: self.places.iter().map(|(name, sums)| (name.to_string(), place(sums))).collect(),
            numbers: self.numbers.show(),
            slices,
            slice_seconds,
        }
    }

    /// What the blocked calls would have cost, each as long as those were that nobody blocked; else as calls to the same
    /// destination usually are; else the least that a call costs. Nothing without a tariff.
    fn prevented(&self, basis: &Basis<'_>) -> Option<Estimate> {
        let own =
            self.talk.checked_div(self.answered).map(|talk| talk / MICROS).filter(|seconds| *seconds > 0);
        let priced = || self.places.iter().filter(|(_, place)| place.blocked > 0 && place.tariff.is_some());
        let (mut calls, mut seconds, mut amount) = (0, 0, Decimal::ZERO);
        let (mut weakest, mut names) = (Source::Incident, Vec::new());
        for (name, place) in priced() {
            let Some(tariff) = &place.tariff else { continue };
            let (source, each) = match (own, (basis.typical)(name)) {
                (Some(own), _) => (Source::Incident, own),
                (None, Some(typical)) if typical.as_secs() > 0 => (Source::Destination, typical.as_secs()),
                _ => (Source::Increment, u64::from(tariff.increments().first.max(1))),
            };
            weakest = weakest.max(source);
            calls += place.blocked;
            seconds += each.saturating_mul(place.blocked);
            let cost = tariff.cost(basis.now, Duration::from_secs(each));
            amount += cost.saturating_mul(Decimal::from(place.blocked));
            if !names.contains(&tariff.name().as_ref()) {
                names.push(tariff.name().as_ref());
            }
        }
        (calls > 0).then(|| Estimate {
            amount: amount.normalize(),
            calls,
            seconds_each: seconds / calls,
            basis: weakest.label().to_owned(),
            tariff: names.join(", "),
        })
    }

    /// The sums of a destination, or of all others where there are too many.
    fn place(&mut self, name: &Arc<str>) -> &mut Place {
        let is_new = !self.places.contains_key(name);
        let name = if is_new && self.places.len() + 1 >= Account::MOST_DESTINATIONS {
            Arc::from(OTHER)
        } else {
            Arc::clone(name)
        };
        self.places.entry(name).or_default()
    }
}

/// Where the length of a call that did not take place comes from; the weakest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Incident,
    Destination,
    Increment,
}

impl Source {
    const fn label(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Destination => "destination",
            Self::Increment => "increment",
        }
    }
}

/// Microseconds as minutes, to the thousandth of a second.
pub(super) fn minutes(talk: u64) -> Decimal {
    (Decimal::from(talk) / Decimal::from(MICROS_A_MINUTE)).round_dp(PLACES).normalize()
}

/// Minutes as microseconds.
pub(super) fn of_minutes(minutes: Decimal) -> u64 {
    let micros = minutes.saturating_mul(Decimal::from(MICROS_A_MINUTE)).round();
    u64::try_from(micros).unwrap_or_default()
}

fn in_words(tariff: &Tariff, tariffs: &Tariffs) -> String {
    format!("{}: {}", tariff.name(), tariff.price().in_words(tariffs.currency()))
}

const MICROS: u64 = 1_000_000;
const MICROS_A_MINUTE: u64 = 60 * MICROS;
/// Of minutes.
const PLACES: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::money::{Increments, Price, Reach};

    fn tariffs() -> Tariffs {
        let price = Price { per_minute: Decimal::from(2), per_call: Decimal::ONE };
        let tariff = Tariff::new("premium", price, Increments { first: 30, then: 1 }, Vec::new());
        Tariffs::new("EUR", vec![tariff], Reach { others: Some(0), ..Reach::default() })
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn begin(tally: &mut Tally, tariffs: &Tariffs, destination: &str, is_blocked: bool) {
        let destination = Arc::from(destination);
        let tariff = tariffs.of(None, &destination);
        let number = Some(("+53555xxxx", "t"));
        tally.begin(&Begun { destination: &destination, number, tariff, at: at(100), is_blocked });
    }

    fn account(tally: &Tally, tariffs: &Tariffs, typical: Option<u64>) -> Account {
        let typical = move |_: &str| typical.map(Duration::from_secs);
        tally.account(0, &Basis { tariffs, typical: &typical, now: DateTime::UNIX_EPOCH })
    }

    #[test]
    fn what_was_prevented_goes_by_the_best_basis_that_there_is() {
        let tariffs = tariffs();
        let mut tally = Tally::new("EUR");
        assert_eq!(account(&tally, &tariffs, None).prevented, None);
        for _ in 0..10 {
            begin(&mut tally, &tariffs, "cuba", true);
        }
        let estimate = |amount: &str, seconds_each, basis: &str| {
            Some(Estimate {
                amount: amount.parse().unwrap(),
                calls: 10,
                seconds_each,
                basis: basis.into(),
                tariff: "premium".into(),
            })
        };
        assert_eq!(account(&tally, &tariffs, None).prevented, estimate("20", 30, "increment"));
        assert_eq!(account(&tally, &tariffs, Some(60)).prevented, estimate("30", 60, "destination"));
        begin(&mut tally, &tariffs, "cuba", false);
        tally.answered += 1;
        tally.grow(&"cuba".into(), (at(100), at(190)), Decimal::from(4));
        assert_eq!(account(&tally, &tariffs, Some(60)).prevented, estimate("40", 90, "incident"));
    }

    #[test]
    fn an_account_can_be_gone_on_from() {
        let tariffs = tariffs();
        let mut tally = Tally::new("EUR");
        for number in 0..50 {
            begin(&mut tally, &tariffs, &format!("place-{number}"), number % 2 == 0);
            tally.grow(&format!("place-{number}").into(), (at(100), at(107)), Decimal::new(123, 2));
        }
        tally.block(&"place-1".into(), at(100));
        tally.dropped = 77;
        let before = account(&tally, &tariffs, None);
        assert_eq!((before.calls, before.blocked, before.destinations.len()), (24, 26, 32));
        assert_eq!(before.spend, Some(Decimal::new(6150, 2).normalize()));
        assert_eq!(before.destinations.values().map(|place| place.calls + place.blocked).sum::<u64>(), 50);
        let tariff = before.destinations["place-3"].tariff.as_deref();
        assert_eq!(tariff, Some("premium: 2.00 EUR a minute and 1.00 EUR a call"));
        let after = account(&Tally::of(&before, &tariffs), &tariffs, None);
        assert_eq!(after, before);
    }

    #[test]
    fn without_tariffs_nothing_is_said_of_money() {
        let mut tally = Tally::new("");
        begin(&mut tally, &Tariffs::default(), "cuba", true);
        let account = account(&tally, &Tariffs::default(), Some(60));
        assert_eq!((account.spend, account.currency, account.prevented), (None, None, None));
    }
}
