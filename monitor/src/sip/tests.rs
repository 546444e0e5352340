//! Messages and what is read of them.

use super::*;

/// A request with the headers that every message has, those given, and a body.
fn request(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "INVITE sip:0053781234@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bK-1\r\n\
         From: \"A\" <sip:101@192.0.2.10>;tag=f1\r\nTo: <sip:0053781234@192.0.2.10>\r\nCall-ID: c1@192.0.2.66\r\n\
         CSeq: 7 INVITE\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The message with one header in place of another.
fn with(name: &str, line: &str) -> Vec<u8> {
    let text = String::from_utf8(request("", "")).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().any(|line| line.starts_with(name)), "{name}");
    lines
        .into_iter()
        .map(|old| if old.starts_with(name) { line } else { old })
        .collect::<Vec<_>>()
        .join("\r\n")
        .into()
}

fn party(user: &str, tag: Option<&str>) -> Party {
    Party { user: user.into(), tag: tag.map(Into::into) }
}

fn media(address: &str, port: u16, is_audio: bool) -> Media {
    Media { address: address.parse().ok(), port, is_audio }
}

#[test]
fn a_start_line_that_goes_on_behind_its_method_is_read_as_one() {
    let whole = request("", "");
    let text = String::from_utf8(whole.clone()).unwrap();
    for fold in ["\r\n ", "\n ", " \r\n ", "\r\n\t", "\r\n", "\r\n\r\n\r\n <", "\r", " \0\r\n"] {
        let folded = text.replacen("INVITE ", &format!("INVITE{fold}"), 1);
        assert_eq!(message(folded.as_bytes()), message(&whole), "{fold:?}");
    }
    assert_eq!(message(b"INVITE\r\nCall-ID: 1\r\n\r\n"), Err(Unreadable::StartLine));
    assert_eq!(message(b"INVITE\r\n\r\n"), Err(Unreadable::StartLine));
}

#[test]
fn an_invite_says_all_that_a_call_needs() {
    let octets = request(
        "Contact: <sip:101@192.0.2.66:5062>\r\nContent-Type: application/sdp\r\nSession-Expires: 1800;refresher=uac\r\n\
         Proxy-Authorization: Digest username=\"101\"\r\nP-Asserted-Identity: <sip:host.example>, <tel:+33142345678>\r\n\
         Replaces: other@192.0.2.9;to-tag=7;from-tag=8\r\n",
        "v=0\r\no=- 1 1 IN IP4 192.0.2.66\r\ns=-\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n\
         a=rtpmap:8 PCMA/8000\r\nm=video 0 RTP/AVP 31\r\nm=video 4002 RTP/AVP 31\r\nc=IN IP6 2001:db8::66\r\n",
    );
    let read = message(&octets).unwrap();
    assert_eq!(
        read,
        Message {
            start: Start::Request { method: Method::Invite, user: "0053781234".into() },
            call_id: "c1@192.0.2.66".into(),
            from: party("101", Some("f1")),
            to: party("0053781234", None),
            branch: Some("z9hG4bK-1".into()),
            cseq: CSeq { number: 7, method: Method::Invite },
            has_credentials: true,
            session_expires: Some(1800),
            asserted: Some("+33142345678".into()),
            refer_to: None,
            replaces: Some("other@192.0.2.9".into()),
            media: vec![media("192.0.2.66", 4000, true), media("2001:db8::66", 4002, false)],
        }
    );
}

#[test]
fn compact_forms_folds_and_any_case_are_read() {
    let read = message(
        b"\r\n\0 invite  <SIP:%30%30;x=y:secret@h>  sip/2.0\nv : SIP / 2.0 / UDP\n 192.0.2.66 ;rport; BRANCH = z9hG4bK-2,\
          SIP/2.0/UDP 192.0.2.67;branch=z9hG4bK-3\nv: SIP/2.0/UDP 192.0.2.68;branch=z9hG4bK-4\nF:\r\n\
          \t\"a <sip:x@y>;tag=no\\\"\" <sip:101@h;tag=no>\r\n ;x=1 ;\r\n TAG=f1\r\nt: sip:102@h;tag=t1\r\n\
          I: c 1\r\ncseq:\t7\r\n  BYE\r\nx: 90\r\nr: <sip:103@h?Replaces=1>\r\nc: application/sdp\r\nl: 43\r\n\r\n\
          c=IN IP4 host.example\r\nm=audio 4000 RTP/AVP"
    )
    .unwrap();
    assert_eq!(read.start, Start::Request { method: Method::Invite, user: "00".into() });
    assert_eq!(read.branch.as_deref(), Some("z9hG4bK-2"));
    assert_eq!(read.from, party("101", Some("f1")));
    assert_eq!(read.to, party("102", Some("t1")));
    assert_eq!((&*read.call_id, read.cseq), ("c 1", CSeq { number: 7, method: Method::Bye }));
    assert_eq!((read.session_expires, read.refer_to.as_deref()), (Some(90), Some("103")));
    assert_eq!(read.media, []);
}

