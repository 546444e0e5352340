//! Sums over calls: of those that ended, kept from fact to fact, and of those that go on, counted anew at each scrape.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use crate::{
    calls::{Call, Seconds},
    policy::OTHER,
};

/// Sums of every series.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    /// By direction, in the order of [`crate::calls::Route::ALL`], then by destination.
    pub calls: [BTreeMap<Arc<str>, Tally>; 3],
    /// Time with media, by destination.
    pub media: BTreeMap<Arc<str>, MediaTally>,
    /// By customer.
    pub customers: BTreeMap<Arc<str>, CustomerTally>,
}

/// Calls of one direction to one destination.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Those that began, by origin, in the order of [`crate::calls::Origin::ALL`].
    pub started: [u64; 3],
    /// Those that ended, by result, in the order of [`crate::calls::CallResult::ALL`].
    pub ended: [u64; 11],
    /// From answer to end.
    pub talk: Growing,
    /// Those that go on; of a scrape only.
    pub active: u64,
    /// The longest time from answer to now; of a scrape only.
    pub longest: Duration,
}

/// Calls of one customer.
#[derive(Clone, Debug, Default)]
pub(super) struct CustomerTally {
    /// Those that ended, by result.
    pub ended: [u64; 11],
    /// From answer to end.
    pub talk: Growing,
}

/// Time with media towards one destination.
#[derive(Clone, Debug, Default)]
pub(super) struct MediaTally {
    /// Of packets that arrive.
    pub ingress: Growing,
    /// Of packets that leave.
    pub egress: Growing,
}

/// A time that no scrape shows smaller than one before did. A call that turns out to have ended a minute ago, its
/// media long silent, takes that minute back: the series then waits until others have made it up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growing {
    /// Of calls that ended; in a scrape, of those that go on too.
    sum: Duration,
    /// The most that a scrape has shown.
    shown: Duration,
}

/// Sums over the calls that go on.
#[derive(Debug, Default)]
pub(super) struct Going {
    calls: [HashMap<Arc<str>, Running>; 3],
    customers: HashMap<Arc<str>, Duration>,
}

/// Calls of one direction to one destination that go on.
#[derive(Debug, Default)]
struct Running {
    active: u64,
    talk: Duration,
    longest: Duration,
    media: Seconds,
}

impl Sums {
    /// A call began.
    pub fn started(&mut self, call: &Call) {
        self.tally(call).started[call.origin as usize] += 1;
        let _ = self.media_of(&call.destination);
        if let Some(customer) = &call.customer {
            let _ = bounded(&mut self.customers, customer, CUSTOMERS);
        }
    }

    /// A call ended after so much talk and media.
    pub fn ended(&mut self, call: &Call, talk: Duration, media: Seconds) {
        let tally = self.tally(call);
        tally.talk.sum += talk;
        if let Some(result) = call.result {
            tally.ended[result as usize] += 1;
        }
        self.media_of(&call.destination).add(media);
        if let Some(customer) = &call.customer {
            let tally = bounded(&mut self.customers, customer, CUSTOMERS);
            tally.talk.sum += talk;
            if let Some(result) = call.result {
                tally.ended[result as usize] += 1;
            }
        }
    }

    /// Adds the calls that go on.
    pub fn add(&mut self, going: &Going) {
        for (tallies, running) in self.calls.iter_mut().zip(&going.calls) {
            for (destination, running) in running {
                let tally = bounded(tallies, destination, DESTINATIONS);
                tally.active += running.active;
                tally.talk.sum += running.talk;
                tally.longest = tally.longest.max(running.longest);
                bounded(&mut self.media, destination, DESTINATIONS).add(running.media);
            }
        }
        for (customer, talk) in &going.customers {
            bounded(&mut self.customers, customer, CUSTOMERS).talk.sum += *talk;
        }
    }

    /// Keeps what a scrape shows, and makes it show no less than one before did.
    pub fn remember(&mut self, scrape: &mut Self) {
        for (kept, tallies) in self.calls.iter_mut().zip(&mut scrape.calls) {
            for (destination, tally) in tallies {
                kept.entry(Arc::clone(destination)).or_default().talk.remember(&mut tally.talk);
            }
        }
        for (destination, ways) in &mut scrape.media {
            let kept = self.media.entry(Arc::clone(destination)).or_default();
            kept.ingress.remember(&mut ways.ingress);
            kept.egress.remember(&mut ways.egress);
        }
        for (customer, tally) in &mut scrape.customers {
            self.customers.entry(Arc::clone(customer)).or_default().talk.remember(&mut tally.talk);
        }
    }

    fn tally(&mut self, call: &Call) -> &mut Tally {
        bounded(&mut self.calls[call.route as usize], &call.destination, DESTINATIONS)
    }

    fn media_of(&mut self, destination: &Arc<str>) -> &mut MediaTally {
        bounded(&mut self.media, destination, DESTINATIONS)
    }
}

impl Growing {
    /// Seconds to show.
    pub fn seconds(self) -> f64 {
        self.shown.as_secs_f64()
    }

    fn remember(&mut self, scrape: &mut Self) {
        scrape.shown = scrape.sum.max(self.shown);
        self.shown = scrape.shown;
    }
}

impl Going {
    /// Counts one call.
    pub fn count(&mut self, call: &Call, talk: Duration, media: Seconds) {
        let running = self.calls[call.route as usize].entry(Arc::clone(&call.destination)).or_default();
        running.active += 1;
        running.talk += talk;
        running.longest = running.longest.max(talk);
        running.media.ingress += media.ingress;
        running.media.egress += media.egress;
        if let Some(customer) = &call.customer {
            *self.customers.entry(Arc::clone(customer)).or_default() += talk;
        }
    }
}

impl MediaTally {
    fn add(&mut self, media: Seconds) {
        self.ingress.sum += media.ingress;
        self.egress.sum += media.egress;
    }
}

/// The entry of a name; where the map is full, that of the rest.
fn bounded<'a, V: Default>(map: &'a mut BTreeMap<Arc<str>, V>, name: &Arc<str>, limit: usize) -> &'a mut V {
    let name = if map.len() < limit || map.contains_key(name) { Arc::clone(name) } else { OTHER.into() };
    map.entry(name).or_default()
}

/// Names of destinations for as long as the agent runs: the counters of the kernel have no more.
const DESTINATIONS: usize = monitor_common::abi::MAX_DESTINATIONS;
/// Customers that a policy can name; over reloads there may be others.
const CUSTOMERS: usize = 1000;
