//! What a limit blocks for a call, and what it leaves alone.

use super::*;
use crate::{
    blocks::read::tests::{Bed, POLICY},
    calls::CallId,
};

fn call() -> Call {
    Call {
        id: CallId(7),
        destination: "NE".into(),
        dialled: "90022790123456".into(),
        number: Some("+22790123456".into()),
        source: [192, 0, 2, 66].into(),
        ..Call::example()
    }
}

fn target(kind: BlockKind, call: &Call) -> Result<String, WhyNot> {
    limit_target(kind, call, &Bed::new(POLICY).policy).map(|target| format!("{} {target}", target.kind()))
}

#[test]
fn each_kind_has_its_target() {
    for (kind, shown) in [
        (BlockKind::Destination, "destination NE"),
        (BlockKind::Country, "country country:NE"),
        (BlockKind::Number, "prefix +22790123456"),
        (BlockKind::Source, "source 192.0.2.66"),
        (BlockKind::International, "international all:international"),
        (BlockKind::Everything, "everything all:everything"),
    ] {
        assert_eq!(target(kind, &call()).as_deref(), Ok(shown));
    }
    assert_eq!(BlockKind::ALL.len(), 6, "each kind is in the table");
    let satellite = Call { number: Some("+881612345678".into()), destination: "satellite".into(), ..call() };
    assert_eq!(target(BlockKind::Country, &satellite).as_deref(), Ok("destination satellite"));
    let mapped = Call { source: "::ffff:192.0.2.66".parse().unwrap(), ..call() };
    assert_eq!(target(BlockKind::Source, &mapped).as_deref(), Ok("source 192.0.2.66"));
}

/// After a restart a call has its number as it was kept: masked.
#[test]
fn a_masked_number_tells_its_country_and_no_number() {
    let masked = |number: &str| Call { number: Some(number.into()), ..call() };
    for (number, country) in [
        ("+3314234xxxx", Ok("country country:FR")),
        ("+1345949xxxx", Ok("country country:KY")),
        ("+227xxxxxxxx", Ok("country country:NE")),
        // The hidden digits decide: the USA, Canada, or an island.
        ("+1xxxxxxxxxx", Err(WhyNot::NoNumber)),
        ("+xxxxxxxxxxx", Err(WhyNot::NoNumber)),
        ("+88161234xxxx", Ok("destination NE")),
    ] {
        let asked = target(BlockKind::Country, &masked(number));
        assert_eq!(asked.as_deref(), country.as_ref().copied(), "{number}");
        assert_eq!(target(BlockKind::Number, &masked(number)), Err(WhyNot::NoNumber), "{number}");
    }
}

#[test]
fn what_a_call_does_not_have_is_not_blocked() {
    use BlockKind::{Country, Destination, International, Number, Source};
    let inside = Call { number: None, destination: "internal".into(), ..call() };
    assert_eq!(target(Number, &inside), Err(WhyNot::NoNumber));
    assert_eq!(target(Country, &inside), Err(WhyNot::NoNumber));
    assert_eq!(target(Destination, &inside), Err(WhyNot::Internal));
    let help = Call { destination: "emergency".into(), ..call() };
    assert_eq!(target(Destination, &help), Err(WhyNot::Emergency));
    let lost = Call { destination: "unknown".into(), ..call() };
    assert_eq!(target(Destination, &lost).as_deref(), Ok("destination unknown"));
    assert_eq!(target(Source, &Call { origin: Origin::Pbx, ..call() }), Err(WhyNot::PbxItself));
    let trunk = Call { origin: Origin::Trunk, source: [198, 51, 100, 7].into(), ..call() };
    assert_eq!(target(Source, &trunk), Err(WhyNot::Trunk(trunk.source)));
    let near = Call { source: [203, 0, 113, 5].into(), ..call() };
    assert_eq!(target(Source, &near), Err(WhyNot::Trunk(near.source)));
    let mut nowhere = Bed::new(POLICY).policy;
    nowhere.settings.plans[0].country = monitor_common::abi::Packed(0);
    assert_eq!(limit_target(International, &call(), &nowhere), Err(WhyNot::NoOwnCountry));
}

#[test]
fn some_sources_are_never_blocked() {
    let bed = Bed::new(POLICY);
    let own: [IpAddr; 2] = [[192, 0, 2, 10].into(), "2001:db8::10".parse().unwrap()];
    let trusted: [IpNet; 2] = ["192.0.2.64/28".parse().unwrap(), "2001:db8:1::/64".parse().unwrap()];
    let check = |address: &str| check_source(address.parse().unwrap(), &bed.policy, &own, &trusted);
    for (address, says) in [
        ("192.0.2.10", "this host itself"),
        ("::ffff:192.0.2.10", "this host itself"),
        ("2001:db8::10", "this host itself"),
        ("127.0.0.1", "this host itself"),
        ("127.9.9.9", "this host itself"),
        ("::1", "this host itself"),
        ("203.0.113.15", "is a trunk"),
        ("2001:db8:7::1", "is a trunk"),
        ("192.0.2.66", "`[network] trusted` has 192.0.2.64/28"),
        ("::ffff:192.0.2.66", "`[network] trusted` has 192.0.2.64/28"),
        ("2001:db8:1::77", "is trusted"),
        ("0.0.0.0", "no address that a call can come from"),
        ("255.255.255.255", "no address that a call can come from"),
        ("239.1.1.1", "no address that a call can come from"),
        ("ff02::1", "no address that a call can come from"),
    ] {
        let why = check(address).expect_err(address).to_string();
        assert!(why.contains(says), "{address}: {why}");
    }
    for address in ["192.0.2.80", "203.0.113.16", "2001:db8:2::1"] {
        assert_eq!(check(address), Ok(()), "{address}");
    }
}

#[test]
fn a_reason_is_one_bounded_line() {
    assert_eq!(reason(" 12 calls\nin 1h\u{1b} ", 200), "12 calls in 1h");
    assert_eq!(reason(&"é".repeat(300), 200).chars().count(), 200);
}
