//! What begins a message: blanks, line ends and cases that some stack accepts, and words that are no INVITE.

use monitor_common::abi::{Class, Direction};

use super::{
    DIALLED, NUMBER, cuba,
    messages::{message, with_start_line},
};
use crate::{case::Case, packet::Packet};

/// The rows.
pub fn rows() -> Vec<Case> {
    let mut cases: Vec<Case> = accepted().map(|(name, start)| dropped(&name, &start)).collect();
    cases.extend(transports());
    cases.extend(not_sip());
    cases.extend(no_calls());
    cases
}

const URI: &str = "sip:0053781234@192.0.2.10";
const TO: &str = "To: <sip:200@192.0.2.10>";

fn dropped(name: &str, start: &str) -> Case {
    Case::invite(name, &Packet::udp(with_start_line(start, TO)), cuba(DIALLED, NUMBER))
}

fn accepted() -> impl Iterator<Item = (String, String)> {
    let methods = ["invite", "Invite", "iNVITE", "INVITe"]
        .map(|method| (format!("method {method}"), format!("{method} {URI} SIP/2.0\r\n")));
    let blanks = [" ", "  ", "     ", "\t", "\t\t", " \t ", "\t \t"]
        .map(|blank| (format!("{blank:?} after the method"), format!("INVITE{blank}{URI} SIP/2.0\r\n")));
    let many = [8, 63, 64, 65, 500].map(|count| {
        (format!("{count} blanks after the method"), format!("INVITE{}{URI} SIP/2.0\r\n", " ".repeat(count)))
    });
    let leads =
        ["\r\n", "\r\n\r\n", "\n", "\n\n\n", "\r\n\r\n\r\n\r\n", " ", "   ", "\t", " \r\n", "\r\n \t"]
            .map(|lead| (format!("{lead:?} before the method"), format!("{lead}INVITE {URI} SIP/2.0\r\n")));
    let folds = ["\r\n ", "\n ", " \r\n ", "\r\n\t", "\r\n"]
        .map(|fold| (format!("{fold:?} after the method"), format!("INVITE{fold}{URI} SIP/2.0\r\n")));
    let longest = [63, 64, 65, 500].map(|count| {
        (
            format!("{count} blanks before the method"),
            format!("{}INVITE {URI} SIP/2.0\r\n", " ".repeat(count)),
        )
    });
    let line_ends = [
        ("32 empty lines before the method".into(), format!("{}INVITE {URI} SIP/2.0\r\n", "\r\n".repeat(32))),
        (
            "250 empty lines before the method".into(),
            format!("{}INVITE {URI} SIP/2.0\r\n", "\r\n".repeat(250)),
        ),
        ("a line that ends with a line feed alone".into(), format!("INVITE {URI} SIP/2.0\n")),
        ("a version in lower case".into(), format!("INVITE {URI} sip/2.0\r\n")),
        ("two blanks before the version".into(), format!("INVITE {URI}  SIP/2.0\r\n")),
        ("leads, case and blanks at once".into(), "\r\n \tinVite \t sIp:0053781234@h SIP/2.0\r\n".into()),
    ];
    methods.into_iter().chain(blanks).chain(many).chain(folds).chain(leads).chain(longest).chain(line_ends)
}

/// Any UDP port, both families, both directions: SIP is told by its start line.
fn transports() -> Vec<Case> {
    let invite = with_start_line(&format!("INVITE {URI} SIP/2.0\r\n"), TO);
    let ports = [
        (5060, 5060),
        (1, 1),
        (53, 53),
        (5061, 80),
        (40_000, 7),
        (65_535, 65_535),
        (16_384, 20_000),
        (3478, 123),
    ];
    let mut cases = Vec::new();
    for direction in Direction::ALL {
        for (source, destination) in ports {
            for is_v6 in [false, true] {
                let packet = Packet::udp(&invite).ports(source, destination);
                let packet = if is_v6 { packet.v6() } else { packet };
                let family = if is_v6 { "IPv6" } else { "IPv4" };
                let name =
                    format!("INVITE from port {source} to {destination}, {family}, {}", direction.label());
                let case = Case::invite(name, &packet, cuba(DIALLED, NUMBER));
                cases.push(Case { direction: *direction, ..case });
            }
        }
    }
    cases
}

/// Nothing that a SIP stack would take for a request.
fn not_sip() -> Vec<Case> {
    let payloads = [
        ("1,600 blanks before the method", format!("{}INVITE {URI} SIP/2.0\r\n\r\n", " ".repeat(1600))),
        ("1,600 blanks after the method", format!("INVITE{}{URI} SIP/2.0\r\n\r\n", " ".repeat(1600))),
        ("a keep-alive of two lines", "\r\n\r\n\r\n\r\n".into()),
        ("an INVITE of HTTP", "INVITE /0053781234 HTTP/1.1\r\nHost: a\r\n\r\n".into()),
        ("prose", "INVITE your friends to a party tonight\r\n".into()),
        ("an INVITE within a line", format!("x-quoted: INVITE {URI} and more\r\n")),
        ("a start line that never ends", format!("XINVITE x{}", "y".repeat(600))),
    ];
    payloads.map(|(name, payload)| Case::new(name, &Packet::udp(payload), Class::OtherUdp)).to_vec()
}

/// SIP, but no call.
fn no_calls() -> Vec<Case> {
    let words =
        ["INVITED", "INVITES", "INVITEX", "REINVITE", "XINVITE", "INVIT", "INVITE2", "IN-VITE", "INVITE:"]
            .map(|word| {
                (format!("the word {word}"), message(&format!("{word} {URI} SIP/2.0")), Class::OtherMethod)
            });
    let quote = format!("INVITE {URI} SIP/2.0\r\n{TO}\r\n\r\n");
    let quoted = [
        ("a start line quoted in a MESSAGE", "MESSAGE sip:200@192.0.2.10 SIP/2.0", Class::Message),
        ("a start line quoted in a NOTIFY", "NOTIFY sip:200@192.0.2.10 SIP/2.0", Class::Notify),
        ("a start line quoted in an INFO", "INFO sip:200@192.0.2.10 SIP/2.0", Class::Info),
        ("a start line quoted in a 200", "SIP/2.0 200 OK", Class::Status2xx),
        ("a start line quoted in a 302", "SIP/2.0 302 Moved Temporarily", Class::Status3xx),
    ]
    .map(|(name, start, class)| (name.to_owned(), message(start) + &quote, class));
    let refer = message("REFER sip:200@192.0.2.10 SIP/2.0")
        .replace("Contact:", "Refer-To: <sip:0053781234@192.0.2.10>\r\nContact:");
    let moved = message("SIP/2.0 302 Moved Temporarily").replace("sip:100@198.51.100.7:5060", URI);
    let numbers = [
        ("a number in REFER".to_owned(), refer, Class::Refer),
        ("a number in a 302's Contact".to_owned(), moved, Class::Status3xx),
        ("a cancelled call to Cuba".to_owned(), message(&format!("CANCEL {URI} SIP/2.0")), Class::Cancel),
        ("an acknowledged call to Cuba".to_owned(), message(&format!("ACK {URI} SIP/2.0")), Class::Ack),
        (
            "a registration with a number".to_owned(),
            message(&format!("REGISTER {URI} SIP/2.0")),
            Class::Register,
        ),
    ];
    let all = words.into_iter().chain(quoted).chain(numbers);
    all.map(|(name, payload, class)| Case::new(name, &Packet::udp(payload), class)).collect()
}
