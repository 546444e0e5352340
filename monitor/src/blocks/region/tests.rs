//! Regions against what the kernel makes of their entries: all that is inside is covered, and nothing else.

use monitor_common::{
    abi::{Block, BlockKey},
    overlay::{Overlay, covering},
    rules,
};
use proptest::prelude::*;

use super::*;
use crate::{
    blocks::read::tests::{Bed, POLICY},
    policy::image::Image,
};

/// The kernel's table, searched plainly.
struct Table(Vec<BlockKey>);

impl Overlay for Table {
    fn longest(&self, key: &BlockKey) -> Option<Block> {
        let covering = self.0.iter().filter(|entry| covers(entry, key));
        covering.max_by_key(|entry| entry.bits).map(|entry| Block { bits: entry.bits, ..Block::default() })
    }

    fn ticks(&self) -> u64 {
        1
    }
}

fn covers(entry: &BlockKey, key: &BlockKey) -> bool {
    let (here, there) = (entry.data(), key.data());
    let bit = |data: &[u8], place: usize| data[place / 8] >> (7 - place % 8) & 1;
    entry.bits <= key.bits && (0..entry.bits as usize).all(|place| bit(&here, place) == bit(&there, place))
}

/// A policy as the kernel has it, and the entries of a target.
struct Stage {
    bed: Bed,
    image: Image,
}

impl Stage {
    fn new(text: &str) -> Self {
        let bed = Bed::new(text);
        let slots: Vec<_> =
            bed.policy.destinations.iter().map(|name| bed.slots.slot(name.as_str()).unwrap()).collect();
        let image = Image::build(&bed.policy.image_rules(&slots)).unwrap();
        Self { bed, image }
    }

    fn entries(&self, target: &Target) -> Vec<Blocked> {
        target.resolve(&self.bed.known().ground())
    }

    fn blocks(&self, target: &Target, number: Digits) -> bool {
        let table = Table(self.entries(target).iter().map(Blocked::key).collect());
        covering(&table, number, rules::longest(&self.image, number)) != 0
    }
}

fn number(text: &str) -> Digits {
    Digits::parse(text).unwrap()
}

fn shown(entries: &[Blocked]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| match entry {
            Blocked::Prefix(digits) => digits.to_string(),
            other => format!("{other:?}"),
        })
        .collect()
}

const PLAIN: &str = "[dialplan]\ncountry_code = \"33\"\n";

#[test]
fn abroad_is_everything_but_the_own_country_code() {
    let stage = Stage::new(PLAIN);
    let entries = shown(&stage.entries(&Target::International));
    let wanted =
        ["0", "1", "2", "30", "31", "32", "34", "35", "36", "37", "38", "39", "4", "5", "6", "7", "8", "9"];
    assert_eq!(entries, wanted);
    assert_eq!(stage.entries(&Target::Everything).len(), 10);
    let nobody = Ground { policy: None, slots: &stage.bed.slots, own: &[] };
    assert_eq!(Target::International.resolve(&nobody), []);
    assert_eq!(Target::Everything.resolve(&nobody).len(), 10, "that needs no policy");
}

#[test]
fn a_country_is_all_of_its_numbers_and_of_no_other() {
    let stage = Stage::new(PLAIN);
    let country = |iso| Target::Country(countries::by_iso(iso).unwrap().iso);
    for (iso, inside, outside) in [
        ("NE", "22790123456", "22890123456"),
        ("US", "12125550100", "13459490000"),
        ("CA", "14165550100", "12125550100"),
        ("KY", "13459490000", "18095550100"),
        ("GB", "442079460000", "441481234567"),
        ("GG", "441481234567", "442079460000"),
        ("RU", "74951234567", "77012345678"),
        ("KZ", "77012345678", "74951234567"),
        ("VA", "37912345", "390669612345"),
    ] {
        assert!(stage.blocks(&country(iso), number(inside)), "{iso}");
        assert!(!stage.blocks(&country(iso), number(outside)), "{iso}");
    }
    let most = countries::all().iter().map(|found| stage.entries(&Target::Country(found.iso)).len());
    let (most, all) = most.fold((0, 0), |(most, all), count| (most.max(count), all + count));
    assert!(most <= 600 && all <= 4000, "one needs {most} entries, and all of them {all}");
}

