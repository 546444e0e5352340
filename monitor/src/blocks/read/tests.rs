//! What can be blocked, what is refused, and what is said of both.

use super::*;
use crate::{kernel::Blocked, policy};

/// A PBX in France that reaches 0 for an outside line, with a trunk, exceptions and a name that looks like a number.
pub(crate) const POLICY: &str = r#"
[dialplan]
country_code = "33"
access_prefixes = ["9"]

[network]
trunks = ["203.0.113.0/28", "2001:db8:7::1/128"]

[[destination]]
name = "cuba"
prefixes = ["+53"]
action = "watch"

[[destination]]
name = "cuba-office"
prefixes = ["+5378301234"]
action = "allow"

[[destination]]
name = "niger-mobile"
prefixes = ["+2279"]
action = "block"

[[destination]]
name = "800"
prefixes = ["+800"]
action = "watch"
"#;

/// The policy and its slots, as the agent has them.
pub(crate) struct Bed {
    pub(crate) policy: Compiled,
    pub(crate) slots: SlotTable,
}

impl Bed {
    pub(crate) fn new(text: &str) -> Self {
        let compilation = policy::compile(text);
        let report = compilation.render(text, "policy.toml", false);
        let policy = compilation.policy.unwrap_or_else(|| panic!("{report}"));
        let mut slots = SlotTable::new();
        slots.assign(&policy.destinations).unwrap();
        Self { policy, slots }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known { policy: &self.policy, slots: &self.slots, own: &OWN, dry_run: false }
    }
}

fn reads(text: &str) -> Result<Read, String> {
    let bed = Bed::new(POLICY);
    read(text, &bed.known())
}

#[test]
fn each_kind_of_target_is_read() {
    for (text, kind, shown) in [
        ("cuba", "destination", "cuba"),
        ("  cuba\n", "destination", "cuba"),
        ("Cuba", "destination", "cuba"),
        ("cuba-office", "destination", "cuba-office"),
        ("FR", "destination", "FR"),
        ("fr", "destination", "FR"),
        ("NE", "destination", "NE"),
        ("800", "destination", "800"),
        ("UNKNOWN", "destination", "unknown"),
        ("+800", "prefix", "+800"),
        ("+5355", "prefix", "+5355"),
        ("+331423456789012", "prefix", "+331423456789012"),
        ("192.0.2.66", "source", "192.0.2.66"),
        ("198.51.100.7/24", "source", "198.51.100.0/24"),
        ("::ffff:192.0.2.66", "source", "192.0.2.66"),
        ("2001:db8::/64", "source", "2001:db8::/64"),
        ("203.0.113.16/28", "source", "203.0.113.16/28"),
        ("country:NE", "country", "country:NE"),
        ("COUNTRY:cu", "country", "country:CU"),
        ("all:international", "international", "all:international"),
        ("International", "international", "all:international"),
        ("everything", "everything", "all:everything"),
    ] {
        let target = reads(text).unwrap_or_else(|why| panic!("{text}: {why}")).target;
        assert_eq!((target.kind(), target.to_string().as_str()), (kind, shown), "{text}");
    }
}

#[test]
fn what_is_refused_is_refused_with_what_to_write() {
    for (text, says) in [
        ("", "is no destination of the policy"),
        ("cubba", "did you mean `cuba`?"),
        ("atlantis", "`+` and the first digits"),
        ("QQ", "is no destination"),
        ("emergency", "emergency calls always pass"),
        ("Internal", "within the house"),
        (
            "CU",
            "under `cuba`, `cuba-office`; block that, or the prefix `+53`, or all of them with `country:CU`",
        ),
        ("country:QQ", "no destination"),
        ("country:cuba", "no destination"),
        ("all:", "`all:international` or `all:everything`"),
        ("+", "every outside number"),
        ("+5 3", "write `+53`"),
        ("+53x", "write `+53`"),
        ("+x", "such as +53"),
        ("+\u{1b}[2J", "write `+2`"),
        ("++53", "write `+53`"),
        ("+1234567890123456", "has 16 digits"),
        ("0053", "write `+53`"),
        ("00 53 555", "write `+53555`"),
        ("0142345678", "write `+33142345678`"),
        ("53", "write `+53`"),
        ("01.42.34.56.78", "write `+33142345678`"),
        ("112", "emergency calls always pass"),
        ("203.0.113.5", "is a trunk ([network] trunks has 203.0.113.0/28): incoming calls would be lost"),
        ("203.0.113.0/28", "is a trunk"),
        ("203.0.113.8/29", "is a trunk"),
        ("::ffff:203.0.113.5", "is a trunk"),
        ("2001:db8:7::1", "is a trunk"),
        ("192.0.2.10", "is this host itself"),
        ("2001:db8::10", "is this host itself"),
        ("127.0.0.1", "is this host itself"),
        ("127.8.8.8", "is this host itself"),
        ("::1", "is this host itself"),
        ("0.0.0.0/0", "every source"),
        ("::/0", "every source"),
        ("0.0.0.0", "no address that a call can come from"),
        ("224.0.0.1", "no address that a call can come from"),
        ("255.255.255.255", "no address that a call can come from"),
        ("ff02::1", "no address that a call can come from"),
        ("192.0.2.66/33", "192.0.2.66, 198.51.100.0/24"),
        ("192.0.2.66:5060", "192.0.2.66, 198.51.100.0/24"),
        ("fe80::1%eth0", "192.0.2.66, 198.51.100.0/24"),
        ("sip:+53@pbx", "no destination"),
    ] {
        let why = reads(text).expect_err(text);
        assert!(why.contains(says), "{text:?}: {why}");
        assert!(!why.contains('\u{1b}'), "{text:?} reaches the terminal");
    }
    assert!(reads(&"9".repeat(1 << 20)).unwrap_err().len() < 1000);
}

