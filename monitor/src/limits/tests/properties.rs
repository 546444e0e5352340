//! Properties over random limits, facts, ticks and restarts, against the plain model.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use monitor_common::abi::{Reason, Verdict};
use proptest::{collection::vec, prelude::*, sample::select};
use rust_decimal::Decimal;

use super::{
    model::{Model, Told},
    scene::{HOUR, Scene, blocking, digits, limit, paris, schedule, tariffs},
};
use crate::{
    calls::{Call, CallId, CallResult, Happened, Origin, Route},
    limits::{Breach, Lost, Rules},
    policy::{
        file::CallerPattern,
        limits::{Counted, Filter, Lasts, Limit, Scope, When, Window},
        prefixes::PrefixTable,
    },
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever happens, the engine tells what the model tells, and has counted what the model has counted.
    #[test]
    fn it_counts_what_the_words_mean(limits in vec(a_limit(), 1..7), steps in vec(step(), 0..120)) {
        let limits: Vec<_> = name(limits);
        let mut pair = Pair::new(limits);
        for step in steps {
            pair.play(&step)?;
        }
    }

    /// The same with the agent killed after each step: what was saved is all that there is.
    #[test]
    fn a_restart_after_each_step_changes_nothing(limits in vec(a_limit(), 1..5), steps in vec(step(), 0..50)) {
        let mut pair = Pair::new(name(limits));
        for step in steps {
            pair.play(&step)?;
            pair.play(&Step::Restart)?;
        }
    }

    /// Dropped and emergency calls leave everything as it was.
    #[test]
    fn dropped_and_emergency_calls_never_count(limits in vec(a_limit(), 1..7), steps in vec(step(), 0..60), drops in any::<bool>()) {
        let mut scene = Pair::new(name(limits)).scene;
        for mut step in steps {
            if let Step::Start(shape) | Step::Update(_, shape) = &mut step {
                shape.fate = if drops { 1 } else { 2 };
            }
            if !matches!(step, Step::Lost(..)) {
                play(&mut scene, &step);
            }
        }
        prop_assert_eq!(&scene.breaches, &Vec::new());
        prop_assert!(scene.engine.rows(scene.now(), 1).iter().all(|row| row.keys.is_empty()));
        prop_assert_eq!(scene.engine.spend().count(), 0);
    }
}

/// The engine and the model.
struct Pair {
    scene: Scene,
    model: Model,
    /// As they are; the scene's are masked after a restart.
    calls: std::collections::BTreeMap<CallId, Call>,
}

impl Pair {
    fn new(limits: Vec<Arc<Limit>>) -> Self {
        let rules = Rules { limits, tariffs: tariffs(), calendar: paris(), learn: HOUR, ..Rules::default() };
        let mut pair =
            Self { scene: Scene::with(rules.clone()), model: Model::new(rules), calls: Default::default() };
        // Both have seen the first day before a clock is set back: to ask the engine for its values lets no time pass.
        pair.scene.tick();
        pair.model.tick(pair.scene.now());
        pair
    }

    fn play(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let facts = play(&mut self.scene, step);
        let now = self.scene.now();
        for (happened, shown) in facts {
            let call = self.real(step, happened, shown);
            self.model.take(happened, &call, now);
        }
        match step {
            Step::Pass(..) | Step::Restart => self.model.tick(now),
            Step::Lost(lost) => self.model.lost(lost, now),
            Step::Reset(index) => {
                let limits = &self.model.rules.limits;
                let name = Arc::clone(&limits[index % limits.len()].name);
                self.model.reset(&name);
            }
            Step::Set(index, critical) => {
                let limits = &mut self.model.rules.limits;
                let index = index % limits.len();
                Arc::make_mut(&mut limits[index]).critical = Some(Decimal::from(*critical));
            }
            _ => {}
        }
        let mut told: Vec<Told> = self.scene.breaches.drain(..).map(flat).collect();
        let mut expected = std::mem::take(&mut self.model.told);
        told.sort();
        expected.sort();
        prop_assert_eq!(told, expected, "{:?}", step);
        let rows = self.scene.engine.rows(now, 1);
        let values: Vec<_> =
            rows.iter().map(|row| row.keys.first().map_or(Decimal::ZERO, |key| key.value)).collect();
        let expected: Vec<_> = self.model.values(now).iter().map(|value| value.trunc_with_scale(9)).collect();
        prop_assert_eq!(values, expected, "{:?}", step);
        Ok(())
    }

