//! The ledger, used and abused.

mod faults;
mod kept;
mod killed;
mod lanes;
mod told;

use std::{
    collections::VecDeque,
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use prometheus_client::registry::Registry;
use tempfile::TempDir;

use super::{pace::Pace, *};
use crate::{
    incidents::{Incident, IncidentId, Message, News},
    journal,
    privacy::Look,
    sinks::{Address, Deliver, Failure, Receipt},
};

/// A ledger in a directory of its own, with a wall clock that stands where a test puts it.
struct Fixture {
    folder: TempDir,
    now: Arc<AtomicU64>,
    pace: Pace,
    registry: Registry,
    ledger: Option<Ledger>,
}

impl Fixture {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    fn at(folder: TempDir) -> Self {
        let mut fixture = Self {
            folder,
            now: Arc::new(AtomicU64::new(NOW)),
            pace: quick(),
            registry: Registry::default(),
            ledger: None,
        };
        fixture.open();
        fixture
    }

    fn open(&mut self) {
        self.registry = Registry::with_prefix("ringfence");
        let setting = setting(&self.now);
        let ledger = Ledger::open_at_pace(self.folder.path(), setting, self.pace, &mut self.registry);
        self.ledger = Some(ledger);
    }

    /// Ends the ledger; what it lost is an error.
    fn close(&mut self) {
        self.ledger().finish();
        assert_eq!(self.ledger().status().lost, 0);
        self.ledger = None;
    }

    fn reopen(&mut self) {
        self.close();
        self.open();
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    fn archive(&self) -> Archive {
        assert!(self.ledger.as_ref().is_none_or(|ledger| ledger.is_written_within(LONG)));
        Archive::open(self.folder.path()).unwrap()
    }

    /// Lets the wall clock stand at so many milliseconds since 1970.
    fn set(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }
}

fn setting(now: &Arc<AtomicU64>) -> Setting {
    let now = Arc::clone(now);
    let now = move || SystemTime::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::Relaxed));
    // The host runs for as long as its clock has gone on.
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW);
    let look = move |wall: SystemTime| Look {
        wall,
        uptime: wall.duration_since(start).unwrap_or_default(),
        boot: "1".into(),
    };
    Setting { host: "pbx.example.net".into(), now: Arc::new(now), look: Arc::new(look) }
}

/// As the agent, but in milliseconds.
fn quick() -> Pace {
    let ms = Duration::from_millis;
    Pace { first: ms(1), longest: ms(20), patience: ms(20_000), disk: ms(20), ..Pace::default() }
}

/// Receivers that do what a test says, and note what they are told.
#[derive(Default)]
struct Double {
    addresses: Vec<Address>,
    /// What a sink does next, the first one first; with nothing left it takes all.
    acts: Mutex<Vec<(String, VecDeque<Act>)>>,
    /// Who took what, in this order.
    taken: Mutex<Vec<(Address, Arc<Message>)>>,
}

/// What a receiver does once.
#[derive(Clone, Debug)]
enum Act {
    Refuse,
    RefuseForGood,
    Later(Duration),
    Stall,
    Panic,
    Slow(Duration),
}

impl Double {
    fn to(sinks: &[&str]) -> Self {
        Self { addresses: sinks.iter().map(|sink| address(sink)).collect(), ..Self::default() }
    }

    fn acts(self, sink: &str, acts: impl IntoIterator<Item = Act>) -> Self {
        self.acts.lock().unwrap().push((sink.into(), acts.into_iter().collect()));
        self
    }

    fn act(&self, sink: &str) -> Option<Act> {
        let mut acts = self.acts.lock().unwrap();
        acts.iter_mut().find(|(name, _)| name == sink)?.1.pop_front()
    }

    /// The names of the incidents that a sink was told of, in this order.
    fn told(&self, sink: &str) -> Vec<u64> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(to, _)| to.sink == sink).map(|(_, message)| message.incident.id.0).collect()
    }
}

impl Deliver for Double {
    fn addresses(&self, _: &Incident, _: News) -> Vec<Address> {
        self.addresses.clone()
    }

    fn deliver<'a>(
        &'a self,
        address: &'a Address,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>> {
        let act = self.act(&address.sink);
        Box::pin(async move {
            let refusal = |is_final, retry_after| Failure { what: "HTTP 503".into(), is_final, retry_after };
            match act {
                Some(Act::Refuse) => return Err(refusal(false, None)),
                Some(Act::RefuseForGood) => return Err(refusal(true, None)),
                Some(Act::Later(time)) => return Err(refusal(false, Some(time))),
                Some(Act::Stall) => std::future::pending().await,
                Some(Act::Panic) => panic!("on purpose"),
                Some(Act::Slow(time)) => tokio::time::sleep(time).await,
                None => (),
            }
            self.taken.lock().unwrap().push((address.clone(), Arc::new(message.clone())));
            Ok(Receipt { answer: "HTTP 200".into(), to: format!("https://{}.example", address.sink) })
        })
    }
}

fn address(sink: &str) -> Address {
    Address { sink: sink.into(), contact: None }
}

fn incident(id: u64) -> Incident {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW);
    Incident {
        id: IncidentId(id),
        began: at,
        latest: at,
        alerts: id,
        ..serde_json::from_value(serde_json::from_str(INCIDENT).unwrap()).unwrap()
    }
}

/// An incident that is told, with the alert that it is told for.
fn opened(id: u64) -> Change {
    let alert = serde_json::json!({ "alert": "limit", "limit": "night", "number": "+5355512xxxx" });
    Change { incident: Arc::new(incident(id)), alert: Some(alert), news: Some(News::Opened) }
}

/// The contents of the journal's entries of a kind.
fn journal_of(fixture: &Fixture, kind: &str) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    let take = |row: journal::Row| {
        if row.kind == kind {
            found.push(serde_json::from_str(&row.content.unwrap()).unwrap());
        }
        std::ops::ControlFlow::Continue(())
    };
    fixture.archive().journal(1, take).unwrap();
    found
}

/// Whether something becomes true, within a time that also a busy machine keeps.
fn until(mut holds: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < LONG {
        if holds() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    holds()
}

/// An incident as a later version would still have to read it.
const INCIDENT: &str = r#"{
    "id": 1, "kind": "limit", "severity": "critical", "subject": {"limit": "night", "destination": "cuba"},
    "began": "2026-11-22T01:30:00.000Z", "latest": "2026-11-22T01:30:00.000Z", "ended": null, "alerts": 1,
    "account": {"calls": 3, "answered": 2, "active": 1, "blocked": 0, "dropped_invites": 0, "minutes": "4.5",
        "destinations": {}, "numbers": [], "slices": [], "slice_seconds": 60},
    "measures": [], "escalations": 0}"#;
/// 22 November 2026, 01:30 UTC.
const NOW: u64 = 1_795_311_000_000;
const LONG: Duration = Duration::from_secs(60);
