//! One spelling of a dialled number: what `spellings.yaml` says of it, and the octets that go to a stack.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What `spellings.yaml` holds.
pub struct Spellings {
    pub groups: Vec<Group>,
    /// Why some spellings are not judged, by the names that rows give.
    pub reasons: Vec<(String, String)>,
}

/// Spellings of one kind.
pub struct Group {
    pub title: String,
    pub rows: Vec<Row>,
}

/// A spelling. Every one dials a number of its own, so that counters tell what became of it.
pub struct Row {
    /// Its place among all rows.
    pub place: usize,
    /// What is peculiar to it.
    pub what: String,
    /// The start line without its end.
    pub start: String,
    /// The whole message with a mark where ordinary headers go; else it is made of the start line.
    pub whole: Option<String>,
    /// The value of To.
    pub to: Option<String>,
    /// Headers right after the start line, each with its end.
    pub more: String,
    /// The body.
    pub body: String,
    /// What carries it.
    pub carrier: Carrier,
    /// Where some stack dials it and it is judged late or never: the name of the reason.
    pub unjudged: Option<String>,
}

/// How a message reaches a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Udp,
    UdpV6,
    Tcp,
    /// The start line in two segments.
    TcpInTwo,
    /// Behind an OPTIONS in one segment.
    TcpSecond,
    /// IPv4 options.
    Options,
    /// An IPv6 hop-by-hop header.
    HopByHop,
    /// An IPv6 destination options header.
    Destination,
    /// More than one frame holds.
    Fragments,
    /// Two IPv4 fragments, the first of which ends within the number.
    CutNumber,
}

/// A stack that a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stack {
    Asterisk,
    Kamailio,
    Pjsua,
}

impl Stack {
    pub const ALL: [Self; 3] = [Self::Asterisk, Self::Kamailio, Self::Pjsua];

    pub const fn port(self) -> u16 {
        match self {
            Self::Asterisk => 5060,
            Self::Kamailio => 5070,
            Self::Pjsua => 30_000,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Asterisk => 'a',
            Self::Kamailio => 'k',
            Self::Pjsua => 'p',
        }
    }
}

impl Carrier {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "udp" => Self::Udp,
            "udp6" => Self::UdpV6,
            "tcp" => Self::Tcp,
            "tcp in two" => Self::TcpInTwo,
            "tcp second" => Self::TcpSecond,
            "options" => Self::Options,
            "hop-by-hop" => Self::HopByHop,
            "destination" => Self::Destination,
            "fragments" => Self::Fragments,
            "cut number" => Self::CutNumber,
            _ => return None,
        })
    }

    pub const fn is_v6(self) -> bool {
        matches!(self, Self::UdpV6 | Self::HopByHop | Self::Destination)
    }

    pub const fn is_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::TcpInTwo | Self::TcpSecond)
    }

    /// pjsua2 listens on IPv4 alone.
    pub fn reaches(self, stack: Stack) -> bool {
        !(self.is_v6() && stack == Stack::Pjsua)
    }
}

impl Row {
    /// The digits behind +53, which no other row has.
    pub fn local(&self) -> String {
        format!("5551{:04}", self.place)
    }

    /// The name of its destination in the policy, and its caller.
    pub fn name(&self) -> String {
        format!("row{:04}", self.place)
    }

    /// The Call-ID of its message to a stack.
    pub fn call(&self, stack: Stack) -> String {
        format!("{}{}", self.name(), stack.letter())
    }

    /// The message to a stack.
    pub fn message(&self, stack: Stack) -> Vec<u8> {
        let headers = self.headers(stack);
        let end = format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        let text = match &self.whole {
            Some(whole) => whole.replace("{headers}", &headers),
            None => format!("{}\r\n{}{headers}{end}", self.start, self.more),
        };
        self.filled(&text, stack).into_bytes()
    }

    /// What the phone that answers 302 sends callers to.
    pub fn contact(&self) -> String {
        format!("<sip:0053{}@10.1.0.1>", self.local())
    }

    fn headers(&self, stack: Stack) -> String {
        let call = self.call(stack);
        let (phone, wire) = match (self.carrier.is_v6(), self.carrier.is_tcp()) {
            (true, _) => ("[fd01::2]:5062", "UDP"),
            (_, true) => ("10.1.0.2:5062", "TCP"),
            _ => ("10.1.0.2:5062", "UDP"),
        };
        let padding = match self.carrier {
            Carrier::Fragments => format!("X-Padding: {}\r\n", "x".repeat(2000)),
            _ => String::new(),
        };
        let to = match (&self.to, stack) {
            (Some(to), _) => to.clone(),
            // The library tells whom a call is for by To.
            (None, Stack::Pjsua) => format!("<{}>", self.uri().unwrap_or_default()),
            (None, _) => "<sip:somebody@{h}>".to_owned(),
        };
        format!(
            "Via: SIP/2.0/{wire} {phone};rport;branch=z9hG4bK{call}\r\nFrom: <sip:{}@phone.example>;tag=f{call}\r\n\
             To: {to}\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\nContact: <sip:phone@{phone}>\r\nMax-Forwards: 70\r\n{padding}",
            self.name()
        )
    }

