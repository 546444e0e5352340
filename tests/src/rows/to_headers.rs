//! The To header: it supplies the number where the Request-URI has no user part and To has no tag, as
//! FreeSWITCH does.

use monitor_common::abi::{Direction, Reason, Uninspected};

use super::{
    DIALLED, NUMBER, cuba, emergency, internal,
    messages::{invite_to, with_start_line},
    no_number, passes,
};
use crate::{case::Case, packet::Packet};

/// The rows.
pub fn rows() -> Vec<Case> {
    let supplies =
        untagged().map(|to| Case::invite(format!("no user, and {to:?}"), &packet(to), cuba(DIALLED, NUMBER)));
    let tagged = tagged().map(|to| Case::invite(format!("no user, and {to:?}"), &packet(to), no_number()));
    [supplies.to_vec(), tagged.to_vec(), others(), places(), with_user()].concat()
}

fn packet(to: &str) -> Packet {
    Packet::udp(invite_to("sip:192.0.2.10", to))
}

fn untagged() -> [&'static str; 37] {
    [
        "To: <sip:0053781234@192.0.2.10>",
        "to: <sip:0053781234@192.0.2.10>",
        "TO: <sip:0053781234@192.0.2.10>",
        "tO: <sip:0053781234@192.0.2.10>",
        "t: <sip:0053781234@192.0.2.10>",
        "T: <sip:0053781234@192.0.2.10>",
        "To:<sip:0053781234@192.0.2.10>",
        "t:<sip:0053781234@192.0.2.10>",
        "To : <sip:0053781234@192.0.2.10>",
        "To\t: <sip:0053781234@192.0.2.10>",
        "t   :\t<sip:0053781234@192.0.2.10>",
        "To:\t\t<sip:0053781234@192.0.2.10>",
        "To:\r\n <sip:0053781234@192.0.2.10>",
        "To:\r\n\t<sip:0053781234@192.0.2.10>",
        "To: Havana\r\n <sip:0053781234@192.0.2.10>",
        "To: sip:0053781234@192.0.2.10",
        "To:sip:0053781234@192.0.2.10",
        "To: SIP:0053781234@192.0.2.10",
        "To: <sips:0053781234@192.0.2.10>",
        "To: <tel:0053781234>",
        "To: tel:0053781234",
        "To: <sip:%30053781234@192.0.2.10>",
        "To: <sip:00-53-781234@192.0.2.10>",
        "To: Havana <sip:0053781234@192.0.2.10>",
        "To: \"Havana\" <sip:0053781234@192.0.2.10>",
        "To: \"Havana; old\" <sip:0053781234@192.0.2.10>",
        "To: \"<sip:100@h>\" <sip:0053781234@192.0.2.10>",
        "To: \"a;tag=1\" <sip:0053781234@192.0.2.10>",
        "To: \"<sip:1@h>;tag=1\" <sip:0053781234@192.0.2.10>",
        "To: \"say \\\"hi\\\";tag=2\" <sip:0053781234@192.0.2.10>",
        "To: \"\\\\\" <sip:0053781234@192.0.2.10>",
        "To: <sip:0053781234@192.0.2.10;tag=inside>",
        "To: <sip:0053781234;tag=inside@192.0.2.10>",
        "To: <sip:0053781234@192.0.2.10>;x=tag",
        "To: <sip:0053781234@192.0.2.10>;tagged=1;tags=2;ta=3",
        "To: <sip:0053781234@192.0.2.10>;x=\";tag=1\"",
        "To: <sip:0053781234@192.0.2.10>\r\n ;x=y",
    ]
}

fn tagged() -> [&'static str; 18] {
    [
        "To: <sip:0053781234@192.0.2.10>;tag=a",
        "to: <sip:0053781234@192.0.2.10>;TAG=a",
        "t: <sip:0053781234@192.0.2.10>;tag=a",
        "t:<sip:0053781234@192.0.2.10>;Tag=a",
        "To: <sip:0053781234@192.0.2.10> ; tag = a",
        "To: <sip:0053781234@192.0.2.10>;\ttag\t=a",
        "To: <sip:0053781234@192.0.2.10>;x=y;tag=a",
        "To: <sip:0053781234@192.0.2.10>;x=\";\";tag=a",
        "To: <sip:0053781234@192.0.2.10>;x;tag=a;y",
        "To: <sip:0053781234@192.0.2.10>;t=1;tag=a",
        "To: <sip:0053781234@192.0.2.10>;tagg=1;tag=a",
        "To: sip:0053781234@192.0.2.10;tag=a",
        "To: \"Havana\" <sip:0053781234@192.0.2.10>;tag=a",
        "To: \"a;tag=1 <\" <sip:0053781234@192.0.2.10>;tag=a",
        "To: <sip:0053781234@192.0.2.10>\r\n ;tag=a",
        "To: <sip:0053781234@192.0.2.10>;\r\n tag=a",
        "To:\r\n <sip:0053781234@192.0.2.10>\r\n\t;tag=a",
        "To: <tel:0053781234>;tag=a",
    ]
}

