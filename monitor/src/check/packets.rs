//! What is kept of the packets of incidents, in words.

use super::{counted, thousands};
use crate::policy::{Compiled, packets::Numbers};

/// How much of an incident's SIP is kept, and how.
pub fn in_words(policy: &Compiled) -> String {
    let packets = &policy.packets;
    if !packets.enabled {
        return "none of an incident's".to_owned();
    }
    let numbers = match packets.hidden(policy.privacy.hidden_digits) {
        0 => "numbers whole",
        _ => "numbers masked",
    };
    let bodies = match (packets.bodies, packets.numbers) {
        (false, _) => "without bodies",
        (true, Numbers::Masked) => "with session descriptions",
        (true, Numbers::Whole) => "with bodies",
    };
    let most = counted(usize::try_from(packets.most).unwrap_or(usize::MAX), "packet");
    let octets = |octets: u64| thousands(usize::try_from(octets).unwrap_or(usize::MAX));
    format!(
        "SIP of each incident, {numbers}, {bodies}: {most} and {} octets of one, {} of all",
        octets(packets.most_bytes),
        octets(packets.total_bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;

    fn said(rest: &str) -> String {
        let text = format!("[dialplan]\ncountry_code = \"33\"\n{rest}");
        in_words(&compile(&text).policy.unwrap()).replace('\u{a0}', " ")
    }

    #[test]
    fn it_is_said_back() {
        let default = "SIP of each incident, numbers masked, without bodies: 200 packets and 1 000 000 octets of one, \
                       100 000 000 of all";
        assert_eq!(said(""), default);
        assert_eq!(
            said("[packets]\nnumbers = \"whole\"\nbodies = true\nmost = 1\ntotal_bytes = 20000"),
            "SIP of each incident, numbers whole, with bodies: 1 packet and 20 000 octets of one, 20 000 of all"
        );
        assert!(said("[packets]\nbodies = true").contains("masked, with session descriptions"));
        assert!(said("[privacy]\nhidden_digits = 0").contains("numbers whole"));
        assert_eq!(said("[packets]\nenabled = false"), "none of an incident's");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        for (rest, help) in [
            ("most = 0", "most = 200"),
            ("numbers = \"none\"", "write one of masked, whole"),
            ("bodies = \"no\"", "bodies = true, to keep session descriptions"),
            ("most_bytes = 100000\ntotal_bytes = 50000", "make total_bytes at least as large as most_bytes"),
            ("octets = 1", "unknown key \"octets\" in packets"),
        ] {
            let text = format!("[dialplan]\ncountry_code = \"33\"\n[packets]\n{rest}\n");
            let compilation = compile(&text);
            let report = compilation.render(&text, "policy.toml", false);
            assert!(compilation.policy.is_none(), "{rest}");
            assert!(report.contains(help), "{help} is not in\n{report}");
        }
    }
}
