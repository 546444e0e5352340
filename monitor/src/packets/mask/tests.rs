//! What is hidden of messages, and what is not.

use proptest::prelude::*;

use super::*;
use crate::sip;

const MASKED: How = How { hidden: 4, bodies: false };

fn masked(message: &str, is_stream: bool, how: How) -> (String, Left) {
    let mut octets = message.as_bytes().to_vec();
    let left = messages(&mut octets, is_stream, how, &mut Secrets::default()).expect("a message");
    assert_eq!(octets.len(), message.len());
    (String::from_utf8(octets[..left.octets].to_vec()).unwrap(), left)
}

/// The header as it is written in a message.
fn header(line: &str) -> String {
    let (text, _) = masked(&format!("BYE sip:a@b SIP/2.0\r\n{line}\r\n\r\n"), false, MASKED);
    let head = text.strip_prefix("BYE sip:a@b SIP/2.0\r\n").unwrap();
    head.strip_suffix("\r\n\r\n").unwrap().to_owned()
}

#[test]
fn each_header_hides_what_it_says_of_people() {
    for (line, shown) in [
        (
            "From: \"Jean\" <sip:+33142345678@192.0.2.66>;tag=1928301774",
            "From: \"xxxx\" <sip:+3314234xxxx@192.0.2.66>;tag=1928301774",
        ),
        ("From: Jean D <sip:101@192.168.100.200:5060>", "From: xxxx x <sip:101@192.168.100.200:5060>"),
        ("f: sip:0142345678@h;tag=87654321", "f: sip:014234xxxx@h;tag=87654321"),
        ("To: \"é <0142345678\" <sip:0142345678@h>", "To: \"xx <xxxxxxxxxx\" <sip:014234xxxx@h>"),
        ("To: \"no end <sip:0142345678@h>", "To: \"xx xxx <sip:014234xxxx@h>"),
        ("To: <tel:+33-1-42-34-56-78;ext=12>", "To: <tel:+33-1-42-34-xx-xx;ext=12>"),
        ("t: tel:5678;phone-context=+33142345", "t: tel:xxxx;phone-context=+3314xxxx"),
        ("To: <sip:%30%314234567%38@h>", "To: <sip:%30%314234xxx%78@h>"),
        ("To: <SIP:0142345678:secret@h>", "To: <SIP:014234xxxx:xxxxxx@h>"),
        ("To: <sip:evil@0142345678@h>", "To: <sip:evil@014234xxxx@h>"),
        ("To:\r\n <sip:0142345678\r\n @h>", "To:\r\n <sip:014234xxxx\r\n @h>"),
        (
            "Contact: <sip:a@192.0.2.1:5060>;expires=3600, \"B\" <sip:0142345678@h>",
            "Contact: <sip:a@192.0.2.1:5060>;expires=3600, \"x\" <sip:014234xxxx@h>",
        ),
        (
            "Diversion: <sip:0142345678@h>;reason=unconditional",
            "Diversion: <sip:014234xxxx@h>;reason=unconditional",
        ),
        (
            "Refer-To: <sip:0142345678@h?Replaces=87654321%40h&Authorization=Digest%20x>",
            "Refer-To: <sip:014234xxxx@h?Replaces=87654321%40h&Authorization=xxxxxx%xxx>",
        ),
        (
            "History-Info: <sip:0142345678@h>;index=1, <sip:0687654321@h>;index=1.1",
            "History-Info: <sip:014234xxxx@h>;index=1, <sip:068765xxxx@h>;index=1.1",
        ),
        ("X-Caller: 01 42 34 56 78", "X-Caller: 01 42 34 xx xx"),
        ("X-Two: 01 42 34 56 78 06 87 65 43 21", "X-Two: 01 42 34 xx xx xx xx xx xx xx"),
        ("X-Mixed: 0142345678-12", "X-Mixed: 014234xxxx-xx"),
        ("X-Short: 123456 and 10.20.30.40", "X-Short: 123456 and 10.20.30.40"),
        ("X-Five: 01.42.34.56.78", "X-Five: 01.42.34.xx.xx"),
        (
            "Via: SIP/2.0/UDP 192.0.2.66:5062;branch=z9hG4bK1234567890;rport",
            "Via: SIP/2.0/UDP 192.0.2.66:5062;branch=z9hG4bK1234567890;rport",
        ),
        ("Call-ID: 1234567890@192.0.2.66", "Call-ID: 1234567890@192.0.2.66"),
        ("CSeq: 314159265 BYE", "CSeq: 314159265 BYE"),
        ("Identity: eyJhbGci.IiwiZGVz;info=<https://c>", "Identity: xxxxxxxx.xxxxxxxx;xxxx=<xxxxx://x>"),
        ("User-to-User: 30313432;encoding=hex", "User-to-User: xxxxxxxx;xxxxxxxx=xxx"),
        ("User-Agent: FPBX-16.0.40.7(18.20.0)", "User-Agent: FPBX-16.0.40.7(18.20.0)"),
        (
            "Authorization: Digest username=\"0142345678\", realm=\"a, b\", nonce=\"84a4\", response=\"75\\\"ab\", nc=00000001",
            "Authorization: Digest username=\"014234xxxx\", realm=\"a, b\", nonce=\"xxxx\", response=\"xx\\\"xx\", nc=0000xxxx",
        ),
        ("Proxy-Authorization: Basic YTpi", "Proxy-Authorization: Basic xxxx"),
        (
            "Authentication-Info: nextnonce=\"47364c\", qop=auth",
            "Authentication-Info: nextnonce=\"xxxxxx\", qop=auth",
        ),
        ("no header 12", "xx xxxxxx xx"),
    ] {
        assert_eq!(header(line), shown);
    }
}

