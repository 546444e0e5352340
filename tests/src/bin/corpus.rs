//! Writes the fuzzing corpus: a few rows of each kind, and the policies that they are judged by.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use monitor_common::abi::{Direction, Link};
use tests::{
    case::Case,
    rows::{self, PolicyName},
};

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut written = 0;
    for case in chosen() {
        written += write(&folder.join("classify"), &case.name, &as_frame(&case))?;
        if let Some(payload) = payload(&case) {
            written += write(&folder.join("scan"), &case.name, payload)?;
        }
    }
    for name in PolicyName::ALL {
        if let Some(text) = name.text() {
            written += write(&folder.join("policy"), &format!("{name:?}"), text.as_bytes())?;
        }
    }
    for (name, text) in BROKEN {
        written += write(&folder.join("policy"), name, text.as_bytes())?;
    }
    for (name, text) in MESSAGES {
        written += write(&folder.join("messages"), name, text.replace('\n', "\r\n").as_bytes())?;
    }
    println!("{written} files in {}", folder.display());
    Ok(())
}

/// The first row of each outcome, and every fortieth of all.
fn chosen() -> Vec<Case> {
    let mut kinds = BTreeMap::new();
    let rows = rows::all();
    for case in &rows {
        let reason = case.call.as_ref().map(|call| (call.reason, call.verdict as u8));
        kinds.entry((case.class, case.uninspected, reason)).or_insert_with(|| case.clone());
    }
    kinds.into_values().chain(rows.iter().step_by(40).cloned()).collect()
}

/// As `tests::fuzz::classify` reads it.
fn as_frame(case: &Case) -> Vec<u8> {
    let policy = PolicyName::ALL.iter().position(|name| *name == case.policy).unwrap_or_default() as u8;
    let direction = u8::from(case.direction == Direction::Egress);
    let link = u8::from(case.link == Link::Ip) << 1;
    let segment = u8::from(case.segment != 0) << 2;
    let mut octets = vec![policy << 3 | segment | link | direction];
    octets.extend(&case.frame);
    octets
}

/// What stands behind the headers of a plain INVITE.
fn payload(case: &Case) -> Option<&[u8]> {
    let start = case.frame.windows(4).position(|octets| octets.eq_ignore_ascii_case(b"INVI"))?;
    Some(&case.frame[start..])
}

fn write(folder: &Path, name: &str, octets: &[u8]) -> Result<usize> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.collect::<Vec<_>>().join("-").to_lowercase().chars().take(60).collect();
    let path = folder.join(name);
    fs::write(&path, octets).with_context(|| path.display().to_string())?;
    Ok(1)
}

/// Policies that are refused, each for a reason of its own.
const BROKEN: [(&str, &str); 8] = [
    ("empty", ""),
    ("no-toml", "[dialplan\ncountry_code = "),
    ("wrong-type", "[dialplan]\ncountry_code = 33\n"),
    ("unknown-key", "[dialplan]\ncountry_code = \"33\"\ncolour = \"red\"\n"),
    (
        "sixteen-digits",
        "[dialplan]\ncountry_code = \"33\"\n[[destination]]\nname = \"a\"\nprefixes = [\"+5312345678901234\"]\naction = \"block\"\n",
    ),
    (
        "named-twice",
        "[dialplan]\ncountry_code = \"33\"\n[[destination]]\nname = \"a\"\nprefixes = [\"+53\", \"+53\"]\naction = \"block\"\n",
    ),
    (
        "no-such-country",
        "[dialplan]\ncountry_code = \"999\"\n[[destination]]\nname = \"a\"\ncountries = [\"XX\"]\naction = \"block\"\n",
    ),
    (
        "two-readings",
        "[dialplan]\ncountry_code = \"33\"\naccess_prefixes = [\"0\", \"00\"]\n[[destination]]\nname = \"a\"\nprefixes = [\"+5\"]\naction = \"block\"\n",
    ),
];

