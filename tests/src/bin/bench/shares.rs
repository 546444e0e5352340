//! What the figures say beyond themselves: where the time of a packet goes, and what time a line leaves for one.

use crate::{
    figures::{Figures, Spread},
    report::{Style, table},
};

/// What each step takes: paired differences of two packets, of which one needs the step and the other does not.
pub fn steps(figures: &Figures, style: Style) -> String {
    let mut table = table(style, ["step", "ns", "", "read from"], &[1]);
    for (step, id, without) in STEPS {
        let Some(difference) = difference(figures, id, without) else { continue };
        let from = without.map_or_else(|| format!("`{id}`"), |without| format!("`{id}` − `{without}`"));
        let range = format!("({:.0} to {:.0})", difference.min, difference.max);
        table.add_row([step.to_owned(), format!("{:.0}", difference.median), range, from]);
    }
    table.to_string()
}

/// How long a packet takes on a line that is full of its like: arithmetic; and beside it what was measured.
pub fn budget(figures: &Figures, style: Style) -> String {
    let header = ["packet", "octets on the line", "10 Gbit/s", "25", "40", "100", "over empty, ns"];
    let mut table = table(style, header, &[1, 2, 3, 4, 5, 6]);
    for id in ["udp", "rtp-1024", "options", "invite-1024@100000", "invite-65536@100000", "invite-bent"] {
        let Some(packet) = figures.packet(id) else { continue };
        let octets = packet.octets + ON_THE_LINE;
        let time = |gigabits: f64| format!("{:.1} ns", nanoseconds(octets, gigabits));
        let [ten, twenty_five, forty, hundred] = [10.0, 25.0, 40.0, 100.0].map(time);
        let over = format!("{:.0}", packet.over_empty_ns.median);
        let name = packet.packet.clone();
        table.add_row([name, octets.to_string(), ten, twenty_five, forty, hundred, over]);
    }
    table.to_string()
}

fn difference(figures: &Figures, id: &str, without: Option<&str>) -> Option<Spread> {
    let of = |id| figures.packet(id).map(|packet| &packet.rounds_ns);
    let with = of(id)?;
    let Some(without) = without else { return Some(Spread::of(with)) };
    let pairs = with.iter().zip(of(without)?);
    Some(Spread::of(&pairs.map(|(with, without)| with - without).collect::<Vec<_>>()))
}

/// A bit takes a nanosecond at 1 Gbit/s.
fn nanoseconds(octets: usize, gigabits: f64) -> f64 {
    octets as f64 * 8.0 / gigabits
}

/// What each step is called, the packet that needs it, and one that needs all else.
const STEPS: [(&str, &str, Option<&str>); 12] = [
    ("every packet: interface, headers, class, counter", "udp", None),
    ("RTP: the table of streams", "rtp-1", Some("udp")),
    ("1,024 streams instead of one", "rtp-1024", Some("rtp-1")),
    ("65,536 streams instead of 1,024", "rtp-65536", Some("rtp-1024")),
    ("a SIP request: its start line", "options", Some("udp")),
    ("an INVITE: number, readings, rules, verdict, judgement, counters", "invite-1@100000", Some("options")),
    ("65,536 numbers instead of 1,024", "invite-65536@100000", Some("invite-1024@100000")),
    ("a trunk is named: the remote address is looked up", "invite-1@trunk", Some("invite-1@100000")),
    (
        "events are sent: the token bucket, and the few that it lets through",
        "invite-1@events",
        Some("invite-1@100000"),
    ),
    ("two VLAN tags, IPv6 and 8 extension headers", "invite-headers", Some("invite-1@100000")),
    ("the To header is searched, last of all, and read", "invite-to", Some("invite-1@100000")),
    ("the worst spelling, octet by octet", "invite-bent", Some("invite-1@100000")),
];
/// Octets beside the frame as a program sees it: check sequence (4), preamble and start (8), gap (12; IEEE 802.3).
const ON_THE_LINE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cases, figures::tests::figures};

    #[test]
    fn a_line_of_10_gigabits_is_full_with_14_88_million_of_the_shortest_frames() {
        assert_eq!(nanoseconds(60 + ON_THE_LINE, 10.0), 67.2);
        assert!(budget(&figures(), Style::Markdown).contains("67.2 ns"));
    }

    #[test]
    fn steps_are_read_from_packets_that_are_measured() {
        let cases = cases::all();
        for id in STEPS.iter().flat_map(|(_, id, without)| [Some(*id), *without]).flatten() {
            assert!(cases.iter().any(|case| case.id == id), "{id}");
        }
        assert_eq!(difference(&figures(), "invite-1024@100000", Some("invite-1024@1")).unwrap().median, 20.0);
    }
}
