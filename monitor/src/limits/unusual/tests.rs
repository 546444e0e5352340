//! Weeks of an office of two hundred telephones, and what is unlike them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
    time::Duration,
};

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use monitor_common::{
    abi::{Reason, Verdict},
    number::Digits,
};
use rust_decimal::Decimal;

use super::{Class, Finding, Horizon, Measure, Rules, Unusual};
use crate::{
    calls::{Call, CallId, Fact, Happened, Route, Timestamp},
    limits::{Kept, Moment, Severity},
    policy::{
        limits::{BlockKind, Lasts, Then},
        schedule::Calendar,
        unusual,
    },
};

/// Pseudo-random numbers (SplitMix64, Steele 2014), the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A count of what happens so often on average (Knuth).
    fn poisson(&mut self, mean: f64) -> u32 {
        let (floor, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > floor {
            product *= self.next();
            count += 1;
        }
        count
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.next()).ln()
    }
}

/// What the store holds, by name and key.
type Rows = BTreeMap<(String, String), Kept>;

/// A call to come: when, whereto, for how many seconds, at what price a minute (in hundredths).
#[derive(Clone, Copy, Debug)]
struct Plan {
    at: DateTime<Utc>,
    number: &'static str,
    seconds: f64,
    price: i64,
}

struct Office {
    unusual: Unusual,
    random: Random,
    wall: DateTime<Utc>,
    plans: BTreeMap<(DateTime<Utc>, u64), Plan>,
    calls: HashMap<CallId, (Arc<Call>, DateTime<Utc>, i64)>,
    next: u64,
    findings: Vec<Finding>,
    /// How much busier than at first.
    scale: f64,
}

impl Office {
    fn new(seed: u64) -> Self {
        Self::with(seed, Then::default())
    }

    /// Begins on a Monday, 2026-09-07, in Paris.
    fn with(seed: u64, then: Then) -> Self {
        Self {
            unusual: Unusual::new(rules(then)),
            random: Random(seed),
            wall: "2026-09-06T22:00:00Z".parse().unwrap(),
            plans: BTreeMap::new(),
            calls: HashMap::new(),
            next: 0,
            findings: Vec::new(),
            scale: 1.0,
        }
    }

    /// Goes on for so many hours of office, with these calls among its own; the findings of that time.
    fn run(&mut self, hours: i64, attack: &[Plan]) -> Vec<Finding> {
        self.plan_all(attack);
        for _ in 0..hours {
            self.plan_hour();
            for _ in 0..3600 / STEP {
                self.wall += TimeDelta::seconds(STEP);
                self.step();
            }
        }
        std::mem::take(&mut self.findings)
    }

    fn weeks(&mut self, weeks: i64) -> Vec<Finding> {
        self.run(weeks * 168, &[])
    }

    fn plan_all(&mut self, plans: &[Plan]) {
        for plan in plans {
            self.next += 1;
            self.plans.insert((plan.at, self.next), *plan);
        }
    }

    /// The house's own calls of the next hour.
    fn plan_hour(&mut self) {
        let local = self.wall.with_timezone(&Tz::Europe__Paris);
        let is_open = local.weekday().num_days_from_monday() < 5 && (8..19).contains(&local.hour());
        let busy = if (10..12).contains(&local.hour()) { 1.5 } else { 1.0 };
        for (number, open, closed, minutes, price) in HABITS {
            let mean = if is_open { open * busy } else { closed };
            for _ in 0..self.random.poisson(mean * self.scale) {
                let at = self.wall + TimeDelta::seconds((self.random.next() * 3600.0) as i64);
                let is_conference = self.random.next() < 0.01;
                let seconds =
                    self.random.exponential(minutes * 60.0) + if is_conference { 3600.0 } else { 0.0 };
                self.plan_all(&[Plan { at, number, seconds, price }]);
            }
        }
    }

    fn now(&self) -> Moment {
        Moment { at: timestamp(self.wall), wall: self.wall }
    }

