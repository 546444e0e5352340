//! Display names, and the parameters of addresses that stay as they are (RFC 3261, 20.10).

use std::ops::Range;

use super::blank;

/// Hides every display name of a list of addresses: what stands before an angle bracket.
pub fn hide(value: &mut [u8]) {
    let (mut entry, mut state) = (0, State::Outside);
    let mut at = 0;
    while at < value.len() {
        match (state, value[at]) {
            (State::Quoted, b'\\') => at += 1,
            (State::Quoted, b'"') => state = State::Outside,
            (State::Outside, b'"') => state = State::Quoted,
            (State::Outside, b'<') => {
                blank(&mut value[entry..at]);
                state = State::Bracket;
            }
            (State::Bracket, b'>') => state = State::Behind,
            (State::Outside | State::Behind, b',') => (entry, state) = (at + 1, State::Outside),
            _ => (),
        }
        at += 1;
    }
    // A quote without an end: the last angle bracket begins the address all the same.
    if state == State::Quoted
        && let Some(bracket) = memchr::memrchr(b'<', value).filter(|bracket| *bracket > entry)
    {
        blank(&mut value[entry..bracket]);
    }
}

/// The values of parameters by which dialogs and transactions are told apart, as ranges of the line.
pub fn spared(line: &[u8], names: &[&[u8]]) -> Vec<Range<usize>> {
    let begin = memchr::memrchr(b'>', line).or_else(|| memchr::memchr(b'@', line)).unwrap_or(0);
    let is_end = |octet: &u8| *octet <= b' ' || matches!(octet, b';' | b',' | b'>' | b'"' | b'&' | b'?');
    names
        .iter()
        .flat_map(|name| {
            let is_embedded = name.eq_ignore_ascii_case(b"replaces=");
            places(line, name).filter(move |place| is_embedded || *place >= begin)
        })
        .map(|place| place..line[place..].iter().position(is_end).map_or(line.len(), |len| place + len))
        .collect()
}

/// Where the values begin that stand behind `name` (with its equals sign), in any case.
pub fn places<'a>(line: &[u8], name: &'a [u8]) -> impl Iterator<Item = usize> + use<'a> {
    let starts = line.windows(name.len()).enumerate().filter(|(_, window)| window.eq_ignore_ascii_case(name));
    starts.map(|(at, _)| at + name.len()).collect::<Vec<_>>().into_iter()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    Quoted,
    Bracket,
    /// Among the parameters of an address.
    Behind,
}
