//! How a Request-URI may write one number: all of these are dialled by some stack (ARCHITECTURE, "What decides
//! a number"), so all of these are dropped.

use super::{DIALLED, NUMBER, cuba, emergency, internal, messages::invite, no_number, passes};
use crate::{
    case::{Call, Case},
    packet::Packet,
};
use monitor_common::abi::{Reason, Verdict};

/// The rows.
pub fn rows() -> Vec<Case> {
    let mut cases: Vec<Case> =
        plain().chain(encoded()).chain(separated()).chain(parameters()).chain(contexts()).collect();
    cases.extend(ends());
    cases.extend(lengths());
    cases
}

fn row(uri: &str, call: Call) -> Case {
    Case::invite(format!("Request-URI {uri}"), &Packet::udp(invite(uri)), call)
}

/// Schemes, brackets, hosts.
fn plain() -> impl Iterator<Item = Case> {
    let written = [
        "sip:N@192.0.2.10",
        "SIP:N@192.0.2.10",
        "Sip:N@192.0.2.10",
        "sips:N@192.0.2.10",
        "SIPS:N@192.0.2.10",
        "sIpS:N@192.0.2.10",
        "tel:N",
        "TEL:N",
        "Tel:N",
        "<sip:N@192.0.2.10>",
        "<SIP:N@192.0.2.10>",
        "<sips:N@192.0.2.10>",
        "<tel:N>",
        "<TEL:N>",
        "sip:N@192.0.2.10:5060",
        "sip:N@[2001:db8::10]",
        "sip:N@[2001:db8::10]:5060",
        "sip:N@pbx.example.com;transport=udp",
        "sip:N@pbx.example.com;user=phone;lr",
        "sip:N@pbx.example.com?Subject=hello",
        "sip:N@p",
        "sip:N@",
    ];
    let global = ["sip:+53781234@192.0.2.10", "sips:+53781234@192.0.2.10", "tel:+53781234"];
    written
        .into_iter()
        .map(|uri| row(&uri.replace('N', DIALLED), cuba(DIALLED, NUMBER)))
        .chain(global.map(|uri| row(uri, cuba("+53781234", NUMBER))))
}

/// Percent-encoding: pjsip and sofia decode it.
fn encoded() -> impl Iterator<Item = Case> {
    let one_each = (0..DIALLED.len()).map(|place| {
        let (before, rest) = DIALLED.split_at(place);
        let user = format!("{before}%3{rest}");
        row(&format!("sip:{user}@192.0.2.10"), cuba(DIALLED, NUMBER))
    });
    let whole: String = DIALLED.chars().map(|digit| format!("%3{digit}")).collect();
    let written = [
        (format!("sip:{whole}@192.0.2.10"), DIALLED),
        (format!("sips:{whole}@192.0.2.10"), DIALLED),
        (format!("tel:{whole}"), DIALLED),
        ("sip:%2B53781234@192.0.2.10".into(), "+53781234"),
        ("sip:%2b53781234@192.0.2.10".into(), "+53781234"),
        ("tel:%2B53781234".into(), "+53781234"),
        ("sip:%2B%35%33%37%38%31%32%33%34@192.0.2.10".into(), "+53781234"),
        ("sip:00%2D53781234@192.0.2.10".into(), DIALLED),
        ("sip:00%2d53%2E781%28234%29@192.0.2.10".into(), DIALLED),
        ("sip:%2A7%230053781234@192.0.2.10".into(), "*7#0053781234"),
        ("sip:*7%230053781234@192.0.2.10".into(), "*7#0053781234"),
        ("sip:%2a7%230053781234@192.0.2.10".into(), "*7#0053781234"),
    ];
    one_each.chain(written.map(|(uri, dialled)| row(&uri, cuba(dialled, NUMBER))))
}