    fn step(&mut self) {
        while let Some(entry) = self.plans.first_entry().filter(|entry| entry.key().0 <= self.wall) {
            let id = entry.key().1;
            let plan = entry.remove();
            self.begin(id, plan);
        }
        let over: Vec<_> =
            self.calls.iter().filter(|(_, (_, end, _))| *end <= self.wall).map(|(id, _)| *id).collect();
        for id in over {
            self.end(id);
        }
        let (wall, now) = (self.wall, self.now());
        let calls: Vec<_> = self.calls.values().map(|(call, ..)| Arc::clone(call)).collect();
        let cost = |id: CallId| self.calls.get(&id).map(|(call, _, price)| cost(call, *price, wall));
        self.unusual.tick(&mut calls.iter(), &cost, now, &mut self.findings);
    }

    fn begin(&mut self, id: u64, plan: Plan) {
        let mut call = call(id, plan.number, self.wall);
        self.tell(Happened::Started, Arc::new(call.clone()), None);
        call.answered = Some(timestamp(self.wall));
        let call = Arc::new(call);
        self.tell(Happened::Answered, Arc::clone(&call), None);
        let end = self.wall + TimeDelta::milliseconds((plan.seconds * 1000.0) as i64);
        self.calls.insert(CallId(id), (call, end, plan.price));
    }

    fn end(&mut self, id: CallId) {
        let (call, end, price) = self.calls.remove(&id).unwrap();
        let call = Call { ended: Some(timestamp(end)), ..(*call).clone() };
        let cost = cost(&call, price, end);
        self.tell(Happened::Ended, Arc::new(call), Some(cost));
    }

    fn tell(&mut self, happened: Happened, call: Arc<Call>, cost: Option<Decimal>) {
        let now = self.now();
        self.unusual.take(&Fact { at: now.at, happened, call }, cost, now, &mut self.findings);
    }

    /// The agent is killed and starts again after so many hours, with what was kept: `kept` are the rows of a table.
    fn restart(&mut self, hours_off: i64, kept: &mut Rows) {
        keep(&mut self.unusual, kept);
        let rules = self.unusual.rules.clone();
        self.unusual = Unusual::new(rules);
        self.unusual.restore(&kept.values().cloned().collect::<Vec<_>>());
        self.wall += TimeDelta::hours(hours_off);
        self.plans.clear();
        self.calls.clear();
    }
}

fn keep(unusual: &mut Unusual, kept: &mut Rows) {
    for row in unusual.changes() {
        assert_eq!(row.kind, "baseline");
        let key = (row.name.clone(), row.key.clone());
        if row.state.is_some() { drop(kept.insert(key, row)) } else { drop(kept.remove(&key)) }
    }
}

fn rules(then: Then) -> Rules {
    Rules {
        unusual: unusual::Unusual {
            learn: unusual::Unusual::LEARN,
            factor: unusual::Unusual::FACTOR,
            open: None,
            then,
        },
        calendar: Calendar { zone: Tz::Europe__Paris },
        own_code: Digits::parse("33").unwrap(),
    }
}

fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp(u64::try_from(at.timestamp_micros()).unwrap())
}

fn cost(call: &Call, price: i64, wall: DateTime<Utc>) -> Decimal {
    Decimal::new(price, 2) * Decimal::from(call.talk(timestamp(wall)).as_secs()) / Decimal::from(60)
}

fn call(id: u64, number: &str, wall: DateTime<Utc>) -> Call {
    Call {
        id: CallId(id),
        destination: "x".into(),
        dialled: number.into(),
        number: Some(number.into()),
        source: [192, 0, 2, 1].into(),
        started: timestamp(wall),
        ..Call::example()
    }
}

/// So many calls of an hour of the clock, spread over it, from `first` on.
fn spread(first: DateTime<Utc>, calls: i64, seconds: f64, number: &'static str) -> Vec<Plan> {
    let at = |call: i64| first + TimeDelta::seconds(call * 3600 / calls);
    (0..calls).map(|call| Plan { at: at(call), number, seconds, price: 206 }).collect()
}

fn count(findings: &[Finding], class: Class) -> usize {
    findings.iter().filter(|finding| finding.class == class && !finding.report_only).count()
}

/// Number; calls an hour while open and while closed; minutes; price in hundredths.
const HABITS: [(&str, f64, f64, f64, i64); 5] = [
    ("+33142345678", 60.0, 0.3, 3.0, 2),
    ("+442071234567", 4.0, 0.02, 6.0, 10),
    ("+12125550100", 2.0, 0.02, 8.0, 10),
    ("+37167123456", 0.02, 0.0, 3.0, 60),
    ("+33899123456", 0.04, 0.0, 2.0, 80),
];
/// Seconds of a tick.
const STEP: i64 = 60;
const CUBA: &str = "+5355512345";

