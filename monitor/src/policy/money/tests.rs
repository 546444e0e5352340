//! Prices of calls: rows with what an invoice would say, and properties against a walk over each increment.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use opening_hours::ContextHolidays;
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use super::*;
use crate::policy::{limits::When, schedule::Schedule};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn price(per_minute: &str, per_call: &str) -> Price {
    Price { per_minute: decimal(per_minute), per_call: decimal(per_call) }
}

fn plain(per_minute: &str, per_call: &str, first: u32, then: u32) -> Tariff {
    Tariff::new("t", price(per_minute, per_call), Increments { first, then }, Vec::new())
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn schedule(hours: &str, zone: Tz) -> Arc<Schedule> {
    Arc::new(Schedule::new("s", hours.parse().unwrap(), zone, ContextHolidays::default()))
}

/// A day at 0.60, evenings from 19:00 and nights at 0.12, Sundays at 0.06.
fn with_bands(zone: Tz, increments: Increments) -> Tariff {
    let band = |hours: &str, per_minute: &str, per_call: &str| Band {
        when: When::During(schedule(hours, zone)),
        price: price(per_minute, per_call),
    };
    let bands = vec![band("Su 00:00-24:00", "0.06", "0.01"), band("Mo-Su 19:00-08:00", "0.12", "0.02")];
    Tariff::new("t", price("0.60", "0.05"), increments, bands)
}

#[test]
fn calls_cost_what_an_invoice_would_say() {
    let day = at("2026-11-20T10:00:00Z");
    let rows = [
        // Per second from the first one on.
        (("2.06", "0", 1, 1), 60, "2.06"),
        (("2.06", "0", 1, 1), 0, "0.034333334"),
        (("0.02", "0", 1, 1), 90, "0.03"),
        // A minute at least, then seconds: 60/1, as international wholesale is billed.
        (("0.30", "0", 60, 1), 0, "0.30"),
        (("0.30", "0", 60, 1), 60, "0.30"),
        (("0.30", "0", 60, 1), 61, "0.305"),
        // Half a minute, then six seconds: 30/6.
        (("0.10", "0", 30, 6), 5, "0.05"),
        (("0.10", "0", 30, 6), 31, "0.06"),
        (("0.10", "0", 30, 6), 36, "0.06"),
        (("0.10", "0", 30, 6), 37, "0.07"),
        // Whole minutes: 60/60.
        (("1", "0", 60, 60), 120, "2"),
        (("1", "0", 60, 60), 121, "3"),
        // A French premium number: 0.80 € a call and 0.80 € a minute; another: 3 € a call whatever its length.
        (("0.80", "0.80", 1, 1), 30, "1.20"),
        (("0", "3", 1, 1), 3600, "3"),
    ];
    for ((per_minute, per_call, first, then), seconds, cost) in rows {
        let tariff = plain(per_minute, per_call, first, then);
        assert_eq!(tariff.cost(day, Duration::from_secs(seconds)), decimal(cost), "{per_minute} {seconds} s");
    }
    let second = plain("60", "0", 1, 1);
    assert_eq!(second.cost(day, Duration::from_millis(1001)), decimal("2"), "a second that began is billed");
}

/// 240 h 33 min 33 s at 2.06 € a minute: the one length in seconds that an invoice in cents puts at the case's amount.
#[test]
fn the_three_day_case_costs_what_its_victim_was_billed() {
    let cayman = plain("2.06", "0", 1, 1);
    let cents = |seconds| cayman.cost(DateTime::UNIX_EPOCH, Duration::from_secs(seconds)).round_dp(2);
    let case = (240 * 60 + 33) * 60 + 33;
    let alike: Vec<_> =
        (case - 60..case + 60).filter(|seconds| cents(*seconds) == decimal("29733.11")).collect();
    assert_eq!(alike, [case]);
    assert_eq!(cayman.cost(DateTime::UNIX_EPOCH, Duration::from_secs(case)), decimal("29733.113"));
    for length in [1, 3] {
        let calls = Decimal::from(case / length);
        let sum = cayman.cost(DateTime::UNIX_EPOCH, Duration::from_secs(length)) * calls;
        assert_eq!(sum.round_dp(2), decimal("29733.11"), "{calls} calls of {length} s");
    }
}

#[test]
fn the_price_in_force_when_an_increment_begins_counts() {
    let tariff = with_bands(Tz::Europe__Paris, Increments { first: 60, then: 60 });
    // Friday 18:59:30 in Paris: a minute of the day, then evening.
    let answered = at("2026-11-20T17:59:30Z");
    let cost = |seconds| tariff.cost(answered, Duration::from_secs(seconds));
    assert_eq!([cost(0), cost(60), cost(61)], [decimal("0.65"), decimal("0.65"), decimal("0.77")]);
    let evening = at("2026-11-20T18:00:00Z");
    assert_eq!(tariff.cost(evening, Duration::ZERO), decimal("0.14"));
    // Saturday 23:59:59 to Sunday: the first band that holds counts.
    assert_eq!(tariff.cost(at("2026-11-21T22:59:59Z"), Duration::from_secs(61)), decimal("0.20"));
    assert_eq!(tariff.band_at(at("2026-11-22T22:00:00Z")).unwrap().price, price("0.06", "0.01"));
}

#[test]
fn an_hour_that_the_clock_shows_twice_is_billed_twice() {
    let night = Band {
        when: When::During(schedule("Mo-Su 02:15-02:45", Tz::Europe__Paris)),
        price: price("60", "0"),
    };
    let tariff = Tariff::new("t", price("0", "0"), Increments::default(), vec![night]);
    let cost = |answered| tariff.cost(at(answered), Duration::from_secs(4 * 3600));
    let seconds = |count: u32| Decimal::from(count);
    assert_eq!(cost("2026-10-24T23:00:00Z"), seconds(3600), "the clock goes back at 03:00");
    assert_eq!(cost("2026-10-25T23:00:00Z"), seconds(1800));
    assert_eq!(cost("2026-03-28T23:00:00Z"), seconds(0), "the clock goes forward at 02:00");
}

#[test]
fn neither_long_calls_nor_strange_clocks_panic() {
    let dear = plain("1000000", "1000000", 3600, 3600);
    assert!(dear.cost(std::time::SystemTime::now().into(), Duration::MAX) > Decimal::ZERO);
    let tariff = with_bands(Tz::UTC, Increments::default());
    for clock in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH] {
        assert!(tariff.cost(clock, Duration::from_secs(100)) > Decimal::ZERO, "{clock}");
    }
    assert!(tariff.cost(at("2026-11-20T18:00:00Z"), Duration::MAX) > Decimal::ZERO);
}