#[test]
fn a_start_line_keeps_what_it_is_told_by() {
    for (line, shown) in [
        (
            "INVITE sip:0142345678@192.0.2.10:5060;transport=udp SIP/2.0",
            "INVITE sip:014234xxxx@192.0.2.10:5060;transport=udp SIP/2.0",
        ),
        ("INVITE tel:+33142345678 SIP/2.0", "INVITE tel:+3314234xxxx SIP/2.0"),
        ("INVITE\r\n sip:0142345678@h SIP/2.0", "INVITE\r\n sip:014234xxxx@h SIP/2.0"),
        ("INVITE\r\nsip:0142345678@h SIP/2.0", "INVITE\r\nsip:014234xxxx@h SIP/2.0"),
        ("INVITE sip:112@h SIP/2.0", "INVITE sip:112@h SIP/2.0"),
        ("SIP/2.0 200 0142345678", "SIP/2.0 200 014234xxxx"),
    ] {
        let (text, _) = masked(&format!("{line}\r\nCSeq: 1 INVITE\r\n\r\n"), false, MASKED);
        assert_eq!(text, format!("{shown}\r\nCSeq: 1 INVITE\r\n\r\n"));
    }
    let all = How { hidden: 32, bodies: false };
    let (text, _) = masked("SIP/2.0 200 0142345678\r\n\r\n", false, all);
    assert_eq!(text, "SIP/2.0 200 xxxxxxxxxx\r\n\r\n");
}

#[test]
fn a_number_that_is_hidden_is_hidden_in_call_ids_and_tags_too() {
    let message = "BYE sip:0142345678@h SIP/2.0\r\nCall-ID: c-33142345678-7@h\r\nFrom: <sip:a@h>;tag=0142345678\r\n\
                   CSeq: 142345678 BYE\r\n\r\n";
    let (text, _) = masked(message, false, MASKED);
    assert_eq!(
        text,
        "BYE sip:014234xxxx@h SIP/2.0\r\nCall-ID: c-3314234xxxx-7@h\r\nFrom: <sip:a@h>;tag=014234xxxx\r\nCSeq: 142345678 \
         BYE\r\n\r\n"
    );
}

#[test]
fn whole_numbers_stay_and_credentials_never_do() {
    let message = "BYE sip:0142345678:secret@h SIP/2.0\r\nFrom: \"Jean\" <sip:0142345678@h>\r\nAuthorization: Digest \
                   username=\"0142345678\", response=\"75ab\"\r\n\r\n";
    let (text, _) = masked(message, false, How { hidden: 0, bodies: true });
    assert_eq!(text, message.replace("secret", "xxxxxx").replace("75ab", "xxxx"));
}