/// Visual separators: Asterisk ignores "-" when it matches, and RFC 3966 names the four.
fn separated() -> impl Iterator<Item = Case> {
    let users = [
        "00-53781234",
        "00-53-781-234",
        "0-0-5-3-7-8-1-2-3-4",
        "00.53.78.12.34",
        "(00)53781234",
        "00(53)781234",
        "(0)(0)5-3.7(8)12-34",
        "-0053781234",
        "0053781234-",
        "--00--53--781234--",
        "00%2053%20781234",
        "%200053781234",
        "00%20-%2053781234",
    ];
    let sip = users.map(|user| row(&format!("sip:{user}@192.0.2.10"), cuba(DIALLED, NUMBER)));
    let tel = users.map(|user| row(&format!("tel:{user}"), cuba(DIALLED, NUMBER)));
    let global = ["+53-781-234", "+53(781)234", "+5.3.7.8.1.2.3.4", "(+53)781234"]
        .map(|user| row(&format!("sip:{user}@192.0.2.10"), cuba("+53781234", NUMBER)));
    sip.into_iter().chain(tel).chain(global)
}

/// What stacks cut off a user part.
fn parameters() -> impl Iterator<Item = Case> {
    let users = [
        "N:secret",
        "N:",
        "N:1234",
        "N:s;x",
        "N;user=phone",
        "N;isub=1411",
        "N;ext=12",
        "N;npdi",
        "N;npdi;rn=+33142345678",
        "N;cpc=ordinary",
        "N;phone-context=example.com",
        "N;phone-context=pbx.example.com;npdi",
        "N;PHONE-CONTEXT=Example.COM",
        "N;x=phone-context",
        "N;xphone-context=+33",
        "N;phone-contexts=+33",
        "N;phone-context=",
        "N;a=b;c=d;e=f;g=h;i=j",
        "%30053781234;user=phone",
        "00-53-781234;isub=1",
    ];
    users.into_iter().map(|user| {
        let uri = format!("sip:{}@192.0.2.10", user.replace('N', DIALLED));
        row(&uri, cuba(DIALLED, NUMBER))
    })
}

/// A global phone-context is put before a number that has no "+".
fn contexts() -> impl Iterator<Item = Case> {
    let abroad = [
        "tel:781234;phone-context=+53",
        "TEL:781234;phone-context=+53",
        "<tel:781234;phone-context=+53>",
        "tel:781234;PHONE-CONTEXT=+53",
        "tel:781234;Phone-Context=+53",
        "tel:781234;isub=1;phone-context=+53",
        "tel:781234;phone-context=+53;isub=1",
        "tel:78-12-34;phone-context=+53",
        "tel:781234;phone-context=%2B53",
        "tel:781234;phone-context=+5-3",
        "sip:781234;phone-context=+53@192.0.2.10",
        "sips:781234;phone-context=+53@192.0.2.10",
        "sip:781234;npdi;phone-context=+53@192.0.2.10",
        "sip:781234;phone-context=+53;user=phone@192.0.2.10",
        "sip:%37%38%31%32%33%34;phone-context=+53@192.0.2.10",
        "<sip:781234;phone-context=+53@192.0.2.10>",
        "sip:81234;phone-context=+537@192.0.2.10",
        "tel:4;phone-context=+5378123",
    ];
    let rows = abroad.map(|uri| row(uri, cuba("+53781234", NUMBER)));
    let global = [
        row("tel:+53781234;phone-context=+33", cuba("+53781234", NUMBER)),
        row("sip:+53781234;phone-context=+33@192.0.2.10", cuba("+53781234", NUMBER)),
    ];
    // Some stacks cut the context off: a block either way holds, and so does an emergency.
    let plain = [
        row("tel:0053781234;phone-context=+33", cuba("+330053781234", NUMBER)),
        row("sip:0053781234;phone-context=+33@192.0.2.10", cuba("+330053781234", NUMBER)),
        row("sip:0053781234;phone-context=+1@192.0.2.10", cuba("+10053781234", NUMBER)),
        row("sip:90053781234;phone-context=+33@192.0.2.10", cuba("+3390053781234", NUMBER)),
        row("tel:0053781234;phone-context=+53", cuba("+530053781234", "530053781234")),
        row("tel:112;phone-context=+53", emergency("+53112")),
        row("sip:15;phone-context=+53@192.0.2.10", emergency("+5315")),
        row("tel:112;phone-context=+33", emergency("+33112")),
        row("sip:112;phone-context=+33@192.0.2.10", emergency("+33112")),
        row("tel:142345678;phone-context=+33", passes(Reason::NoRule, "+33142345678", "33142345678", "FR")),
    ];
    let not_enforced = Call::new(Verdict::Pass, Reason::TcpNotEnforced, "+330053781234", NUMBER, "cuba");
    let uri = "sip:0053781234;phone-context=+33@192.0.2.10";
    let over_tcp =
        Case::invite(format!("Request-URI {uri} over TCP"), &Packet::tcp(invite(uri)), not_enforced);
    let domains = [
        row("tel:781234;phone-context=example.com", internal("781234")),
        row("sip:781234;phone-context=example.com@192.0.2.10", internal("781234")),
        row("tel:781234;phone-context=53", internal("781234")),
        row("tel:7042;phone-context=pbx-1.example.com", internal("7042")),
    ];
    rows.into_iter().chain(global).chain(plain).chain([over_tcp]).chain(domains)
}

