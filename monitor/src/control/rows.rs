//! From calls and blocks to the rows that are shown, and from two lists of rows to one.

use std::{cmp::Reverse, collections::HashSet, time::SystemTime};

use super::{
    Calls, CallsWanted,
    view::{BlockRow, CallRow, rfc3339},
};
use crate::{
    blocks::Block,
    calls::{Call, CallId, Timestamp},
};

impl CallRow {
    /// A call whose numbers are masked already; `now` is the time on the clock of its times, and `wall` tells the
    /// wall clock's.
    #[must_use]
    pub fn new(call: &Call, now: Timestamp, wall: &dyn Fn(Timestamp) -> SystemTime) -> Self {
        let shown = |time: Timestamp| rfc3339(wall(time));
        Self {
            id: call.id,
            direction: call.route,
            origin: call.origin,
            destination: call.destination.to_string(),
            dialled: call.dialled.to_string(),
            number: call.number.as_deref().map(str::to_owned),
            caller: call.caller.to_string(),
            source: call.source,
            trunk: call.trunk,
            customer: call.customer.as_deref().map(str::to_owned),
            verdict: call.verdict,
            reason: call.reason,
            started: shown(call.started),
            rang: call.rang.map(shown),
            answered: call.answered.map(shown),
            ended: call.ended.map(shown),
            result: call.result,
            status: call.status,
            attempts: call.attempts,
            talk_seconds: call.talk(now).as_secs_f64(),
            media_ingress_seconds: call.media.ingress.as_secs_f64(),
            media_egress_seconds: call.media.egress.as_secs_f64(),
            whole: call.is_whole,
        }
    }
}

impl BlockRow {
    /// A block as it stands now; `wall` tells the wall clock's time.
    #[must_use]
    pub fn new(block: &Block, now: Timestamp, wall: &dyn Fn(Timestamp) -> SystemTime) -> Self {
        Self {
            target: block.target.to_string(),
            kind: block.target.kind().into(),
            reason: block.reason.clone(),
            by: block.by.clone(),
            since: rfc3339(wall(block.since)),
            until: block.until.map(|until| rfc3339(wall(until))),
            // Rounded up: a block that has half a second left holds.
            seconds_left: block.until.map(|until| until.since(now).as_millis().div_ceil(1000) as u64),
        }
    }
}

impl CallsWanted {
    /// The answer from the calls that go on, which are fresher, and those of the store; both of them rows that
    /// [`Self::takes`] let through, of the store one more than [`Self::rows`] where there are more.
    #[must_use]
    pub fn gather(&self, active: Vec<CallRow>, stored: Vec<CallRow>) -> Calls {
        let fresh: HashSet<CallId> = active.iter().map(|call| call.id).collect();
        let mut calls = active;
        calls.extend(stored.into_iter().filter(|call| !fresh.contains(&call.id)));
        calls.sort_by(|one, other| (&other.started, other.id).cmp(&(&one.started, one.id)));
        let truncated = calls.len() > self.rows();
        calls.truncate(self.rows());
        Calls { calls, truncated }
    }