#[test]
fn what_may_surprise_is_said() {
    for (text, notes) in [
        ("cuba", &[][..]),
        (
            "800",
            &["taken as the policy's destination of that name; the numbers that begin with it are `+800`"],
        ),
        ("niger-mobile", &["the policy blocks `niger-mobile` already"]),
        ("NE", &["those of `niger-mobile` are not covered"]),
        ("+53", &["`cuba-office` stay open"]),
        ("+5378301234", &[]),
        ("+5355", &[]),
        ("+22790", &["the policy blocks +22790 already"]),
        ("+999", &["no country has numbers that begin with +999"]),
        ("+33", &["this PBX's own country, +33", "emergency calls ("]),
        ("+3311", &["emergency calls (`112`"]),
        ("+33112", &["emergency calls (`112`) pass all the same"]),
        ("+331121", &[]),
        ("+5", &["+5 covers ", "`cuba`, `cuba-office` stay open"]),
        ("192.0.2.66", &[]),
        ("192.0.2.66/24", &["is taken as the network 192.0.2.0/24", "holds this host's own address"]),
        ("198.0.0.0/8", &["is a wide network: 16777216 addresses"]),
        (
            "2001:db8::/32",
            &[
                "is a wide network: 2^96 addresses",
                "trunks inside 2001:db8::/32 stay open",
                "holds this host's own address",
            ],
        ),
        ("203.0.113.0/24", &["trunks inside 203.0.113.0/24 stay open"]),
        (
            "country:CU",
            &["every number of Cuba is blocked, also where the policy allows it; emergency calls pass"],
        ),
        ("country:FR", &["every number of France is blocked", "this PBX's own country, +33"]),
        ("international", &["every number outside +33 is blocked, also where the policy allows it"]),
        ("everything", &["every outside number is blocked", "this PBX's own country, +33"]),
    ] {
        let said = reads(text).unwrap_or_else(|why| panic!("{text}: {why}")).notes;
        assert_eq!(said.len(), notes.len(), "{text}: {said:?}");
        for (said, note) in said.iter().zip(notes) {
            assert!(said.contains(note), "{text}: {said}");
        }
    }
}

#[test]
fn an_agent_that_only_counts_says_so() {
    let bed = Bed::new(POLICY);
    let read = read("cuba", &Known { dry_run: true, ..bed.known() }).unwrap();
    assert!(read.notes[0].contains("drops nothing"));
}

#[test]
fn a_destination_is_known_to_the_kernel_by_its_slot() {
    let bed = Bed::new(POLICY);
    let target = read("cuba", &bed.known()).unwrap().target;
    let slot = bed.slots.slot("cuba").unwrap();
    let unknown = Target::Destination("unknown".into());
    let ground = bed.known().ground();
    assert_eq!(unknown.resolve(&ground), [Blocked::Destination(monitor_common::abi::slot::UNKNOWN)]);
    assert_eq!(target.resolve(&ground), [Blocked::Destination(slot)]);
}

/// A destination's name comes first; with `all:` there is no doubt.
#[test]
fn a_destination_may_have_the_name_of_a_region() {
    let policy = "[[destination]]\nname = \"international\"\nprefixes = [\"+44\"]\naction = \"watch\"\n";
    let bed = Bed::new(&format!("[dialplan]\ncountry_code = \"33\"\n{policy}"));
    let named = read("international", &bed.known()).unwrap();
    assert_eq!(named.target, Target::Destination("international".into()));
    assert!(named.notes[0].contains("write `all:international`"), "{:?}", named.notes);
    assert_eq!(read("all:international", &bed.known()).unwrap().target, Target::International);
}

#[test]
fn no_text_makes_it_panic() {
    let bed = Bed::new(POLICY);
    proptest::proptest!(|(text in "\\PC{0,40}")| {
        let _ = read(&text, &bed.known());
    });
    proptest::proptest!(|(text in "[+0-9a-f./: -]{0,24}")| {
        if let Ok(found) = read(&text, &bed.known()) {
            let kept = Target::from_kept(found.target.kind(), &found.target.to_string());
            proptest::prop_assert_eq!(kept, Some(found.target));
        }
    });
}

const OWN: [IpAddr; 3] = [
    IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
    IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
    IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10)),
];