/// An office after eight weeks, of which two were learned in silence; the time when the last hour began.
fn settled(then: Then) -> Office {
    let (rows, wall) = &*SETTLED;
    let mut office = Office::with(99, then);
    office.unusual.restore(&rows.values().cloned().collect::<Vec<_>>());
    office.wall = *wall;
    office.next = 1 << 32;
    office
}

static SETTLED: LazyLock<(Rows, DateTime<Utc>)> = LazyLock::new(|| {
    let mut office = Office::new(7);
    let mut rows = BTreeMap::new();
    for _ in 0..8 {
        office.weeks(1);
        keep(&mut office.unusual, &mut rows);
    }
    (rows, office.wall)
});

/// What is usual in a week.
fn usual_week(office: &Office, class: Class) -> f64 {
    let baseline = &office.unusual.baselines[class as usize];
    (0..168).map(|slot| baseline.usual(slot).unwrap_or_default()[0]).sum()
}

#[test]
fn normal_weeks_are_quiet() {
    for seed in 1..=2 {
        let mut office = Office::new(seed);
        let first = office.weeks(1);
        assert!(first.is_empty(), "nothing is known yet: {first:?}");
        let learning = office.weeks(1);
        assert!(learning.iter().all(|finding| finding.report_only), "{learning:?}");
        let found = office.weeks(6);
        let critical = found.iter().filter(|finding| finding.severity == Severity::Critical);
        assert!(found.len() <= 6, "one a week at most: {found:?}");
        assert!(critical.count() <= 2, "{found:?}");
        let busy =
            found.iter().filter(|finding| matches!(finding.class, Class::National | Class::International));
        assert!(busy.count() <= 1, "{found:?}");
    }
}

#[test]
fn a_thin_attack_is_seen_in_its_first_night() {
    let mut office = settled(Then::default());
    let nights = (0..3).flat_map(|night| {
        let evening = office.wall + TimeDelta::hours(24 * night + 22);
        (0..8).flat_map(move |hour| spread(evening + TimeDelta::hours(hour), 2, 100.0, CUBA))
    });
    let nights: Vec<_> = nights.collect();
    let evening = office.wall + TimeDelta::hours(22);
    let found = office.run(72, &nights);
    let calls = |horizon, severity| {
        let mut of = found.iter().filter(|finding| {
            (finding.class, finding.measure, finding.horizon) == (Class::Risk, Measure::Calls, horizon)
                && finding.severity == severity
        });
        of.next().map(|finding| finding.at.since(timestamp(evening)))
    };
    assert_eq!(calls(Horizon::Hour, Severity::Warning), None, "two calls an hour are nothing by themselves");
    let seen = calls(Horizon::Day, Severity::Warning).unwrap();
    assert!(seen < Duration::from_secs(4 * 3600), "{seen:?}");
    let critical = calls(Horizon::Day, Severity::Critical).unwrap();
    assert!(critical < Duration::from_secs(10 * 3600), "{critical:?}");
    assert!(found.iter().all(|finding| !finding.report_only), "the policy reports only while it learns");
    assert!(
        found.iter().filter(|finding| finding.class == Class::Risk).count() < 30,
        "told, and not each second"
    );
    let number = found.iter().find(|finding| finding.class == Class::Risk).unwrap().call.clone().unwrap();
    assert_eq!(number.number.as_deref(), Some(CUBA));
}

#[test]
fn ten_calls_a_day_are_seen_on_the_first_and_do_not_become_usual() {
    let mut office = settled(Then::default());
    let before = usual_week(&office, Class::Risk);
    let mut days = Vec::new();
    for hour in (0..14).flat_map(|day| (0..10).map(move |hour| 24 * day + 8 + hour)) {
        days.extend(spread(office.wall + TimeDelta::hours(hour), 1, 120.0, CUBA));
    }
    let begin = office.wall + TimeDelta::hours(8);
    let found = office.run(14 * 24, &days);
    let risk: Vec<_> = found.iter().filter(|finding| finding.class == Class::Risk).collect();
    assert!(risk[0].at.since(timestamp(begin)) < Duration::from_secs(12 * 3600), "{:?}", risk[0]);
    for horizon in [Horizon::Day, Horizon::Week] {
        let is_critical = risk.iter().any(|it| it.horizon == horizon && it.severity == Severity::Critical);
        assert!(is_critical, "{horizon:?}");
    }
    let days: BTreeSet<_> =
        risk.iter().map(|finding| finding.at.since(timestamp(begin)).as_secs() / 86_400).collect();
    assert!(days.len() >= 4, "it goes on being told: {days:?}");
    office.weeks(1);
    let after = usual_week(&office, Class::Risk);
    assert!(after < before + 12.0, "70 calls a week were made, and {before} to {after} are usual");
}

