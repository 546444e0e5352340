//! How much of each call that goes on was counted.

use std::collections::HashMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Class, baseline::Amounts};
use crate::calls::{Call, CallId, Timestamp};

/// Calls that go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    accounts: HashMap<CallId, Account>,
    round: u64,
}

#[derive(Clone, Copy, Debug)]
struct Account {
    class: Class,
    /// Minutes that were counted.
    minutes: f64,
    cost: Decimal,
    round: u64,
}

impl Accounts {
    /// A call begins, of which nothing was counted.
    pub(super) fn begin(&mut self, call: &Call, class: Class) {
        let account = Account { class, minutes: 0.0, cost: Decimal::ZERO, round: self.round };
        self.accounts.insert(call.id, account);
    }

    /// What came to a call since it was last asked, and its class. Of a call that was not seen to begin only what comes
    /// from now on.
    pub(super) fn grow(
        &mut self,
        call: &Call,
        cost: Option<Decimal>,
        now: Timestamp,
        class: impl FnOnce() -> Class,
    ) -> (Class, Amounts) {
        let minutes = call.talk(now).as_secs_f64() / 60.0;
        let cost = cost.unwrap_or_default();
        let round = self.round;
        let account =
            self.accounts.entry(call.id).or_insert_with(|| Account { class: class(), minutes, cost, round });
        let grown = [0.0, (minutes - account.minutes).max(0.0), units(cost - account.cost)];
        (account.minutes, account.cost) = (minutes.max(account.minutes), cost.max(account.cost));
        account.round = round;
        (account.class, grown)
    }

    /// A call is over: what it amounted to.
    pub(super) fn end(&mut self, call: CallId) -> Option<(Class, Amounts)> {
        let account = self.accounts.remove(&call)?;
        Some((account.class, [1.0, account.minutes, units(account.cost)]))
    }

    /// All calls that go on are about to be asked for.
    pub(super) const fn begin_round(&mut self) {
        self.round += 1;
    }

    /// All were: the others are over.
    pub(super) fn end_round(&mut self) {
        let round = self.round;
        self.accounts.retain(|_, account| account.round == round);
    }
}

/// An amount of money for statistics, which need not be exact.
fn units(money: Decimal) -> f64 {
    money.to_f64().unwrap_or_default().max(0.0)
}
