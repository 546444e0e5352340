//! Sums over calls since the start, by destination and by source: what `ringfence top` shows.

use std::{collections::HashMap, hash::Hash, net::IpAddr, sync::Arc, time::Duration};

use monitor_common::abi::Verdict;

use crate::{
    calls::{Call, Fact, Happened, Timestamp},
    control::view::SumRow,
};

/// What was counted of ended and begun calls; those that go on are asked of the tracker.
#[derive(Debug, Default)]
pub struct Sums {
    destinations: HashMap<Arc<str>, Sum>,
    sources: HashMap<IpAddr, Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    active: u64,
    started: u64,
    answered: u64,
    blocked: u64,
    talk: Duration,
    latest: Timestamp,
}

impl Sums {
    /// Takes one fact in. Only what can never be counted twice or too little is kept: each fact comes once.
    pub fn take(&mut self, fact: &Fact) {
        let call = &*fact.call;
        make_room(&mut self.sources, &call.source);
        make_room(&mut self.destinations, &call.destination);
        count(self.destinations.entry(Arc::clone(&call.destination)).or_default(), fact);
        count(self.sources.entry(call.source).or_default(), fact);
    }

    /// The busiest destinations, `active` being the calls that go on.
    pub fn destinations<'a>(&self, active: impl Iterator<Item = &'a Call>, now: Timestamp) -> Vec<SumRow> {
        let mut sums = self.destinations.clone();
        for call in active {
            add_active(sums.entry(Arc::clone(&call.destination)).or_default(), call, now);
        }
        rows(sums, ToString::to_string)
    }

    /// The busiest sources.
    pub fn sources<'a>(&self, active: impl Iterator<Item = &'a Call>, now: Timestamp) -> Vec<SumRow> {
        let mut sums = self.sources.clone();
        for call in active {
            add_active(sums.entry(call.source).or_default(), call, now);
        }
        rows(sums, ToString::to_string)
    }
}

fn count(sum: &mut Sum, Fact { at, happened, call }: &Fact) {
    sum.latest = sum.latest.max(*at);
    match happened {
        Happened::Started => {
            sum.started += 1;
            sum.blocked += u64::from(matches!(call.verdict, Verdict::Drop | Verdict::WouldDrop));
        }
        Happened::Answered => sum.answered += 1,
        Happened::Ended => sum.talk += call.talk(*at),
        Happened::Rang | Happened::Updated => (),
    }
}

fn add_active(sum: &mut Sum, call: &Call, now: Timestamp) {
    sum.active += 1;
    sum.talk += call.talk(now);
}

/// A forged source costs an attacker nothing: the one that was quiet for longest gives way.
fn make_room<K: Eq + Hash + Clone>(sums: &mut HashMap<K, Sum>, wanted: &K) {
    if sums.len() < ROOM || sums.contains_key(wanted) {
        return;
    }
    let mut latest: Vec<_> = sums.values().map(|sum| sum.latest).collect();
    let (_, middle, _) = latest.select_nth_unstable(ROOM / 8);
    let middle = *middle;
    sums.retain(|_, sum| sum.latest > middle);
}

fn rows<K>(sums: HashMap<K, Sum>, name: impl Fn(&K) -> String) -> Vec<SumRow> {
    let mut sums: Vec<_> = sums.into_iter().map(|(key, sum)| (name(&key), sum)).collect();
    sums.sort_by(|(a_name, a), (b_name, b)| {
        (b.active, b.latest, b.started, a_name).cmp(&(a.active, a.latest, a.started, b_name))
    });
    sums.truncate(SHOWN);
    sums.into_iter()
        .map(|(name, sum)| SumRow {
            name,
            active: sum.active,
            started: sum.started,
            answered: sum.answered,
            blocked: sum.blocked,
            talk_seconds: sum.talk.as_secs_f64(),
        })
        .collect()
}

/// Rows that are shown.
const SHOWN: usize = 200;
/// Sources that are counted at once.
const ROOM: usize = 16_384;

#[cfg(test)]
mod tests {
    use monitor_common::abi::Reason;

    use super::*;
    use crate::calls::CallId;

    fn call(destination: &str, last: u16, verdict: Verdict) -> Call {
        Call {
            id: CallId(1),
            destination: destination.into(),
            dialled: "0".into(),
            number: None,
            source: IpAddr::from([10, 0, (last >> 8) as u8, last as u8]),
            verdict,
            reason: Reason::Policy,
            answered: Some(Timestamp(1_000_000)),
            ..Call::example()
        }
    }

    fn fact(seconds: u64, happened: Happened, call: Call) -> Fact {
        Fact { at: Timestamp(seconds * 1_000_000), happened, call: Arc::new(call) }
    }

    #[test]
    fn what_began_what_was_answered_and_what_goes_on_are_added_up() {
        let mut sums = Sums::default();
        for happened in
            [Happened::Started, Happened::Rang, Happened::Answered, Happened::Updated, Happened::Ended]
        {
            sums.take(&fact(4, happened, call("FR", 1, Verdict::Pass)));
        }
        sums.take(&fact(5, Happened::Started, call("cuba", 2, Verdict::Drop)));
        sums.take(&fact(6, Happened::Started, call("NE", 3, Verdict::Pass)));
        let active = call("NE", 3, Verdict::Pass);
        let rows = sums.destinations([&active].into_iter(), Timestamp(11_000_000));
        let row = |name: &str, active, answered, blocked, talk_seconds| SumRow {
            name: name.into(),
            active,
            started: 1,
            answered,
            blocked,
            talk_seconds,
        };
        assert_eq!(rows, [row("NE", 1, 0, 0, 10.0), row("cuba", 0, 0, 1, 0.0), row("FR", 0, 1, 0, 3.0)]);
        let sources = sums.sources([&active].into_iter(), Timestamp(11_000_000));
        assert_eq!(
            sources.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
            ["10.0.0.3", "10.0.0.2", "10.0.0.1"]
        );
    }

    #[test]
    fn forged_sources_push_out_the_quiet_ones_only() {
        let mut sums = Sums::default();
        for last in 0..=u16::MAX {
            sums.take(&fact(u64::from(last), Happened::Started, call("FR", last, Verdict::Pass)));
            assert!(sums.sources.len() <= ROOM);
        }
        assert!(sums.sources.contains_key(&IpAddr::from([10, 0, 255, 255])));
        assert!(!sums.sources.contains_key(&IpAddr::from([10, 0, 0, 0])));
    }
}
