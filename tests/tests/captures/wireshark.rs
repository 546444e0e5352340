//! What we count of each capture, beside what tshark counts. Where the two differ by rule, the rule is here.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use monitor::replay::EngineKind;
use serde_json::Value;

use crate::replays::{all, document, own};

/// What tshark says of one frame.
struct Seen {
    protocols: String,
    methods: String,
    statuses: String,
    sequence: String,
    source: String,
    /// Source address and destination port as one text.
    stream: String,
}

/// A capture, and what tshark says of its frames.
type Dissected = (PathBuf, Vec<Seen>);

impl Seen {
    /// Whether tshark read it in a payload that is not walked: inside a tunnel over UDP, or quoted by ICMP.
    fn is_inside(&self) -> bool {
        self.protocols.split(':').any(|protocol| ["gtp", "icmp", "icmpv6"].contains(&protocol))
    }

    fn has(&self, protocol: &str) -> bool {
        !self.is_inside() && self.protocols.split(':').any(|seen| seen == protocol)
    }
}

/// Every capture at hand with its frames as tshark sees them: tshark takes longer to start than to read.
static SEEN: LazyLock<Option<Vec<Dissected>>> = LazyLock::new(|| {
    all().into_iter().map(|capture| tshark(&capture).map(|frames| (capture, frames))).collect()
});

/// Every frame as tshark sees it, with its heuristics for RTP on; `None` where there is no tshark.
fn tshark(capture: &Path) -> Option<Vec<Seen>> {
    let fields = [
        "frame.protocols",
        "sip.Method",
        "sip.Status-Code",
        "rtp.seq",
        "rtp.ssrc",
        "ip.src",
        "ipv6.src",
        "udp.dstport",
    ];
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args([
        "--enable-heuristic",
        "rtp_udp",
        "-T",
        "fields",
        "-E",
        "separator=|",
    ]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("NOT TESTED: tshark cannot be run ({error}); install it (Debian: tshark)");
            return None;
        }
    };
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let frame = |line: &str| {
        let mut fields = line.split('|').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        let (protocols, methods, statuses) = (next(), next(), next());
        let (sequence, source) = (next(), next());
        Seen { protocols, methods, statuses, sequence, source, stream: fields.collect::<Vec<_>>().join(" ") }
    };
    Some(text.lines().map(frame).collect())
}

fn by<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    values.filter(|value| !value.is_empty()).fold(BTreeMap::new(), |mut counts, value| {
        *counts.entry(value.to_owned()).or_default() += 1;
        counts
    })
}

fn counts(object: &Value) -> BTreeMap<String, u64> {
    let entries = object.as_object().expect("an object").iter();
    entries.map(|(key, count)| (key.clone(), count.as_u64().expect("a count"))).collect()
}

fn group(document: &Value, class: &str) -> u64 {
    document["classes"][class].as_u64().expect("every class is there")
}

/// SIP requests by method and responses by status class are the same, exactly. One difference is by rule: what
/// is quoted by ICMP or tunnelled over UDP (GTP) reaches no PBX under this header, and is not read.
#[test]
fn sip_is_what_tshark_counts() {
    let Some(captures) = SEEN.as_ref() else { return };
    for (capture, frames) in captures {
        let document = document(capture, &own("night.toml"), EngineKind::Host).expect("a document");
        let name = capture.display();
        assert_eq!(document["packets"], frames.len(), "{name}");
        let sip: Vec<_> = frames.iter().filter(|frame| frame.has("sip")).collect();
        assert_eq!(
            counts(&document["methods"]),
            by(sip.iter().map(|frame| frame.methods.as_str())),
            "{name}"
        );
        let classes: Vec<_> = sip
            .iter()
            .map(|frame| frame.statuses.get(..1).map(|first| format!("{first}xx")).unwrap_or_default())
            .collect();
        assert_eq!(counts(&document["statuses"]), by(classes.iter().map(String::as_str)), "{name}");
    }
}

/// A stream (remote address and local port) is RTP once two packets of one source follow each other by their
/// sequence numbers. tshark takes it for RTP at once; so the two differ by exactly the packets before that:
/// each stream's first packet, its repetitions where both sides of a PBX were captured at once (`demo.pcap`), and
/// those of other sources in between, as where SIPp receives several calls at one port (`night-cooked.pcap`).
#[test]
fn rtp_is_what_tshark_counts_less_the_beginning_of_each_stream() {
    let (mut seen, mut unconfirmed) = (0, 0);
    let Some(captures) = SEEN.as_ref() else { return };
    for (capture, frames) in captures {
        let document = document(capture, &own("all-arrive.toml"), EngineKind::Host).expect("a document");
        let rtp: Vec<_> = frames.iter().filter(|frame| frame.has("rtp")).collect();
        let before = before_confirmation(&rtp);
        assert_eq!(group(&document, "rtp"), (rtp.len() - before) as u64, "{}", capture.display());
        seen += rtp.len();
        unconfirmed += before;
    }
    assert!(
        seen >= 800 && unconfirmed >= 4,
        "our own captures hold RTP: {seen}, {unconfirmed} of it not confirmed"
    );
}

/// Packets that no packet before them confirms.
fn before_confirmation(rtp: &[&Seen]) -> usize {
    let mut streams: HashMap<&str, (&str, u16, bool, u8)> = HashMap::new();
    let mut before = 0;
    for frame in rtp {
        let sequence: u16 = frame.sequence.parse().expect("a sequence number");
        let (source, last, is_confirmed, strangers) =
            streams.entry(&frame.stream).or_insert((&frame.source, sequence, false, 0));
        let follows = (1..=3).contains(&sequence.wrapping_sub(*last));
        *is_confirmed |= *source == frame.source && follows;
        if !*is_confirmed && *source != frame.source && *strangers < 8 {
            *strangers += 1;
        } else {
            (*source, *last, *strangers) = (&frame.source, sequence, 0);
        }
        before += usize::from(!*is_confirmed);
    }
    before
}

#[test]
fn rtcp_stun_and_what_is_not_ip_are_what_tshark_counts() {
    let Some(captures) = SEEN.as_ref() else { return };
    for (capture, frames) in captures {
        let document = document(capture, &own("night.toml"), EngineKind::Host).expect("a document");
        let name = capture.display();
        for class in ["rtcp", "stun", "dtls"] {
            let expected = frames.iter().filter(|frame| frame.has(class)).count();
            assert_eq!(group(&document, class), expected as u64, "{name}: {class}");
        }
        let is_ip =
            |frame: &&Seen| frame.protocols.split(':').any(|protocol| ["ip", "ipv6"].contains(&protocol));
        let expected = frames.len() - frames.iter().filter(is_ip).count();
        assert_eq!(group(&document, "non_ip"), expected as u64, "{name}: not IP");
    }
}
