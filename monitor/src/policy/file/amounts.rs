//! A look at the text before it is read as TOML: what is no policy by its amounts alone is refused in one
//! pass, so that junk takes neither time nor memory.

use std::ops::Range;

use crate::policy::report::Finding;

/// An error for a text that no policy looks like.
pub(super) fn check(text: &str) -> Option<Finding> {
    let mut amounts = Amounts::default();
    let octets = text.as_bytes();
    let mut at = 0;
    while at < octets.len() {
        let span = part(octets, at);
        if let Some(finding) = amounts.count(octets[at], &span) {
            return Some(finding);
        }
        at = span.end;
    }
    None
}

/// What has been seen so far.
#[derive(Default)]
struct Amounts {
    strings: usize,
    words: usize,
    marks: usize,
    lines: usize,
    commas: usize,
}

impl Amounts {
    /// Counts a part that begins with `first`; an error once there are too many, or where one is too long.
    fn count(&mut self, first: u8, span: &Range<usize>) -> Option<Finding> {
        let (count, most, what) = match first {
            b'#' | b' ' | b'\t' | b'\r' => return None,
            b'"' | b'\'' => (&mut self.strings, MOST_STRINGS, "values in quotes"),
            b'\n' => (&mut self.lines, MOST_LINES, "lines"),
            b',' => (&mut self.commas, MOST_STRINGS, "commas"),
            _ if is_mark(first) => (&mut self.marks, MOST_MARKS, "brackets, dots and equals signs"),
            _ => (&mut self.words, MOST_WORDS, "words outside quotes"),
        };
        *count += 1;
        if *count > most {
            let title = format!("more than {most} {what}: this is not a policy");
            return Some(Finding::new(title, span.start..span.start + 1, "").help(HELP));
        }
        if span.len() > LONGEST_PART {
            let title = format!("{} octets without an end: this is not a policy", span.len());
            return Some(Finding::new(title, span.start..span.start + 1, "").help(HELP));
        }
        None
    }
}

/// The part that begins at `at`: a comment, a value in quotes, blanks, a mark, or a word.
fn part(octets: &[u8], at: usize) -> Range<usize> {
    let rest = &octets[at + 1..];
    let until = |end: &dyn Fn(u8) -> bool| rest.iter().position(|octet| end(*octet)).unwrap_or(rest.len());
    let len = match octets[at] {
        b'#' => until(&|octet| octet == b'\n'),
        quote @ (b'"' | b'\'') => {
            let inside = until(&|octet| octet == quote || octet == b'\n');
            inside + usize::from(rest.get(inside) == Some(&quote))
        }
        b' ' | b'\t' | b'\r' => until(&|octet| !b" \t\r".contains(&octet)),
        b'\n' | b',' => 0,
        mark if is_mark(mark) => 0,
        _ => until(&|octet| b"#\"', \t\r\n".contains(&octet) || is_mark(octet)),
    };
    at..at + 1 + len
}

fn is_mark(octet: u8) -> bool {
    b"[]{}=.".contains(&octet)
}

const HELP: &str =
    "give the path of a policy; at most 3,000,000 prefixes fit, so write a range as its prefix";
/// Prefixes that a policy can have, with what else stands in quotes.
const MOST_STRINGS: usize = 3_100_000;
/// Lines of a policy with each prefix and a comment on lines of their own.
const MOST_LINES: usize = 6_500_000;
/// Marks of 4,096 destinations and 1,000 customers with four keys each.
const MOST_MARKS: usize = 100_000;
/// Keys, and values without quotes.
const MOST_WORDS: usize = 100_000;
/// Octets of the longest word or value in quotes.
const LONGEST_PART: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_every_form_passes() {
        let text = "# a.b.c [[[\n[dialplan]\ncountry_code = '33' # '\nx = [ \"a\\\"\", 'it is \"so\"' ]\n";
        assert_eq!(check(text), None);
        assert_eq!(check(include_str!("../../../../policy/example.toml")), None);
    }

    #[test]
    fn a_policy_of_a_million_prefixes_passes() {
        assert_eq!(check(&"\"+33142345678\", # Paris, rue de Rivoli. 1\n".repeat(1_000_000)), None);
    }

    #[test]
    fn junk_is_refused_at_its_first_excess() {
        let refused = |junk: &str| check(&junk.repeat((10 << 20) / junk.len())).unwrap().title;
        assert_eq!(refused("["), "more than 100000 brackets, dots and equals signs: this is not a policy");
        assert_eq!(refused("a"), "10485760 octets without an end: this is not a policy");
        assert_eq!(refused("a "), "more than 100000 words outside quotes: this is not a policy");
        assert_eq!(refused("\""), "more than 3100000 values in quotes: this is not a policy");
        assert_eq!(refused("\n"), "more than 6500000 lines: this is not a policy");
    }
}
