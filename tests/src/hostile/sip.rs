//! Bends the SIP of a frame by its grammar: numbers spelled as stacks dial them, headers moved, folded, doubled, hidden.

use monitor_common::abi::Link;

use crate::mutate::Random;

/// The frame with one to three bends of its SIP message, and lengths that fit; a frame without one stays as it is.
/// `other` is what headers may be taken from.
pub(super) fn bent(frame: &[u8], link: Link, other: &[u8], random: &mut Random) -> Vec<u8> {
    let Some(start) = message(frame) else { return frame.to_vec() };
    let mut message = Message::read(&frame[start..]);
    let other = Message::read(&other[self::message(other).unwrap_or(0)..]);
    for _ in 0..=random.below(3) {
        bend(&mut message, &other, random);
    }
    let text = message.written();
    let mut whole = frame[..start].to_vec();
    lengthen(&mut whole, link, text.len() as i64 - (frame.len() - start) as i64);
    whole.extend(text);
    whole
}

/// A message as lines, without what ends them.
struct Message {
    lines: Vec<Vec<u8>>,
    ending: &'static [u8],
}

impl Message {
    fn read(text: &[u8]) -> Self {
        let mut lines = vec![Vec::new()];
        let mut octets = text.iter().peekable();
        while let Some(octet) = octets.next() {
            if *octet == b'\r' && octets.peek() == Some(&&b'\n') {
                octets.next();
                lines.push(Vec::new());
            } else if let Some(line) = lines.last_mut() {
                line.push(*octet);
            }
        }
        Self { lines, ending: b"\r\n" }
    }

    fn written(&self) -> Vec<u8> {
        self.lines.join(self.ending)
    }

    /// A header's place; the start line's where there is none.
    fn header(&self, random: &mut Random) -> usize {
        let headers = self.lines.iter().skip(1).take_while(|line| !line.is_empty()).count();
        if headers == 0 { 0 } else { 1 + random.below(headers) }
    }
}

fn bend(message: &mut Message, other: &Message, random: &mut Random) {
    let place = message.header(random);
    let last = message.lines.len() - 1;
    match random.below(16) {
        0..=3 => dial(&mut message.lines[0], random),
        4 => message.lines.swap(place, 1.min(last)),
        5 => message.lines.insert(place.max(1).min(last), message.lines[place].clone()),
        6 if place > 0 => drop(message.lines.remove(place)),
        7 => rename(&mut message.lines[place], random),
        8 => fold(&mut message.lines[place], random),
        9 => flip_case(&mut message.lines[place], random),
        10 => message.ending = [&b"\n"[..], b"\r", b"\r\n", b"\r\n "][random.below(4)],
        11 => spread(&mut message.lines[0], random),
        12 => pad(message, random),
        13 => {
            let theirs = other.lines[other.header(random)].clone();
            message.lines.insert(place.max(1).min(last), theirs);
        }
        14 => tag(message, random),
        _ => replace_word(&mut message.lines[0], random),
    }
}

/// Puts a number, spelled in some way, in the place of the Request-URI's user part.
fn dial(line: &mut Vec<u8>, random: &mut Random) {
    let number = spelled(NUMBERS[random.below(NUMBERS.len())], random);
    let Some(begin) = line.iter().position(|octet| *octet == b' ') else { return };
    let after =
        line[begin + 1..].iter().position(|octet| *octet == b' ').map_or(line.len(), |at| begin + 1 + at);
    let at = line[begin..after].iter().position(|octet| *octet == b'@').map(|at| begin + at);
    let scheme = SCHEMES[random.below(SCHEMES.len())];
    let user = [b" ", scheme, &number].concat();
    drop(line.splice(begin..at.unwrap_or(after), user));
}

fn spelled(number: &[u8], random: &mut Random) -> Vec<u8> {
    let (encodes, separates) = (random.below(6), random.below(6));
    let mut spelled = Vec::new();
    for octet in number {
        match (encodes, random.below(3)) {
            (0, _) | (1, 0) => spelled.extend(format!("%{octet:02x}").bytes()),
            (2, 0) => spelled.extend(format!("%{octet:02X}").bytes()),
            _ => spelled.push(*octet),
        }
        if separates == 0 && random.below(3) == 0 {
            spelled.push(b"-.() "[random.below(5)]);
        }
    }
    if random.below(4) == 0 {
        spelled.extend(PARAMETERS[random.below(PARAMETERS.len())]);
    }
    spelled
}

/// Between a header's name and its compact form (RFC 3261, 7.3.3), or another header's name.
fn rename(line: &mut Vec<u8>, random: &mut Random) {
    let Some(colon) = line.iter().position(|octet| *octet == b':') else { return };
    let name = NAMES[random.below(NAMES.len())];
    drop(line.splice(..colon, name.iter().copied()));
}

/// Goes on in the next line (RFC 3261, 7.3.1), or seems to.
fn fold(line: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(line.len() + 1);
    let fold = [&b"\r\n "[..], b"\r\n\t", b"\n ", b"\r\n", b"\r ", b" \r\n  \t "][random.below(6)];
    drop(line.splice(at..at, fold.iter().copied()));
}

fn flip_case(line: &mut [u8], random: &mut Random) {
    for octet in line.iter_mut().take(40) {
        if octet.is_ascii_alphabetic() && random.below(2) == 0 {
            *octet ^= 0x20;
        }
    }
}

