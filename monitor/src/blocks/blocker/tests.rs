//! Blocks, the kernel and the store in step, with a kernel and a store that write down what they are told.

use std::sync::{Arc, Mutex};

use super::*;
use crate::blocks::{
    ByLimit,
    read::tests::{Bed, POLICY},
};

mod shared;

/// What the kernel and the store were told, in order.
#[derive(Clone, Default)]
struct Told {
    lines: Arc<Mutex<Vec<String>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Told {
    fn tell(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Enforce for Told {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        if *self.refuses.lock().unwrap() {
            return Err("the kernel's table is full".into());
        }
        self.tell(format!("put {} {lasts:?}", shown(blocked)));
        Ok(())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        self.tell(format!("remove {}", shown(blocked)));
        Ok(())
    }
}

impl Keep for Told {
    fn keep(&mut self, block: &Block) {
        self.tell(format!("keep {} until {:?}", block.target, block.until.map(|until| until.0)));
    }

    fn forget(&mut self, target: &Target) {
        self.tell(format!("forget {target}"));
    }
}

fn shown(blocked: &Blocked) -> String {
    match blocked {
        Blocked::Destination(slot) => format!("slot {slot}"),
        Blocked::Prefix(digits) => format!("+{digits}"),
        Blocked::Source(network) => network.to_string(),
    }
}

fn blocker() -> (Blocker, Told) {
    let told = Told::default();
    (Blocker::new(Box::new(told.clone()), Box::new(told.clone())), told)
}

fn wanted(target: &str, seconds: Option<u64>) -> Wanted<'_> {
    Wanted {
        target,
        lasts: seconds.map(Duration::from_secs),
        reason: Some("night"),
        by: "root (uid 0, pid 7)",
    }
}

fn targets(blocker: &Blocker) -> Vec<String> {
    blocker.blocks().newest_first().iter().map(|block| block.target.to_string()).collect()
}

const SECOND: u64 = 1_000_000;

#[test]
fn the_kernel_is_told_before_the_store() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let done = blocker.block(&wanted("+53", Some(60)), &bed.known(), Timestamp(5)).unwrap();
    assert_eq!(told.taken(), ["put +53 Some(60s)", "keep +53 until Some(60000005)"]);
    assert_eq!((done.block.reason.as_str(), done.block.by.as_str()), ("night", "root (uid 0, pid 7)"));
    assert_eq!(done.replaced, None);
    let slot = bed.slots.slot("cuba").unwrap();
    blocker.block(&wanted("cuba", None), &bed.known(), Timestamp(6)).unwrap();
    assert_eq!(told.taken(), [format!("put slot {slot} None"), "keep cuba until None".into()]);
    assert_eq!(targets(&blocker), ["cuba", "+53"]);
}

#[test]
fn what_the_kernel_refuses_is_not_blocked_and_not_kept() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    *told.refuses.lock().unwrap() = true;
    let why = blocker.block(&wanted("+53", None), &bed.known(), Timestamp(5)).unwrap_err();
    assert_eq!(why, "the kernel's table is full");
    assert!(told.taken().is_empty() && targets(&blocker).is_empty());
}

#[test]
fn blocking_again_replaces_reason_and_end() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let first = blocker.block(&wanted("+53", Some(60)), &bed.known(), Timestamp(0)).unwrap().block;
    told.taken();
    let again = Wanted { reason: Some("week-end"), ..wanted("+53", None) };
    let done = blocker.block(&again, &bed.known(), Timestamp(SECOND)).unwrap();
    assert_eq!(done.replaced, Some(first));
    assert_eq!((done.block.reason.as_str(), done.block.until), ("week-end", None));
    assert_eq!(told.taken(), ["put +53 None", "keep +53 until None"]);
    assert_eq!(targets(&blocker), ["+53"]);
}