#[test]
fn the_longest_prefix_then_the_destination_then_the_rest() {
    let tariff = |name| Tariff::new(name, Price::default(), Increments::default(), Vec::new());
    let digits = |text| Digits::parse(text).unwrap();
    let reach = Reach {
        numbers: PrefixTable::new(vec![
            (digits("1"), Some(0)),
            (digits("1345"), Some(1)),
            (digits("1242"), None),
        ]),
        destinations: [("bahamas".into(), 2)].into(),
        others: Some(3),
    };
    let all = ["usa", "cayman", "by-name", "rest"].map(tariff).into();
    let tariffs = Tariffs::new("EUR", all, reach);
    let of = |number, destination| tariffs.of(number, destination).map(|tariff| tariff.name().to_string());
    let rows = [
        (Some("+12125550100"), "US", Some("usa")),
        (Some("+13459490000"), "bahamas", Some("cayman")),
        (Some("+12425550100"), "bahamas", Some("by-name")),
        (Some("+12425550100"), "BS", Some("rest")),
        (Some("+134594900001234567"), "KY", Some("cayman")),
        (None, "unknown", Some("rest")),
        (Some("+"), "FR", Some("rest")),
        (Some("é"), "FR", Some("rest")),
        (Some("+12125550100"), "emergency", None),
        (None, "internal", None),
    ];
    for (number, destination, tariff) in rows {
        assert_eq!(of(number, destination).as_deref(), tariff, "{number:?} {destination}");
    }
    assert!(Tariffs::default().of(Some("+12125550100"), "US").is_none());
    assert_eq!((tariffs.currency(), Tariffs::default().currency()), ("EUR", ""));
}

