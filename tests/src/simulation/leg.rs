//! One leg of a simulated call: the signals that it can have.

use std::{net::IpAddr, sync::Arc};

use monitor::{
    calls::{Judged, Signal, Trunk},
    sip::{CSeq, Media, Message, Method, Party, Start},
};
use monitor_common::abi::{Direction, Reason, Verdict};

/// One leg.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) direction: Direction,
    pub(crate) remote: IpAddr,
    pub(crate) trunk: Trunk,
    pub(crate) call_id: Arc<str>,
    /// User part of the Request-URI.
    pub(crate) user: Arc<str>,
    /// E.164, where it is an outside number.
    pub(crate) number: Option<Arc<str>>,
    /// Name of the destination.
    pub(crate) destination: Arc<str>,
    pub(crate) caller: Arc<str>,
    pub(crate) call: u64,
}

/// Who sends a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Who sent the INVITE.
    Caller,
    /// The other end.
    Callee,
}

impl Leg {
    /// Its INVITE.
    pub(crate) fn invite(&self) -> Signal {
        let message = self.message(self.start(Method::Invite), Method::Invite, Side::Caller, 1, false);
        let judged = Judged {
            dialled: Arc::clone(&self.user),
            number: self.number.clone(),
            destination: Arc::clone(&self.destination),
            verdict: Verdict::Pass,
            reason: Reason::NoRule,
        };
        Signal { judged: Some(judged), ..self.signal(self.direction, message) }
    }

    /// A request of the INVITE's own transaction: CANCEL, and the ACK of a failure.
    pub(crate) fn transaction(&self, method: Method) -> Signal {
        let mut message = self.message(self.start(method), method, Side::Caller, 1, method == Method::Ack);
        message.branch = Some(self.branch(Method::Invite, Side::Caller, 1));
        self.signal(self.direction, message)
    }

    /// A request within the dialog.
    pub(crate) fn request(&self, method: Method, by: Side, number: u32) -> Signal {
        let message = self.message(self.start(method), method, by, number, true);
        self.signal(self.way(by), message)
    }

    /// A response to a request of `by`.
    pub(crate) fn response(&self, code: u16, method: Method, by: Side, number: u32) -> Signal {
        let message = self.message(Start::Response { code }, method, by, number, code > 100);
        self.signal(opposite(self.way(by)), message)
    }

    /// BYE and its 200.
    pub(crate) fn bye(&self, by: Side) -> [Signal; 2] {
        self.within(Method::Bye, by, 2)
    }

    /// A request within the dialog with this number, and its 200.
    pub(crate) fn within(&self, method: Method, by: Side, number: u32) -> [Signal; 2] {
        [self.request(method, by, number), self.response(200, method, by, number)]
    }

    fn start(&self, method: Method) -> Start {
        Start::Request { method, user: Arc::clone(&self.user) }
    }

    fn message(&self, start: Start, method: Method, by: Side, number: u32, in_dialog: bool) -> Message {
        let caller = Party { user: Arc::clone(&self.caller), tag: Some(format!("f{:x}", self.call).into()) };
        let tag = in_dialog.then(|| format!("t{:x}", self.call).into());
        let callee = Party { user: Arc::clone(&self.user), tag };
        let (from, to) = if by == Side::Caller { (caller, callee) } else { (callee, caller) };
        let has_media = match start {
            Start::Request { method, .. } => method == Method::Invite,
            Start::Response { code } => code == 200 && method == Method::Invite,
        };
        Message {
            start,
            call_id: Arc::clone(&self.call_id),
            from,
            to,
            branch: Some(self.branch(method, by, number)),
            cseq: CSeq { number, method },
            has_credentials: false,
            session_expires: None,
            asserted: None,
            refer_to: None,
            replaces: None,
            media: if has_media { vec![self.media()] } else { Vec::new() },
        }
    }

    fn branch(&self, method: Method, by: Side, number: u32) -> Arc<str> {
        let side = if by == Side::Caller { 'a' } else { 'b' };
        format!("z9hG4bK{:x}{side}{number}{}", self.call, method as u8).into()
    }

    fn media(&self) -> Media {
        let port = 16_384 + 2 * (self.call % 20_000) as u16;
        Media { address: Some(self.remote), port, is_audio: true }
    }

    fn way(&self, by: Side) -> Direction {
        if by == Side::Caller { self.direction } else { opposite(self.direction) }
    }

    fn signal(&self, direction: Direction, message: Message) -> Signal {
        Signal {
            direction,
            remote: (self.remote, 5060),
            local: ([192, 0, 2, 10].into(), 5060),
            trunk: self.trunk,
            customer: None,
            judged: None,
            message,
        }
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}