#[test]
fn a_response_has_a_code_and_a_redirection_a_target() {
    let text = String::from_utf8(request("m: <sip:104@h>;q=0.5, <sip:105@h>\r\n", "")).unwrap();
    for (line, code, target) in [
        ("SIP/2.0 180 Ringing", Some(180), None),
        ("SIP/2.0 302 ", Some(302), Some("104")),
        ("sip/2.0 699", Some(699), None),
        ("SIP/2.0 200 = 2**3 \u{43d}\u{43e}", Some(200), None),
        ("SIP/2.0 4294967301 no", None, None),
        ("SIP/2.0 099 no", None, None),
        ("SIP/2.0 700 no", None, None),
        ("SIP/2.0 +20 no", None, None),
    ] {
        let octets = text.replace("INVITE sip:0053781234@192.0.2.10 SIP/2.0", line);
        let read = message(octets.as_bytes());
        let Some(code) = code else {
            assert_eq!(read, Err(Unreadable::StartLine), "{line}");
            continue;
        };
        let read = read.unwrap();
        assert_eq!((read.start, read.refer_to.as_deref()), (Start::Response { code }, target), "{line}");
    }
}

#[test]
fn request_lines_are_read_as_stacks_read_them() {
    for (line, expected) in [
        ("INVITE sip:%2B53781234@h SIP/2.0", Some((Method::Invite, "+53781234"))),
        ("INVITE tel:+53-78-1234;phone-context=h SIP/2.0", Some((Method::Invite, "+53-78-1234"))),
        ("BYE sip:h SIP/2.0", Some((Method::Bye, ""))),
        ("INVITE sip:1%00%1b[2J@h SIP/2.0", Some((Method::Invite, "1\u{fffd}\u{fffd}[2J"))),
        ("INVITE sip:1@h; lr SIP/2.0", Some((Method::Invite, "1"))),
        ("INVITE  SIP/2.0", Some((Method::Invite, ""))),
        ("INVITE sip:1@h", Some((Method::Invite, "1"))),
        ("INVITE urn:service:sos SIP/2.0", Some((Method::Invite, ""))),
        ("MESSAGE sip:1@h SIP/2.0", Some((Method::Other, "1"))),
        ("INVITED sip:1@h SIP/7.0", Some((Method::Other, "1"))),
        ("GET / HTTP/1.1", None),
        ("INVITE", None),
        ("Via: SIP/2.0/UDP h SIP/2.0", None),
    ] {
        let read = message(&with("INVITE", line)).map(|message| message.start);
        let expected = expected
            .map(|(method, user)| Start::Request { method, user: user.into() })
            .ok_or(Unreadable::StartLine);
        assert_eq!(read, expected, "{line}");
    }
}

#[test]
fn what_is_missing_or_broken_is_named() {
    for (name, line, reason) in [
        ("Call-ID", "X: 1", Unreadable::CallId),
        ("Call-ID", "Call-ID:", Unreadable::CallId),
        ("From", "X: 1", Unreadable::From),
        ("To", "X: 1", Unreadable::To),
        ("To", "To: \"", Unreadable::To),
        ("From", "From: \"<", Unreadable::From),
        ("CSeq", "X: 1", Unreadable::CSeq),
        ("CSeq", "CSeq: 4294967296 INVITE", Unreadable::CSeq),
        ("CSeq", "CSeq: -1 INVITE", Unreadable::CSeq),
        ("CSeq", "CSeq: 1", Unreadable::CSeq),
    ] {
        assert_eq!(message(&with(name, line)), Err(reason), "{line}");
    }
    for (octets, reason) in [(&b""[..], Unreadable::StartLine), (b"\r\n\r\n", Unreadable::StartLine)] {
        assert_eq!(message(octets), Err(reason));
    }
    let labels: std::collections::BTreeSet<_> = Unreadable::ALL.into_iter().map(Unreadable::label).collect();
    assert_eq!(labels.len(), Unreadable::ALL.len());
}

