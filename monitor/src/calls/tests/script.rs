//! A script of signals in readable rows: `phone>pbx INVITE 0053512345 c=a from=101/f1 b=1`.
//!
//! `from` and `to` are `user/tag`; `c` is the Call-ID, `b` the branch, `n` the number of CSeq, `sdp` a port. What is not
//! named is taken from the last row with that Call-ID. A time such as `+200ms` or `+61s` before a row lets it pass.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use monitor_common::abi::{Direction, Reason, Verdict};

use crate::{
    calls::{
        Call, CallResult, Fact, Happened, Judged, MediaSeen, Settings, Signal, Timestamp, Tracker, Trunk,
    },
    sip::{CSeq, Media, Message, Method, Party, Start},
};

/// A tracker, its clock, and everything that it told.
pub(super) struct Scene {
    pub(super) tracker: Tracker,
    pub(super) now: Timestamp,
    pub(super) facts: Vec<Fact>,
    last: HashMap<String, Row>,
    streams: HashMap<(IpAddr, u16, Direction), MediaSeen>,
    pub(super) trunk_is: Trunk,
}

/// The fields of a row that later rows of the same Call-ID need not repeat.
#[derive(Clone, Default, Debug)]
struct Row {
    from: Party,
    to: Party,
    branch: String,
    cseq: u32,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        Self {
            tracker: Tracker::new(settings),
            now: Timestamp(1_000_000_000_000),
            facts: Vec::new(),
            last: HashMap::new(),
            streams: HashMap::new(),
            trunk_is: Trunk::Yes,
        }
    }

    /// Plays rows; one millisecond lies between two.
    pub(super) fn play(&mut self, rows: &str) -> &mut Self {
        for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
            if let Some(time) = row.strip_prefix('+') {
                self.pass(humantime::parse_duration(time).unwrap());
                continue;
            }
            self.now = self.now.after(Duration::from_millis(1));
            let signal = self.signal(row);
            self.tracker.signal(&signal, self.now, &mut self.facts);
        }
        self
    }

    /// Lets time pass, a tick a second.
    pub(super) fn pass(&mut self, time: Duration) -> &mut Self {
        let end = self.now.after(time);
        while self.now < end {
            self.now = self.now.after(Duration::from_secs(1)).min(end);
            self.tracker.tick(self.now, &mut self.facts);
        }
        self
    }

    /// Media both ways between a host and a port of this one, 50 packets a second, for so long.
    pub(super) fn talk(&mut self, host: &str, port: u16, seconds: u64) -> &mut Self {
        self.streams(&[(host, port, Direction::Ingress), (host, port, Direction::Egress)], seconds)
    }

    /// Media of some streams for so long.
    pub(super) fn streams(&mut self, streams: &[(&str, u16, Direction)], seconds: u64) -> &mut Self {
        for _ in 0..seconds {
            let begins = self.now;
            self.now = self.now.after(Duration::from_secs(1));
            for &(host, local_port, direction) in streams {
                let remote = host_of(host);
                let stream = self.streams.entry((remote, local_port, direction)).or_insert(MediaSeen {
                    remote,
                    local_port,
                    direction,
                    packets: 0,
                    first_seen: begins,
                    last_seen: begins,
                    payload_type: 8,
                });
                stream.packets += 50;
                stream.last_seen = self.now;
            }
            let seen: Vec<_> = self.streams.values().copied().collect();
            self.tracker.media(&seen, self.now, &mut self.facts);
        }
        self
    }

    /// What was told, without updates, in words: `started rang answered ended`.
    pub(super) fn told(&self) -> String {
        let words = self.facts.iter().filter(|fact| fact.happened != Happened::Updated);
        let words: Vec<_> = words.map(|fact| format!("{:?}", fact.happened).to_lowercase()).collect();
        words.join(" ")
    }

    /// The calls that ended, in that order.
    pub(super) fn ended(&self) -> Vec<Arc<Call>> {
        let ended = self.facts.iter().filter(|fact| fact.happened == Happened::Ended);
        ended.map(|fact| Arc::clone(&fact.call)).collect()
    }

    /// The one call that ended.
    pub(super) fn end(&self) -> Arc<Call> {
        let ended = self.ended();
        assert_eq!(ended.len(), 1, "{:#?}", self.facts);
        Arc::clone(&ended[0])
    }

    /// How the one call ended.
    pub(super) fn result(&self) -> CallResult {
        self.end().result.unwrap()
    }

    pub(super) fn active(&self) -> usize {
        self.tracker.active().count()
    }

    /// The one call that goes on.
    pub(super) fn call(&self) -> Arc<Call> {
        let active: Vec<_> = self.tracker.active().collect();
        assert_eq!(active.len(), 1, "{active:#?}");
        Arc::clone(active[0])
    }

    /// Lets so much time pass that nothing may be left.
    pub(super) fn is_empty_in_the_end(&mut self) -> bool {
        self.pass(Duration::from_secs(5 * 3600));
        self.tracker.media(&[], self.now, &mut self.facts);
        self.tracker.entries() == 0
    }

    /// Goes on with the dialogs and streams of another scene.
    pub(super) fn take_lines(&mut self, other: &mut Self) {
        self.last = std::mem::take(&mut other.last);
        self.streams = std::mem::take(&mut other.streams);
    }

    /// The signal of a row.
    pub(super) fn signal(&mut self, row: &str) -> Signal {
        let row = Words::of(row);
        let call_id = row.value("c").unwrap_or("a");
        let mut line = self.last.get(call_id).cloned().unwrap_or_default();
        line.read(&row);
        let message = row.message(call_id, &line);
        self.last.insert(call_id.to_owned(), line);
        let is_invite = matches!(message.start, Start::Request { method: Method::Invite, .. });
        Signal {
            direction: if row.is_ingress { Direction::Ingress } else { Direction::Egress },
            remote: (host_of(row.other), row.value("port").map_or(5060, |port| port.parse().unwrap())),
            local: (host_of("pbx"), 5060),
            trunk: if row.other.starts_with("trunk") { self.trunk_is } else { Trunk::No },
            customer: row.value("customer").map(Into::into),
            judged: is_invite.then(|| judged(row.user, row.is_ingress, row.other, row.value("verdict"))),
            message,
        }
    }
}

