//! What answers the control socket.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use monitor_common::abi::{Direction, Misc, Uninspected};

use super::{
    calls, incidents, journaling, limits,
    reload::Reloader,
    revealing::{self, Revealing},
    telling,
};
use crate::{
    alerts::Recent,
    blocks::ByLimit,
    calls::{Call, Timestamp},
    control::{
        Acknowledging, Agent, BlockWanted, Blocking, Calls, CallsWanted, EvidenceState, Limits, LimitsWanted,
        OutboxState, Peer, Revealed, Status, StoreState, Unread,
        view::{self, BlockRow, CallRow, Losses, Top},
    },
    evidence,
    follow::Overview,
    guard::States,
    incidents::IncidentId,
    kernel::{Counters, Mode},
    policy::mask::mask_party,
    sinks::Trial,
    store::{self, Query, Stored},
    sync::PolicyMetrics,
};

/// The agent, as far as the commands ask it.
pub struct Answering {
    pub(super) reloader: Reloader,
    pub(super) interfaces: States,
    pub(super) pinned: Option<PathBuf>,
    pub(super) policy: PathBuf,
    pub(super) state: PathBuf,
    pub(super) started: SystemTime,
    /// The same on a clock that does not jump.
    pub(super) began: Instant,
    pub(super) calls: calls::Calls,
    pub(super) counters: Arc<Counters>,
    pub(super) alerts: Recent,
    pub(super) in_force: PolicyMetrics,
}

impl Answering {
    fn modes(&self) -> Vec<(String, String)> {
        let mode = |mode: Option<Mode>| mode.map_or("gone", Mode::label).to_owned();
        self.interfaces.all().into_iter().map(|state| (state.name, mode(state.mode))).collect()
    }

    fn losses(&self) -> Losses {
        // What cannot be read is in the log: `/metrics` reads the same counters.
        let misc = |counter| self.counters.misc.read(counter).unwrap_or_default();
        Losses {
            events_lost: misc(Misc::EventsLost),
            events_held_back: misc(Misc::EventsHeldBack).saturating_add(misc(Misc::SignalsHeldBack)),
            unreadable: self.calls.metrics.unreadable_so_far(),
            calls_not_followed: self.calls.following.counters().not_followed,
            records_lost: self.calls.store.status().lost,
        }
    }

    fn uninspected(&self) -> Vec<Unread> {
        let mut unread = Vec::new();
        for &direction in Direction::ALL {
            for &reason in Uninspected::ALL {
                let packets = self.counters.uninspected.read(direction, reason).unwrap_or_default();
                if packets > 0 {
                    let (direction, reason) = (direction.label().into(), reason.label().into());
                    unread.push(Unread { direction, reason, packets });
                }
            }
        }
        unread
    }

    fn notes<'a>(&self, set_aside: impl Iterator<Item = &'a PathBuf>) -> Vec<String> {
        let files = set_aside.map(|file| {
            format!(
                "{} was set aside: look at it, and delete it when it is of no use any more",
                file.display()
            )
        });
        self.calls.blocks.notes().into_iter().chain(files).collect()
    }

    /// A call that is followed, as it is shown.
    fn row(&self, call: &Call) -> CallRow {
        let call = store::masked(call, self.hidden_digits());
        CallRow::new(&call, self.calls.clock.now(), &|at| self.calls.clock.wall(at))
    }

    fn active_calls(&self, wanted: &CallsWanted) -> Vec<CallRow> {
        let calls = self.calls.following.active();
        wanted.newest(calls.iter().map(|call| &**call), self.calls.clock.now(), |call| self.row(call))
    }

    fn stored_calls(&self, wanted: &CallsWanted) -> Result<Vec<CallRow>, String> {
        let since = wanted.since_seconds.map(Duration::from_secs);
        let query = Query {
            since: since.map(|ago| SystemTime::now().checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)),
            destination: wanted.destination.clone(),
            customer: wanted.customer.clone(),
            limit: wanted.rows() + 1,
            ..Query::default()
        };
        let now = Timestamp::default().after(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default());
        let calls = self.calls.store.calls(&query)?;
        Ok(calls.iter().map(|Stored(call)| CallRow::new(call, now, &store::wall)).collect())
    }
}