    /// Whether a call is one that is wanted, `now` on the clock of its times.
    #[must_use]
    pub fn takes(&self, call: &Call, now: Timestamp) -> bool {
        let is_recent = |seconds: u64| call.is_active() || now.since(call.started).as_secs() <= seconds;
        let is = |wanted: &Option<String>, name: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| name == Some(wanted))
        };
        (call.is_active() || !self.active)
            && self.since_seconds.is_none_or(is_recent)
            && is(&self.destination, Some(&*call.destination))
            && is(&self.customer, call.customer.as_deref())
    }

    /// The newest of the calls that go on, as rows of an answer: at most one more than it may have.
    #[must_use]
    pub fn newest<'a>(
        &self,
        active: impl Iterator<Item = &'a Call>,
        now: Timestamp,
        row: impl Fn(&Call) -> CallRow,
    ) -> Vec<CallRow> {
        let mut calls: Vec<_> = active.filter(|call| self.takes(call, now)).collect();
        calls.sort_by_key(|call| Reverse((call.started, call.id)));
        calls.into_iter().take(self.rows() + 1).map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use monitor_common::abi::Reason;

    use super::*;
    use crate::{
        blocks::{Cause, Target},
        calls::{CallResult, Origin, Seconds},
    };

    const SECOND: u64 = 1_000_000;

    /// The agent's clock is three seconds behind the wall clock.
    fn wall(time: Timestamp) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(time.0 + 3 * SECOND)
    }

    fn call(id: u64, started: u64, ended: Option<u64>) -> Call {
        Call {
            id: CallId(id),
            origin: Origin::Pbx,
            destination: "cuba".into(),
            dialled: "0053555xxxx".into(),
            number: Some("+53555xxxx".into()),
            source: [192, 0, 2, 66].into(),
            customer: Some("Dupont".into()),
            reason: Reason::Policy,
            started: Timestamp(started * SECOND),
            answered: Some(Timestamp((started + 1) * SECOND)),
            ended: ended.map(|ended| Timestamp(ended * SECOND)),
            result: ended.map(|_| CallResult::Answered),
            status: Some(200),
            media: Seconds { ingress: Duration::from_millis(1500), egress: Duration::ZERO },
            ..Call::example()
        }
    }

    fn row(id: u64, started: u64) -> CallRow {
        CallRow::new(&call(id, started, None), Timestamp(0), &wall)
    }

    #[test]
    fn a_row_shows_the_wall_clock_and_seconds() {
        let row = CallRow::new(&call(7, 10, None), Timestamp(16_500_000), &wall);
        assert_eq!(row.started, "1970-01-01T00:00:13.000Z");
        assert_eq!((row.talk_seconds, row.media_ingress_seconds, row.ended), (5.5, 1.5, None));
        let over = CallRow::new(&call(7, 10, Some(13)), Timestamp(99 * SECOND), &wall);
        assert_eq!((over.talk_seconds, over.ended.as_deref()), (2.0, Some("1970-01-01T00:00:16.000Z")));
    }

    #[test]
    fn a_block_shows_what_is_left() {
        let block = Block {
            target: Target::from_kept("prefix", "+53").unwrap(),
            cause: Cause::Operator,
            reason: "night".into(),
            by: "root (uid 0, pid 1)".into(),
            since: Timestamp(0),
            until: Some(Timestamp(60 * SECOND)),
            limit: None,
        };
        let row = |now| BlockRow::new(&block, Timestamp(now), &wall);
        assert_eq!((row(0).target.as_str(), row(0).kind.as_str()), ("+53", "prefix"));
        assert_eq!(row(0).until.as_deref(), Some("1970-01-01T00:01:03.000Z"));
        let left = [0, 1, 59_500_000, 60_000_000, 61_000_000].map(|now| row(now).seconds_left);
        assert_eq!(left, [Some(60), Some(60), Some(1), Some(0), Some(0)]);
        let open = Block { until: None, ..block.clone() };
        assert_eq!(BlockRow::new(&open, Timestamp(0), &wall).seconds_left, None);
    }

    #[test]
    fn calls_that_go_on_are_taken_from_the_tracker() {
        let wanted = CallsWanted::default();
        let fresh = CallRow { attempts: 2, ..row(5, 50) };
        let calls = wanted.gather(vec![row(3, 30), fresh.clone()], vec![row(5, 50), row(4, 40), row(1, 90)]);
        let ids: Vec<_> = calls.calls.iter().map(|call| call.id.0).collect();
        assert_eq!((ids, calls.truncated), (vec![1, 5, 4, 3], false));
        assert_eq!(calls.calls[1], fresh);
    }

    #[test]
    fn more_than_the_limit_is_said_to_be_cut() {
        let wanted = CallsWanted { limit: Some(2), ..CallsWanted::default() };
        for (active, stored, ids, truncated) in [
            (vec![row(1, 1)], vec![row(2, 2)], vec![2, 1], false),
            (vec![row(1, 1)], vec![row(2, 2), row(3, 3)], vec![3, 2], true),
            (vec![row(1, 1), row(2, 2), row(3, 3)], vec![], vec![3, 2], true),
        ] {
            let calls = wanted.gather(active, stored);
            let shown: Vec<_> = calls.calls.iter().map(|call| call.id.0).collect();
            assert_eq!((shown, calls.truncated), (ids, truncated));
        }
        let active: Vec<_> = (0..9).map(|id| call(id, id, None)).collect();
        let newest = wanted.newest(active.iter(), Timestamp(0), |call| row(call.id.0, 0));
        assert_eq!(newest.iter().map(|call| call.id.0).collect::<Vec<_>>(), [8, 7, 6]);
    }

    #[test]
    fn each_filter_takes_what_it_should() {
        let (active, over) = (call(1, 10, None), call(2, 10, Some(20)));
        let now = Timestamp(100 * SECOND);
        let name = |name: &str| Some(name.to_owned());
        let all = CallsWanted::default();
        for (wanted, takes_active, takes_over) in [
            (all.clone(), true, true),
            (CallsWanted { active: true, ..all.clone() }, true, false),
            (CallsWanted { since_seconds: Some(90), ..all.clone() }, true, true),
            (CallsWanted { since_seconds: Some(89), ..all.clone() }, true, false),
            (CallsWanted { destination: name("cuba"), ..all.clone() }, true, true),
            (CallsWanted { destination: name("niger"), ..all.clone() }, false, false),
            (CallsWanted { customer: name("Dupont"), ..all.clone() }, true, true),
            (CallsWanted { customer: name("Durand"), ..all.clone() }, false, false),
        ] {
            assert_eq!(
                (wanted.takes(&active, now), wanted.takes(&over, now)),
                (takes_active, takes_over),
                "{wanted:?}"
            );
        }
        let nobody = Call { customer: None, ..active };
        assert!(!CallsWanted { customer: name("Dupont"), ..all }.takes(&nobody, now));
    }
}