#[test]
fn a_hundred_thousand_running_calls_are_priced_without_asking_their_schedules() {
    let tariff = with_bands(Tz::Europe__Paris, Increments::default());
    let begin = at("2026-11-20T00:00:00Z");
    assert!(
        tariff.cost(begin, Duration::from_secs(3 * 86_400)) > Decimal::ZERO,
        "and the days are worked out"
    );
    let clock = std::time::Instant::now();
    let sum: Decimal = (0..100_000)
        .map(|call| tariff.cost(begin + TimeDelta::seconds(call), Duration::from_secs(call as u64 % 7200)))
        .sum();
    let took = clock.elapsed();
    assert!(sum > Decimal::ZERO);
    assert!(took < Duration::from_secs(5), "{took:?}: 0.2 s, unoptimised, where nothing else runs");
}

/// Walks each increment.
fn reference(tariff: &Tariff, answered: DateTime<Utc>, talk: Duration) -> Decimal {
    let price = |at| tariff.band_at(at).map_or(tariff.price(), |band| band.price);
    let Increments { first, then } = tariff.increments();
    let mut sum = price(answered).per_minute * Decimal::from(first);
    let mut offset = Duration::from_secs(first.into());
    while offset < talk {
        sum += price(answered + offset).per_minute * Decimal::from(then);
        offset += Duration::from_secs(then.into());
    }
    let time = (sum / Decimal::from(60)).round_dp_with_strategy(9, RoundingStrategy::ToPositiveInfinity);
    price(answered).per_call + time
}

prop_compose! {
    /// Times within the two nights that change the clock, in Paris and where it changes by half an hour.
    fn moment()(zone in prop::sample::select(vec![Tz::Europe__Paris, Tz::America__New_York, Tz::Australia__Lord_Howe]),
                day in prop::sample::select(vec!["2026-03-28", "2026-10-24", "2026-03-08", "2026-11-01", "2026-04-04", "2026-10-03", "2026-12-31"]),
                millis in 0i64..2 * 86_400_000) -> (Tz, DateTime<Utc>) {
        (zone, at(&format!("{day}T00:00:00Z")) + TimeDelta::milliseconds(millis))
    }
}

fn increments() -> impl Strategy<Value = Increments> {
    (1u32..100, 1u32..100).prop_map(|(first, then)| Increments { first, then })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_cost_is_the_sum_of_its_increments((zone, answered) in moment(), increments in increments(), millis in 0u64..20_000_000) {
        let tariff = with_bands(zone, Increments { then: increments.then + 20, ..increments });
        let talk = Duration::from_millis(millis);
        prop_assert_eq!(tariff.cost(answered, talk), reference(&tariff, answered, talk));
    }

    #[test]
    fn the_cost_never_falls_and_is_never_less_than_the_first_increment(
        (zone, answered) in moment(), increments in increments(), one in 0u64..200_000_000, more in 0u64..100_000,
    ) {
        let tariff = with_bands(zone, increments);
        let [least, less, more] =
            [0, one, one + more].map(|millis| tariff.cost(answered, Duration::from_millis(millis)));
        prop_assert!(least <= less && less <= more, "{least} {less} {more}");
        let price = tariff.band_at(answered).map_or(tariff.price(), |band| band.price);
        prop_assert!(least >= price.per_call + price.per_minute * Decimal::from(increments.first) / Decimal::from(60));
    }

    /// No part is lost or counted twice where a call is billed by seconds: two calls in a row cost what one does,
    /// but for what each rounds up.
    #[test]
    fn a_call_costs_as_much_in_two_parts((zone, answered) in moment(), one in 1u32..40_000, two in 1u32..40_000) {
        let tariff = with_bands(zone, Increments::default());
        let time = |at: DateTime<Utc>, seconds: u32| {
            let per_call = tariff.band_at(at).map_or(tariff.price(), |band| band.price).per_call;
            tariff.cost(at, Duration::from_secs(seconds.into())) - per_call
        };
        let parts = time(answered, one) + time(answered + TimeDelta::seconds(one.into()), two);
        let whole = time(answered, one + two);
        prop_assert!(parts >= whole && parts - whole <= decimal("0.000000001"), "{parts} {whole}");
    }
}