    /// The call without its mask.
    fn real(&mut self, step: &Step, happened: Happened, shown: Call) -> Call {
        let mut call = self.calls.get(&shown.id).cloned().unwrap_or_else(|| shown.clone());
        (call.answered, call.ended, call.result) = (shown.answered, shown.ended, shown.result);
        if let (Step::Update(_, shape), Happened::Updated) = (step, happened) {
            shape.apply(&mut call);
        }
        self.calls.insert(call.id, call.clone());
        call
    }
}

/// Plays a step; says what happened to which calls.
fn play(scene: &mut Scene, step: &Step) -> Vec<(Happened, Call)> {
    let pick = |scene: &Scene, index: usize| {
        let count = scene.calls.len().max(1);
        scene.calls.keys().nth(index % count).copied()
    };
    let shown = |scene: &Scene, id: CallId| Call::clone(&scene.calls[&id]);
    match step {
        Step::Start(shape) => {
            let id = scene.start(|call| {
                call.caller = CALLERS[shape.caller].into();
                call.source = [10, 0, 0, shape.source].into();
                call.origin = [Origin::Extension, Origin::Pbx][shape.origin];
                shape.apply(call);
            });
            vec![(Happened::Started, shown(scene, id))]
        }
        Step::Answer(index) => {
            let Some(id) = pick(scene, *index).filter(|id| scene.calls[id].answered.is_none()) else {
                return Vec::new();
            };
            scene.answer(id);
            vec![(Happened::Answered, shown(scene, id))]
        }
        Step::Update(index, shape) => {
            let Some(id) = pick(scene, *index) else { return Vec::new() };
            scene.update(id, |call| shape.apply(call));
            vec![(Happened::Updated, shown(scene, id))]
        }
        Step::End(index, result) => {
            let Some(id) = pick(scene, *index) else { return Vec::new() };
            let mut call = shown(scene, id);
            let result = if call.answered.is_some() { CallResult::Answered } else { *result };
            (call.ended, call.result) = (Some(scene.at), Some(result));
            scene.end(id, result);
            vec![(Happened::Ended, call)]
        }
        Step::Pass(time, jump) => {
            scene.pass(*time);
            scene.wall += TimeDelta::seconds(*jump);
            scene.tick();
            Vec::new()
        }
        _ => {
            manage(scene, step);
            Vec::new()
        }
    }
}

/// Plays a step that happens to no call.
fn manage(scene: &mut Scene, step: &Step) {
    match step {
        Step::Lost(lost) => {
            let now = scene.now();
            scene.engine.lost(lost, now, &mut scene.breaches);
        }
        Step::Reset(index) => {
            let limits = &scene.rules.limits;
            let name = Arc::clone(&limits[index % limits.len()].name);
            scene.engine.reset(&name, None);
        }
        Step::Set(index, critical) => {
            scene.set(|rules| {
                let index = index % rules.limits.len();
                Arc::make_mut(&mut rules.limits[index]).critical = Some(Decimal::from(*critical));
            });
        }
        Step::Restart => {
            scene.tick().save().restart().tick();
        }
        _ => {}
    }
}

fn flat(breach: Breach) -> Told {
    let call = breach.call.map(|call| call.id);
    (
        breach.limit.name.to_string(),
        breach.severity,
        breach.key.masked(4),
        breach.value,
        breach.inferred,
        call,
    )
}

#[derive(Clone, Debug)]
enum Step {
    Start(Shape),
    Answer(usize),
    Update(usize, Shape),
    End(usize, CallResult),
    /// So long, and so far the wall clock is set forth or back, seconds.
    Pass(Duration, i64),
    Lost(Lost),
    Reset(usize),
    Set(usize, u32),
    Restart,
}

/// What a call is like.
#[derive(Clone, Debug)]
struct Shape {
    number: usize,
    caller: usize,
    source: u8,
    origin: usize,
    customer: usize,
    route: Route,
    fate: u8,
}