/// A row, taken apart.
struct Words<'a> {
    is_ingress: bool,
    other: &'a str,
    code: Option<u16>,
    method: Method,
    user: &'a str,
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn of(row: &'a str) -> Self {
        let mut words = row.split_whitespace();
        let (source, target) = words.next().unwrap().split_once('>').unwrap();
        let is_ingress = target == "pbx";
        let start = words.next().unwrap();
        let rest: Vec<_> = words.collect();
        let code: Option<u16> = start.parse().ok();
        let user = rest.first().filter(|word| !word.contains('=') && code.is_none()).copied().unwrap_or("");
        let of = rest.iter().find_map(|word| word.strip_prefix("of="));
        let method = method(of.unwrap_or(if code.is_some() { "INVITE" } else { start }));
        Self { is_ingress, other: if is_ingress { source } else { target }, code, method, user, rest }
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.rest.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn message(&self, call_id: &str, line: &Row) -> Message {
        let side = if self.is_ingress { self.other } else { "pbx" };
        let media =
            |port: &str| Media { address: Some(host_of(side)), port: port.parse().unwrap(), is_audio: true };
        let request = Start::Request { method: self.method, user: self.user.into() };
        Message {
            start: self.code.map_or(request, |code| Start::Response { code }),
            call_id: call_id.into(),
            from: line.from.clone(),
            to: line.to.clone(),
            branch: Some(line.branch.as_str().into()),
            cseq: CSeq { number: line.cseq, method: self.method },
            has_credentials: self.rest.contains(&"credentials"),
            session_expires: self.value("expires").map(|seconds| seconds.parse().unwrap()),
            asserted: None,
            refer_to: self.value("refer").map(Into::into),
            replaces: self.value("replaces").map(Into::into),
            media: self.value("sdp").into_iter().map(media).collect(),
        }
    }
}

impl Row {
    fn read(&mut self, row: &Words<'_>) {
        if let Some(from) = row.value("from") {
            self.from = party(from);
        }
        if let Some(to) = row.value("to") {
            self.to = party(to);
        } else if !row.user.is_empty() {
            self.to = party(row.user);
        }
        if let Some(branch) = row.value("b") {
            branch.clone_into(&mut self.branch);
        }
        if let Some(number) = row.value("n") {
            self.cseq = number.parse().unwrap();
        }
        self.cseq = self.cseq.max(1);
    }
}

fn party(text: &str) -> Party {
    match text.split_once('/') {
        Some((user, tag)) => Party { user: user.into(), tag: Some(tag.into()) },
        None => Party { user: text.into(), tag: None },
    }
}

/// The address of a host by its name.
pub(super) fn host_of(name: &str) -> IpAddr {
    let last =
        name.bytes().rev().take_while(u8::is_ascii_digit).fold(0, |sum, digit| sum * 10 + digit - b'0');
    match name.trim_end_matches(|letter: char| letter.is_ascii_digit()) {
        "pbx" => [192, 0, 2, 10].into(),
        "phone" => [10, 0, 0, 100 + last].into(),
        "trunk" => [203, 0, 113, 1 + last].into(),
        _ => [198, 51, 100, 66 + last].into(),
    }
}

fn method(word: &str) -> Method {
    match word {
        "INVITE" => Method::Invite,
        "ACK" => Method::Ack,
        "BYE" => Method::Bye,
        "CANCEL" => Method::Cancel,
        "PRACK" => Method::Prack,
        "UPDATE" => Method::Update,
        "REFER" => Method::Refer,
        "INFO" => Method::Info,
        "NOTIFY" => Method::Notify,
        _ => panic!("no method: {word}"),
    }
}

/// As a French policy without access prefix would judge: `0…` is a number, `00…` one abroad; what arrives from a trunk and
/// what leaves to a phone is not judged.
fn judged(user: &str, is_ingress: bool, other: &str, verdict: Option<&str>) -> Judged {
    let is_trunk = other.starts_with("trunk");
    let is_judged = is_ingress != is_trunk;
    let number = match user {
        _ if !is_judged => None,
        _ if user.starts_with('+') => Some(user.to_owned()),
        _ if user.starts_with("00") => Some(format!("+{}", &user[2..])),
        _ if user.starts_with('0') => Some(format!("+33{}", &user[1..])),
        _ => None,
    };
    let (verdict, reason) = match verdict {
        Some("drop") => (Verdict::Drop, Reason::Policy),
        Some("would_drop") => (Verdict::WouldDrop, Reason::Policy),
        _ if number.is_some() => (Verdict::Pass, Reason::NoRule),
        _ if is_ingress && is_trunk => (Verdict::Pass, Reason::Incoming),
        _ => (Verdict::Pass, Reason::Internal),
    };
    let destination = match number.as_deref() {
        Some(number) if number.starts_with("+53") => "cuba",
        Some(_) => "FR",
        None => "internal",
    };
    Judged {
        dialled: user.into(),
        number: number.map(Into::into),
        destination: destination.into(),
        verdict,
        reason,
    }
}
