//! What a scrape says of calls that begin, go on and end: no counter goes back, and no call is counted twice.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use monitor_common::abi::Reason;
use proptest::prelude::*;

use super::*;
use crate::{
    calls::{CallResult, Origin},
    metrics::Metrics,
};

/// A tracker of the simplest kind: calls that the test sets, and a clock that it turns.
#[derive(Clone, Default)]
struct Scene {
    calls: Arc<Mutex<BTreeMap<CallId, Call>>>,
    now: Arc<Mutex<Timestamp>>,
    blocks: Arc<Mutex<Vec<Cause>>>,
}

struct Stage {
    scene: Scene,
    metrics: CallMetrics,
    registry: Registry,
}

impl Stage {
    fn new() -> Self {
        Self::of(Scene::default())
    }

    fn of(scene: Scene) -> Self {
        let (clock, calls, blocks) = (scene.clone(), scene.clone(), scene.clone());
        let mut registry = Metrics::registry();
        let metrics = CallMetrics::register(&mut registry, *scene.now.lock().unwrap());
        let sources = Sources {
            now: Box::new(move || *clock.now.lock().unwrap()),
            active: Box::new(move |look| calls.calls.lock().unwrap().values().for_each(look)),
            blocks: Box::new(move |look| {
                blocks.blocks.lock().unwrap().iter().for_each(|cause| look(*cause));
            }),
            counters: Box::new(|| Counters { not_followed: 3, unmatched: 4, adopted: 5, timed_out: 6 }),
            media: Box::new(|| MediaStreams { all: [7, 6], without_call: [5, 0] }),
        };
        metrics.watch(sources);
        Self { scene, metrics, registry }
    }

    fn turn(&self, seconds: u64) {
        *self.scene.now.lock().unwrap() = at(seconds);
    }

    fn tell(&self, happened: Happened, call: &Call) {
        let mut calls = self.scene.calls.lock().unwrap();
        calls.insert(call.id, call.clone());
        if happened == Happened::Ended {
            calls.remove(&call.id);
        }
        drop(calls);
        let at = *self.scene.now.lock().unwrap();
        self.metrics.take(&Fact { at, happened, call: Arc::new(call.clone()) });
    }

    fn text(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }

    /// Values of the families by name and labels, as they stand in the text.
    fn scrape(&self) -> BTreeMap<String, f64> {
        let text = self.text();
        let series = text.lines().filter(|line| !line.starts_with('#'));
        series
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, value)| (name.into(), value.parse().unwrap()))
            .collect()
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp(seconds * 1_000_000)
}

/// A call to Cuba by the PBX itself.
fn call(id: u64, started: u64) -> Call {
    Call {
        id: CallId(id),
        origin: Origin::Pbx,
        destination: "cuba".into(),
        dialled: "0005355512345".into(),
        number: Some("+5355512345".into()),
        source: [192, 0, 2, 1].into(),
        customer: Some("the bakery".into()),
        reason: Reason::Policy,
        started: at(started),
        ..Call::example()
    }
}

fn ended(call: &Call, seconds: u64) -> Call {
    let result = Some(if call.answered.is_some() { CallResult::Answered } else { CallResult::NoAnswer });
    Call { ended: Some(at(seconds)), result, ..call.clone() }
}

const TALK: &str = r#"ringfence_call_seconds_total{direction="outgoing",destination="cuba"}"#;
const ACTIVE: &str = r#"ringfence_calls_active{direction="outgoing",destination="cuba"}"#;
const ANSWERED: &str = r#"ringfence_calls_total{direction="outgoing",destination="cuba",result="answered"}"#;
const ARRIVING: &str = r#"ringfence_media_seconds_total{direction="ingress",destination="cuba"}"#;
const BAKERY: &str = r#"ringfence_customer_call_seconds_total{customer="the bakery"}"#;

