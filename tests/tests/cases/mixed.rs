//! The three-day attack among the calls of an office that goes on working: what it costs, and who loses a call by the blocks.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use monitor::calls::Timestamp;
use rust_decimal::Decimal;
use tests::traffic::{Call, End, Path, Plan, Purpose, Scenario};

use crate::{
    account::{Loss, story},
    guarded::{Outcome, guard},
    policies,
    standing::Dropped,
};

#[test]
fn an_office_whose_extension_was_stolen_loses_no_call_at_home() {
    for (name, earlier) in BEGINS {
        let collateral = mix(&format!("a stolen extension, {name}"), Scenario::ThreeDays, earlier);
        // The thief's address and the two countries are blocked; all that is abroad only at night.
        let lost: usize = collateral.abroad().lost.values().sum();
        assert!(lost * 100 < collateral.abroad().wanted, "{}", collateral.line());
    }
}

#[test]
fn an_office_whose_pbx_was_broken_into_loses_no_call_at_home() {
    for (name, earlier) in BEGINS {
        let collateral = mix(&format!("the PBX itself, {name}"), Scenario::ThreeDaysPbx, earlier);
        // No call tells the thieves from the house, so all that is abroad is blocked, and only limits on the PBX's own calls do.
        let by: Vec<_> =
            collateral.abroad().lost.keys().filter(|limit| !limit.contains("of-the-pbx")).collect();
        assert!(by.is_empty(), "{}", collateral.line());
    }
}

fn mix(name: &str, scenario: Scenario, earlier: Duration) -> Collateral {
    let plan = plan(scenario, earlier);
    let outcome = guard(&plan, &policies::compile(&policies::text("recommended")));
    let loss = Loss::of(&plan, &outcome);
    let collateral = Collateral::of(&plan, &outcome);
    println!("{name}: {}\n  {}\n{}", loss.line(), collateral.line(), story(&outcome));

    assert!(loss.percent() < Decimal::ONE, "{}", loss.line());
    let [home, emergency, within, abroad] = &collateral.0;
    assert!(home.wanted > 1_000 && emergency.wanted > 100 && within.wanted > 1_000 && abroad.wanted > 100);
    for safe in [home, emergency, within] {
        assert_eq!(safe.lost, BTreeMap::new(), "{}", collateral.line());
    }
    collateral
}

/// The attack, begun so much earlier, and the office from the day before it until all of its blocks must be over.
fn plan(scenario: Scenario, earlier: Duration) -> Plan {
    let shift = |call: Call| Call { start: Timestamp(call.start.0 - earlier.as_micros() as u64), ..call };
    let mut calls: Vec<_> = scenario.plan(1).calls.into_iter().map(shift).collect();
    let (first, last) = (calls[0].start, calls[calls.len() - 1].start);
    let (from, until) = (Timestamp(first.0 - DAY.as_micros() as u64), last.after(3 * DAY));
    let office = Scenario::Slow.plan(1).calls.into_iter().filter(Call::is_wanted);
    calls.extend(office.filter(|call| from <= call.start && call.start < until));
    let mut at = from;
    for number in ["112", "15", "17", "18"].iter().cycle() {
        at = at.after(Duration::from_secs(1_800));
        if at >= until {
            break;
        }
        // By turns from the phone whose password was stolen and from the PBX itself.
        let phone = Path::Out { extension: "142".into(), phone: [10, 0, 0, 142].into() };
        let is_phone = at.0 / 1_800_000_000 % 2 == 0;
        calls.push(Call {
            start: at,
            path: if is_phone { phone } else { Path::Pbx },
            dialled: (*number).into(),
            number: None,
            ring: Duration::from_secs(4),
            end: End::Answered(Duration::from_secs(90)),
            purpose: Purpose::Work("emergency"),
        });
    }
    calls.sort_by_key(|call| call.start);
    Plan { calls }
}

/// Who wanted to call from the beginning of the attack on, and lost the call by which limit: home, emergency, in or
/// within the house, abroad.
#[derive(Default)]
struct Collateral([Calls; 4]);

#[derive(Default)]
struct Calls {
    wanted: usize,
    lost: BTreeMap<String, usize>,
}

impl Collateral {
    fn of(plan: &Plan, outcome: &Outcome) -> Self {
        let mut collateral = Self::default();
        let first = plan.calls.iter().find(|call| !call.is_wanted()).expect("a fraud").start;
        for (place, call) in plan.calls.iter().enumerate() {
            if !call.is_wanted() || call.start < first {
                continue;
            }
            let is_emergency = call.purpose == Purpose::Work("emergency");
            let kind = match () {
                () if is_emergency => 1,
                () if call.goes_abroad() => 3,
                () if call.goes_outside() => 0,
                () => 2,
            };
            let calls = &mut collateral.0[kind];
            calls.wanted += 1;
            if let Some(dropped) = outcome.dropped.get(&place) {
                let by = match dropped {
                    Dropped::ByRule => "the policy's rule".to_owned(),
                    Dropped::ByBlock(limit) => limit.to_string(),
                };
                *calls.lost.entry(by).or_default() += 1;
            }
        }
        collateral
    }

    const fn abroad(&self) -> &Calls {
        &self.0[3]
    }

    fn line(&self) -> String {
        let mut text = String::new();
        for (calls, kind) in self.0.iter().zip(["home", "emergency", "in and within the house", "abroad"]) {
            let lost: usize = calls.lost.values().sum();
            _ = write!(text, "{kind}: {lost} of {} lost {:?}; ", calls.wanted, calls.lost);
        }
        text
    }
}

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// When the attack begins, and how much earlier than Friday, 20:00 that is.
const BEGINS: [(&str, Duration); 2] =
    [("Friday 20:00", Duration::ZERO), ("Wednesday 10:00", Duration::from_secs(58 * 3_600))];
