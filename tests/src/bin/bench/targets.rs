//! What was aimed at, and whether this run met it: computed from its figures, never written by hand.

use crate::figures::{Figures, Packet, Policy, Spread};

/// One aim.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What is measured.
    pub what: &'static str,
    /// The bound.
    pub bound: Bound,
    /// What the run found: medians of paired rounds; `None` where it did not measure it.
    pub measured: Option<f64>,
}

/// What a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// So much at most, in a unit.
    Most(f64, Unit),
    /// So much at least.
    Least(f64, Unit),
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A quotient.
    Times,
    /// Nanoseconds.
    Nanoseconds,
    /// Milliseconds.
    Milliseconds,
    /// Octets.
    Octets,
}

impl Target {
    /// Whether it was met; `None` where it was not measured.
    pub fn is_met(&self) -> Option<bool> {
        self.measured.map(|measured| match self.bound {
            Bound::Most(most, _) => measured <= most,
            Bound::Least(least, _) => measured >= least,
        })
    }

    /// What is aimed at, what was measured, and whether that is met.
    pub fn row(&self) -> [String; 4] {
        let verdict = match self.is_met() {
            Some(true) => "met",
            Some(false) => "**not met**",
            None => "not measured",
        };
        let (sign, bound, unit) = match self.bound {
            Bound::Most(most, unit) => ("≤", most, unit),
            Bound::Least(least, unit) => ("≥", least, unit),
        };
        let measured = self.measured.map_or("—".into(), |measured| unit.show(measured));
        [self.what.into(), format!("{sign} {}", unit.show(bound)), measured, verdict.into()]
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Times => format!("{} ×", two_places(value)),
            Self::Nanoseconds => format!("{value:.0} ns"),
            Self::Milliseconds if value < 10.0 => format!("{} ms", two_places(value)),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Octets => format!("{value:.1} B"),
        }
    }
}

