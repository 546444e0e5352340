//! The cap: a day's budget for calls abroad runs out in the middle of one long call, not after it.

use std::time::Duration;

use monitor::limits::Severity;
use rust_decimal::Decimal;
use tests::traffic::{Call, LongCall};

use crate::{
    guarded::{guard, wall},
    policies,
};

#[test]
fn the_cap_is_reached_within_a_second_of_the_moment() {
    for seed in 1..=5 {
        let made = LongCall::new(seed);
        // What a minute costs is 0.35 €, the answer 0.10 €, and the first minute is billed whole.
        let before: Decimal = made.before.iter().map(|call| cost(call.talk())).sum();
        let rest = Decimal::from(40) - before - Decimal::new(10, 2);
        let seconds = rest * Decimal::from(60) / Decimal::new(35, 2);
        let millis = u64::try_from((seconds * Decimal::ONE_THOUSAND).ceil().mantissa()).unwrap();
        let exact = made.answered().after(Duration::from_millis(millis));

        let (evening, morning) = (later_call(&made, 6), later_call(&made, 18));
        let mut plan = made.plan();
        let dropped_place = plan.calls.len();
        plan.calls.extend([evening, morning]);
        let outcome = guard(&plan, &policies::compile(POLICY));

        let breach = outcome.told.iter().find(|told| told.severity == Severity::Critical).expect("the cap");
        let off = breach.at.0.abs_diff(exact.0);
        println!(
            "the cap, seed {seed}: {before:.2} € before, reached {} min into a call of {} min, at {}, {} ms from the exact moment, with {} €",
            exact.since(made.answered()).as_secs() / 60,
            made.long.talk().as_secs() / 60,
            wall(breach.at).format("%H:%M:%S%.3f UTC"),
            off / 1_000,
            breach.value,
        );
        assert!(off <= 1_000_000, "{off} µs");
        assert!(breach.at < made.long.over(), "after the call");
        // One call more that evening is dropped; the day after, with another budget, none is.
        assert_eq!(outcome.dropped.keys().copied().collect::<Vec<_>>(), [dropped_place]);
    }
}

/// The same number, so many hours after the beginning of the long call.
fn later_call(made: &LongCall, hours: u64) -> Call {
    Call { start: made.long.start.after(Duration::from_secs(3_600 * hours)), ..made.before[0].clone() }
}

/// By the tariff below, a second more for every second that was begun.
fn cost(talk: Duration) -> Decimal {
    let seconds = Decimal::from(talk.as_millis().div_ceil(1_000) as u64).max(Decimal::from(60));
    Decimal::new(10, 2) + seconds * Decimal::new(35, 2) / Decimal::from(60)
}

const POLICY: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"

[network]
trunks = ["203.0.113.0/28"]

[calendar]
time_zone = "Europe/Paris"

[money]
currency = "EUR"

[[tariff]]
name = "home"
countries = ["FR"]
per_minute = "1.00"

[[tariff]]
name = "abroad"
per_minute = "0.35"
per_call = "0.10"
first_increment = "60s"

[[limit]]
name = "cap"
counts = "spend"
international = true
window = "day"
critical = 40
block = "international"
"#;