#[test]
fn a_call_is_told_from_its_first_invite_to_its_end() {
    let stage = Stage::new();
    stage.turn(100);
    let mut one = call(1, 100);
    stage.tell(Happened::Started, &one);
    let first = stage.scrape();
    assert_eq!((first[ACTIVE], first[TALK], first[ANSWERED], first[BAKERY]), (1.0, 0.0, 0.0, 0.0));
    assert_eq!(
        first[r#"ringfence_calls_started_total{direction="outgoing",origin="pbx",destination="cuba"}"#],
        1.0
    );

    stage.turn(102);
    one.rang = Some(at(102));
    stage.tell(Happened::Rang, &one);
    stage.turn(110);
    one.answered = Some(at(110));
    stage.tell(Happened::Answered, &one);
    stage.turn(170);
    one.media = Seconds { ingress: Duration::from_millis(59_500), egress: Duration::from_secs(60) };
    stage.tell(Happened::Updated, &one);
    let talking = stage.scrape();
    assert_eq!((talking[TALK], talking[ARRIVING], talking[BAKERY]), (60.0, 59.5, 60.0));
    assert_eq!(talking[r#"ringfence_calls_longest_seconds{direction="outgoing",destination="cuba"}"#], 60.0);

    stage.turn(200);
    stage.tell(Happened::Ended, &ended(&one, 200));
    let last = stage.scrape();
    assert_eq!((last[ACTIVE], last[TALK], last[ANSWERED], last[BAKERY]), (0.0, 90.0, 1.0, 90.0));
    assert_eq!(last[r#"ringfence_customer_calls_total{customer="the bakery",result="answered"}"#], 1.0);
    assert_eq!(last[r#"ringfence_call_ring_seconds_sum{direction="outgoing"}"#], 2.0);
    assert_eq!(last[r#"ringfence_call_ring_seconds_bucket{le="1.0",direction="outgoing"}"#], 0.0);
    assert_eq!(last[r#"ringfence_call_ring_seconds_bucket{le="2.0",direction="outgoing"}"#], 1.0);
    assert_eq!(last[r#"ringfence_call_setup_seconds_sum{direction="outgoing"}"#], 10.0);
    assert_eq!(last[r#"ringfence_call_setup_seconds_count{direction="incoming"}"#], 0.0);
}

#[test]
fn no_number_and_no_address_is_shown() {
    let stage = Stage::new();
    stage.tell(Happened::Started, &call(1, 1));
    stage.tell(Happened::Ended, &ended(&call(1, 1), 2));
    let text = stage.text();
    for secret in ["5355512345", "192.0.2.1", "101"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
}

#[test]
fn a_late_end_takes_nothing_back() {
    let stage = Stage::new();
    stage.turn(10);
    let one = Call { answered: Some(at(10)), ..call(1, 5) };
    stage.tell(Happened::Started, &one);
    stage.turn(130);
    assert_eq!(stage.scrape()[TALK], 120.0);
    // Its media fell silent after a minute, and nobody sent a BYE.
    stage.tell(Happened::Ended, &ended(&one, 70));
    assert_eq!(stage.scrape()[TALK], 120.0);
    let two = Call { answered: Some(at(130)), ..call(2, 130) };
    stage.tell(Happened::Started, &two);
    stage.turn(180);
    assert_eq!(stage.scrape()[TALK], 120.0, "60 s of the first and 50 of the second");
    stage.turn(230);
    assert_eq!(stage.scrape()[TALK], 160.0);
}

/// The tracker ends a call while a scrape goes on, and its fact comes before the scrape is written.
#[test]
fn a_call_that_ends_during_a_scrape_is_not_counted_twice() {
    let stage = Stage::new();
    let one = Call { answered: Some(at(1)), ..call(1, 1) };
    stage.tell(Happened::Started, &one);
    stage.turn(3601);
    let counted = stage.metrics.lock().clone();
    let going = stage.metrics.going();
    stage.tell(Happened::Ended, &ended(&one, 3601));
    let mut scrape = counted;
    scrape.add(&going);
    stage.metrics.lock().remember(&mut scrape);
    assert_eq!(scrape.calls[Route::Outgoing as usize]["cuba"].talk.seconds(), 3600.0);
    assert_eq!(stage.scrape()[TALK], 3600.0);

    // And the other way: it ended before the tracker was asked.
    let two = Call { answered: Some(at(3601)), ..call(2, 3601) };
    stage.tell(Happened::Started, &two);
    stage.turn(7201);
    let mut scrape = stage.metrics.lock().clone();
    stage.tell(Happened::Ended, &ended(&two, 7201));
    scrape.add(&stage.metrics.going());
    stage.metrics.lock().remember(&mut scrape);
    assert_eq!(scrape.calls[Route::Outgoing as usize]["cuba"].talk.seconds(), 3600.0);
    assert_eq!(stage.scrape()[TALK], 7200.0);
}

#[test]
fn a_restart_counts_nothing_again() {
    let scene = Scene::default();
    *scene.now.lock().unwrap() = at(1000);
    let old = Call {
        answered: Some(at(100)),
        media: Seconds { ingress: Duration::from_secs(900), egress: Duration::from_secs(890) },
        ..call(1, 90)
    };
    let stage = Stage::of(scene);
    stage.scene.calls.lock().unwrap().insert(old.id, old.clone());
    stage.metrics.adopt(&old);
    let first = stage.scrape();
    assert_eq!((first[ACTIVE], first[TALK], first[ARRIVING], first[BAKERY]), (1.0, 0.0, 0.0, 0.0));
    stage.turn(1060);
    let mut end = ended(&old, 1060);
    end.media.ingress += Duration::from_secs(60);
    stage.tell(Happened::Ended, &end);
    let last = stage.scrape();
    assert_eq!((last[ACTIVE], last[TALK], last[ARRIVING], last[ANSWERED]), (0.0, 60.0, 60.0, 1.0));
    assert!(stage.metrics.lock_adopted().is_empty());
}

#[test]
fn names_are_bounded() {
    let stage = Stage::new();
    for n in 0..5000 {
        let name = |prefix| Arc::from(format!("{prefix}{n}"));
        let one = Call { destination: name("d"), customer: Some(name("c")), ..call(n, 1) };
        stage.tell(Happened::Started, &one);
        stage.tell(Happened::Ended, &ended(&one, 1));
    }
    let scrape = stage.scrape();
    let others =
        &scrape[r#"ringfence_calls_started_total{direction="outgoing",origin="pbx",destination="other"}"#];
    assert_eq!(*others, (5000 - monitor_common::abi::MAX_DESTINATIONS) as f64);
    assert_eq!(scrape[r#"ringfence_customer_calls_total{customer="other",result="no_answer"}"#], 4000.0);
}

#[test]
fn blocks_signals_and_what_was_not_seen_are_told() {
    let stage = Stage::new();
    assert_eq!(stage.scrape()[r#"ringfence_blocks_active{reason="operator"}"#], 0.0);
    *stage.scene.blocks.lock().unwrap() = vec![Cause::Operator; 2];
    stage.metrics.signal(Direction::Egress);
    stage.metrics.unreadable(Unreadable::StartLine);
    let scrape = stage.scrape();
    assert_eq!(scrape[r#"ringfence_blocks_active{reason="operator"}"#], 2.0);
    assert_eq!(scrape["ringfence_calls_not_followed_total"], 3.0);
    assert_eq!(scrape["ringfence_call_signals_unmatched_total"], 4.0);
    assert_eq!(scrape["ringfence_calls_adopted_total"], 5.0);
    assert_eq!(scrape["ringfence_calls_timed_out_total"], 6.0);
    assert_eq!(scrape[r#"ringfence_media_streams{direction="ingress"}"#], 7.0);
    assert_eq!(scrape[r#"ringfence_media_streams{direction="egress"}"#], 6.0);
    assert_eq!(scrape[r#"ringfence_media_streams_without_call{direction="ingress"}"#], 5.0);
    assert_eq!(scrape[r#"ringfence_media_streams_without_call{direction="egress"}"#], 0.0);
    assert_eq!(scrape[r#"ringfence_call_signals_total{direction="egress"}"#], 1.0);
    assert_eq!(scrape[r#"ringfence_call_signals_total{direction="ingress"}"#], 0.0);
    assert_eq!(scrape[r#"ringfence_signals_unreadable_total{reason="start_line"}"#], 1.0);
}

/// Run it with `--release -- --nocapture` for the time that a scrape takes.
#[test]
fn a_hundred_thousand_calls_are_counted_one_by_one() {
    let stage = Stage::new();
    for n in 0..100_000 {
        let one = Call { destination: format!("d{}", n % 200).into(), answered: Some(at(1)), ..call(n, 1) };
        stage.scene.calls.lock().unwrap().insert(one.id, one);
    }
    stage.turn(11);
    let took: Vec<_> = (0..5)
        .map(|_| {
            let begin = Instant::now();
            let text = stage.text();
            (begin.elapsed(), text.len())
        })
        .collect();
    println!("a scrape with 100,000 calls that go on: time and octets {took:?}");
    let scrape = stage.scrape();
    let sum = |family: &str| -> f64 {
        scrape.iter().filter(|(name, _)| name.starts_with(family)).map(|(_, value)| value).sum()
    };
    assert_eq!(sum("ringfence_calls_active{"), 100_000.0);
    assert_eq!(sum("ringfence_call_seconds_total{"), 1_000_000.0);
}

/// One step of a day: what happens to which call, after how many seconds.
fn steps() -> impl Strategy<Value = Vec<(u8, u64, u64)>> {
    prop::collection::vec((0..5u8, 0..6u64, 0..100u64), 1..80)
}

proptest! {
    #[test]
    fn no_counter_ever_goes_back(steps in steps()) {
        let stage = Stage::new();
        let (mut now, mut next, mut before) = (1, 100, stage.scrape());
        let mut going: BTreeMap<u64, Call> = BTreeMap::new();
        let mut talked = 0;
        for (what, which, seconds) in steps {
            now += seconds / 4;
            stage.turn(now);
            match (what, going.contains_key(&which)) {
                (0, false) => {
                    next += 1;
                    let one = call(next, now);
                    stage.tell(Happened::Started, &one);
                    going.insert(which, one);
                }
                (1, true) if going[&which].answered.is_none() => {
                    let one = going.get_mut(&which).unwrap();
                    one.answered = Some(at(now));
                    stage.tell(Happened::Answered, one);
                }
                (2, true) => {
                    let one = going.get_mut(&which).unwrap();
                    one.media.ingress += Duration::from_secs(seconds);
                    stage.tell(Happened::Updated, one);
                }
                (3, true) => {
                    let one = going.remove(&which).unwrap();
                    // The end may be found out long after.
                    let end = ended(&one, now.saturating_sub(seconds).max(one.started.0 / 1_000_000));
                    talked += end.talk(at(now)).as_secs();
                    stage.tell(Happened::Ended, &end);
                }
                _ => (),
            }
            let scrape = stage.scrape();
            for (name, value) in before.iter().filter(|(name, _)| name.contains("_total")) {
                prop_assert!(scrape[name] >= *value, "{name} went from {value} to {}", scrape[name]);
            }
            let active = scrape.get(ACTIVE).copied().unwrap_or_default();
            prop_assert_eq!(active, going.len() as f64);
            let real = talked + going.values().map(|call| call.talk(at(now)).as_secs()).sum::<u64>();
            prop_assert!(scrape.get(TALK).copied().unwrap_or_default() >= real as f64);
            before = scrape;
        }
    }
}

#[test]
fn the_documentation_has_every_family_of_calls() {
    let stage = Stage::new();
    let text = include_str!("../../../../docs/METRICS.md");
    let exposed = stage.text();
    let families = exposed.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut seen = 0;
    for (name, kind) in families {
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        assert!(text.contains(&format!("| `{name}{{")) || text.contains(&format!("| `{name}` |")), "{name}");
        seen += 1;
    }
    assert!(seen >= 18, "{seen} families in\n{exposed}");
    for why in Unreadable::ALL {
        assert!(text.contains(&format!("| `{}` |", why.label())), "{}", why.label());
    }
    let words = Route::ALL.iter().map(|word| (word.label(), word.help()));
    let words = words.chain(Origin::ALL.iter().map(|word| (word.label(), word.help())));
    let words = words.chain(CallResult::ALL.iter().map(|word| (word.label(), word.help())));
    for (label, help) in words {
        assert!(text.contains(&format!("| `{label}` | {help} |")), "| `{label}` | {help} |");
    }
}
