//! One leg: the INVITE between this host and one other, and the dialogs that it makes. States only; the clock is an
//! argument.

use std::{net::IpAddr, sync::Arc};

use monitor_common::abi::Direction;
use serde::{Deserialize, Serialize};

pub(super) use super::state::{End, State, Step};
use super::{Timestamp, call::CallResult, outcome, seen::Seen, signal::Trunk, token::Token};

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leg {
    pub(super) call_id: Token,
    /// The Call-ID itself, for whoever is to hang up. It is not saved: after a restart the next message tells it.
    #[serde(skip)]
    name: Option<Arc<str>>,
    /// Tag of who sent the INVITE.
    pub(super) caller: Option<Token>,
    /// Which way the INVITE went.
    pub(super) direction: Direction,
    pub(super) remote: IpAddr,
    pub(super) port: u16,
    /// Another host that this one sent requests of the dialog to: its Contact pointed there.
    pub(super) also: Option<IpAddr>,
    pub(super) trunk: Trunk,
    /// Whether the call ends with this leg: the one that arrived.
    pub(super) leads: bool,
    /// The Call-ID of the leg that it takes the place of (RFC 3891).
    pub(super) replaces: Option<Token>,
    /// The transaction of the INVITE, and its number.
    pub(super) branch: Option<Token>,
    pub(super) cseq: u32,
    /// Tags of the ends that answered; more than one where a proxy further on forked.
    dialogs: Vec<Token>,
    pub(super) state: State,
    /// Whether ACK followed the status that asked to try again.
    #[serde(default)]
    pub(super) is_acknowledged: bool,
    /// When the state's own clock began.
    pub(super) since: Timestamp,
    /// Last signal.
    pub(super) heard: Timestamp,
    /// Last time that a session description went over the dialog after its answer.
    pub(super) negotiated: Option<Timestamp>,
    /// RFC 4028: when the session was refreshed, and for how long.
    pub(super) session: Option<(Timestamp, u32)>,
    /// Where this host wants media.
    pub(super) local_ports: Vec<u16>,
    /// Where the other host wants media.
    pub(super) remote_media: Vec<IpAddr>,
}

impl Leg {
    /// The leg of an INVITE.
    pub(super) fn new(seen: &Seen<'_>, now: Timestamp) -> Self {
        let (remote, port) = seen.signal.remote;
        Self {
            call_id: seen.call_id,
            name: seen.name(),
            caller: seen.from,
            direction: seen.signal.direction,
            remote,
            port,
            also: None,
            trunk: seen.signal.trunk,
            leads: false,
            replaces: seen.signal.message.replaces.as_deref().map(Token::of),
            branch: seen.branch,
            cseq: seen.signal.message.cseq.number,
            dialogs: Vec::new(),
            state: State::Trying,
            is_acknowledged: false,
            since: now,
            heard: now,
            negotiated: None,
            session: None,
            local_ports: Vec::new(),
            remote_media: Vec::new(),
        }
    }

    /// A leg of a dialog that began unseen; `direction` is the one of the request.
    pub(super) fn unsure(seen: &Seen<'_>, direction: Direction, now: Timestamp) -> Self {
        Self { state: State::Unsure, direction, replaces: None, ..Self::new(seen, now) }
    }

    /// Its Call-ID, where it was heard in this run and is not too long.
    pub(super) const fn name(&self) -> Option<&Arc<str>> {
        self.name.as_ref()
    }

    /// A message of its dialog tells its Call-ID again.
    pub(super) fn hear_name(&mut self, seen: &Seen<'_>) {
        if self.name.is_none() {
            self.name = seen.name();
        }
    }

    /// Whether the other side was asked for a password and gave none so far: no PBX calls anybody for it yet.
    pub(super) fn is_challenged(&self) -> bool {
        matches!(self.state, State::Challenged(401 | 407))
    }

    /// Whether the host has to do with the leg.
    pub(super) fn has_party(&self, host: IpAddr) -> bool {
        host == self.remote || Some(host) == self.also
    }

    /// Whether somebody answered.
    pub(super) fn is_answered(&self) -> bool {
        !self.dialogs.is_empty()
    }

    /// Whether it was answered and nobody hung up.
    pub(super) fn is_up(&self) -> bool {
        self.state == State::Answered
    }

    pub(super) fn is_unsure(&self) -> bool {
        self.state == State::Unsure
    }

    pub(super) fn is_ending(&self) -> bool {
        self.state == State::Ending
    }

    /// Whether more than one end answered, and none of them but the last ends the leg.
    pub(super) fn has_forks(&self) -> bool {
        self.dialogs.len() > 1
    }

    pub(super) fn has_dialog(&self, callee: Token) -> bool {
        self.dialogs.contains(&callee)
    }

    /// Whether an INVITE with a higher number is the answer to a challenge, seen or not.
    pub(super) fn awaits_retry(&self, cseq: u32, has_credentials: bool) -> bool {
        let may = match self.state {
            State::Challenged(_) => true,
            State::Trying | State::Proceeding | State::Failing => has_credentials,
            _ => false,
        };
        may && cseq > self.cseq
    }

    /// The attempt goes on with another INVITE.
    pub(super) fn retry(&mut self, branch: Option<Token>, cseq: u32, now: Timestamp) {
        (self.branch, self.cseq, self.heard) = (branch, cseq, now);
        self.enter(State::Trying, now);
    }

