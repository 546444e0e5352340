//! Entries of the kernel that targets share: each stands for as long as the longest of those that hold it, and no longer.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::policy::SlotTable;

/// A kernel with a clock: what stands in it, and until when.
#[derive(Clone, Default)]
struct Kernel(Arc<Mutex<(Timestamp, Entries)>>);

/// What is blocked, and until when.
type Entries = BTreeMap<Blocked, Option<Timestamp>>;

impl Kernel {
    fn set_clock(&self, now: Timestamp) {
        self.0.lock().unwrap().0 = now;
    }

    /// What it blocks now.
    fn holds(&self) -> Entries {
        let state = self.0.lock().unwrap();
        let holds = |end: Option<Timestamp>| end.is_none_or(|end| end > state.0);
        state.1.iter().filter(|(_, end)| holds(**end)).map(|(entry, end)| (*entry, *end)).collect()
    }
}

impl Enforce for Kernel {
    fn put(&mut self, blocked: &Blocked, lasts: Option<Duration>) -> Result<(), String> {
        let mut state = self.0.lock().unwrap();
        let end = lasts.map(|lasts| state.0.after(lasts));
        state.1.insert(*blocked, end);
        Ok(())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        self.0.lock().unwrap().1.remove(blocked);
        Ok(())
    }
}

impl Keep for Kernel {
    fn keep(&mut self, _: &Block) {}
    fn forget(&mut self, _: &Target) {}
}

/// What the targets in force resolve to, each entry until the latest of their ends.
fn wanted_entries(blocker: &Blocker, ground: &Ground<'_>, now: Timestamp) -> Entries {
    let mut entries = BTreeMap::new();
    for block in blocker.blocks().iter().filter(|block| !block.is_over(now)) {
        for entry in block.target.resolve(ground) {
            let end = entries.entry(entry).or_insert(block.until);
            *end = match (*end, block.until) {
                (Some(one), Some(other)) => Some(one.max(other)),
                _ => None,
            };
        }
    }
    entries
}

/// The same agent under one policy after another: slots are never given twice.
fn beds() -> Vec<Bed> {
    let mut slots = SlotTable::new();
    let texts = [
        POLICY.to_owned(),
        POLICY.replace("name = \"cuba\"", "name = \"kuba\""),
        POLICY.replace("+5378301234", "+33899").replace("action = \"block\"", "action = \"watch\""),
        "[dialplan]\ncountry_code = \"44\"\n".to_owned(),
    ];
    let mut beds: Vec<_> = texts.iter().map(|text| Bed::new(text)).collect();
    for bed in &mut beds {
        slots.assign(&bed.policy.destinations).unwrap();
        bed.slots = slots.clone();
    }
    beds
}

