//! A message's head in logical lines: what is folded is one line (RFC 3261, 7.3.1).

use std::ops::Range;

/// The start line and the headers.
#[derive(Debug)]
pub struct Head {
    /// Every line with its end; the start line first.
    pub lines: Vec<Range<usize>>,
    /// Where they end; the empty line belongs to them.
    pub end: usize,
    /// Whether the empty line is there.
    pub is_whole: bool,
}

impl Head {
    /// Of octets that begin with a start line; `None` where not even that is whole.
    pub fn of(octets: &[u8]) -> Option<Self> {
        let mut lines: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\n', &octets[at..]) {
            let end = at + found + 1;
            let line = &octets[at..end];
            match lines.last_mut() {
                // The URI may stand on a line after the method: some stacks dial that.
                Some(start) if start.start == 0 && is_word(&octets[start.clone()]) => start.end = end,
                Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.end = end,
                Some(_) if line.iter().all(|octet| matches!(octet, b'\r' | b'\n')) => {
                    return Some(Self { lines, end, is_whole: true });
                }
                _ => lines.push(at..end),
            }
            at = end;
        }
        (!lines.is_empty()).then_some(Self { lines, end: at, is_whole: false })
    }
}

/// Whether a line has only one word.
fn is_word(line: &[u8]) -> bool {
    !line.trim_ascii().iter().any(|octet| *octet <= b' ')
}