#[test]
fn a_burst_at_night_is_critical_within_minutes() {
    let mut office = settled(Then::default());
    let night = office.wall + TimeDelta::hours(27);
    let burst: Vec<_> = (0..40)
        .map(|call| Plan {
            at: night + TimeDelta::seconds(30 * call),
            number: "+442071234567",
            seconds: 20.0,
            price: 10,
        })
        .collect();
    let found = office.run(30, &burst);
    let first =
        found.iter().find(|it| it.class == Class::International && it.horizon == Horizon::Hour).unwrap();
    assert_eq!((first.measure, first.severity), (Measure::Calls, Severity::Warning));
    let critical =
        found.iter().find(|it| it.class == Class::International && it.severity == Severity::Critical);
    let after = critical.unwrap().at.since(timestamp(night));
    assert!(after < Duration::from_secs(10 * 60), "{after:?}");
}

#[test]
fn a_ramp_does_not_teach_what_it_does() {
    let mut office = settled(Then::default());
    let mut found = Vec::new();
    let mut seen = None;
    let usual = usual_week(&office, Class::International);
    let mut extra = 0.0;
    for week in 0..10 {
        extra = usual * (1.18_f64.powi(week + 1) - 1.0);
        let mut ramp = Vec::new();
        for hour in (0..5).flat_map(|day| (0..10).map(move |hour| 24 * day + 8 + hour)) {
            let calls = (extra / 50.0) as i64;
            let plans = spread(office.wall + TimeDelta::hours(hour), calls.max(1), 60.0, "+442071234567");
            ramp.extend(plans.into_iter().map(|plan| Plan { price: 10, ..plan }));
        }
        let of_week = office.run(168, &ramp);
        let is_seen =
            of_week.iter().any(|it| it.class == Class::International && it.measure == Measure::Calls);
        if seen.is_none() && is_seen {
            seen = Some(week);
        }
        found.extend(of_week);
    }
    assert!(seen.is_some_and(|week| week <= 7), "18 % a week is seen before it is fourfold: {seen:?}");
    let learned = usual_week(&office, Class::International);
    assert!(learned < (usual + extra) / 2.0, "{usual} and {extra} more were called, and {learned} are usual");
}

#[test]
fn restarts_forget_nothing_and_missing_time_teaches_no_zero() {
    let mut office = settled(Then::default());
    let mut rows = SETTLED.0.clone();
    let before = usual_week(&office, Class::National);
    let evening = office.wall + TimeDelta::hours(22);
    office.run(22, &[]);
    let mut found = Vec::new();
    for hour in 0..8 {
        office.restart(0, &mut rows);
        found.extend(office.run(1, &spread(evening + TimeDelta::hours(hour), 2, 100.0, CUBA)));
    }
    assert!(count(&found, Class::Risk) > 0, "the thin attack is seen over eight restarts");
    for _ in 0..3 {
        office.restart(60, &mut rows);
        let quiet = office.weeks(1);
        assert!(count(&quiet, Class::National) <= 1, "{quiet:?}");
    }
    let after = usual_week(&office, Class::National);
    assert!((0.93..1.07).contains(&(after / before)), "{before} became {after}");
    assert!(rows.len() < 180, "{} rows", rows.len());
}

#[test]
fn what_is_learned_in_an_attack_is_bounded() {
    let mut office = Office::new(11);
    office.weeks(1);
    let night = office.wall + TimeDelta::hours(26);
    let learning = office.run(168, &spread(night, 500, 10.0, CUBA));
    assert!(learning.iter().any(|finding| finding.class == Class::Risk && finding.report_only));
    office.weeks(1);
    let night = office.wall + TimeDelta::hours(26);
    let found = office.run(168, &spread(night, 40, 10.0, CUBA));
    assert!(count(&found, Class::Risk) > 0, "a tenth of it is seen two weeks later");
}

