//! Captures of calls that are told: who calls whom, when, for how long; each message of it a frame.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tests::packet::{HOST, OUTSIDE, Packet, TRUNK};

use crate::written::{NANOSECONDS, Order, pcap};

/// A capture in the making. Its first second is 2026-03-02 09:00 UTC, a Monday.
#[derive(Clone, Debug, Default)]
pub struct Story {
    frames: Vec<(Duration, Vec<u8>)>,
    calls: u32,
}

/// One call: what is not said is an answered call of a phone through the PBX to the trunk.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// When it begins, after the first second of the capture.
    pub at: Duration,
    /// From the answer to the end; `None`: nobody answers.
    pub talk: Option<Duration>,
    /// Whether somebody says BYE.
    pub says_bye: bool,
    /// Whether both sides send RTP while they talk: a packet each half second, not as many as there are.
    pub has_media: bool,
    /// Address of the phone; `None`: the PBX calls of its own accord.
    pub phone: Option<&'a str>,
    /// What the phone dials; the trunk is told the number.
    pub dialled: &'a str,
    /// E.164 without `+`.
    pub number: &'a str,
}

impl<'a> Told<'a> {
    /// A call to a number abroad, dialled with 00.
    pub fn new(at: u64, talk: u64, dialled: &'a str) -> Self {
        Self {
            at: Duration::from_secs(at),
            talk: Some(Duration::from_secs(talk)),
            says_bye: true,
            has_media: false,
            phone: Some(OUTSIDE),
            dialled,
            number: dialled.strip_prefix("00").unwrap_or(dialled),
        }
    }
}

/// One leg of a call, seen from the host.
struct Leg<'a> {
    /// Who sends the INVITE, and who gets it.
    hosts: [&'a str; 2],
    user: &'a str,
    id: String,
    port: u16,
}

impl Story {
    /// Tells a call.
    pub fn call(mut self, told: &Told<'_>) -> Self {
        self.calls += 1;
        let call = self.calls;
        let port = 20_000 + 4 * (call % 5_000) as u16;
        let leg = |hosts, user, name: &str, port| Leg { hosts, user, id: format!("{call}-{name}"), port };
        let mut legs = Vec::new();
        if let Some(phone) = told.phone {
            legs.push(leg([phone, HOST], told.dialled, "phone", port));
        }
        legs.push(leg([HOST, TRUNK], told.number, "trunk", port + 2));
        for (place, leg) in legs.iter().enumerate() {
            let at = told.at + MOMENT * place as u32;
            self.frame(at, 0, leg, &request("INVITE", leg, 1));
            // The same moment on every leg: talk is as long as it is told.
            let answered = told.at + RINGING;
            let Some(talk) = told.talk else {
                self.frame(answered, 1, leg, &response("486 Busy Here", "INVITE", leg, 1));
                self.frame(answered + MOMENT, 0, leg, &request("ACK", leg, 1));
                continue;
            };
            self.frame(at + MOMENT / 2, 1, leg, &response("180 Ringing", "INVITE", leg, 1));
            self.frame(answered, 1, leg, &response("200 OK", "INVITE", leg, 1));
            self.frame(answered + MOMENT, 0, leg, &request("ACK", leg, 1));
            if told.has_media {
                self.media(answered, talk, leg);
            }
            if told.says_bye {
                self.frame(answered + talk, 0, leg, &request("BYE", leg, 2));
                self.frame(answered + talk + MOMENT, 1, leg, &response("200 OK", "BYE", leg, 2));
            }
        }
        self
    }

    /// Sees to it that the frames are in the order of their times.
    pub fn in_order(mut self) -> Self {
        self.frames.sort_by_key(|(at, _)| *at);
        self
    }

    /// Changes the order of frames.
    pub fn shuffled(mut self, change: impl FnOnce(&mut Vec<(Duration, Vec<u8>)>)) -> Self {
        change(&mut self.frames);
        self
    }

    /// Writes the capture.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let frames: Vec<_> = self
            .frames
            .iter()
            .map(|(at, octets)| {
                let time = BEGIN + *at;
                (time.as_secs() as u32, time.subsec_nanos(), octets.as_slice(), octets.len() as u32)
            })
            .collect();
        let path = folder.join("story.pcap");
        std::fs::write(&path, pcap(Order::Little, NANOSECONDS, 1, &frames)).expect("a written capture");
        path
    }

    /// A frame from one side of a leg to the other: 0 is who sent the INVITE.
    fn frame(&mut self, at: Duration, from: usize, leg: &Leg<'_>, message: &str) {
        let packet = Packet::udp(message).between(leg.hosts[from], leg.hosts[1 - from]);
        self.frames.push((at, packet.octets()));
    }

    fn media(&mut self, from: Duration, talk: Duration, leg: &Leg<'_>) {
        for number in 0..=(talk.as_millis() / 500) as u32 {
            for side in [0, 1] {
                let mut rtp = vec![0x80, 8];
                rtp.extend((number as u16).to_be_bytes());
                rtp.extend((number * 4_000).to_be_bytes());
                rtp.extend([1, 2, 3, side as u8]);
                rtp.extend([0xd5; 160]);
                let packet =
                    Packet::udp(rtp).between(leg.hosts[side], leg.hosts[1 - side]).ports(leg.port, leg.port);
                self.frames.push((from + Duration::from_millis(500) * number, packet.octets()));
            }
        }
    }
}

fn request(method: &str, leg: &Leg<'_>, number: u32) -> String {
    let target = format!("{method} sip:{}@{} SIP/2.0\r\n", leg.user, leg.hosts[1]);
    target + &headers(method, leg, number, method != "INVITE") + &body(method == "INVITE", leg, 0)
}

fn response(status: &str, method: &str, leg: &Leg<'_>, number: u32) -> String {
    let is_answer = status.starts_with("200") && method == "INVITE";
    format!("SIP/2.0 {status}\r\n") + &headers(method, leg, number, true) + &body(is_answer, leg, 1)
}

fn headers(method: &str, leg: &Leg<'_>, number: u32, in_dialog: bool) -> String {
    let Leg { hosts: [from, to], user, id, .. } = leg;
    let tag = if in_dialog { format!(";tag=t{id}") } else { String::new() };
    let transaction = if method == "ACK" { "INVITE" } else { method };
    format!(
        "Via: SIP/2.0/UDP {from}:5060;branch=z9hG4bK{id}{transaction}{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:101@{from}>;tag=f{id}\r\nTo: <sip:{user}@{to}>{tag}\r\nCall-ID: {id}\r\n\
         CSeq: {number} {method}\r\nContact: <sip:101@{from}:5060>\r\n"
    )
}

fn body(is_there: bool, leg: &Leg<'_>, side: usize) -> String {
    if !is_there {
        return "Content-Length: 0\r\n\r\n".to_owned();
    }
    let (host, port) = (leg.hosts[side], leg.port);
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
    );
    format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// 2026-03-02 09:00 UTC.
pub const BEGIN: Duration = Duration::from_secs(1_772_442_000);
/// Between two messages of one leg, and between two legs.
const MOMENT: Duration = Duration::from_millis(20);
/// From INVITE to answer.
const RINGING: Duration = Duration::from_secs(2);