impl Shape {
    /// What may change while a call goes on.
    fn apply(&self, call: &mut Call) {
        let (number, destination) = NUMBERS[self.number];
        call.number = (!number.is_empty()).then(|| number.into());
        call.destination = destination.into();
        call.customer = [None, Some("acme"), Some("globex")][self.customer].map(Into::into);
        call.route = self.route;
        if self.fate == 1 {
            call.verdict = Verdict::Drop;
        } else if self.fate == 2 {
            call.reason = Reason::Emergency;
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let times = prop_oneof![
        6 => (0u64..2_500_000).prop_map(Duration::from_micros),
        3 => (1u64..120).prop_map(Duration::from_secs),
        1 => (1u64..50).prop_map(|hours| HOUR * u32::try_from(hours).unwrap()),
    ];
    let jumps = prop_oneof![20 => Just(0i64), 1 => -90_000i64..90_000, 1 => Just(-40_000_000)];
    let lost =
        (select(vec!["cayman", "niger"]), any::<bool>(), 0u64..4).prop_map(|(name, is_known, calls)| Lost {
            destination: name.into(),
            direction: is_known.then_some(Route::Outgoing),
            calls,
        });
    prop_oneof![
        8 => shape().prop_map(Step::Start),
        4 => (0usize..64).prop_map(Step::Answer),
        1 => (0usize..64, shape()).prop_map(|(index, shape)| Step::Update(index, shape)),
        3 => (0usize..64, select(CallResult::ALL.to_vec())).prop_map(|(index, result)| Step::End(index, result)),
        8 => (times, jumps).prop_map(|(time, jump)| Step::Pass(time, jump)),
        1 => lost.prop_map(Step::Lost),
        1 => (0usize..8).prop_map(Step::Reset),
        1 => (0usize..8, 1u32..6).prop_map(|(index, critical)| Step::Set(index, critical)),
        1 => Just(Step::Restart),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    let route =
        prop_oneof![8 => Just(Route::Outgoing), 1 => Just(Route::Incoming), 1 => Just(Route::Internal)];
    let fate = prop_oneof![16 => Just(0u8), 1 => Just(1), 1 => Just(2)];
    (0..NUMBERS.len(), 0..CALLERS.len(), 1u8..3, 0usize..2, 0usize..3, route, fate).prop_map(
        |(number, caller, source, origin, customer, route, fate)| Shape {
            number,
            caller,
            source,
            origin,
            customer,
            route,
            fate,
        },
    )
}

fn a_limit() -> impl Strategy<Value = Limit> {
    let windows = prop_oneof![
        (1u64..7_200).prop_map(|seconds| Window::Sliding(Duration::from_secs(seconds))),
        Just(Window::Day),
        Just(Window::Month),
    ];
    let open = schedule("Mo-Fr 08:00-19:00");
    let lasts = select(vec![
        Lasts::For(HOUR),
        Lasts::For(Duration::from_secs(90)),
        Lasts::Window,
        Lasts::Until(Arc::clone(&open)),
        Lasts::Unblocked,
    ]);
    let when = select(vec![When::Always, When::Always, When::During(Arc::clone(&open)), When::Outside(open)]);
    let thresholds = (1u32..5, 0u32..4, 0u8..3);
    let kinds = (select(Counted::ALL.to_vec()), select(Scope::ALL.to_vec()));
    (kinds, windows, thresholds, filter(), when, lasts, any::<bool>()).prop_map(
        |((counts, scope), window, (warning, more, which), filter, when, lasts, blocks)| Limit {
            scope,
            window,
            filter,
            when,
            warning: (which != 1).then(|| warning.into()),
            critical: (which != 2).then(|| (warning + more + 1).into()),
            then: if blocks { blocking(lasts) } else { Default::default() },
            ..limit(counts)
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let all = || Filter { directions: vec![Route::Outgoing], ..Filter::default() };
    let some = vec![
        all(),
        all(),
        all(),
        Filter { directions: vec![Route::Outgoing, Route::Incoming], ..all() },
        Filter { origins: vec![Origin::Pbx], ..all() },
        Filter { destinations: vec!["cayman".into()], ..all() },
        Filter { numbers: PrefixTable::new(vec![(digits("1345"), ()), (digits("227"), ())]), ..all() },
        Filter { outside: Some(digits("33")), ..all() },
        Filter { customers: vec!["acme".into()], ..all() },
        Filter {
            callers: vec![CallerPattern::Prefix("10".into()), CallerPattern::Whole("200".into())],
            ..all()
        },
        Filter { sources: vec!["10.0.0.1/32".parse().unwrap()], ..all() },
    ];
    select(some)
}

/// Gives each a name of its own.
fn name(limits: Vec<Limit>) -> Vec<Arc<Limit>> {
    let named = limits.into_iter().enumerate();
    named.map(|(index, limit)| Arc::new(Limit { name: format!("limit-{index}").into(), ..limit })).collect()
}

const CALLERS: [&str; 4] = ["101", "102", "200", "+33142345678"];
/// Numbers and destinations; none bears the mask of another.
const NUMBERS: [(&str, &str); 6] = [
    ("+13459490000", "cayman"),
    ("+13459480001", "cayman"),
    ("+22720000000", "niger"),
    ("+33142345678", "FR"),
    ("+5351234567", "CU"),
    ("", "unknown"),
];