#[test]
fn a_block_that_is_over_is_set_again_while_the_attack_goes_on() {
    let then = Then {
        blocks: vec![BlockKind::Country],
        lasts: Lasts::For(Duration::from_secs(600)),
        ..Then::default()
    };
    let mut office = settled(then);
    let night = office.wall + TimeDelta::hours(2);
    let attack: Vec<_> =
        (0..4).flat_map(|hour| spread(night + TimeDelta::hours(hour), 60, 20.0, CUBA)).collect();
    let found = office.run(12, &attack);
    let critical = found.iter().filter(|it| it.class == Class::Risk && it.severity == Severity::Critical);
    let times: BTreeSet<_> =
        critical.map(|finding| finding.at.since(timestamp(night)).as_secs() / 600).collect();
    assert!(times.len() >= 10, "{times:?}");
    assert!(times.iter().all(|time| *time <= 25), "nothing is told once it is over: {times:?}");
}

#[test]
fn calls_that_do_not_go_out_or_were_dropped_count_nowhere() {
    let mut office = settled(Then::default());
    let wall = office.wall + TimeDelta::hours(2);
    office.wall = wall;
    for id in 0..300 {
        let outgoing = call(1 << 40 | id, CUBA, wall);
        let other = match id % 3 {
            0 => Call { verdict: Verdict::Drop, ..outgoing },
            1 => Call { route: Route::Incoming, ..outgoing },
            _ => Call { reason: Reason::Emergency, ..outgoing },
        };
        office.tell(Happened::Started, Arc::new(other), None);
    }
    office.step();
    assert!(office.findings.is_empty(), "{:?}", office.findings);
}

#[test]
fn a_clock_that_was_years_ahead_does_not_stop_the_watch() {
    let mut office = settled(Then::default());
    let mut rows = SETTLED.0.clone();
    let wall = office.wall;
    office.wall = wall + TimeDelta::days(3650);
    office.step();
    office.wall = wall;
    office.step();
    keep(&mut office.unusual, &mut rows);
    assert!(rows.len() < 180, "{} rows", rows.len());
    let found = office.run(4, &spread(wall + TimeDelta::hours(2), 60, 20.0, CUBA));
    assert!(count(&found, Class::Risk) > 0);
}

#[test]
fn what_was_kept_may_be_anything() {
    let mut unusual = Unusual::new(rules(Then::default()));
    let row = |name: &str, key: &str, state: &str| Kept {
        kind: "baseline".into(),
        name: name.to_owned(),
        key: key.to_owned(),
        state: Some(state.to_owned()),
    };
    let hour = |number: i64| {
        let c = r#"{"amounts":[1e300,-1.0,0.0],"learned":[0.0,0.0,0.0],"usual":null}"#;
        format!(r#"{{"number":{number},"slot":3,"seen":0.5,"cells":[{c},{c},{c},{c},{c}]}}"#)
    };
    unusual.restore(&[
        row("hour", "1", &hour(i64::MIN)),
        row("hour", "1", &hour(i64::MAX).replace("-1.0", "1.0")),
        row("hour", "2", &hour(12).replace("-1.0", "1.0")),
        row("hour", "2", "[]"),
        row("class", "risk", r#"{"slots":[]}"#),
        row("class", "x", "1"),
        row("state", "", "{"),
    ]);
    let mut findings = Vec::new();
    let wall: DateTime<Utc> = "2026-11-22T05:00:00Z".parse().unwrap();
    for hour in 0..400 {
        let now =
            Moment { at: timestamp(wall + TimeDelta::hours(hour)), wall: wall + TimeDelta::hours(hour) };
        unusual.tick(&mut std::iter::empty(), &|_| None, now, &mut findings);
    }
    assert!(findings.is_empty());
}

#[test]
fn the_documentation_has_every_class_measure_and_horizon() {
    let text = include_str!("../../../../docs/LIMITS.md");
    let classes = Class::ALL.iter().map(|it| (it.label(), it.help()));
    let measures = Measure::ALL.iter().map(|it| (it.label(), it.help()));
    let horizons = Horizon::ALL.iter().map(|it| (it.label(), it.help()));
    for (label, help) in classes.chain(measures).chain(horizons) {
        assert!(text.contains(&format!("| `{label}` | {help} |")), "docs/LIMITS.md lacks {label}");
    }
}
