//! A call that goes on, as the limits follow it: where it counts, and how much of it was counted.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    parties::{Parties, SCOPES},
    rules::Rules,
    token::{Token, Tokens},
    told::MONEY,
    window::micros,
};
use crate::{
    calls::{Route, Timestamp},
    policy::{
        limits::Scope,
        money::{Tariff, Tariffs},
    },
};

/// A call that goes on.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// Whose it was when it was last looked at; none before it was seen after a restart.
    pub(super) parties: Option<Parties>,
    pub(super) tokens: [Option<Token>; SCOPES],
    pub(super) memberships: Vec<Membership>,
    /// Whether its beginning was counted.
    pub(super) is_started: bool,
    /// Whether it counts as going on.
    pub(super) is_running: bool,
    /// When it was last seen to go on.
    pub(super) seen: Timestamp,
    /// The last tick that saw it.
    pub(super) round: u64,
    /// How much of its talk was counted, microseconds.
    pub(super) talk: u64,
    /// How much of its cost was counted.
    pub(super) cost: u64,
    /// When somebody answered, by the wall clock of that time.
    pub(super) answered: Option<DateTime<Utc>>,
    /// What it costs.
    pub(super) tariff: Option<Arc<Tariff>>,
    /// What the talk that was counted costs by that tariff: what comes on top of it is counted, so that another tariff
    /// prices what is talked from then on.
    pub(super) priced: u64,
    /// Limits in which it counted before a restart, by name.
    pub(super) counted_in: Vec<Arc<str>>,
    /// After a restart: the last tick before it, by the clock of the calls.
    pub(super) counted_until: Option<Timestamp>,
    pub(super) is_dirty: bool,
}

/// A limit that counts a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// Its place among the limits.
    pub(super) limit: usize,
    /// For whom.
    pub(super) token: Token,
    /// Which number or country, where each counts once.
    pub(super) distinct: u64,
    /// Whether it still does: the call may have become another's.
    pub(super) is_current: bool,
}

/// How a membership came to be current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It was.
    Before,
    /// It was once.
    Again,
    /// It never was.
    First,
}

impl Followed {
    /// Takes note of whose the call is now; says whether it was followed before a restart and is seen for the first
    /// time after it. Such a call is masked: what stands for it was saved.
    pub(super) fn place(&mut self, parties: &Parties, rules: &Rules, tokens: &Tokens) -> bool {
        let is_resumed = self.parties.is_none() && self.tokens.iter().any(Option::is_some);
        let made = if is_resumed { self.tokens } else { parties.tokens(tokens) };
        for (index, scope) in Scope::ALL.iter().enumerate() {
            let is_same =
                self.parties.as_ref().is_some_and(|before| before.key(*scope) == parties.key(*scope));
            if !is_same {
                self.tokens[index] = made[index];
            }
        }
        let was_free = self.tariff.is_none();
        self.price_by(parties, &rules.tariffs);
        if was_free
            && !is_resumed
            && let Some(wall) = self.answered
        {
            self.priced = self.priced.saturating_sub(self.price(wall, Duration::ZERO));
        }
        is_resumed
    }

    /// Finds its tariff: only outgoing calls cost. Talk that was counted stays counted as it was.
    pub(super) fn price_by(&mut self, parties: &Parties, tariffs: &Tariffs) {
        let costs = parties.route == Route::Outgoing && !parties.is_exempt;
        let number = parties.digits().map(|digits| format!("+{digits}"));
        let tariff = || tariffs.of(number.as_deref(), &parties.destination).cloned();
        self.tariff = costs.then(tariff).flatten();
        self.priced = self.answered.map_or(0, |wall| self.price(wall, Duration::from_micros(self.talk)));
    }

    /// Counts talk up to a length, and what that costs.
    pub(super) fn count_talk(&mut self, answered: DateTime<Utc>, talk: Duration) {
        let price = self.price(answered, talk);
        self.cost = self.cost.saturating_add(price.saturating_sub(self.priced));
        self.priced = self.priced.max(price);
        self.talk = self.talk.max(micros(talk));
    }

    /// What so much talk costs, in the units that are counted.
    fn price(&self, answered: DateTime<Utc>, talk: Duration) -> u64 {
        self.tariff.as_ref().map_or(0, |tariff| units(tariff.cost(answered, talk)))
    }

    /// After a restart: what was counted up to the last tick that was saved is counted.
    pub(super) fn catch_up(&mut self, answered: Timestamp) {
        let Some(until) = self.counted_until.take() else { return };
        if let (Some(wall), true) = (self.answered, until >= answered) {
            self.count_talk(wall, until.since(answered));
        }
    }

    /// Forgets where a call counted that becomes others' again and again.
    pub(super) fn bound(&mut self) {
        if self.memberships.len() > MOST_MEMBERSHIPS {
            self.memberships.retain(|membership| membership.is_current);
        }
    }
}

impl Membership {
    /// Whether it is current, of a limit, and not what is wanted of that.
    pub(super) fn leaves(&self, limit: usize, wanted: Option<Self>) -> bool {
        self.limit == limit && self.is_current && wanted.is_none_or(|wanted| !wanted.is_like(self))
    }

    /// Becomes one of these.
    pub(super) fn join(self, memberships: &mut Vec<Self>) -> Joined {
        match memberships.iter_mut().find(|known| known.is_like(&self)) {
            Some(known) if known.is_current => Joined::Before,
            Some(known) => {
                known.is_current = true;
                Joined::Again
            }
            None => {
                memberships.push(self);
                Joined::First
            }
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.limit, self.token, self.distinct) == (other.limit, other.token, other.distinct)
    }
}

/// Money in the units that are counted, rounded up.
fn units(cost: Decimal) -> u64 {
    let units = cost.checked_mul(MONEY.into()).unwrap_or(Decimal::MAX).ceil();
    u64::try_from(units).unwrap_or(if cost.is_sign_negative() { 0 } else { u64::MAX })
}

const MOST_MEMBERSHIPS: usize = 1_000;
