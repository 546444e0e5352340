//! The calls that are followed, and what is shown of them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{streams::Stream, sums::Sums};
use crate::{
    calls::{Call, CallId, Counters, Fact, Settings, Timestamp, Tracker},
    control::view::{MediaRow, SumRow},
    metrics::MediaStreams,
};

/// The calls that are followed. Clones share them.
#[derive(Clone)]
pub struct Following(Arc<Mutex<State>>);

pub(super) struct State {
    pub(super) tracker: Tracker,
    pub(super) sums: Sums,
    pub(super) streams: Vec<Stream>,
    pub(super) lately: MediaStreams,
    pub(super) facts: Vec<Fact>,
}

/// What `ringfence top` shows of calls and media.
pub struct Overview {
    /// Calls that go on, the newest first.
    pub calls: Vec<Arc<Call>>,
    /// By destination, the busiest first.
    pub destinations: Vec<SumRow>,
    /// By source, the busiest first.
    pub sources: Vec<SumRow>,
    /// Streams of media.
    pub media: Vec<MediaRow>,
}

impl Following {
    /// Follows no call yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            tracker: Tracker::new(Settings::default()),
            sums: Sums::default(),
            streams: Vec::new(),
            lately: MediaStreams::default(),
            facts: Vec::new(),
        })))
    }

    /// Shows every call that goes on.
    pub fn each(&self, show: &mut dyn FnMut(&Call)) {
        self.lock().tracker.active().for_each(|call| show(call));
    }

    /// The calls that go on, the newest first.
    #[must_use]
    pub fn active(&self) -> Vec<Arc<Call>> {
        let mut calls: Vec<_> = self.lock().tracker.active().cloned().collect();
        calls.reverse();
        calls
    }

    /// The Call-IDs of a call that goes on, each once.
    #[must_use]
    pub fn sip_call_ids(&self, call: CallId) -> Vec<Arc<str>> {
        self.lock().tracker.sip_call_ids(call)
    }

    /// What the tracker could not do, and what healed.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.lock().tracker.counters()
    }

    /// Streams seen lately, as the last look at the kernel's table found them: once a second, so that no scrape has to.
    #[must_use]
    pub fn media_streams(&self) -> MediaStreams {
        self.lock().lately
    }

    /// What goes on, and what went on since the start.
    #[must_use]
    pub fn overview(&self, now: Timestamp) -> Overview {
        let state = self.lock();
        let active = || state.tracker.active().map(|call| &**call);
        Overview {
            calls: state.tracker.active().rev().take(SHOWN).cloned().collect(),
            destinations: state.sums.destinations(active(), now),
            sources: state.sums.sources(active(), now),
            media: state.media(now),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Following {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// Takes in what a look at the kernel's table found, once the tracker knows of it.
    pub(super) fn look(&mut self, streams: Vec<Stream>, now: Timestamp) {
        let mut lately = MediaStreams::default();
        for Stream { seen, .. } in
            streams.iter().filter(|stream| now.since(stream.seen.last_seen) < STREAM_LATELY)
        {
            let way = seen.direction as usize;
            lately.all[way] += 1;
            lately.without_call[way] += u64::from(self.tracker.untied(seen));
        }
        (self.streams, self.lately) = (streams, lately);
    }

    /// Streams that carry media now; those that no call asked for come first.
    fn media(&self, now: Timestamp) -> Vec<MediaRow> {
        let live = self.streams.iter().filter(|stream| now.since(stream.seen.last_seen) < STREAM_SILENCE);
        let mut rows: Vec<_> = live
            .map(|Stream { seen, bytes }| MediaRow {
                call: self.tracker.call_of(seen),
                remote: seen.remote,
                local_port: seen.local_port,
                direction: seen.direction.label().into(),
                packets: seen.packets,
                bytes: *bytes,
                payload_type: seen.payload_type,
            })
            .collect();
        rows.sort_by(|a, b| (a.call.is_some(), b.packets).cmp(&(b.call.is_some(), a.packets)));
        rows.truncate(SHOWN);
        rows
    }
}

/// Rows that are shown at once.
const SHOWN: usize = 200;
/// How long ago a stream counts.
const STREAM_LATELY: Duration = Duration::from_secs(10);
/// Silence after which a stream is not shown any more.
const STREAM_SILENCE: Duration = Duration::from_secs(5);
