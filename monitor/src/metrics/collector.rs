//! The metrics that the kernel counts: read out of the maps at every scrape, and only then.

use std::{fmt, sync::Arc};

use monitor_common::abi::{Class, Count, Direction, Misc, Uninspected, Verdict};
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};

use super::series::{Family, Series, counter, gauge, labels};
use crate::{
    guard::{State, States},
    kernel::{Counters, Mode, Refusal},
    sync::PolicyMetrics,
};

/// Reads the kernel's counters.
pub struct KernelCollector {
    /// The counters.
    pub counters: Arc<Counters>,
    /// The interfaces.
    pub interfaces: States,
    /// The names of the destinations.
    pub policy: PolicyMetrics,
}

impl Collector for KernelCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        self.write(&mut encoder)
            .inspect_err(|error| tracing::error!(%error, "the metrics cannot be read"))
            .map_err(|_| fmt::Error)
    }
}

/// A scrape that failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Kernel(#[from] Refusal),
    #[error("the text cannot be written")]
    Text(#[from] fmt::Error),
}

impl KernelCollector {
    fn write(&self, encoder: &mut DescriptorEncoder) -> Result<(), Failure> {
        let interfaces = self.interfaces.all();
        let seen = self.packets(&interfaces)?;
        write_packets(encoder, &seen)?;
        write_classes(encoder, &seen)?;
        counter(encoder, INVITES, ["direction", "destination", "verdict"], self.invites()?)?;
        counter(encoder, UNINSPECTED, ["direction", "reason"], self.uninspected()?)?;
        for (family, misc) in MISC {
            counter(encoder, family, [], vec![([], self.counters.misc.read(misc)?)])?;
        }
        gauge(encoder, UP_MODE, ["interface", "mode"], modes(&interfaces))?;
        Ok(())
    }

    fn packets<'a>(&self, interfaces: &'a [State]) -> Result<Vec<Packets<'a>>, Refusal> {
        let mut seen = Vec::new();
        for (slot, state) in (0..).zip(interfaces) {
            for &direction in Direction::ALL {
                for &class in Class::ALL {
                    let count = self.counters.packets.read(slot, direction, class)?;
                    seen.push(Packets { interface: &state.name, direction, class, count });
                }
            }
        }
        Ok(seen)
    }

    /// Only destinations that some INVITE was for: the policy may name thousands.
    fn invites(&self) -> Result<Series<3>, Refusal> {
        let mut series = Vec::new();
        for (slot, name) in self.policy.in_force().slots.iter() {
            let totals = self.counters.invites.read(slot)?;
            for &direction in Direction::ALL {
                for &verdict in Verdict::ALL {
                    let count = totals.count(direction, verdict);
                    if count > 0 {
                        series.push((labels([direction.label(), name.as_str(), verdict.label()]), count));
                    }
                }
            }
        }
        Ok(series)
    }

    fn uninspected(&self) -> Result<Series<2>, Refusal> {
        let mut series = Vec::new();
        for &direction in Direction::ALL {
            for &reason in Uninspected::ALL {
                let count = self.counters.uninspected.read(direction, reason)?;
                series.push((labels([direction.label(), reason.label()]), count));
            }
        }
        Ok(series)
    }
}

impl fmt::Debug for KernelCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KernelCollector").field("interfaces", &self.interfaces).finish_non_exhaustive()
    }
}

/// Packets of one class on one interface, one way.
struct Packets<'a> {
    interface: &'a str,
    direction: Direction,
    class: Class,
    count: Count,
}

fn write_packets(encoder: &mut DescriptorEncoder, seen: &[Packets]) -> fmt::Result {
    const NAMES: [&str; 3] = ["interface", "direction", "class"];
    let (packets, bytes) = by_group(seen);
    counter(encoder, PACKETS, NAMES, packets)?;
    counter(encoder, BYTES, NAMES, bytes)
}

/// Classes of one group follow each other, so that equal labels stand side by side.
fn by_group(seen: &[Packets]) -> (Series<3>, Series<3>) {
    let (mut packets, mut bytes): (Series<3>, Series<3>) = Default::default();
    for &group in Class::GROUPS {
        for one_way in seen.chunk_by(|a, b| (a.interface, a.direction) == (b.interface, b.direction)) {
            let Some(first) = one_way.first() else { continue };
            let of_group = || one_way.iter().filter(|packets| packets.class.group() == group);
            let label = labels([first.interface, first.direction.label(), group]);
            packets.push((label.clone(), of_group().map(|packets| packets.count.packets).sum()));
            bytes.push((label, of_group().map(|packets| packets.count.bytes).sum()));
        }
    }
    (packets, bytes)
}

