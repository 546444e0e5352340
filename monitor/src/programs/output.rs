//! What a program writes, as lines for the log: bounded in length and number, without control characters.

use tokio::io::{AsyncRead, AsyncReadExt};

/// What was read of a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Lines, those that were not said included.
    pub(super) lines: usize,
    /// Whether the pipe was closed because too much came.
    pub(super) is_cut: bool,
}

impl Read {
    /// Lines that were not said.
    pub(super) const fn unsaid(self) -> usize {
        self.lines.saturating_sub(MOST_LINES)
    }
}

/// Reads a pipe to its end, or until too much came, and then closes it. `say` gets the first lines.
pub(super) async fn read(mut pipe: impl AsyncRead + Unpin, say: impl FnMut(&str)) -> Read {
    let mut lines = Lines { say, line: Vec::new(), is_long: false, count: 0 };
    let mut chunk = vec![0; CHUNK];
    let mut octets = 0;
    while octets < MOST_OCTETS {
        let Ok(length @ 1..) = pipe.read(&mut chunk).await else { break };
        octets += length;
        chunk[..length].iter().for_each(|octet| lines.take(*octet));
    }
    if !lines.line.is_empty() {
        lines.end();
    }
    Read { lines: lines.count, is_cut: octets >= MOST_OCTETS }
}

/// `text` as it may stand in a log or an environment: at most so many octets of it, without control characters.
pub(super) fn cleaned(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST)]);
    text.chars().map(|sign| if is_unseen(sign) { char::REPLACEMENT_CHARACTER } else { sign }).collect()
}

struct Lines<S> {
    say: S,
    line: Vec<u8>,
    is_long: bool,
    count: usize,
}

impl<S: FnMut(&str)> Lines<S> {
    fn take(&mut self, octet: u8) {
        match octet {
            b'\n' => self.end(),
            _ if self.line.len() < LONGEST => self.line.push(octet),
            _ => self.is_long = true,
        }
    }

    fn end(&mut self) {
        self.count += 1;
        if self.count <= MOST_LINES {
            let text = cleaned(self.line.strip_suffix(b"\r").unwrap_or(&self.line));
            (self.say)(&if self.is_long { text + "…" } else { text });
        }
        self.line.clear();
        self.is_long = false;
    }
}

/// Controls, and what turns the direction or the lines of a text.
fn is_unseen(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Octets of a line that are said.
const LONGEST: usize = 500;
/// Lines of one pipe that are said.
const MOST_LINES: usize = 100;
/// Octets of one pipe that are read.
const MOST_OCTETS: usize = 1 << 20;
const CHUNK: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(text: &[u8]) -> (Vec<String>, Read) {
        let mut lines = Vec::new();
        let read = read(text, |line| lines.push(line.to_owned())).await;
        (lines, read)
    }

    #[tokio::test]
    async fn lines_are_said_without_what_a_terminal_would_do() {
        let (lines, read) = said(b"one\r\n\x1b[2Jtwo\x07\n\n\xff\xe2\x80\xaethree").await;
        assert_eq!(lines, ["one", "\u{fffd}[2Jtwo\u{fffd}", "", "\u{fffd}\u{fffd}three"]);
        assert_eq!(read, Read { lines: 4, is_cut: false });
    }

    #[tokio::test]
    async fn long_lines_and_many_lines_are_cut() {
        for (length, wanted) in [(499, 499), (500, 500), (501, 501)] {
            let (lines, _) = said("x".repeat(length).as_bytes()).await;
            assert_eq!((lines[0].chars().count(), lines[0].ends_with('…')), (wanted, length > 500));
        }
        let (lines, read) = said("y\n".repeat(103).as_bytes()).await;
        assert_eq!((lines.len(), read.lines, read.unsaid(), read.is_cut), (100, 103, 3, false));
    }

    #[tokio::test]
    async fn no_more_than_a_mebibyte_is_read() {
        let (lines, read) = said(&vec![b'z'; 2 << 20]).await;
        assert_eq!((lines.len(), read), (1, Read { lines: 1, is_cut: true }));
    }

    #[tokio::test]
    async fn nothing_is_no_line() {
        assert_eq!(said(b"").await, (vec![], Read::default()));
    }
}