/// Messages in the spellings that are hard to read, each line ending in `\n` for `\r\n`.
const MESSAGES: [(&str, &str); 16] = [
    (
        "ordinary",
        "INVITE sip:0053781234@h SIP/2.0\nVia: SIP/2.0/UDP h:5060;rport;branch=z9hG4bK-1\nFrom: \"A\" <sip:101@h>;tag=1\nTo: <sip:102@h>\nCall-ID: c1\nCSeq: 1 INVITE\nContent-Type: application/sdp\nContent-Length: 69\n\nv=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 8\n",
    ),
    (
        "compact",
        "BYE tel:+53-78-1234 SIP/2.0\nv:SIP/2.0/UDP h;branch=z9hG4bK-1,SIP/2.0/UDP i;branch=z9hG4bK-2\nf:sip:101@h;tag=1\nt:sip:102@h;tag=2\ni:c1\nCSeq:1 BYE\nl:0\n\n",
    ),
    (
        "folded",
        "CANCEL sip:1@h SIP/2.0\nVIA :\n SIP / 2.0 / UDP\n h ;\n branch = z9hG4bK-1\nFrom:\n\t\"A\n B\" <sip:101@h>\n ; tag\n = 1\nTo: <sip:102@h>\nCALL-ID:\n c1\nCSeq: 1\n CANCEL\n\n",
    ),
    (
        "quotes",
        "ACK sip:1@h SIP/2.0\nFrom: \"\\\"<sip:no@h>;tag=no\\\\\" <sip:101@h>;x=\";tag=no\";tag=1\nTo: \"no end <sip:102@h>;tag=2\nCall-ID: c1\nCSeq: 1 ACK\n\n",
    ),
    (
        "percent",
        "INVITE sip:%30%30%35%33;phone-context=h:secret@h SIP/2.0\nFrom: <sip:%00%1b%ff@h>;tag=1\nTo: < sip:1@h >\nCall-ID: c1\nCSeq: 1 INVITE\n\n",
    ),
    (
        "blanks",
        "\n\n  INVITE \t sip:1@h; lr \t SIP/2.0 \nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c 1\nCSeq: 00001 INVITE\n\n",
    ),
    (
        "brackets",
        "invite <SIP:1@h> sip/2.0\nFrom: A, B <sip:1@h>\nTo: <sips:2@[2001:db8::1]:5061;x>;tag=\nCall-ID: c1\nCSeq: 1 bye\n\n",
    ),
    ("no-version", "INVITE sip:1@h\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c1\nCSeq: 1 INVITE\n\n"),
    (
        "redirection",
        "SIP/2.0 302 Moved\nVia: SIP/2.0/UDP h;branch=z9hG4bK-1\nFrom: <sip:1@h>;tag=1\nTo: <sip:2@h>;tag=2\nCall-ID: c1\nCSeq: 1 INVITE\nContact: *\nm: <sip:0053@h>;q=0.1, sip:3@h\nx: 90;refresher=uas\n\n",
    ),
    (
        "transfer",
        "REFER sip:1@h SIP/2.0\nFrom: <sip:1@h>;tag=1\nTo: <sip:2@h>;tag=2\nCall-ID: c1\nCSeq: 1 REFER\nr: <sip:0053@h?Replaces=c2%3Bto-tag%3D1%3Bfrom-tag%3D2>\nReplaces: c2;to-tag=1;from-tag=2\nP-Asserted-Identity: <sip:h>, <tel:+331>\nProxy-Authorization: Digest a=\"\"\n\n",
    ),
    (
        "multipart",
        "INVITE sip:1@h SIP/2.0\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c1\nCSeq: 1 INVITE\nc: multipart/mixed;boundary=\"-b\"\n\n---b\nContent-Type: text/plain\n\nx\n---b\nContent-Type: application/sdp (a)\n\nc=IN IP6 2001:db8::1\nm=audio 4000/2 RTP/AVP 8\n---b--\n",
    ),
    (
        "media",
        "SIP/2.0 183 Progress\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c1\nCSeq: 1 INVITE\n\nv=0\nc=IN IP4 224.2.1.1/127/3\nm=audio 0 RTP/AVP 8\nm=video 65536 RTP/AVP 31\nm=image 4 udptl t38\nc=IN IP4 h\nm=audio",
    ),
    (
        "segment",
        "SIP/2.0 100 Trying\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c1\nCSeq: 1 INVITE\nl: 3\n\nabc\nSIP/2.0 200 OK\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c2\nCSeq: 1 INVITE\nl: 99999999999999999999\n\nBYE sip:1@h SIP/2.0\nCall-",
    ),
    ("cut", "INVITE sip:1@h SIP/2.0\nFrom: sip:1@h;tag=1\nTo: sip:2@h\nCall-ID: c1\nCSeq: 1 INV"),
    (
        "twice",
        "NOTIFY sip:1@h SIP/2.0\nFrom: sip:1@h\nFrom: sip:3@h\nTo: sip:2@h\nTo: sip:4@h\nCall-ID: c1\nCall-ID: c2\nCSeq: 1 NOTIFY\nCSeq: 2 BYE\nl: 1\nl: 0\n\nx",
    ),
    (
        "numbers",
        "SIP/2.0 699 =\nFrom: sip:1@h\nTo: sip:2@h\nCall-ID: c1\nCSeq: 4294967296 INVITE\nx: 4294967296\nl: -1\n\n",
    ),
];