/// To has no number, or another kind of one.
fn others() -> Vec<Case> {
    [
        ("", no_number()),
        ("To: <sip:192.0.2.10>", no_number()),
        ("To: <mailto:a@example.com>", no_number()),
        ("To: ", no_number()),
        ("To: <sip:bob@192.0.2.10>", internal("")),
        ("To: <sip:200@192.0.2.10>", internal("200")),
        ("To: <sip:112@192.0.2.10>", emergency("112")),
        ("To: <urn:service:sos>", emergency("")),
        ("To: <tel:+33142345678>", passes(Reason::NoRule, "+33142345678", "33142345678", "FR")),
        ("Top: <sip:0053781234@192.0.2.10>", no_number()),
        ("Topic: To: <sip:0053781234@192.0.2.10>", no_number()),
        ("X-To: <sip:0053781234@192.0.2.10>", no_number()),
    ]
    .map(|(to, call)| Case::invite(format!("no user, and only {to:?}"), &packet(to), call))
    .to_vec()
}

/// Where To stands: the first one counts, before the empty line, within what is scanned.
fn places() -> Vec<Case> {
    let start = "INVITE sip:192.0.2.10 SIP/2.0\r\n";
    let havana = "To: <sip:0053781234@192.0.2.10>";
    let first = format!("{start}{havana}\r\n");
    let last = with_start_line(start, "")
        .replace("Content-Length: 0\r\n", &format!("Content-Length: 0\r\n{havana}\r\n"));
    let two = with_start_line(start, &format!("{havana}\r\nTo: <sip:200@192.0.2.10>"));
    let body = with_start_line(start, "") + havana + "\r\n";
    let similar = with_start_line(start, &format!("Thread: x\r\nTimestamp: 54\r\nt x\r\n{havana}"));
    let line_feeds = with_start_line(start, havana).replace('\r', "");
    let long = with_start_line(start, &format!("X: {}\r\n{havana}", "y".repeat(2000)));
    let leaves = with_start_line(
        "INVITE sip:0053781234@192.0.2.10 SIP/2.0\r\n",
        &format!("X: {}\r\nTo: <sip:200@192.0.2.10>", "y".repeat(2000)),
    );
    let leaves = Case::invite(
        "it leaves, and To comes after 2000 octets",
        &Packet::udp(leaves),
        cuba(DIALLED, NUMBER),
    );
    let leaves = Case { direction: Direction::Egress, ..leaves };
    let cut = with_start_line(start, havana);
    let cut = &cut[..cut.find("781234@192").expect("To is there") + 3];
    let calls = cuba(DIALLED, NUMBER);
    vec![
        Case::invite("To comes first", &Packet::udp(with_start_line(&first, "")), calls.clone()),
        Case::invite("To comes last", &Packet::udp(last), calls.clone()),
        Case::invite("two To headers: the first counts", &Packet::udp(two), calls.clone()),
        Case::invite("a To header in the body", &Packet::udp(body), no_number()),
        Case::invite("headers that begin like To", &Packet::udp(similar), calls.clone()),
        Case::invite("lines that end with a line feed alone", &Packet::udp(line_feeds), calls),
        leaves,
        Case::invite("To comes after 2000 octets", &Packet::udp(long), unread())
            .unread(Uninspected::ScanLimit),
        Case::invite("the packet ends within To", &Packet::udp(cut), unread()).unread(Uninspected::Truncated),
    ]
}

/// A Request-URI with a user part is the number, whatever To says.
fn with_user() -> Vec<Case> {
    [
        ("sip:200@192.0.2.10", "To: <sip:0053781234@192.0.2.10>", internal("200")),
        ("sip:bob@192.0.2.10", "To: <sip:0053781234@192.0.2.10>", internal("")),
        ("sip:bob@192.0.2.10", "To: <sip:0053781234@192.0.2.10>;tag=a", internal("")),
        ("sip:0053781234@192.0.2.10", "To: <sip:200@192.0.2.10>;tag=a", cuba(DIALLED, NUMBER)),
        ("sip:0053781234@192.0.2.10", "To: <sip:112@192.0.2.10>", cuba(DIALLED, NUMBER)),
        ("sip:0053781234@192.0.2.10", "", cuba(DIALLED, NUMBER)),
        ("tel:0053781234", "To: <sip:200@192.0.2.10>;tag=a", cuba(DIALLED, NUMBER)),
    ]
    .map(|(uri, to, call)| {
        Case::invite(format!("{uri} beside {to:?}"), &Packet::udp(invite_to(uri, to)), call)
    })
    .to_vec()
}

/// Passes because it could not be read.
fn unread() -> crate::case::Call {
    passes(Reason::NoNumber, "", "", "unknown")
}
