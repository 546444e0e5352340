//! The generators: what they make is SIP, comes in order, and comes again with the same seed.

use std::collections::BTreeSet;

use monitor::{
    calls::{CallResult, Fact, Happened, Settings, Timestamp, Tracker},
    sip,
};
use tests::{
    simulation::octets,
    traffic::{End, Plan, Purpose, Scenario, frame},
};

#[test]
fn the_same_seed_makes_the_same_calls() {
    for scenario in ALL {
        assert_eq!(scenario.plan(1), scenario.plan(1));
        assert_ne!(scenario.plan(1), scenario.plan(2), "{scenario:?}");
    }
}

#[test]
fn what_is_made_is_read_as_it_was_meant() {
    for scenario in ALL {
        let plan = scenario.plan(3);
        let mut last = Timestamp::default();
        // Each call's messages lie close together, so that a slice of the plan has all kinds of them.
        for step in plan.stream().take(1_500) {
            assert!(step.at >= last, "out of order");
            last = step.at;
            let octets = octets(&step.signal);
            let read = sip::message(&octets).unwrap();
            assert_eq!(read, step.signal.message, "{}", String::from_utf8_lossy(&octets));
            assert!(frame(&step).ends_with(&octets));
        }
    }
}

#[test]
fn the_tracker_sees_each_call_as_it_was_planned() {
    for scenario in [Scenario::Office, Scenario::NightAndWeekend, Scenario::CallCentre] {
        let plan = first_calls(scenario.plan(4), 3_000);
        let ended = ends(&plan);
        assert_eq!(ended.len(), plan.calls.len(), "{scenario:?}");
        let mut seen: Vec<_> = ended.iter().map(|fact| (fact.call.started, of_fact(fact))).collect();
        let mut planned: Vec<_> = plan.calls.iter().map(|call| (call.start, of_plan(call.end))).collect();
        seen.sort();
        planned.sort();
        for (seen, planned) in seen.iter().zip(&planned) {
            assert_eq!(seen, planned, "{scenario:?}");
        }
    }
}

#[test]
fn a_capture_holds_every_message() {
    let plan = first_calls(Scenario::ThreeDays.plan(5), 50);
    let mut file = Vec::new();
    let written = plan.write(&mut file).unwrap();
    assert_eq!(written.octets, file.len() as u64);
    assert_eq!(written.frames, plan.stream().count() as u64);
    // Two legs of five to seven messages each.
    assert!((500..700).contains(&written.frames), "{written:?}");
    assert_eq!(plan.calls.iter().filter(|call| call.purpose == Purpose::Fraud).count(), 50);
}

fn first_calls(mut plan: Plan, calls: usize) -> Plan {
    plan.calls.truncate(calls);
    plan
}

/// How the calls of a plan end, as the tracker tells it.
fn ends(plan: &Plan) -> Vec<Fact> {
    let mut tracker = Tracker::new(Settings::default());
    let mut facts = Vec::new();
    let mut last = Timestamp::default();
    for step in plan.stream() {
        tracker.signal(&step.signal, step.at, &mut facts);
        last = step.at;
    }
    tracker.tick(last.after(std::time::Duration::from_secs(60)), &mut facts);
    facts.retain(|fact| fact.happened == Happened::Ended);
    let names: BTreeSet<_> = facts.iter().map(|fact| fact.call.id).collect();
    assert_eq!(names.len(), facts.len());
    facts
}

fn of_fact(fact: &Fact) -> (u128, Option<CallResult>) {
    (fact.call.talk(fact.at).as_micros(), fact.call.result)
}

fn of_plan(end: End) -> (u128, Option<CallResult>) {
    match end {
        End::Answered(talk) => (talk.as_micros(), Some(CallResult::Answered)),
        End::GivenUp => (0, Some(CallResult::Cancelled)),
        End::Refused(486) => (0, Some(CallResult::Busy)),
        End::Refused(404) => (0, Some(CallResult::NotFound)),
        End::Refused(480) => (0, Some(CallResult::NoAnswer)),
        End::Refused(_) => (0, Some(CallResult::Failed)),
    }
}

const ALL: [Scenario; 8] = [
    Scenario::ThreeDays,
    Scenario::ThreeDaysPbx,
    Scenario::NightAndWeekend,
    Scenario::LongCall,
    Scenario::Slow,
    Scenario::Office,
    Scenario::CallCentre,
    Scenario::Hotel,
];