    /// Whether the last status asked the caller to go elsewhere.
    pub(super) fn is_redirected(&self) -> bool {
        matches!(self.state, State::Challenged(300..=399))
    }

    /// A response to the INVITE that the leg waits for.
    pub(super) fn respond(&mut self, code: u16, callee: Token, now: Timestamp) -> Step {
        self.heard = now;
        match (code, self.state) {
            (200..=299, _) => self.answer(callee, now),
            (_, State::Answered | State::Ending | State::Unsure) => Step::Same,
            (180 | 183, State::Trying | State::Proceeding | State::Ringing) => {
                self.enter(State::Ringing, now);
                Step::Rang
            }
            (100..=199, State::Trying | State::Proceeding) => {
                self.enter(State::Proceeding, now);
                Step::Same
            }
            (100..=199, State::Ringing) => {
                self.enter(State::Ringing, now);
                Step::Same
            }
            (100..=199, _) => Step::Same,
            (_, State::Cancelling) => self.over(now, outcome::of_status(code), Some(code)),
            (_, state) if outcome::asks_again(code) => {
                self.is_acknowledged = match state {
                    State::Failing => true,
                    State::Challenged(_) => self.is_acknowledged,
                    _ => false,
                };
                self.enter(State::Challenged(code), now);
                Step::Same
            }
            _ => self.over(now, outcome::of_status(code), Some(code)),
        }
    }

    /// Somebody answered: a 2xx, or what cannot be without one.
    pub(super) fn answer(&mut self, callee: Token, now: Timestamp) -> Step {
        self.heard = now;
        let is_first = self.dialogs.is_empty();
        if !self.dialogs.contains(&callee) && self.dialogs.len() < MOST_DIALOGS {
            self.dialogs.push(callee);
        }
        if !is_first {
            return Step::Same;
        }
        self.enter(State::Answered, now);
        Step::Answered
    }

    /// CANCEL (RFC 3261, 9).
    pub(super) fn cancel(&mut self, now: Timestamp) {
        self.heard = now;
        if matches!(self.state, State::Trying | State::Proceeding | State::Ringing | State::Challenged(_)) {
            self.enter(State::Cancelling, now);
        }
    }

    /// ACK: within the INVITE's transaction it follows a failure, with a branch of its own a 2xx (RFC 3261, 17.1.1.3
    /// and 13.2.2.4). It says so even where the response was lost.
    pub(super) fn acknowledge(&mut self, is_of_invite: bool, callee: Token, now: Timestamp) -> Step {
        self.heard = now;
        match self.state {
            State::Challenged(code) => {
                if !self.is_acknowledged {
                    self.is_acknowledged = true;
                    self.enter(State::Challenged(code), now);
                }
                Step::Same
            }
            State::Answered | State::Ending | State::Failing => Step::Same,
            State::Cancelling if is_of_invite => self.over(now, CallResult::Cancelled, None),
            State::Trying | State::Proceeding | State::Ringing if is_of_invite => {
                self.enter(State::Failing, now);
                Step::Same
            }
            State::Unsure if is_of_invite => Step::Same,
            _ => self.answer(callee, now),
        }
    }

    /// BYE for the dialog with this end. It is over once the other side takes it.
    pub(super) fn bye(&mut self, callee: Token, now: Timestamp) {
        self.heard = now;
        if self.dialogs.len() > 1 {
            self.dialogs.retain(|dialog| *dialog != callee);
        } else if self.state != State::Ending {
            self.enter(State::Ending, now);
        }
    }

    /// The final response to a BYE. Where credentials are asked for, the dialog goes on until they come.
    pub(super) fn bye_answered(&mut self, code: u16, now: Timestamp) -> Step {
        self.heard = now;
        let was_taken = matches!(code, 200..=299);
        match (code, self.state) {
            (100..=199, _) => Step::Same,
            (401 | 407, State::Ending) if self.is_answered() => {
                self.enter(State::Answered, now);
                Step::Same
            }
            (_, State::Ending) if was_taken || self.is_answered() => Step::Over(self.timed_out()),
            // It was for no dialog of this leg: the other side refused it.
            (_, State::Ending) => {
                self.enter(State::Ringing, now);
                Step::Same
            }
            (200..=299, _) => Step::Over(self.end(now, true)),
            _ => Step::Same,
        }
    }

    /// The other side knows no such dialog (RFC 3261, 12.2.1.2).
    pub(super) fn gone(&self, now: Timestamp) -> Step {
        Step::Over(self.end(now, true))
    }

    /// A session timer as a 2xx set it; `None` turns it off (RFC 4028, 7.2).
    pub(super) fn refresh(&mut self, seconds: Option<u32>, now: Timestamp) {
        self.heard = now;
        self.session = seconds.map(|seconds| (now, seconds));
    }

    /// The end of a dialog.
    pub(super) fn end(&self, at: Timestamp, is_sure: bool) -> End {
        let result = if self.is_answered() { CallResult::Answered } else { CallResult::Lost };
        End { at, result, status: None, is_sure }
    }

    fn over(&self, at: Timestamp, result: CallResult, status: Option<u16>) -> Step {
        Step::Over(End { at, result, status, is_sure: true })
    }

    fn enter(&mut self, state: State, now: Timestamp) {
        (self.state, self.since) = (state, now);
    }
}

/// Ends of one leg that may answer it.
const MOST_DIALOGS: usize = 8;