impl Agent for Answering {
    fn status(&self) -> Status {
        self.calls.follower.settle();
        let store = self.calls.store.status();
        let evidence = self.calls.ledger.status();
        self.reloader.describe(Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started: view::rfc3339(self.started),
            uptime_seconds: self.began.elapsed().as_secs(),
            interfaces: self.modes(),
            pinned: self.pinned.as_ref().map(|folder| folder.display().to_string()),
            policy: self.policy.display().to_string(),
            calls_active: self.calls.following.active().len() as u64,
            blocks: self.calls.blocks.rows(),
            uninspected: self.uninspected(),
            losses: self.losses(),
            store: Some(StoreState {
                file: store.file.display().to_string(),
                calls: store.calls,
                bytes: store.bytes,
                problem: store.problem,
            }),
            notes: self.notes(store.set_aside.iter().chain(&evidence.set_aside)),
            evidence: Some(shown(evidence)),
            ..Status::default()
        })
    }

    fn top(&self) -> Top {
        self.calls.follower.settle();
        let Overview { calls, destinations, sources, media } =
            self.calls.following.overview(self.calls.clock.now());
        Top {
            time: view::rfc3339(SystemTime::now()),
            interfaces: self.modes(),
            dry_run: self.reloader.is_dry_run(),
            destinations,
            sources,
            calls: calls.iter().map(|call| self.row(call)).collect(),
            media,
            alerts: self.alerts.rows(),
            blocks: self.calls.blocks.rows(),
            losses: self.losses(),
        }
    }

    fn calls(&self, wanted: &CallsWanted) -> Result<Calls, String> {
        self.calls.follower.settle();
        // The store knows nothing of calls that go on that the tracker does not know better.
        let stored = if wanted.active { Vec::new() } else { self.stored_calls(wanted)? };
        Ok(wanted.gather(self.active_calls(wanted), stored))
    }

    fn limits(&self, wanted: &LimitsWanted) -> Result<(Limits, usize), String> {
        let in_force = self.in_force.in_force();
        limits::answer(&self.calls.limiting, in_force.policy.as_deref(), wanted)
    }

    fn block(&self, wanted: &BlockWanted, by: &Peer) -> Result<Blocking, String> {
        self.calls.blocks.block(wanted, by)
    }

    fn unblock(&self, target: &str, by: &Peer) -> Result<BlockRow, String> {
        let block = self.calls.blocks.take_away(target)?;
        journaling::unblocked(&self.calls.ledger, &block, by, self.hidden_digits());
        // Whoever takes it away is not to be overruled by the next call.
        if let Some(ByLimit { name, token }) = &block.limit {
            let counts = self.calls.limiting.ask(|engine, _| engine.reset(name, *token));
            tracing::info!(limit = name, counts, "counts are taken back");
        }
        let row = self.calls.blocks.row(&block);
        self.calls.incidents.unblocked(&mask_party(&row.target, self.hidden_digits()));
        Ok(row)
    }

    fn acknowledge(&self, wanted: &Acknowledging, by: &Peer) -> Result<String, String> {
        incidents::acknowledge(&self.calls.incidents, &self.state, wanted, by)
    }

    fn test_alerts(&self, sinks: &[String]) -> Result<Vec<Trial>, String> {
        let in_force = self.in_force.in_force();
        let policy = in_force.policy.as_deref().ok_or("no policy is in force")?;
        telling::test(policy, &self.calls.ledger, sinks)
    }

    fn reveal(&self, incident: IncidentId, by: &Peer) -> Result<Revealed, String> {
        let revealing = Revealing {
            ledger: Arc::clone(&self.calls.ledger),
            seals: Arc::clone(&self.calls.seals),
            state: self.state.clone(),
            patience: revealing::PATIENCE,
        };
        revealing.reveal(incident, by)
    }

    fn reload(&self, confirm_within: Option<Duration>, by: &Peer) -> Result<String, String> {
        self.reloader.reload_for(confirm_within, by)
    }

    fn confirm(&self, by: &Peer) -> Result<String, String> {
        self.reloader.confirm(by)
    }

    fn hidden_digits(&self) -> u8 {
        self.reloader.privacy().hidden_digits
    }
}

/// The evidence as `status` shows it.
fn shown(status: evidence::Status) -> EvidenceState {
    let outbox = |outbox: evidence::Outbox| OutboxState {
        sink: outbox.sink,
        waiting: outbox.waiting,
        oldest: outbox.oldest.map(view::rfc3339),
    };
    EvidenceState {
        file: status.file.display().to_string(),
        bytes: status.bytes,
        entries: status.head.map_or(0, |head| head.seq),
        incidents_going_on: status.incidents_going_on,
        outbox: status.outbox.into_iter().map(outbox).collect(),
        waiting: status.waiting,
        lost: status.lost,
        problem: status.problem,
    }
}
