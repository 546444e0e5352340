//! Turns a regular expression of national numbers into the digit prefixes that tell its numbers: as short as
//! they can be where any digits may follow.

use std::collections::HashMap;

use monitor_common::number::Digits;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::policy::digits::push;

/// The pattern is not one of digits.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the number pattern {0}")]
pub(super) struct BadPattern(String);

/// Prefixes, each after `before`, of the numbers that `pattern` matches as a whole.
pub(super) fn prefixes(pattern: &str, before: Digits) -> Result<Vec<Digits>, BadPattern> {
    let bad = || BadPattern(pattern.to_owned());
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .ignore_whitespace(true)
        .build()
        .parse(pattern)
        .map_err(|_| bad())?;
    let mut automaton = Automaton { steps: vec![Step::Accept] };
    let start = automaton.add(&hir, ACCEPT).ok_or_else(bad)?;
    let mut walk = Walk { automaton: &automaton, free: HashMap::new(), found: Vec::new() };
    if walk.visit(&automaton.closure([start]), before) {
        walk.found.push(before);
    }
    walk.found.sort_unstable();
    Ok(walk.found)
}

/// A nondeterministic automaton over digits, without loops.
struct Automaton {
    steps: Vec<Step>,
}

enum Step {
    Accept,
    /// Any digit of the set (bit 0 for digit 0), then the other step.
    Digit(u16, usize),
    Either(Vec<usize>),
}

impl Automaton {
    /// Adds `hir` before the step `next`; gives the step to begin at.
    fn add(&mut self, hir: &Hir, next: usize) -> Option<usize> {
        match hir.kind() {
            HirKind::Empty => Some(next),
            HirKind::Literal(literal) => literal
                .0
                .iter()
                .rev()
                .try_fold(next, |next, octet| self.digit(digit_set(*octet, *octet), next)),
            HirKind::Class(Class::Bytes(class)) => {
                let set = class.iter().fold(0, |set, range| set | digit_set(range.start(), range.end()));
                self.digit(set, next)
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(Digits::MAX as u32).min(Digits::MAX as u32);
                (0..most).rev().try_fold(next, |after, index| {
                    let entry = self.add(&repetition.sub, after)?;
                    Some(if index < repetition.min {
                        entry
                    } else {
                        self.step(Step::Either(vec![entry, next]))
                    })
                })
            }
            HirKind::Capture(capture) => self.add(&capture.sub, next),
            HirKind::Concat(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            HirKind::Alternation(parts) => {
                let entries = parts.iter().map(|part| self.add(part, next)).collect::<Option<_>>()?;
                Some(self.step(Step::Either(entries)))
            }
            HirKind::Class(Class::Unicode(_)) | HirKind::Look(_) => None,
        }
    }

    fn digit(&mut self, set: u16, next: usize) -> Option<usize> {
        (set != 0).then(|| self.step(Step::Digit(set, next)))
    }

    fn step(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// The steps that wait for a digit or accept, reached from `from` without a digit; sorted.
    fn closure(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut open: Vec<_> = from.into_iter().collect();
        let mut reached = Vec::new();
        while let Some(step) = open.pop() {
            match &self.steps[step] {
                Step::Either(entries) => open.extend(entries),
                _ => reached.push(step),
            }
        }
        reached.sort_unstable();
        reached.dedup();
        reached
    }

    fn after(&self, steps: &[usize], digit: u8) -> Vec<usize> {
        self.closure(steps.iter().filter_map(|step| match self.steps[*step] {
            Step::Digit(set, next) if set >> digit & 1 == 1 => Some(next),
            _ => None,
        }))
    }
}

/// Walks the digits from the left and stops where the rest may be anything.
struct Walk<'a> {
    automaton: &'a Automaton,
    free: HashMap<Vec<usize>, bool>,
    found: Vec<Digits>,
}

impl Walk<'_> {
    /// Whether every number that begins with `prefix` matches; if not, notes the longer prefixes of which
    /// that holds. A shorter number that ends here counts only where none goes on.
    fn visit(&mut self, steps: &[usize], prefix: Digits) -> bool {
        if self.is_free(steps) {
            return true;
        }
        let known = self.found.len();
        let mut whole = 0;
        for digit in 0..10 {
            let after = self.automaton.after(steps, digit);
            let Some(longer) = push(prefix, digit) else { return true };
            if !after.is_empty() && self.visit(&after, longer) {
                self.found.push(longer);
                whole += 1;
            }
        }
        if whole == 10 {
            self.found.truncate(known);
        }
        whole == 10
    }

    /// Whether only the count of the digits to come matters.
    fn is_free(&mut self, steps: &[usize]) -> bool {
        if let Some(free) = self.free.get(steps) {
            return *free;
        }
        let after = self.automaton.after(steps, 0);
        let alike = (1..10).all(|digit| self.automaton.after(steps, digit) == after);
        let free = alike && if after.is_empty() { steps == [ACCEPT] } else { self.is_free(&after) };
        self.free.insert(steps.to_vec(), free);
        free
    }
}

/// The digits between two octets, one bit each.
fn digit_set(from: u8, to: u8) -> u16 {
    (b'0'..=b'9').filter(|digit| (from..=to).contains(digit)).fold(0, |set, digit| set | 1 << (digit - b'0'))
}

/// The accepting step.
const ACCEPT: usize = 0;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str) -> Vec<String> {
        let prefixes = prefixes(pattern, Digits::parse("33").unwrap()).unwrap();
        prefixes.into_iter().map(|prefix| prefix.to_string()).collect()
    }

    #[test]
    fn stops_where_any_digits_may_follow() {
        assert_eq!(found(r"80[0-2]\d{6}"), ["33800", "33801", "33802"]);
        assert_eq!(found(r"8\d{8}"), ["338"]);
        assert_eq!(found(r"\d{9}"), ["33"]);
        assert_eq!(found(r"90[069]\d{4,7}"), ["33900", "33906", "33909"]);
        assert_eq!(found(r"13(?:00\d{6}(?:\d{2})?|45[0-4]\d{3})|13\d{4}"), ["3313"]);
    }

    #[test]
    fn puts_ten_siblings_together() {
        assert_eq!(found(r"7(?:[0-4]\d|[5-9]\d)\d{3}"), ["337"]);
        assert_eq!(
            found(r"7(?:[0-4]|[5-9]1)\d{3}"),
            ["3370", "3371", "3372", "3373", "3374", "33751", "33761", "33771", "33781", "33791"]
        );
    }

    #[test]
    fn whole_numbers_are_prefixes_too() {
        assert_eq!(found("8001111|9"), ["338001111", "339"]);
    }

    #[test]
    fn french_premium_rate() {
        let prefixes =
            found(r"836(?:0[0-36-9]|[1-9]\d)\d{4}|8(?:1[2-9]|2[2-47-9]|3[0-57-9]|[569]\d|8[0-35-9])\d{6}");
        assert!(prefixes.contains(&"3389".to_owned()), "{prefixes:?}");
        assert!(prefixes.contains(&"33836".to_owned()) || prefixes.contains(&"338361".to_owned()));
        assert!(!prefixes.iter().any(|prefix| prefix.starts_with("33800")));
    }

    #[test]
    fn refuses_what_is_not_digits() {
        assert!(prefixes("a", Digits::default()).is_err());
        assert!(prefixes("(", Digits::default()).is_err());
    }
}