#[test]
fn what_the_policy_names_inside_is_covered_too() {
    let stage = Stage::new(POLICY);
    let slot = |name| Blocked::Destination(stage.bed.slots.slot(name).unwrap());
    let cuba = Target::Country(countries::by_iso("CU").unwrap().iso);
    // Of equal prefixes the block wins; the office has a longer one.
    assert_eq!(stage.entries(&cuba), [Blocked::Prefix(number("53")), slot("cuba-office")]);
    assert!(stage.blocks(&cuba, number("5378301234")));
    let niger = Target::Country(countries::by_iso("NE").unwrap().iso);
    assert_eq!(
        stage.entries(&niger),
        [Blocked::Prefix(number("227"))],
        "the policy blocks its mobiles itself"
    );
    for target in [Target::International, Target::Everything] {
        assert!(stage.blocks(&target, number("5378301234")), "{target}");
        assert!(stage.blocks(&target, number("80012345678")), "{target}");
        assert_eq!(stage.blocks(&target, number("33142345678")), target == Target::Everything);
    }
}

/// A destination that reaches beyond the region is covered by its prefixes inside, and whole where those are too many.
#[test]
fn a_destination_at_both_sides_is_covered_inside() {
    let policy = |abroad: usize| {
        let more: String = (0..abroad).map(|last| format!(", \"+22790{last:04}\"")).collect();
        format!(
            "{PLAIN}[[destination]]\nname = \"both\"\nprefixes = [\"+33899\"{more}]\naction = \"watch\"\n"
        )
    };
    let stage = Stage::new(&policy(MOST_PREFIXES));
    assert_eq!(stage.entries(&Target::International).len(), 18 + MOST_PREFIXES);
    assert!(stage.blocks(&Target::International, number("22790000012")));
    assert!(!stage.blocks(&Target::International, number("33899123456")));
    let stage = Stage::new(&policy(MOST_PREFIXES + 1));
    assert_eq!(stage.entries(&Target::International).len(), 18 + 1);
    assert!(stage.blocks(&Target::International, number("33899123456")), "rather too much than an open door");
}

fn inside(target: &Target, found: Digits) -> bool {
    match target {
        Target::Country(iso) => countries::of(found).is_some_and(|country| country.iso == *iso),
        Target::International => !number("33").is_prefix_of(found),
        _ => true,
    }
}

fn policies() -> impl Strategy<Value = String> {
    let prefix = proptest::string::string_regex("(33|53|1|1345|227|44|7|881|3)[0-9]{0,4}").unwrap();
    let action = prop_oneof!["allow", "watch", "block"];
    let prefixes = proptest::collection::btree_set((prefix, 0..3usize), 0..12);
    (prefixes, proptest::collection::vec(action, 3)).prop_map(|(prefixes, actions)| {
        let mut seen = BTreeSet::new();
        let mut lists = [const { Vec::new() }; 3];
        for (prefix, list) in prefixes {
            if seen.insert(prefix.clone()) {
                lists[list].push(format!("\"+{prefix}\""));
            }
        }
        let named = lists.iter().zip(actions).enumerate().filter(|(_, (list, _))| !list.is_empty());
        let named = named.map(|(at, (list, action))| {
            format!(
                "[[destination]]\nname = \"d{at}\"\nprefixes = [{}]\naction = \"{action}\"\n",
                list.join(", ")
            )
        });
        format!("{PLAIN}{}", named.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_policy_names_a_region_is_what_it_says(
        policy in policies(),
        numbers in proptest::collection::vec("(33|53|1|1345|227|44|7|881|3|[1-9])[0-9]{7,10}", 1..60),
    ) {
        let stage = Stage::new(&policy);
        let country = |iso| Target::Country(countries::by_iso(iso).unwrap().iso);
        for target in [Target::International, Target::Everything, country("CU"), country("KY"), country("US")] {
            let table = Table(stage.entries(&target).iter().map(Blocked::key).collect());
            for text in &numbers {
                let number = number(text);
                let found = rules::longest(&stage.image, number);
                let is_blocked = covering(&table, number, found) != 0
                    || found.is_some_and(|found| found.rule().action() == Action::Block);
                let is_inside = inside(&target, number)
                    || found.is_some_and(|found| found.rule().action() == Action::Block);
                prop_assert_eq!(is_blocked, is_inside, "{} {}\n{}", target, number, policy);
            }
        }
    }
}