#[test]
fn unblocking_clears_kernel_and_store() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    for target in ["+53", "192.0.2.66", "cuba"] {
        blocker.block(&wanted(target, None), &bed.known(), Timestamp(0)).unwrap();
    }
    told.taken();
    assert_eq!(blocker.unblock("::ffff:192.0.2.66", Timestamp(1)).unwrap().target.to_string(), "192.0.2.66");
    assert_eq!(told.taken(), ["remove 192.0.2.66/32", "forget 192.0.2.66"]);
    assert_eq!(blocker.unblock(" CUBA ", Timestamp(1)).unwrap().target.to_string(), "cuba");
    assert_eq!(targets(&blocker), ["+53"]);
}

#[test]
fn unblocking_what_is_not_blocked_lists_what_is() {
    let bed = Bed::new(POLICY);
    let (mut blocker, _) = blocker();
    assert!(blocker.unblock("cuba", Timestamp(1)).unwrap_err().ends_with("nothing is"));
    for (at, target) in ["+53", "192.0.2.66", "cuba", "NE"].into_iter().enumerate() {
        blocker.block(&wanted(target, None), &bed.known(), Timestamp(at as u64)).unwrap();
    }
    let why = blocker.unblock("+5\u{7}", Timestamp(1)).unwrap_err();
    assert!(why.ends_with("these are: `NE`, `cuba`, `192.0.2.66` and 1 more"), "{why}");
    assert!(!why.contains('\u{7}'));
}

#[test]
fn time_and_reason_have_bounds() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let ten_years = 10 * 366 * 86_400;
    for (seconds, ok) in [
        (Some(0), false),
        (Some(1), true),
        (Some(ten_years), true),
        (Some(ten_years + 1), false),
        (None, true),
    ] {
        let done = blocker.block(&wanted("+53", seconds), &bed.known(), Timestamp(0));
        assert_eq!(done.is_ok(), ok, "{seconds:?}: {done:?}");
    }
    assert!(blocker.block(&wanted("+53", Some(u64::MAX)), &bed.known(), Timestamp(0)).is_err());
    told.taken();
    for reason in ["two\nlines", "\u{1b}[31mred", &"x".repeat(201)] {
        let wanted = Wanted { reason: Some(reason), ..wanted("+53", None) };
        let why = blocker.block(&wanted, &bed.known(), Timestamp(0)).unwrap_err();
        assert!(why.contains("one line of at most 200 letters"), "{why}");
    }
    assert!(told.taken().is_empty());
}

#[test]
fn what_is_over_is_cleared_away() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    blocker.block(&wanted("+53", Some(60)), &bed.known(), Timestamp(0)).unwrap();
    blocker.block(&wanted("cuba", None), &bed.known(), Timestamp(0)).unwrap();
    told.taken();
    assert!(blocker.expire(Timestamp(60 * SECOND - 1)).is_empty());
    let over = blocker.expire(Timestamp(60 * SECOND));
    assert_eq!(over[0].target.to_string(), "+53");
    assert_eq!(told.taken(), ["forget +53", "remove +53"]);
    assert_eq!(targets(&blocker), ["cuba"]);
}

#[test]
fn kept_blocks_hold_again_for_the_time_that_is_left() {
    let bed = Bed::new(POLICY);
    let (mut before, _) = blocker();
    for (target, seconds) in [("+53", Some(60)), ("NE", Some(10)), ("192.0.2.66", None)] {
        before.block(&wanted(target, seconds), &bed.known(), Timestamp(0)).unwrap();
    }
    let kept: Vec<_> = before.blocks().iter().cloned().collect();
    let (mut after, told) = blocker();
    assert_eq!(after.restore(kept, &bed.known().ground(), Timestamp(20 * SECOND)), 2);
    assert_eq!(told.taken(), ["forget NE", "put +53 Some(40s)", "put 192.0.2.66/32 None"]);
    assert_eq!(targets(&after), ["+53", "192.0.2.66"]);
}