/// Blanks before the start line, and more of them within it.
fn spread(line: &mut Vec<u8>, random: &mut Random) {
    let blank = [&b" "[..], b"\t", b"\r\n", b"\0", b"\x0b"][random.below(5)].repeat(1 + random.below(70));
    let at = if random.below(2) == 0 { 0 } else { line.iter().position(|octet| *octet == b' ').unwrap_or(0) };
    drop(line.splice(at..at, blank));
}

/// A header long enough to push others out of what is scanned.
fn pad(message: &mut Message, random: &mut Random) {
    let filler = b"X-Filler: ".iter().copied().chain(std::iter::repeat_n(b'x', random.below(1400)));
    let place = 1.min(message.lines.len() - 1);
    message.lines.insert(place, filler.collect());
}

/// A tag in To, in one of the ways in which one is written or only seems to be.
fn tag(message: &mut Message, random: &mut Random) {
    let is_to = |line: &&mut Vec<u8>| line.first().is_some_and(|octet| octet.eq_ignore_ascii_case(&b't'));
    if let Some(line) = message.lines.iter_mut().skip(1).find(is_to) {
        line.extend(TAGS[random.below(TAGS.len())]);
    }
}

fn replace_word(line: &mut Vec<u8>, random: &mut Random) {
    let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
    let word = WORDS[random.below(WORDS.len())];
    drop(line.splice(..end, word.iter().copied()));
}

/// Where the SIP message of a frame begins, if there is one.
fn message(frame: &[u8]) -> Option<usize> {
    let begins = |octets: &[u8]| WORDS.iter().any(|word| octets.starts_with(word));
    (HEADERS..frame.len()).find(|at| begins(&frame[*at..]))
}

/// Adds to the lengths of an IP header and of the UDP header behind it, where they stand at their ordinary places.
fn lengthen(frame: &mut [u8], link: Link, octets: i64) {
    let ip = if link == Link::Ip { 0 } else { ETHERNET };
    let Some(first) = frame.get(ip).copied() else { return };
    let (length, next, udp) = match first >> 4 {
        4 => (ip + 2, ip + 9, ip + usize::from(first & 15) * 4),
        6 => (ip + 4, ip + 6, ip + 40),
        _ => return,
    };
    add(frame, length, octets);
    if frame.get(next) == Some(&UDP) {
        add(frame, udp + 4, octets);
    }
}

fn add(frame: &mut [u8], at: usize, octets: i64) {
    if let Some([high, low]) = frame.get_mut(at..at + 2) {
        let sum = i64::from(u16::from_be_bytes([*high, *low])) + octets;
        [*high, *low] = (sum as u16).to_be_bytes();
    }
}

const ETHERNET: usize = 14;
/// Octets of the shortest IP and UDP headers.
const HEADERS: usize = 28;
const UDP: u8 = 17;
const NUMBERS: &[&[u8]] = &[
    b"0053781234",
    b"+53781234",
    b"900535551234",
    b"53781234",
    b"0005355512345",
    b"0142345678",
    b"112",
    b"0112",
    b"+33112",
    b"0033112",
    b"15",
    b"101",
    b"*21*0053781234",
    b"9#0053781234",
    b"01153781234",
    b"+5378301234",
    b"00590590123456",
    b"0590123456",
    b"000000000000053",
    b"00537812345678901234567890",
    b"",
    b"+",
    b"00",
    b"+999",
];
const SCHEMES: &[&[u8]] = &[
    b"sip:",
    b"sip:",
    b"sips:",
    b"tel:",
    b"SIP:",
    b"<sip:",
    b"<tel:",
    b"sip:user:",
    b"urn:service:sos",
    b"sip: ",
    b"",
    b"http://",
];
const PARAMETERS: &[&[u8]] = &[
    b";phone-context=+53",
    b";phone-context=pbx.example",
    b";user=phone",
    b":secret",
    b";phone-context=%2b53",
    b";PHONE-CONTEXT=+53",
    b"%00",
    b"?x=y",
];
const NAMES: &[&[u8]] = &[
    b"To",
    b"t",
    b"T",
    b"From",
    b"f",
    b"Call-ID",
    b"i",
    b"Via",
    b"v",
    b"Contact",
    b"m",
    b"Content-Length",
    b"l",
    b"To ",
    b"TO\t",
    b"Tok",
    b"Route",
    b"CSeq",
];
const TAGS: &[&[u8]] = &[
    b";tag=1",
    b";TAG=1",
    b" ; tag = 1",
    b";tag",
    b";tag=",
    b";x=\";tag=1\"",
    b">;tag=1",
    b"\r\n ;tag=1",
    b",<sip:a@b>;tag=1",
];
const WORDS: &[&[u8]] = &[
    b"INVITE",
    b"ACK",
    b"BYE",
    b"CANCEL",
    b"OPTIONS",
    b"REGISTER",
    b"PRACK",
    b"UPDATE",
    b"REFER",
    b"INFO",
    b"NOTIFY",
    b"SUBSCRIBE",
    b"MESSAGE",
    b"PUBLISH",
    b"SIP/2.0",
    b"invite",
    b"INVITED",
    b"INVITE\t",
    b"SIP/3.0",
];
