//! What a receiver said, as it may stand in records: at most 512 octets, without what a terminal would obey.

use std::{error::Error, io, iter::successors};

use super::Failure;

impl Failure {
    /// A failure that another try may mend.
    pub(super) fn again(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_final: false, retry_after: None }
    }

    /// A failure that stays one.
    pub(super) fn for_good(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_final: true, retry_after: None }
    }
}

/// The beginning of a text, in one line.
pub(super) fn cut(text: &str) -> String {
    let mut cut = String::with_capacity(text.len().min(LONGEST));
    let mut last = ' ';
    for sign in text.chars() {
        let sign = if is_unseen(sign) { ' ' } else { sign };
        if sign == ' ' && last == ' ' {
            continue;
        }
        if cut.len() + sign.len_utf8() > LONGEST {
            break;
        }
        cut.push(sign);
        last = sign;
    }
    cut.truncate(cut.trim_end().len());
    cut
}

/// The same of what went wrong.
pub(super) fn cut_failure(failure: Failure) -> Failure {
    Failure { what: cut(&failure.what), ..failure }
}

/// What to look at where a receiver is met by silence or `EPERM`: the service of systemd may talk to this host alone, and
/// packets to others are dropped without a word.
pub(super) fn sandbox() -> &'static str {
    // systemd sets it for every service (systemd.exec(5)).
    match std::env::var_os("INVOCATION_ID") {
        Some(_) => {
            "; is it on another host? The service's sandbox allows no other: see packaging/drop-ins/sinks.conf"
        }
        None => "",
    }
}

/// Whether the host itself refused the connection.
pub(super) fn is_denied(error: &(dyn Error + 'static)) -> bool {
    successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// Controls, and what turns the direction or the lines of a text.
fn is_unseen(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Octets of an answer that are kept.
pub(super) const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_line_of_512_octets_at_most() {
        assert_eq!(cut("  HTTP 200\r\n\r\n ok\x1b[2J \u{202e}x "), "HTTP 200 ok [2J x");
        for (text, octets) in [("é".repeat(256), 512), ("é".repeat(257), 512), ("aé".repeat(200), 511)] {
            assert_eq!(cut(&text).len(), octets, "{}", text.len());
        }
        assert_eq!(cut(&"€".repeat(300)).len(), 510);
    }
}