/// A letter ends the number, and the digits before it are judged; a host alone has none.
fn ends() -> Vec<Case> {
    let cut = [
        "Nx55", "NABC", "N,,1", "Np1", "Nw9", "N!", "N%20", "N%00", "N%", "N%zz", "N%3", "N&", "N=1", "N$",
        "N/", "N~",
    ]
    .map(|user| row(&format!("sip:{}@192.0.2.10", user.replace('N', DIALLED)), cuba(DIALLED, NUMBER)));
    let names = [
        "bob",
        "alice.smith",
        "s",
        "_0053781234",
        "a0053781234",
        "x-0053781234",
        "%62ob",
        "%610053",
        ";x",
        "bob;phone-context=+53",
        "x781234;phone-context=+53",
    ]
    .map(|user| row(&format!("sip:{user}@192.0.2.10"), internal("")));
    let nobody = [
        "sip:192.0.2.10",
        "sip:pbx.example.com",
        "sip:pbx.example.com:5060",
        "sip:[2001:db8::10]",
        "sip:@192.0.2.10",
        "sip:0053781234",
        "sip:0053781234;transport=udp",
    ]
    .map(|uri| {
        let message = super::messages::invite_to(uri, "To: <sip:pbx.example.com>");
        Case::invite(format!("no user in {uri}, and none in To"), &Packet::udp(message), no_number())
    });
    let other = [
        "http://192.0.2.10/0053781234",
        "mailto:0053781234@192.0.2.10",
        "im:0053781234@192.0.2.10",
        "urn:service:police",
        "0053781234",
    ]
    .map(|uri| {
        let message = super::messages::invite_to(uri, "To: <mailto:a@example.com>");
        Case::invite(format!("another scheme: {uri}"), &Packet::udp(message), no_number())
    });
    [cut.to_vec(), names.to_vec(), nobody.to_vec(), other.to_vec()].concat()
}

/// E.164 has at most 15 digits, and 32 symbols are kept; what follows changes no verdict.
fn lengths() -> Vec<Case> {
    let mut cases = Vec::new();
    for digits in [1, 5, 6, 7, 8, 13, 14, 15, 16, 17, 18, 20, 30, 31, 32, 33, 40, 64, 80] {
        let rest: String = ("0123456789".chars().cycle()).take(digits).collect();
        let user = format!("0053{rest}");
        let number: String = user.chars().skip(2).take(15).collect();
        let dialled: String = user.chars().take(32).collect();
        let uri = format!("sip:{user}@192.0.2.10");
        cases
            .push(Case { name: format!("{digits} digits behind +53"), ..row(&uri, cuba(&dialled, &number)) });
    }
    let encoded: String = "0053781234".repeat(8).chars().map(|digit| format!("%3{digit}")).collect();
    let many: String = "0053781234".repeat(4).chars().take(32).collect();
    cases.push(Case {
        name: "80 digits, each percent-encoded".into(),
        ..row(&format!("sip:{encoded}@192.0.2.10"), cuba(&many, "537812340053781"))
    });
    cases.push(row("sip:00@192.0.2.10", internal("00")));
    cases.push(row("sip:+@192.0.2.10", internal("+")));
    cases.push(row("sip:0@192.0.2.10", internal("0")));
    cases.push(row("sip:005@192.0.2.10", passes(Reason::NoRule, "005", "5", "unknown")));
    cases.push(row("sip:*@192.0.2.10", internal("*")));
    cases.push(row("sip:##@192.0.2.10", internal("##")));
    let watched = Call::new(Verdict::Pass, Reason::Policy, "+37167123456", "37167123456", "baltic");
    cases.push(row("sip:+37167123456@192.0.2.10", watched));
    cases
}
