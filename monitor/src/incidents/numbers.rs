//! The numbers that were called most, masked.

use std::{cmp::Reverse, collections::HashMap};

use super::{Account, PerNumber};

/// Calls by number. What is said of a number is never more than what it had: where there are too many numbers, those with
/// the fewest calls are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers(HashMap<String, PerNumber>);

impl Numbers {
    /// Goes on from those of an account.
    pub(super) fn of(account: &Account) -> Self {
        let numbers =
            account.numbers.iter().map(|number| (name(&number.token, &number.number), number.clone()));
        Self(numbers.collect())
    }

    /// One more call to a number; its token is empty where the whole number is not known.
    pub(super) fn call(&mut self, number: &str, token: &str) {
        let name = name(token, number);
        if self.0.len() >= ROOM && !self.0.contains_key(&name) {
            self.make_room();
        }
        let entry = self.0.entry(name).or_insert_with(|| PerNumber {
            number: number.to_owned(),
            token: token.to_owned(),
            calls: 0,
        });
        entry.calls += 1;
    }

    /// Those with most calls.
    pub(super) fn show(&self) -> Vec<PerNumber> {
        let mut numbers: Vec<_> = self.0.values().collect();
        let order =
            |number: &&PerNumber| (Reverse(number.calls), number.number.clone(), number.token.clone());
        if numbers.len() > Account::MOST_NUMBERS {
            numbers.select_nth_unstable_by_key(Account::MOST_NUMBERS, order);
            numbers.truncate(Account::MOST_NUMBERS);
        }
        numbers.sort_by_key(order);
        numbers.into_iter().cloned().collect()
    }

    fn make_room(&mut self) {
        let mut names: Vec<_> = self.0.iter().map(|(name, number)| (number.calls, name.clone())).collect();
        names.sort_unstable();
        names.truncate(ROOM / 2);
        names.iter().for_each(|(_, name)| drop(self.0.remove(name)));
    }
}

fn name(token: &str, number: &str) -> String {
    if token.is_empty() { number.to_owned() } else { token.to_owned() }
}

/// Numbers that are counted at once.
const ROOM: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_with_most_calls_are_told_apart_though_they_look_alike() {
        let mut numbers = Numbers::default();
        for call in 0..10_000_u32 {
            numbers.call("+1345949xxxx", "cayman");
            numbers.call("+1345949xxxx", if call % 3 == 0 { "one" } else { "two" });
            numbers.call("+53555xxxx", &call.to_string());
            assert!(numbers.0.len() <= ROOM);
        }
        let shown = numbers.show();
        let most: Vec<_> = shown.iter().take(3).map(|number| (number.token.as_str(), number.calls)).collect();
        assert_eq!(most, [("cayman", 10_000), ("two", 6_666), ("one", 3_334)]);
        assert_eq!(shown.len(), Account::MOST_NUMBERS);
    }
}
