//! The families of calls that a scrape reads from the sums and from what goes on.

use std::{collections::BTreeMap, fmt};

use monitor_common::abi::Direction;
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::{
    super::series::{Family, Series, counter, gauge, labels},
    CallMetrics, Sources,
    sums::{Sums, Tally},
};
use crate::{
    blocks::Cause,
    calls::{CallResult, Counters, Origin, Route},
};

/// Writes them.
#[derive(Debug)]
pub(super) struct CallCollector(pub CallMetrics);

impl Collector for CallCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let (encoder, sums) = (&mut encoder, self.0.read());
        counts(encoder, &sums)?;
        times(encoder, &sums)?;
        customers(encoder, &sums)?;
        self.0.sources.get().map_or(Ok(()), |sources| around(encoder, sources))
    }
}

fn counts(encoder: &mut DescriptorEncoder, sums: &Sums) -> fmt::Result {
    let active = by_tally(sums, |tally| tally.active);
    gauge(encoder, ACTIVE, ["direction", "destination"], active)?;
    let started = tallies(sums).flat_map(|(route, destination, tally)| {
        let series = Origin::ALL.iter().zip(tally.started).filter(|(_, count)| *count > 0);
        series.map(move |(origin, count)| (labels([route.label(), origin.label(), destination]), count))
    });
    counter(encoder, STARTED, ["direction", "origin", "destination"], started.collect())?;
    let ended = tallies(sums).flat_map(|(route, destination, tally)| {
        let series = CallResult::ALL.iter().zip(tally.ended);
        series.map(move |(result, count)| (labels([route.label(), destination, result.label()]), count))
    });
    counter(encoder, ENDED, ["direction", "destination", "result"], ended.collect())
}

fn times(encoder: &mut DescriptorEncoder, sums: &Sums) -> fmt::Result {
    const NAMES: [&str; 2] = ["direction", "destination"];
    counter(encoder, TALK, NAMES, by_tally(sums, |tally| tally.talk.seconds()))?;
    gauge(encoder, LONGEST, NAMES, by_tally(sums, |tally| tally.longest.as_secs_f64()))?;
    let media = sums.media.iter().flat_map(|(destination, media)| {
        [(Direction::Ingress, media.ingress), (Direction::Egress, media.egress)]
            .map(|(way, time)| (labels([way.label(), destination]), time.seconds()))
    });
    counter(encoder, MEDIA, NAMES, media.collect())
}

fn customers(encoder: &mut DescriptorEncoder, sums: &Sums) -> fmt::Result {
    let ended = sums.customers.iter().flat_map(|(customer, tally)| {
        let series = CallResult::ALL.iter().zip(tally.ended);
        series.map(move |(result, count)| (labels([customer, result.label()]), count))
    });
    counter(encoder, CUSTOMER_ENDED, ["customer", "result"], ended.collect())?;
    let talk = sums.customers.iter().map(|(customer, tally)| (labels([customer]), tally.talk.seconds()));
    counter(encoder, CUSTOMER_TALK, ["customer"], talk.collect())
}

/// What stands around the calls.
fn around(encoder: &mut DescriptorEncoder, sources: &Sources) -> fmt::Result {
    gauge(encoder, BLOCKS, ["reason"], blocks(&sources.blocks))?;
    let media = (sources.media)();
    for (family, streams) in [(STREAMS, media.all), (STRAY, media.without_call)] {
        let series = Direction::ALL.iter().zip(streams);
        let series = series.map(|(way, streams)| (labels([way.label()]), streams));
        gauge(encoder, family, ["direction"], series.collect())?;
    }
    let Counters { not_followed, unmatched, adopted, timed_out } = (sources.counters)();
    let families =
        [(NOT_FOLLOWED, not_followed), (UNMATCHED, unmatched), (ADOPTED, adopted), (TIMED_OUT, timed_out)];
    families.into_iter().try_for_each(|(family, count)| counter(encoder, family, [], vec![([], count)]))
}

fn blocks(each: &super::EachBlock) -> Series<1> {
    let mut count = BTreeMap::from(Cause::ALL.map(|cause| (cause.label(), 0)));
    each(&mut |cause| *count.entry(cause.label()).or_default() += 1);
    count.into_iter().map(|(cause, count)| (labels([cause]), count)).collect()
}

fn tallies(sums: &Sums) -> impl Iterator<Item = (Route, &str, &Tally)> {
    Route::ALL.iter().zip(&sums.calls).flat_map(|(route, tallies)| {
        tallies.iter().map(|(destination, tally)| (*route, &**destination, tally))
    })
}

fn by_tally<V>(sums: &Sums, value: impl Fn(&Tally) -> V) -> Series<2, V> {
    tallies(sums)
        .map(|(route, destination, tally)| (labels([route.label(), destination]), value(tally)))
        .collect()
}

const ACTIVE: Family = ("calls_active", "Calls that go on, counted from the calls themselves");
const STARTED: Family = ("calls_started", "Calls that began; one call is all of its legs");
const ENDED: Family = ("calls", "Calls that ended, by how they ended");
const TALK: Family = ("call_seconds", "Seconds from answer to end, those of the calls that go on included");
const LONGEST: Family =
    ("calls_longest_seconds", "Seconds since its answer of the longest call that goes on");
const MEDIA: Family = ("media_seconds", "Seconds with media of calls, by the way of its packets");
const CUSTOMER_ENDED: Family =
    ("customer_calls", "Calls of a customer of the policy that ended, by how they ended");
const CUSTOMER_TALK: Family =
    ("customer_call_seconds", "Seconds from answer to end of a customer's calls, those that go on included");
const BLOCKS: Family = ("blocks_active", "Temporary blocks in force, by who set them");
const STREAMS: Family = ("media_streams", "RTP streams that were seen in the last 10 seconds");
const STRAY: Family = (
    "media_streams_without_call",
    "RTP streams that were seen in the last 10 seconds and that no call asked for",
);
const NOT_FOLLOWED: Family =
    ("calls_not_followed", "Calls, or legs of calls, that were not followed because too many went on");
const UNMATCHED: Family = ("call_signals_unmatched", "SIP messages of dialogs whose beginning was not seen");
const ADOPTED: Family =
    ("calls_adopted", "Calls that were taken up in the middle: their beginning was not seen");
const TIMED_OUT: Family = ("calls_timed_out", "Calls that ended by their silence: no message told their end");