/// 2, 1.4, 1.66: no zeros that say nothing.
fn two_places(value: f64) -> String {
    format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// All that this benchmark can tell.
pub fn all(figures: &Figures) -> Vec<Target> {
    let mut targets = packets(figures);
    let million = figures.policies.iter().find(|policy| policy.prefixes == MILLION);
    let policy = |of: fn(&Policy) -> f64| million.map(of);
    let largest = figures.scrapes.iter().max_by_key(|scrape| scrape.streams);
    targets.extend([
        most(
            "policy of 1,000,000 prefixes, from the file into the kernel",
            1000.0,
            Unit::Milliseconds,
            policy(whole),
        ),
        most(
            "of it after the TOML was parsed: checks, rules, image, maps",
            100.0,
            Unit::Milliseconds,
            policy(after_parsing),
        ),
        most(
            "of it after the policy was checked: image and maps",
            100.0,
            Unit::Milliseconds,
            policy(after_checks),
        ),
        most("octets a prefix, one generation", 16.0, Unit::Octets, policy(octets_a_prefix)),
        most(
            "scrape with 100,000 RTP streams in the table, CPU",
            5.0,
            Unit::Milliseconds,
            largest.map(|scrape| scrape.cpu_ms.median),
        ),
    ]);
    targets
}

fn packets(figures: &Figures) -> Vec<Target> {
    let packet = |id| figures.packet(id);
    let ratio = |id| packet(id).map(|packet| packet.ratio.median);
    let over = |id| packet(id).map(|packet| packet.over_empty_ns.median);
    let paired = |id, by| Some(quotient(packet(id)?, packet(by)?));
    let worst = WORST.iter().filter_map(|id| ratio(id)).max_by(f64::total_cmp);
    vec![
        most("UDP that is neither SIP nor media, by an empty program", 1.4, Unit::Times, ratio("udp")),
        most("RTP, 1,024 streams, by an empty program", 1.6, Unit::Times, ratio("rtp-1024")),
        most("RTP, 65,536 streams, over an empty program", 150.0, Unit::Nanoseconds, over("rtp-65536")),
        most(
            "INVITE, 100,000 prefixes, 1,024 numbers, by an empty program",
            2.0,
            Unit::Times,
            ratio("invite-1024@100000"),
        ),
        most(
            "INVITE, 100,000 prefixes, 65,536 numbers, over an empty program",
            250.0,
            Unit::Nanoseconds,
            over("invite-65536@100000"),
        ),
        most("INVITE, the worst that is still judged, by an empty program", 8.0, Unit::Times, worst),
        most(
            "INVITE, 1,024 numbers: 100,000 prefixes by 1",
            1.3,
            Unit::Times,
            paired("invite-1024@100000", "invite-1024@1"),
        ),
        most(
            "INVITE, 1,024 numbers: 1,000,000 prefixes by 1",
            1.6,
            Unit::Times,
            paired("invite-1024@1000000", "invite-1024@1"),
        ),
        Target {
            what: "one IP rule of xdp-filter by our verdict on an INVITE, both over an empty program",
            bound: Bound::Least(1.4, Unit::Times),
            measured: paired("xdp-filter", "invite-1@100000"),
        },
        most(
            "RTP, each packet of a new stream, table full, over an empty program",
            250.0,
            Unit::Nanoseconds,
            over("rtp-new"),
        ),
    ]
}

/// The median of what one packet costs over an empty program by what another does in the same round.
pub fn quotient(packet: &Packet, by: &Packet) -> f64 {
    let pairs = packet.rounds_ns.iter().zip(&by.rounds_ns);
    Spread::of(&pairs.map(|(one, other)| one / other).collect::<Vec<_>>()).median
}

const fn most(what: &'static str, bound: f64, unit: Unit, measured: Option<f64>) -> Target {
    Target { what, bound: Bound::Most(bound, unit), measured }
}

fn whole(policy: &Policy) -> f64 {
    policy.compile_ms.median + policy.lay_out_ms.median + policy.publish_wall_ms.median
}

fn after_parsing(policy: &Policy) -> f64 {
    whole(policy) - policy.parse_ms.median
}

fn after_checks(policy: &Policy) -> f64 {
    policy.lay_out_ms.median + policy.publish_wall_ms.median
}

fn octets_a_prefix(policy: &Policy) -> f64 {
    policy.image_octets as f64 / policy.prefixes as f64
}

/// INVITEs that are as hard to read as they come.
const WORST: [&str; 3] = ["invite-bent", "invite-to", "invite-headers"];
const MILLION: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::figures;

    fn measured(figures: &Figures, what: &str) -> Target {
        all(figures).into_iter().find(|target| target.what.starts_with(what)).expect("there is such a target")
    }

    #[test]
    fn a_bound_is_met_at_its_edge() {
        let target = |bound, measured| Target { what: "", bound, measured };
        let edge = |bound| target(bound, Some(1.4)).is_met();
        assert_eq!(edge(Bound::Most(1.4, Unit::Times)), Some(true));
        assert_eq!(edge(Bound::Most(1.39, Unit::Times)), Some(false));
        assert_eq!(edge(Bound::Least(1.4, Unit::Times)), Some(true));
        assert_eq!(edge(Bound::Least(1.41, Unit::Times)), Some(false));
        assert_eq!(target(Bound::Most(1.4, Unit::Times), None).is_met(), None);
    }

    #[test]
    fn quotients_are_paired_by_round() {
        let figures = figures();
        // 60 and 90 ns with 100,000 prefixes beside 50 and 60 ns with one.
        assert_eq!(measured(&figures, "INVITE, 1,024 numbers: 100,000").measured, Some(1.35));
        assert_eq!(measured(&figures, "INVITE, 1,024 numbers: 1,000,000").measured, None);
    }

    #[test]
    fn a_policy_takes_all_its_steps() {
        let figures = figures();
        let file = measured(&figures, "policy of 1,000,000");
        assert_eq!((file.measured, file.is_met()), (Some(660.0), Some(true)));
        assert_eq!(measured(&figures, "of it after the TOML").measured, Some(260.0));
        assert_eq!(measured(&figures, "of it after the policy").measured, Some(60.0));
        assert_eq!(measured(&figures, "octets a prefix").measured, Some(12.5));
    }

    #[test]
    fn a_row_says_what_was_aimed_at_and_found() {
        let target = most("a packet", 1.4, Unit::Times, Some(1.456));
        assert_eq!(target.row(), ["a packet", "≤ 1.4 ×", "1.46 ×", "**not met**"]);
        let unmeasured = most("a policy", 1000.0, Unit::Milliseconds, None);
        assert_eq!(unmeasured.row(), ["a policy", "≤ 1000 ms", "—", "not measured"]);
    }
}