/// The classes within the groups, each with the name that its label has there.
fn write_classes(encoder: &mut DescriptorEncoder, seen: &[Packets]) -> fmt::Result {
    for (family, group, label) in CLASSES {
        let of_group = seen.iter().filter(|packets| packets.class.group() == group);
        let series = of_group.map(|packets| {
            let values = [packets.interface, packets.direction.label(), packets.class.label()];
            (labels(values), packets.count.packets)
        });
        counter(encoder, family, ["interface", "direction", label], series.collect())?;
    }
    Ok(())
}

/// 1 for the mode that holds, 0 for the others, so that a change shows in one series of each.
fn modes(interfaces: &[State]) -> Series<2> {
    let one = |state: &State| {
        let holds = state.mode.map_or(GONE, Mode::label);
        let of = |mode: &str| (labels([&state.name, mode]), u64::from(mode == holds));
        [Mode::Native.label(), Mode::Generic.label(), GONE].map(of)
    };
    interfaces.iter().flat_map(one).collect()
}

const PACKETS: Family = ("packets", "Packets seen, by what they are");
const BYTES: Family = ("bytes", "Octets of the frames seen, by what they are");
const INVITES: Family =
    ("invites", "INVITE packets by destination and verdict; destinations without any are left out");
const UNINSPECTED: Family =
    ("uninspected", "Packets that passed because they, or the rest of them, could not be read");
const UP_MODE: Family = (
    "up_mode",
    "1 for the way XDP is attached to the interface: native, generic, or gone while the interface is away",
);

/// Families of the classes within a group, the group, and the name of the label.
const CLASSES: [(Family, &str, &str); 3] = [
    (("sip_requests", "SIP requests by method"), "sip_request", "method"),
    (("sip_responses", "SIP responses by status class"), "sip_response", "status"),
    (("other_packets", "Packets of the class other, by protocol"), "other", "protocol"),
];

const MISC: [(Family, Misc); 5] = [
    (
        (
            "events_lost",
            "Events of SIP messages that found the ring to the agent full; counters of traffic are not affected",
        ),
        Misc::EventsLost,
    ),
    (
        (
            "events_held_back",
            "Events of blocked INVITEs that the token bucket held back; counters are not affected",
        ),
        Misc::EventsHeldBack,
    ),
    (
        (
            "signals_held_back",
            "Events of SIP messages, but for blocked INVITEs, that the token bucket held back",
        ),
        Misc::SignalsHeldBack,
    ),
    (("media_evicted", "Media streams that gave way to a newer one in a full table"), Misc::MediaEvicted),
    (
        (
            "unknown_interface_packets",
            "Packets of an interface that was not in the table yet, counted under the first interface",
        ),
        Misc::UnknownInterface,
    ),
];

/// The mode of an interface that is away.
const GONE: &str = "gone";

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(class: Class, packets: u64) -> Packets<'static> {
        Packets {
            interface: "eth0",
            direction: Direction::Ingress,
            class,
            count: Count { packets, bytes: packets * 100 },
        }
    }

    #[test]
    fn classes_add_up_in_their_group() {
        let seen = [packets(Class::Invite, 3), packets(Class::Bye, 4), packets(Class::Status2xx, 5)];
        let (counted, bytes) = by_group(&seen);
        assert_eq!(counted[0], (labels(["eth0", "ingress", "sip_request"]), 7));
        assert_eq!(bytes[0].1, 700);
        assert_eq!(counted[1], (labels(["eth0", "ingress", "sip_response"]), 5));
        assert_eq!(counted.len(), Class::GROUPS.len());
        assert!(counted[2..].iter().all(|(_, count)| *count == 0));
    }

    #[test]
    fn one_mode_holds() {
        let interfaces =
            [State { name: "a".into(), mode: Some(Mode::Generic) }, State { name: "b".into(), mode: None }];
        let held: Vec<_> =
            modes(&interfaces).into_iter().filter(|(_, value)| *value == 1).map(|(label, _)| label).collect();
        assert_eq!(held, [labels(["a", "generic"]), labels(["b", "gone"])]);
    }

    #[test]
    fn the_documentation_has_every_family_and_label() {
        let text = include_str!("../../../docs/METRICS.md");
        let single = [PACKETS, BYTES, INVITES, UNINSPECTED, UP_MODE];
        let families = single
            .into_iter()
            .chain(CLASSES.map(|(family, ..)| family))
            .chain(MISC.map(|(family, _)| family));
        for (name, _) in families {
            assert!(text.contains(&format!("`ringfence_{name}")), "{name}");
        }
        let reasons = Uninspected::ALL.iter().map(|reason| format!("| `{}` |", reason.label()));
        let groups = Class::GROUPS.iter().map(|group| format!("`{group}`"));
        let classes = Class::ALL.iter().filter(|class| class.group() != class.label());
        let labels = classes
            .map(|class| class.label())
            .filter(|label| !label.ends_with("xx"))
            .map(|label| format!("`{label}`"));
        for label in reasons.chain(groups).chain(labels) {
            assert!(text.contains(&label), "{label}");
        }
    }
}