#[test]
fn a_destination_whose_name_goes_is_said_to_match_nothing_until_it_comes_back() {
    let bed = Bed::new(POLICY);
    let (mut before, _) = blocker();
    before.block(&wanted("cuba-office", None), &bed.known(), Timestamp(0)).unwrap();
    assert!(before.notes(&bed.policy).is_empty());
    let kept: Vec<_> = before.blocks().iter().cloned().collect();

    let without = Bed::new("[dialplan]\ncountry_code = \"33\"\n");
    let (mut after, told) = blocker();
    assert_eq!(after.restore(kept, &without.known().ground(), Timestamp(1)), 1);
    assert!(told.taken().is_empty(), "the kernel is told of a destination that has no slot");
    let notes = after.notes(&without.policy);
    assert!(notes[0].contains("`cuba-office` matches nothing"), "{notes:?}");
    assert_eq!(targets(&after), ["cuba-office"]);

    after.policy_changed(&bed.known().ground(), Timestamp(2));
    let slot = bed.slots.slot("cuba-office").unwrap();
    assert_eq!(told.taken(), [format!("put slot {slot} None")]);
    assert!(after.notes(&bed.policy).is_empty());
}

/// What a limit asks for.
fn by_limit(target: &Target, seconds: Option<u64>) -> ForLimit<'_> {
    ForLimit {
        target: target.clone(),
        lasts: seconds.map(Duration::from_secs),
        reason: "12 calls in an hour",
        limit: ByLimit { name: "night".into(), token: "00ff".parse().ok() },
        trusted: &[],
    }
}

fn prefix(digits: &str) -> Target {
    Target::from_kept("prefix", digits).unwrap()
}

#[test]
fn a_limit_blocks_and_says_so() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let done =
        blocker.block_for_limit(&by_limit(&prefix("+53"), Some(60)), &bed.known(), Timestamp(5)).unwrap();
    assert_eq!(told.taken(), ["put +53 Some(60s)", "keep +53 until Some(60000005)"]);
    assert_eq!((done.block.cause, done.block.by.as_str()), (Cause::Limit, "limit night"));
    assert_eq!(done.block.limit.as_ref().and_then(|limit| limit.token), "00ff".parse().ok());
    let taken = blocker.unblock("+53", Timestamp(6)).unwrap();
    assert_eq!(taken.limit, done.block.limit, "who takes it away knows what to count anew");
}

#[test]
fn a_limit_neither_shortens_nor_replaces_a_block_that_lasts_longer() {
    let bed = Bed::new(POLICY);
    // What stands, what the limit asks for, and whether it takes the place.
    for (stands, asks, takes) in [
        (Some(60), Some(30), false),
        (Some(60), Some(60), false),
        (Some(60), Some(61), true),
        (Some(60), None, true),
        (None, Some(60), false),
        (None, None, false),
    ] {
        let (mut blocker, told) = blocker();
        let first = blocker.block(&wanted("+53", stands), &bed.known(), Timestamp(0)).unwrap().block;
        told.taken();
        let done =
            blocker.block_for_limit(&by_limit(&prefix("+53"), asks), &bed.known(), Timestamp(0)).unwrap();
        let in_force = blocker.blocks().get(&prefix("+53")).unwrap();
        assert_eq!(&done.block, in_force, "{stands:?} {asks:?}");
        assert_eq!(in_force.cause == Cause::Limit, takes, "{stands:?} {asks:?}");
        assert_eq!(done.replaced.is_some(), takes);
        assert_eq!(told.taken().is_empty(), !takes);
        if !takes {
            assert_eq!(*in_force, first);
        }
    }
}

#[test]
fn a_limit_leaves_some_sources_alone() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let trusted = ["198.51.100.0/24".parse().unwrap()];
    for address in ["203.0.113.5", "192.0.2.10", "127.0.0.1", "198.51.100.7"] {
        let target = Target::from_kept("source", address).unwrap();
        let wanted = ForLimit { trusted: &trusted, ..by_limit(&target, None) };
        let why = blocker.block_for_limit(&wanted, &bed.known(), Timestamp(0));
        assert!(why.is_err(), "{address}");
    }
    assert!(told.taken().is_empty() && targets(&blocker).is_empty());
}