    /// The Request-URI, as far as one can be seen.
    pub fn uri(&self) -> Option<String> {
        let start = repeated(&self.start);
        let (_, rest) = start.trim_start().split_once([' ', '\t', '\r', '\n'])?;
        let uri = rest.trim_start().split([' ', '\t', '\r', '\n']).next()?;
        Some(uri.trim_start_matches('<').trim_end_matches('>').to_owned())
    }

    /// A text with this row's number and the stack's address in it.
    pub fn filled(&self, text: &str, stack: Stack) -> String {
        let local = self.local();
        let encoded: String = format!("0053{local}").chars().map(|digit| format!("%3{digit}")).collect();
        let host = if self.carrier.is_v6() { "[fd01::1]" } else { "10.1.0.1" };
        let filled = text
            .replace("{n}", &format!("0053{local}"))
            .replace("{g}", &format!("+53{local}"))
            .replace("{l}", &local)
            .replace("{e}", &encoded)
            .replace("{row}", &format!("{:04}", self.place))
            .replace("{h}", &format!("{host}:{}", stack.port()));
        repeated(&filled)
    }
}

/// `{x*100}` is a hundred x.
fn repeated(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        made.push_str(before);
        let found = after.split_once('}').and_then(|(inner, then)| {
            let (what, count) = inner.rsplit_once('*')?;
            Some((what.repeat(count.parse().ok()?), then))
        });
        match found {
            Some((many, then)) => {
                made.push_str(&many);
                rest = then;
            }
            None => {
                made.push('{');
                rest = after;
            }
        }
    }
    made + rest
}

/// Reads `spellings.yaml`.
pub fn spellings() -> Result<Spellings> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("spellings.yaml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let written: Value = serde_norway::from_str(&text)?;
    let groups = written["groups"].as_array().context("no groups")?;
    let mut place = 0;
    let groups: Vec<_> = groups.iter().map(|group| read_group(group, &mut place)).collect::<Result<_>>()?;
    let reasons = written["reasons"].as_object().context("no reasons")?;
    let reasons = reasons.iter().map(|(name, text)| Some((name.clone(), text.as_str()?.trim().to_owned())));
    let reasons: Vec<_> = reasons.collect::<Option<_>>().context("a reason that is no text")?;
    for row in groups.iter().flat_map(|group| &group.rows) {
        let is_known = |name: &String| reasons.iter().any(|(known, _)| known == name);
        ensure!(row.unjudged.as_ref().is_none_or(is_known), "`{}`: no such reason", row.what);
    }
    Ok(Spellings { groups, reasons })
}

fn read_group(group: &Value, place: &mut usize) -> Result<Group> {
    let title = group["group"].as_str().context("a group without a title")?.to_owned();
    let rows = group["rows"].as_array().context("a group without rows")?;
    let read = |row: &Value| {
        *place += 1;
        read_row(row, *place).with_context(|| format!("row {row} of `{title}`"))
    };
    Ok(Group { rows: rows.iter().map(read).collect::<Result<_>>()?, title: title.clone() })
}

fn read_row(row: &Value, place: usize) -> Result<Row> {
    let words = row.as_object().context("a row is a mapping")?;
    for name in words.keys() {
        ensure!(WORDS.contains(&name.as_str()), "`{name}` is not one of {WORDS:?}");
    }
    let word = |name: &str| words.get(name).and_then(Value::as_str).map(str::to_owned);
    let carrier = word("carrier").unwrap_or_else(|| "udp".to_owned());
    Ok(Row {
        place,
        what: word("what").context("a row without `what`")?,
        start: word("start").unwrap_or_else(|| "INVITE sip:{n}@{h} SIP/2.0".to_owned()),
        whole: word("whole"),
        to: word("to"),
        more: word("more").unwrap_or_default(),
        body: word("body").unwrap_or_default(),
        carrier: Carrier::named(&carrier).with_context(|| format!("no carrier `{carrier}`"))?,
        unjudged: word("unjudged"),
    })
}

const WORDS: [&str; 8] = ["what", "start", "whole", "to", "more", "body", "carrier", "unjudged"];