#[derive(Clone, Debug)]
enum Step {
    Block(&'static str, Option<u64>),
    Limit(&'static str, Option<u64>),
    Unblock(&'static str),
    Wait(u64),
    Expire,
    Policy(usize),
    Restart,
}

const TARGETS: [&str; 12] = [
    "cuba",
    "cuba-office",
    "800",
    "niger-mobile",
    "GB",
    "+53",
    "+4",
    "192.0.2.66",
    "country:CU",
    "country:GB",
    "all:international",
    "all:everything",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let target = || proptest::sample::select(&TARGETS[..]);
    let lasts = || proptest::option::of(1..40u64);
    let step = prop_oneof![
        4 => (target(), lasts()).prop_map(|(target, lasts)| Step::Block(target, lasts)),
        4 => (target(), lasts()).prop_map(|(target, lasts)| Step::Limit(target, lasts)),
        3 => target().prop_map(Step::Unblock),
        3 => (1..20u64).prop_map(Step::Wait),
        2 => Just(Step::Expire),
        2 => (0..4usize).prop_map(Step::Policy),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever is blocked, unblocked, over, renamed or restored: the kernel holds the union of what the targets in force
    /// resolve to, each entry until the latest end of those that hold it.
    #[test]
    fn the_kernel_holds_what_the_targets_in_force_resolve_to(steps in steps()) {
        let beds = beds();
        let (mut kernel, mut policy, mut now) = (Kernel::default(), 0, Timestamp(SECOND));
        kernel.set_clock(now);
        let mut blocker = Blocker::new(Box::new(kernel.clone()), Box::new(kernel.clone()));
        for step in &steps {
            let known = beds[policy].known();
            match step {
                Step::Block(target, lasts) => drop(blocker.block(&wanted(target, *lasts), &known, now)),
                Step::Limit(target, lasts) => {
                    if let Ok(found) = read(target, &known) {
                        blocker.block_for_limit(&by_limit(&found.target, *lasts), &known, now).unwrap();
                    }
                }
                Step::Unblock(target) => drop(blocker.unblock(target, now)),
                Step::Wait(seconds) => {
                    now = now.after(Duration::from_secs(*seconds));
                    kernel.set_clock(now);
                }
                Step::Expire => drop(blocker.expire(now)),
                Step::Policy(next) => {
                    policy = *next;
                    blocker.policy_changed(&beds[policy].known().ground(), now);
                }
                Step::Restart => {
                    let kept = blocker.blocks().iter().cloned().collect();
                    kernel = Kernel::default();
                    kernel.set_clock(now);
                    blocker = Blocker::new(Box::new(kernel.clone()), Box::new(kernel.clone()));
                    blocker.restore(kept, &known.ground(), now);
                }
            }
            let ground = beds[policy].known().ground();
            prop_assert_eq!(kernel.holds(), wanted_entries(&blocker, &ground, now), "after {:?}", step);
        }
        blocker.expire(Timestamp(u64::MAX - 1));
        for target in TARGETS {
            drop(blocker.unblock(target, now));
        }
        let left = kernel.0.lock().unwrap().1.clone();
        prop_assert_eq!(left, BTreeMap::new(), "entries stay behind");
    }
}

/// The last one to go takes the entry along.
#[test]
fn an_entry_that_two_targets_share_goes_with_the_last_one() {
    let bed = Bed::new(POLICY);
    let (mut blocker, told) = blocker();
    let country = Target::from_kept("country", "country:CU").unwrap();
    blocker.block(&wanted("+53", Some(60)), &bed.known(), Timestamp(0)).unwrap();
    told.taken();
    blocker.block_for_limit(&by_limit(&country, Some(90)), &bed.known(), Timestamp(0)).unwrap();
    let office = bed.slots.slot("cuba-office").unwrap();
    assert_eq!(
        told.taken(),
        [
            "put +53 Some(90s)".into(),
            format!("put slot {office} Some(90s)"),
            "keep country:CU until Some(90000000)".into()
        ]
    );
    blocker.unblock("country:CU", Timestamp(10 * SECOND)).unwrap();
    assert_eq!(
        told.taken(),
        ["put +53 Some(50s)".into(), format!("remove slot {office}"), "forget country:CU".into()]
    );
    blocker.unblock("+53", Timestamp(11 * SECOND)).unwrap();
    assert_eq!(told.taken(), ["remove +53", "forget +53"]);
}

/// Half of a region would be no block: what was put goes again.
#[test]
fn what_the_kernel_takes_in_part_is_taken_back() {
    let bed = Bed::new(POLICY);
    let kernel = Half::default();
    let mut blocker = Blocker::new(Box::new(kernel.clone()), Box::new(Told::default()));
    let why = blocker.block(&wanted("all:everything", None), &bed.known(), Timestamp(0)).unwrap_err();
    assert_eq!(why, "the table is full");
    assert!(blocker.blocks().iter().next().is_none());
    assert_eq!(kernel.0.lock().unwrap().len(), 0);
}

/// A kernel with room for five entries.
#[derive(Clone, Default)]
struct Half(Arc<Mutex<Vec<Blocked>>>);

impl Enforce for Half {
    fn put(&mut self, blocked: &Blocked, _: Option<Duration>) -> Result<(), String> {
        let mut entries = self.0.lock().unwrap();
        if entries.len() == 5 {
            return Err("the table is full".into());
        }
        entries.push(*blocked);
        Ok(())
    }

    fn remove(&mut self, blocked: &Blocked) -> Result<(), String> {
        self.0.lock().unwrap().retain(|entry| entry != blocked);
        Ok(())
    }
}
