//! The torture messages of RFC 4475, what is read of each, and every SIP message of the captures at hand.

use std::{fmt::Write, fs};

use monitor::{
    capture::Capture,
    sip::{self, Message, Start, Unreadable},
};
use tests::fuzz;

use super::replays;

#[test]
fn torture_messages_are_read_or_refused_as_the_table_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/rfc4475");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, TABLE.map(|(name, ..)| name));
    for (path, (name, expected)) in files.iter().zip(TABLE) {
        let octets = fs::read(path).unwrap();
        fuzz::messages(&octets);
        let read = sip::message(&octets);
        let call_id = read.as_ref().map_or("", |message| &message.call_id);
        assert!(read.is_err() || call_id.starts_with(name) || name == "mpart01", "{name}: {call_id}");
        assert_eq!(in_short(&read), expected, "{name}");
    }
}

/// Start line | From | To | branch | `CSeq` | media (`a` is audio, `m` other), or why it is refused.
fn in_short(read: &Result<Message, Unreadable>) -> String {
    let message = match read {
        Ok(message) => message,
        Err(reason) => return format!("refused: {}", reason.label()),
    };
    let mut line = match &message.start {
        Start::Request { method, user } => format!("{method:?} {user}"),
        Start::Response { code } => code.to_string(),
    };
    for party in [&message.from, &message.to] {
        write!(line, " | {};{}", shortened(&party.user), shortened(party.tag.as_deref().unwrap_or_default()))
            .unwrap();
    }
    let (branch, cseq) = (message.branch.as_deref().unwrap_or_default(), message.cseq);
    write!(line, " | {} | {} {:?} |", shortened(branch), cseq.number, cseq.method).unwrap();
    for media in &message.media {
        let kind = if media.is_audio { 'a' } else { 'm' };
        write!(line, " {kind}{}:{}", media.address.map_or_else(String::new, |it| it.to_string()), media.port)
            .unwrap();
    }
    line
}

fn shortened(text: &str) -> String {
    if text.len() < 60 { text.to_owned() } else { format!("{}…{}", &text[..12], text.len()) }
}

#[test]
fn every_sip_message_of_the_captures_is_read() {
    let (mut read, mut refused) = (0, Vec::new());
    for path in replays::all() {
        let mut capture = Capture::open(&path).unwrap();
        while let Ok(Some(frame)) = capture.next_frame() {
            let Ok(content) = frame.content else { continue };
            let Some(begin) = sip_begins(content.octets) else { continue };
            fuzz::messages(&content.octets[begin..]);
            match sip::message(&content.octets[begin..]) {
                Ok(_) => read += 1,
                Err(reason) => refused.push(format!("{} {}: {reason}", path.display(), frame.number)),
            }
        }
    }
    println!("{read} messages read; refused: {refused:#?}");
    assert!(read > 200, "{read}");
    assert!(refused.is_empty());
}

/// Where a start line of the methods that calls are made of begins in a frame.
fn sip_begins(frame: &[u8]) -> Option<usize> {
    let begins = |place: &usize| {
        let rest = &frame[*place..];
        STARTS.iter().any(|start| rest.starts_with(start))
    };
    (0..frame.len()).find(begins)
}

const STARTS: [&[u8]; 10] = [
    b"SIP/2.0 ",
    b"INVITE sip",
    b"ACK sip",
    b"BYE sip",
    b"CANCEL sip",
    b"PRACK sip",
    b"UPDATE sip",
    b"REFER sip",
    b"INFO sip",
    b"NOTIFY sip",
];