#[test]
fn bodies_are_cut_or_masked() {
    let sdp = "v=0\r\no=0142345678 1716425061 1 IN IP4 192.0.2.66\r\ne=a@b\r\np=+33 1\r\nt=3724394400 0\r\nk=clear:key\r\n\
               a=crypto:1 AES inline:abc\r\nm=audio 16386 RTP/AVP 8\r\n";
    let with = |content_type: &str, body: &str| {
        format!(
            "INFO sip:a@h SIP/2.0\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let bodies = How { bodies: true, ..MASKED };
    let message = with("application/sdp", sdp);
    let (cut, left) = masked(&message, false, MASKED);
    assert_eq!((cut.len(), left.body), (message.len() - sdp.len(), Some(sdp.len())));
    let (kept, _) = masked(&message, false, bodies);
    assert!(kept.ends_with(
        "v=0\r\no=014234xxxx 171642xxxx 1 IN IP4 192.0.2.66\r\ne=x@x\r\np=+xx x\r\nt=3724394400 0\r\nk=xxxxx:xxx\r\n\
         a=crypto:x xxx xxxxxx:xxx\r\nm=audio 16386 RTP/AVP 8\r\n"
    ) || kept.ends_with(
        "v=0\r\no=014234xxxx xxxxxxxxxx x IN IP4 192.0.2.66\r\ne=x@x\r\np=+xx x\r\nt=3724394400 0\r\nk=xxxxx:xxx\r\n\
         a=crypto:x xxx xxxxxx:xxx\r\nm=audio 16386 RTP/AVP 8\r\n"
    ), "{kept}");
    let other = with("application/dtmf-relay", "Signal=5");
    assert_eq!(masked(&other, false, bodies).1.body, Some(8));
    assert_eq!(masked(&other, false, How { hidden: 0, bodies: true }).0, other);
    let encoded = message.replace("Content-Length", "Content-Encoding: gzip\r\nContent-Length");
    assert_eq!(masked(&encoded, false, bodies).1.body, Some(sdp.len()));
    // What stands behind a datagram's body is not SIP.
    assert!(!masked(&format!("{message}0142345678"), false, bodies).0.contains("5678"));
}

#[test]
fn a_segment_is_told_as_far_as_it_can_be() {
    let ack = "ACK sip:0142345678@h SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
    let info = "INFO sip:0142345678@h SIP/2.0\r\nCall-ID: 2\r\nContent-Length: 3\r\n\r\nabc";
    let hidden = |text: &str| text.replace("5678", "xxxx");
    let (text, left) = masked(&[ack, ack, info, ack, ack].concat(), true, MASKED);
    let without = info.trim_end_matches("abc").replace("Content-Length: 3", "Content-Length: 0");
    assert_eq!(text, hidden(&[ack, ack, &without].concat()));
    assert_eq!((left.body, left.messages), (Some(3), 2));
    let (text, left) = masked(&[ack, "\r\n\r\n", &ack[..60]].concat(), true, MASKED);
    assert_eq!(text, hidden(&[ack, "\r\n\r\n", &ack[..42]].concat()));
    assert!(left.is_cut);
    let (text, left) = masked(&[ack, "INVITE sip:0142345678"].concat(), true, MASKED);
    assert_eq!((text, left.messages), (hidden(ack), 1));
}

#[test]
fn what_cannot_be_told_is_not_written() {
    for octets in ["", "\r\n\r\n", "INVITE sip:0142345678@h SIP/2.0"] {
        let mut octets = octets.as_bytes().to_vec();
        let left = messages(&mut octets, false, MASKED, &mut Secrets::default());
        assert!(left.is_none_or(|left| octets[..left.octets].iter().all(u8::is_ascii_whitespace)));
    }
}

/// A number in a spelling that is dialled somewhere.
fn spelled() -> impl Strategy<Value = (String, String)> {
    let digits = prop::collection::vec(0_u8..10, 7..=15);
    (digits, 0..6_u8, any::<u64>()).prop_map(|(digits, spelling, dice)| {
        let text: String = digits.iter().map(ToString::to_string).collect();
        let spelled =
            digits.iter().enumerate().map(|(place, digit)| match (spelling, dice >> (place % 64) & 1) {
                (1, 1) => format!("%3{digit}"),
                (2, 1) => format!("{digit}-"),
                (3, 1) => format!("{digit}."),
                (4, 1) => format!("({digit})"),
                _ => digit.to_string(),
            });
        let spelled: String = spelled.collect();
        let plus = if spelling == 5 { "+" } else { "" };
        (text, format!("{plus}{spelled}"))
    })
}

/// The digits that are left, as somebody who looks for a number would read them: without what separates them.
fn readable(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    decoded.chars().filter(|letter| !matches!(letter, '-' | '.' | '(' | ')' | ' ')).collect()
}

proptest! {
    #[test]
    fn no_end_of_a_number_is_left_and_the_message_is_the_same(
        (caller, from) in spelled(),
        (called, to) in spelled(),
        place in 0..8_usize,
    ) {
        let line = [
            format!("P-Asserted-Identity: \"{caller}\" <sip:{to}@h>"),
            format!("Remote-Party-ID: <sip:{from}@h>;party=calling"),
            format!("Diversion: <tel:{to}>"),
            format!("History-Info: <sip:{from}@h?Reason=SIP%3Bcause%3D302>;index=1"),
            format!("Referred-By: sip:{to}@h"),
            format!("X-Number: {from}"),
            format!("Proxy-Authorization: Digest username=\"{called}\", uri=\"sip:{to}@h\", response=\"{caller}\""),
            format!("Contact: {to} <sip:{from}:{caller}@h;x={called}>"),
        ];
        let message = format!(
            "INVITE sip:{to}@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKab\r\nFrom: \"{caller}\" \
             <sip:{from}@h>;tag=a\r\nTo: <sip:{to}@h>\r\nCall-ID: a84b-c@h\r\nCSeq: 7 INVITE\r\n{}\r\n\r\n",
            line[place]
        );
        let (text, left) = masked(&message, false, MASKED);
        prop_assert_eq!(left.octets, message.len());
        let readable = readable(&text);
        for number in [&caller, &called] {
            let end = &number[number.len() - 5..];
            // What is shown may look the same.
            let is_shown = [&caller, &called].iter().any(|shown| shown[..shown.len() - 4].contains(end));
            prop_assume!(!is_shown);
            prop_assert!(!readable.contains(end), "{} is in\n{}", end, text);
        }
        let (before, after) = (sip::message(message.as_bytes()).unwrap(), sip::message(text.as_bytes()).unwrap());
        prop_assert_eq!((before.start_kind(), before.call_id, before.cseq), (after.start_kind(), after.call_id, after.cseq));
        prop_assert_eq!((before.from.tag, before.branch, before.media), (after.from.tag, after.branch, after.media));
    }

    #[test]
    fn any_octets_are_masked_without_a_panic(octets in prop::collection::vec(any::<u8>(), 0..400), is_stream: bool) {
        let mut octets = octets;
        messages(&mut octets, is_stream, How { hidden: 4, bodies: true }, &mut Secrets::default());
    }

    #[test]
    fn pieces_of_sip_are_masked_without_a_panic_and_no_long_run_of_digits_is_whole(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
        is_stream: bool,
    ) {
        let text = format!("INVITE {}", pieces.concat());
        let mut octets = text.clone().into_bytes();
        if let Some(left) = messages(&mut octets, is_stream, MASKED, &mut Secrets::default()) {
            prop_assert!(!octets[..left.octets].windows(10).any(|window| window == b"0142345678"), "{}", text);
        }
    }
}

const PIECES: [&str; 22] = [
    "sip:",
    "tel:",
    "0142345678",
    "@",
    "h",
    ">",
    "<",
    "\"",
    ";",
    "\r\n",
    "\r\n\r\n",
    " ",
    ":",
    ",",
    "From:",
    "To: ",
    "Call-ID: a\r\n",
    "Contact",
    "\\",
    "%30",
    "SIP/2.0",
    "Authorization: Digest response=",
];

trait StartKind {
    fn start_kind(&self) -> String;
}

impl StartKind for sip::Message {
    /// The start line but for the user part.
    fn start_kind(&self) -> String {
        match &self.start {
            sip::Start::Request { method, .. } => format!("{method:?}"),
            sip::Start::Response { code } => code.to_string(),
        }
    }
}
