//! What comes after the INVITE: responses, and requests within a dialog. They find their leg, and move it.

use monitor_common::abi::Direction;

use super::{
    Timestamp,
    call::{CallId, Fact},
    entry::Entry,
    leg::{Leg, Step},
    seen::{Role, Seen},
    token::Token,
    tracker::Tracker,
};
use crate::sip::Method;

impl Tracker {
    /// A request that is no INVITE, or one within a dialog.
    pub(super) fn request(&mut self, method: Method, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        match method {
            Method::Cancel => self.cancel(seen, now, facts),
            Method::Ack => self.acknowledge(seen, now, facts),
            Method::Bye => self.bye(seen, now, facts),
            Method::Other => {}
            _ => {
                let is_offer = matches!(method, Method::Invite | Method::Update);
                match self.within_dialog(seen) {
                    Some((id, index, _)) => self.hear(id, index, seen, now, facts),
                    None if is_offer && seen.to.is_some() => self.suspect(seen, now, facts),
                    None => self.counters.unmatched += 1,
                }
            }
        }
    }

    /// A response.
    pub(super) fn response(&mut self, code: u16, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        match seen.signal.message.cseq.method {
            Method::Invite => self.invite_response(code, seen, now, facts),
            Method::Bye => self.bye_response(code, seen, now, facts),
            Method::Update => self.update_response(code, seen, now, facts),
            Method::Cancel | Method::Ack | Method::Other => {}
            _ => {
                if let Some((id, index, _)) = self.within_dialog(seen) {
                    self.hear(id, index, seen, now, facts);
                }
            }
        }
    }

    fn cancel(&mut self, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let found = self.find(seen, |leg| {
            let fits = seen.role(leg) == Some(Role::Caller) && seen.is_of_invite(leg);
            fits.then(|| seen.closeness(leg))
        });
        let Some((id, index)) = found else {
            self.counters.unmatched += 1;
            return;
        };
        if let Some(entry) = self.calls.get_mut(&id) {
            entry.legs[index].cancel(now);
        }
        self.settle(id, now, facts);
    }

    fn acknowledge(&mut self, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let cseq = seen.signal.message.cseq.number;
        let found = self.find(seen, |leg| {
            let is_of_it = seen.role(leg)? == Role::Caller && leg.cseq == cseq;
            let is_closer = u8::from(seen.is_of_invite(leg)) * 8;
            is_of_it.then(|| is_closer + seen.closeness(leg))
        });
        let Some((id, index)) = found else {
            // That of a re-INVITE, or of a dialog that is over.
            return;
        };
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        if seen.left() && leg.is_answered() {
            leg.also = Some(seen.remote()).filter(|host| *host != leg.remote);
        }
        let is_of_invite = seen.is_of_invite(leg);
        if leg.is_unsure() && !seen.left() {
            return;
        }
        let step = leg.acknowledge(is_of_invite, seen.callee(Role::Caller), now);
        self.describe(id, index, seen);
        self.step(id, index, step, None, now, facts);
    }

    fn bye(&mut self, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some((id, index, role)) = self.within_dialog(seen) else {
            self.counters.unmatched += 1;
            return;
        };
        if let Some(entry) = self.calls.get_mut(&id) {
            entry.legs[index].bye(seen.callee(role), now);
        }
        self.hear(id, index, seen, now, facts);
    }

    fn bye_response(&mut self, code: u16, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some((id, index, _)) = self.within_dialog(seen) else { return };
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        let step = if leg.has_forks() { Step::Same } else { leg.bye_answered(code, now) };
        self.step(id, index, step, None, now, facts);
    }

    fn update_response(&mut self, code: u16, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some((id, index, _)) = self.within_dialog(seen) else { return };
        self.dialog_response(code, id, index, seen, now, facts);
    }

