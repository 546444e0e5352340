//! E.164 prefixes and what each of them stands for; the longest that a number begins with decides.

use monitor_common::number::Digits;

use super::digits;

/// Values by prefix, each prefix once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixTable<T> {
    /// Sorted.
    entries: Vec<(Digits, T)>,
}

impl<T> PrefixTable<T> {
    /// Of two values of one prefix the first stays.
    #[must_use]
    pub fn new(mut entries: Vec<(Digits, T)>) -> Self {
        entries.sort_by_key(|(prefix, _)| *prefix);
        entries.dedup_by_key(|(prefix, _)| *prefix);
        Self { entries }
    }

    /// The longest prefix that `number` begins with, and its value.
    #[must_use]
    pub fn longest(&self, number: Digits) -> Option<(Digits, &T)> {
        (1..=number.len()).rev().find_map(|len| {
            let prefix = digits::first(number, len);
            let at = self.entries.binary_search_by_key(&prefix, |(prefix, _)| *prefix).ok()?;
            Some((prefix, &self.entries[at].1))
        })
    }

    /// Whether it has no prefix.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every prefix and its value, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Digits, T)> {
        self.entries.iter()
    }
}

impl<T> Default for PrefixTable<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        let digits = |text| Digits::parse(text).unwrap();
        let table = PrefixTable::new(vec![(digits("1"), "US"), (digits("1345"), "KY"), (digits("1"), "CA")]);
        assert_eq!(table.longest(digits("13459490000")), Some((digits("1345"), &"KY")));
        assert_eq!(table.longest(digits("12125550100")), Some((digits("1"), &"US")));
        assert_eq!(table.longest(digits("22720")), None);
        assert_eq!(table.longest(digits("134")), Some((digits("1"), &"US")));
        assert_eq!(table.longest(Digits::default()), None);
        assert_eq!(table.iter().len(), 2);
    }
}