#[test]
fn a_limit_without_room_says_so() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    for last in 0..crate::blocks::MOST_BLOCKS {
        let target = prefix(&format!("+2279{last:05}"));
        blocker.block_for_limit(&by_limit(&target, Some(60)), &bed.known(), Timestamp(0)).unwrap();
    }
    told.taken();
    let why = blocker.block_for_limit(&by_limit(&Target::Everything, None), &bed.known(), Timestamp(0));
    assert!(matches!(&why, Err(WhyNot::NoRoom(why)) if why.contains("that is the most")), "{why:?}");
    assert!(told.taken().is_empty());
    *told.refuses.lock().unwrap() = true;
    let why = blocker.block_for_limit(&by_limit(&prefix("+227900000"), None), &bed.known(), Timestamp(0));
    assert_eq!(why, Err(WhyNot::Kernel("the kernel's table is full".into())));
}

/// A blocker under whose limit a source is blocked; an operator blocks another.
fn with_blocked_sources(bed: &Bed) -> (Blocker, Told) {
    let (mut blocker, told) = blocker();
    for address in ["192.0.2.66", "192.0.2.67"] {
        let target = Target::from_kept("source", address).unwrap();
        blocker.block_for_limit(&by_limit(&target, None), &bed.known(), Timestamp(0)).unwrap();
    }
    blocker.block(&wanted("192.0.2.65", None), &bed.known(), Timestamp(0)).unwrap();
    told.taken();
    (blocker, told)
}

#[test]
fn a_source_that_a_limit_blocked_is_free_once_it_is_trusted() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = with_blocked_sources(&bed);
    blocker.policy_changed(&bed.known().ground(), Timestamp(1));
    assert_eq!(told.taken(), [] as [String; 0]);
    let line = "trunks = [\"203.0.113.0/28\", ";
    for (says, free, left) in [
        ("trusted = [\"192.0.2.64/31\", \"192.0.2.66\"]\n", "192.0.2.66", vec!["192.0.2.65", "192.0.2.67"]),
        ("", "192.0.2.67", vec!["192.0.2.65"]),
    ] {
        // First it is trusted, then the other one is a trunk.
        let trunks =
            if says.is_empty() { format!("{line}\"192.0.2.67\", ") } else { format!("{says}{line}") };
        let changed = Bed::new(&POLICY.replace(line, &trunks));
        blocker.policy_changed(&changed.known().ground(), Timestamp(2));
        assert_eq!(told.taken(), [format!("remove {free}/32"), format!("forget {free}")]);
        assert_eq!(targets(&blocker), left, "what an operator blocked stays");
    }
}

#[test]
fn a_kept_source_of_a_limit_does_not_hold_again_once_no_limit_may_block_it() {
    let bed = Bed::new(POLICY);
    let kept: Vec<_> = with_blocked_sources(&bed).0.blocks().iter().cloned().collect();
    let trusting =
        POLICY.replace("[network]\n", "[network]\ntrusted = [\"192.0.2.64/31\", \"192.0.2.66\"]\n");
    let trusting = Bed::new(&trusting);
    let own = ["192.0.2.67".parse().unwrap()];
    let (mut after, told) = blocker();
    let ground = Ground { own: &own, ..trusting.known().ground() };
    assert_eq!(after.restore(kept, &ground, Timestamp(1)), 1);
    assert_eq!(told.taken(), ["put 192.0.2.65/32 None", "forget 192.0.2.66", "forget 192.0.2.67"]);
    assert_eq!(targets(&after), ["192.0.2.65"]);
}

#[test]
fn a_full_kernel_is_told_without_the_number() {
    let bed = Bed::new(POLICY);
    let (blocker, _) = blocker();
    let mut holding = blocker.holding;
    let numbers = |from: usize, to: usize| -> Vec<_> {
        (from..to)
            .map(|number| {
                Blocked::Prefix(monitor_common::number::Digits::parse(&format!("9{number:05}")).unwrap())
            })
            .collect()
    };
    let most = monitor_common::abi::MAX_BLOCKS;
    holding.set(&Target::Everything, numbers(0, most), Timestamp(9), Timestamp(0)).unwrap();
    let (mut blocker, _) = self::blocker();
    blocker.holding = holding;
    let why = blocker
        .block_for_limit(&by_limit(&prefix("+22790123456"), None), &bed.known(), Timestamp(1))
        .unwrap_err()
        .to_string();
    assert!(why.contains("a block of this kind (prefix) needs 1 more") && !why.contains("2279"), "{why}");
}