    fn invite_response(&mut self, code: u16, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let cseq = seen.signal.message.cseq.number;
        let pending = self.find(seen, |leg| {
            // A response goes back to where its request came from (RFC 3261, 18.2.2).
            if seen.role(leg)? != Role::Caller || !leg.has_party(seen.remote()) {
                return None;
            }
            // The INVITE with credentials may be lost: its response has a number that no INVITE had.
            let is_next = cseq > leg.cseq && !leg.is_answered();
            (seen.is_of_invite(leg) || is_next)
                .then(|| u8::from(seen.is_of_invite(leg)) * 8 + seen.closeness(leg))
        });
        let Some((id, index)) = pending else {
            if let Some((id, index, _)) = self.within_dialog(seen) {
                return self.dialog_response(code, id, index, seen, now, facts);
            }
            if (200..=299).contains(&code) {
                self.suspect(seen, now, facts);
            }
            return;
        };
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        if cseq > leg.cseq {
            leg.retry(seen.branch, cseq, now);
        }
        if leg.is_unsure() {
            return self.dialog_response(code, id, index, seen, now, facts);
        }
        let step = leg.respond(code, seen.callee(Role::Caller), now);
        if (200..=299).contains(&code) {
            leg.refresh(seen.signal.message.session_expires, now);
        }
        self.describe(id, index, seen);
        self.step(id, index, step, Some(code), now, facts);
    }

    /// A response to a re-INVITE or UPDATE (RFC 3261, 12.2.1.2: 481 and 408 end the dialog).
    fn dialog_response(
        &mut self,
        code: u16,
        id: CallId,
        index: usize,
        seen: &Seen<'_>,
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        let is_invite = seen.signal.message.cseq.method == Method::Invite;
        let step = match code {
            200..=299 => {
                leg.refresh(seen.signal.message.session_expires, now);
                if leg.is_unsure() && (is_invite || seen.signal.message.session_expires.is_some()) {
                    let role = seen.role(leg).unwrap_or(Role::Caller);
                    leg.answer(seen.callee(role), now)
                } else {
                    Step::Same
                }
            }
            408 | 481 if leg.is_answered() && !leg.is_ending() => leg.gone(now),
            300..=699 if leg.is_unsure() => leg.gone(now),
            _ => Step::Same,
        };
        self.hear(id, index, seen, now, facts);
        self.step(id, index, step, None, now, facts);
    }

    /// The leg whose dialog a message belongs to, and who sent the request.
    fn within_dialog(&self, seen: &Seen<'_>) -> Option<(CallId, usize, Role)> {
        let (id, index) = self.find(seen, |leg| {
            let callee = seen.callee(seen.role(leg)?);
            let is_known = leg.has_dialog(callee);
            // Before it is answered, tags come and go: early dialogs, and answers that were not seen.
            (is_known || !leg.is_answered()).then(|| u8::from(is_known) * 8 + seen.closeness(leg))
        })?;
        let role = seen.role(&self.calls.get(&id)?.legs[index])?;
        Some((id, index, role))
    }

    /// A message within the dialog: a sign of life, and perhaps a session description.
    fn hear(&mut self, id: CallId, index: usize, seen: &Seen<'_>, now: Timestamp, facts: &mut Vec<Fact>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let leg = &mut entry.legs[index];
        leg.heard = now;
        if !seen.signal.message.media.is_empty() && leg.is_answered() {
            leg.negotiated = Some(now);
        }
        self.describe(id, index, seen);
        self.settle(id, now, facts);
    }

    /// Does to the call what became of its leg.
    pub(super) fn step(
        &mut self,
        id: CallId,
        index: usize,
        step: Step,
        code: Option<u16>,
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        if step == Step::Answered {
            if entry.is_unsure {
                self.counters.adopted += 1;
                entry.is_unsure = false;
                entry.quiet_until = now;
            } else if !entry.call.is_active() {
                return self.detach(id, index, now, facts);
            }
            entry.lead_instead(index);
        }
        if let Some(leg) = entry.apply(index, step, code, now)
            && let Step::Over(end) = step
        {
            self.unlink(id, &leg, end, now);
        }
        self.settle(id, now, facts);
    }
}

impl Entry {
    /// A leg that replaces the one that the call ends with takes its part (RFC 3891).
    fn lead_instead(&mut self, index: usize) {
        let leg = &self.legs[index];
        let Some(replaced) = leg.replaces.filter(|_| leg.direction == Direction::Ingress) else { return };
        let is_led = |leg: &Leg, call_id: Token| leg.leads && leg.call_id == call_id;
        if let Some(old) = self.legs.iter().position(|leg| is_led(leg, replaced)) {
            self.legs[old].leads = false;
            self.legs[index].leads = true;
        }
    }
}
