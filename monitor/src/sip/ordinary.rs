//! URIs, addresses and Vias in their ordinary spelling, which nearly all have: read without copies, at a tenth of the
//! crate's cost. What is spelled otherwise is `None` here and the crate's; a property test holds both to one answer.

use super::{Party, text};

/// The user part of `sip:user@host`, with or without a port and URI parameters.
pub fn user(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("sip:").or_else(|| uri.strip_prefix("sips:"))?;
    let (user, host) = rest.split_once('@')?;
    let is_ordinary = is_run(user, is_user)
        && is_host(host, |octet| is_host_octet(octet) || matches!(octet, b':' | b';' | b'=' | b'_'));
    is_ordinary.then_some(user)
}

/// `"Name" <sip:user@host>;tag=1`, with or without the name and the parameters.
pub fn party(value: &str) -> Option<Party> {
    let (uri, parameters) = after_name(value)?.split_once('>')?;
    let tag = parameter(parameters, "tag")?;
    Some(Party { user: text::kept(user(uri)?), tag: tag.map(text::kept) })
}

/// The branch of `SIP/2.0/UDP host:port;branch=1`, where it is the only Via of its line; `Some(None)` where it has none.
pub fn branch(value: &str) -> Option<Option<&str>> {
    let (transport, rest) = value.strip_prefix("SIP/2.0/")?.split_once(' ')?;
    let (sent_by, parameters) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
    let (host, port) = sent_by.split_once(':').unwrap_or((sent_by, "5060"));
    let is_ordinary = is_run(transport, |octet| octet.is_ascii_uppercase())
        && is_host(host, is_host_octet)
        && is_run(port, |octet| octet.is_ascii_digit());
    if is_ordinary { parameter(parameters, "branch") } else { None }
}

/// What stands in and behind the angle brackets.
fn after_name(value: &str) -> Option<&str> {
    let (name, rest) = value.split_once('<')?;
    let name = name.trim_end_matches(' ');
    let is_ordinary = match name.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').is_some_and(|name| name.bytes().all(is_quoted)),
        None => name.bytes().all(is_name) && !name.starts_with(' '),
    };
    is_ordinary.then_some(rest)
}

/// The value of the first parameter of that name in `;a;b=1`; `None` where one is spelled in another way.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<Option<&'a str>> {
    let mut found = None;
    if parameters.is_empty() {
        return Some(None);
    }
    for parameter in parameters.strip_prefix(';')?.split(';') {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let has_value = key.len() < parameter.len();
        if !is_run(key, is_name) || key.contains(' ') || has_value != is_run(value, is_value) {
            return None;
        }
        if key.eq_ignore_ascii_case(name) && found.is_none() {
            found = Some(has_value.then_some(value)?);
        }
    }
    Some(found)
}

fn is_run(text: &str, is_member: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is_member)
}

const fn is_user(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.' | b'_' | b'*')
}

fn is_host(text: &str, is_member: impl Fn(u8) -> bool) -> bool {
    is_run(text, is_member) && text.as_bytes()[0].is_ascii_alphanumeric()
}

const fn is_host_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.')
}

const fn is_quoted(octet: u8) -> bool {
    matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\' | b'<')
}

const fn is_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b' ')
}

const fn is_value(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'+' | b'*' | b'~' | b'!')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{address, headers, start_line},
        *,
    };

    /// The text with one octet of it changed, or as it is.
    fn mutated(text: &str, place: usize, letter: char) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        if let Some(old) = letters.get_mut(place) {
            *old = letter;
        }
        letters.into_iter().collect()
    }

    fn letter() -> impl Strategy<Value = char> {
        prop_oneof![
            prop::char::range(' ', '~'),
            prop::sample::select(vec![
                '<', '>', '"', '\\', ';', '=', '@', ':', ',', '%', '?', '[', ' ', '\t', '\0', 'é'
            ]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn addresses_are_read_as_the_crate_reads_them(
            text in "(\"[ !#-~]{0,9}\" ?|[A-Za-z0-9 _-]{0,9})<sips?:[a-zA-Z0-9+._*-]{1,12}@[a-zA-Z0-9.:;=_-]{1,16}>\
                     (;[a-zA-Z0-9_-]{1,5}(=[a-zA-Z0-9.+*~!_-]{1,6})?){0,2}(;(tag|TAG)=[a-zA-Z0-9._~*-]{1,8})?(;lr)?",
            place in 0..200usize, letter in letter(),
        ) {
            for text in [mutated(&text, place, letter), text] {
                if let Some(party) = party(&text) {
                    prop_assert_eq!(Some(party), address::party_by_crate(&text), "{}", text);
                }
            }
        }

        #[test]
        fn vias_are_read_as_the_crate_reads_them(
            text in "SIP/2\\.0/(UDP|TCP|TLS|WS) [a-zA-Z0-9.:-]{1,16}\
                     (;[a-zA-Z0-9_-]{1,5}(=[a-zA-Z0-9.+*~!_-]{1,6})?){0,2}(;branch=[a-zA-Z0-9._~*-]{1,12})?(;rport)?",
            place in 0..200usize, letter in letter(),
        ) {
            for text in [mutated(&text, place, letter), text] {
                if let Some(branch) = branch(&text) {
                    prop_assert_eq!(branch.map(text::kept), headers::branch_by_crate(&text), "{}", text);
                }
            }
        }

        #[test]
        fn uris_are_read_as_the_crate_reads_them(
            text in "sips?:[a-zA-Z0-9+._*-]{1,12}@[a-zA-Z0-9.:;=_-]{1,16}", place in 0..60usize, letter in letter(),
        ) {
            for text in [mutated(&text, place, letter), text] {
                if let Some(user) = user(&text) {
                    prop_assert_eq!(text::kept(user), start_line::user_by_crate(&text), "{}", text);
                }
            }
        }
    }

    #[test]
    fn the_ordinary_is_read_here() {
        let expected = Party { user: "101".into(), tag: Some("a-1.b".into()) };
        for text in [
            "<sip:101@192.0.2.10>;tag=a-1.b",
            "\"A (B), C\" <sips:101@h:5061;transport=tls>;x;tag=a-1.b;y=1",
            "A B <sip:101@h>;TAG=a-1.b;tag=2",
        ] {
            assert_eq!(party(text), Some(expected.clone()), "{text}");
        }
        assert_eq!(branch("SIP/2.0/UDP 192.0.2.66:5062;rport;branch=z9hG4bK-1"), Some(Some("z9hG4bK-1")));
        assert_eq!(branch("SIP/2.0/TCP h"), Some(None));
    }
}