/// All files of the RFC, in the order of their names. Five are refused: a status code of ten digits, no Call-ID, two
/// sequence numbers beyond 32 bits, and no `CSeq`.
const TABLE: [(&str, &str); 50] = [
    ("badaspec", "Other user | a.g.bell;433423 | t.watson; | z9hG4bKkdju43234 | 3923239 Other |"),
    ("badbranch", "Other user | caller;33242 | user; | z9hG4bK | 8 Other |"),
    (
        "baddate",
        "Invite user | caller;2234923 | user; | z9hG4bKkdjuw | 1392934 Invite | a192.0.2.5:49217 m192.0.2.5:3227",
    ),
    ("baddn", "Other t.watson | a.g.bell;43 | t.watson; | z9hG4bKkdjuw | 3923239 Other |"),
    (
        "badinv01",
        "Invite user | caller;134161461246 | j.user; |  | 8 Invite | a192.0.2.15:49217 m192.0.2.15:3227",
    ),
    ("badvers", "Other t.watson | a.g.bell;qweoiqpe | t.watson; | z9hG4bKkdjuw | 1 Other |"),
    (
        "bcast",
        "200 | user;11141343 | user;2229 | z9hG4bK1324923 | 35 Invite | a192.0.2.198:49217 m192.0.2.198:3227",
    ),
    ("bext01", "Other user | caller;242etr | j_user; | z9hG4bKkdjuw | 8 Other |"),
    ("bigcode", "refused: start_line"),
    (
        "clerr",
        "Invite user | caller;93942939o2 | j.user; | z9hG4bK-39234-23523 | 8 Invite | a192.0.2.155:49217 m192.0.2.155:3227",
    ),
    ("cparam01", "Other  | watson;DkfVgjkrtMwaerKKpe | watson; | z9hG4bKkdjuw | 2 Other |"),
    ("cparam02", "Other  | watson;838293 | watson; | z9hG4bKkdjuw | 3 Other |"),
    ("dblreq", "Other  | j.user;43251j3j324 | j.user; | z9hG4bKkdjuw23492 | 8 Other |"),
    (
        "esc01",
        "Invite sips:user@example.com | I have spaces;938 | user; | z9hG4bKkdjuw | 234234 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    ("esc02", "Other  | resource;f232jadfj23 | resource; | z9hG4bK209%fzsnel234 | 29344 Other |"),
    ("escnull", "Other  | null-�-null;839923423 | null-�-null; | z9hG4bKkdjuw | 14398234 Other |"),
    (
        "escruri",
        "Invite user | caller;341518 | user; | z9hG4bKkdjuw | 149209342 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    ("insuf", "refused: call_id"),
    (
        "intmeth",
        "Other 1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/ | mundane;_token~1'+`*%!-. | 1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/; | z9hG4bK-.!%66*_+`'~ | 139122385 Other |",
    ),
    ("inv2543", "Invite UserB | +13035551111; | +16505552222; |  | 56 Invite | a192.0.2.5:49217"),
    ("invut", "Invite user | caller;8392034 | j.user; | z9hG4bKkdjuw | 235448 Invite |"),
    (
        "longreq",
        "Invite user | amazinglylon…115;129829829829…155 | user; | verylonglong…215 | 3882340 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    ("ltgtruri", "Invite user | caller;39291 | user; |  | 1 Invite | a192.0.2.5:49217 m192.0.2.5:3227"),
    ("lwsdisp", "Other user | caller;323 | user; | z9hG4bKkdjuw | 60 Other |"),
    (
        "lwsruri",
        "Invite user | caller;231413434 | user;3xfe-9921883-z9f | z9hG4bKkdjuw2395 | 2130706432 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    (
        "lwsstart",
        "Invite user | caller;8814 | user; | z9hG4bKkdjuw3923 | 1893884 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    ("mcl01", "Other user | other;3923942 | user; | z9hG4bK293423 | 15932 Other |"),
    ("mismatch01", "Other user | caller;34525 | j.user; | z9hG4bKkdjuw | 8 Invite |"),
    (
        "mismatch02",
        "Other user | caller;34525 | j.user; | z9hG4bKkdjuw | 8 Invite | a192.0.2.1:49217 m192.0.2.1:3227",
    ),
    (
        "mpart01",
        "Other kumiko | fluffy;2fb0dcc9 | kumiko; | z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543- | 1 Other |",
    ),
    (
        "multi01",
        "Invite user | caller;3413415 | user; | z9hG4bKkdjuw | 5 Invite | a192.0.2.25:49217 m192.0.2.25:3227",
    ),
    (
        "ncl",
        "Invite user | caller;32394234 | j.user; | z9hG4bKkdjuw | 0 Invite | a192.0.2.53:49217 m192.0.2.53:3227",
    ),
    ("noreason", "100 | user;39ansfi3 | user;902jndnke3 | z9hG4bK2398ndaoe | 35 Invite |"),
    ("novelsc", "Other  | caller;384 | user; | z9hG4bKkdjuw39234 | 3923423 Other |"),
    (
        "quotbal",
        "Invite user | caller;93334 | j.user; | z9hG4bKkdjuw39234 | 8 Invite | a192.0.2.15:49217 m192.0.2.15:3227",
    ),
    ("regaut01", "Other  | j.user;87321hj23128 | j.user; | z9hG4bKkdjuw | 9338 Other |"),
    ("regbadct", "Other  | user;998332 | user; | z9hG4bKkdjuw | 1 Other |"),
    ("regescrt", "Other  | user;8 | user; | z9hG4bKkdjuw | 14398234 Other |"),
    ("scalar02", "refused: cseq"),
    ("scalarlg", "refused: cseq"),
    (
        "sdp01",
        "Invite user | caller;234 | j_user; | z9hG4bKkdjuw | 8 Invite | a192.0.2.5:49217 m192.0.2.5:3227",
    ),
    ("semiuri", "Other user | caller;33242 | j_user; | z9hG4bKkdjuw | 8 Other |"),
    ("test", "refused: cseq"),
    ("transports", "Other user | caller;323 | user; | z9hG4bKkdjuw | 60 Other |"),
    (
        "trws",
        "Other remote-target | local-resource;329429089 | remote-target; | z9hG4bK299342093 | 238923 Other |",
    ),
    ("unkscm", "Other  | caller;384 | user; | z9hG4bKkdjuw39234 | 3923423 Other |"),
    ("unksm2", "Other  | ;3234233 | ; | z9hG4bKkdjuw | 234902 Other |"),
    (
        "unreason",
        "200 | user;11141343 | user;2229 | z9hG4bK1324923 | 35 Invite | a192.0.2.198:49217 m192.0.2.198:3227",
    ),
    (
        "wsinv",
        "Invite vivekg | jdrosen;98asjd8 | vivekg;1918181833n | 390skdjuw | 9 Invite | a192.0.2.4:49217 m192.0.2.4:3227",
    ),
    ("zeromf", "Other user | caller;3ghsd41 | user; | z9hG4bKkdjuw2349i | 39234321 Other |"),
];