#[test]
fn of_a_cut_message_whole_lines_are_used() {
    let octets = request(
        "c: application/sdp\r\n",
        "c=IN IP4 192.0.2.66\r\nm=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 8\r\n",
    );
    let whole = message(&octets).unwrap();
    assert_eq!(whole.media.len(), 2);
    let begin = |text: &str| octets.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
    for end in 0..octets.len() {
        let read = message(&octets[..end]);
        if end <= begin("\r\nVia") + 1 {
            assert_eq!(read, Err(Unreadable::StartLine), "{end}");
        } else if end <= begin("\r\nc: ") + 1 - "\r\n".len() - "CSeq: 7 INVITE".len() {
            assert_eq!(read, Err(Unreadable::Cut), "{end}");
        } else if end > begin("\r\nc: ") + 1 {
            let read = read.unwrap();
            assert!(whole.media.starts_with(&read.media), "{end}");
            assert_eq!(Message { media: whole.media.clone(), ..read }, whole, "{end}");
        }
    }
    assert_eq!(message(&octets[..octets.len() - 2]).unwrap().media.len(), 1);
}

#[test]
fn addresses_are_read_as_stacks_read_them() {
    for (value, user, tag) in [
        ("sip:101@h;tag=1", "101", Some("1")),
        ("<sip:101;x=1@h;tag=no>", "101", None),
        ("\"A;tag=no <sip:no@h>\" <sip:101@h>;tag=1", "101", Some("1")),
        ("\"A <sip:101@h>;tag=1", "101", Some("1")),
        ("A, B <sip:101@h>;x=\";tag=no\" ; Tag = 1", "101", Some("1")),
        ("\"A\" < sip:101@h >;tag=1", "101", Some("1")),
        ("<sip:h>;tag=1", "", Some("1")),
        ("<tel:+33-1>;tag=1", "+33-1", Some("1")),
        ("<sip:%31%30%31:secret@h>", "101", None),
        ("<http://www.example.com>;tag=1", "", Some("1")),
        ("\u{e9} <sip:101@h>;tag=\u{e9}", "101", Some("\u{e9}")),
    ] {
        let read = message(&with("From", &format!("From: {value}"))).unwrap();
        assert_eq!(read.from, party(user, tag), "{value}");
    }
}

#[test]
fn a_segment_may_hold_several_messages() {
    let mut octets = request("", "v=0\r\n\r\n");
    octets.extend_from_slice(b"\r\n\r\n");
    octets.extend(with("Call-ID", "Call-ID: c2"));
    octets.extend_from_slice(b"BYE sip:1@h SIP/2.0\r\nCall-ID: c3\r\n");
    let read: Vec<_> = messages(&octets).map(|read| read.map(|read| read.call_id.to_string())).collect();
    assert_eq!(read, [Ok("c1@192.0.2.66".into()), Ok("c2".into()), Err(Unreadable::Cut)]);
}

#[test]
fn bodies_say_where_media_goes() {
    const SDP: &str = "v=0\r\no=broken\r\nc=IN IP4 192.0.2.66\r\nm=audio 4000/2 RTP/AVP 8\r\na=\r\n";
    let whole = vec![media("192.0.2.66", 4000, true)];
    for (headers, body, expected) in [
        ("", SDP.to_owned(), whole.clone()),
        ("Content-Type: APPLICATION/SDP;charset=utf-8\r\n", SDP.to_owned(), whole.clone()),
        ("Content-Type: text/plain\r\n", SDP.to_owned(), vec![]),
        ("Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", SDP.to_owned(), vec![]),
        (
            "Content-Type: multipart/mixed;boundary=\"-b-\"\r\n",
            format!(
                "--- b\r\n---b-\r\nContent-Type: text/plain\r\n\r\nx\r\n---b-\r\nContent-type: application/sdp\r\n\r\n{SDP}---b---\r\n"
            ),
            whole.clone(),
        ),
        ("Content-Type: multipart/mixed\r\n", SDP.to_owned(), vec![]),
        (
            "",
            "m=image 4000 udptl t38\r\nc=IN IP4 224.2.1.1/127/3\r\n".to_owned(),
            vec![media("224.2.1.1", 4000, false)],
        ),
        ("", "c=IN IP4 host.example\r\nm=audio 4000 RTP/AVP 8\r\n".to_owned(), vec![media("", 4000, true)]),
        ("", "c=IN IP4 192.0.2.66\nm=audio 4000 RTP/AVP 8".to_owned(), whole),
        ("", "m=audio 70000 RTP/AVP 8\r\n".to_owned(), vec![]),
    ] {
        assert_eq!(message(&request(headers, &body)).unwrap().media, expected, "{headers}{body}");
    }
}

#[test]
fn octets_that_are_no_text_are_shown_as_such() {
    let mut octets = with("Call-ID", "Call-ID: a?b\u{1b}c");
    let place = octets.iter().position(|octet| *octet == b'?').unwrap();
    octets[place] = 0xe9;
    assert_eq!(&*message(&octets).unwrap().call_id, "a\u{fffd}b\u{fffd}c");
}
