//! What an argument of `explain` dials: it is read as the user part of a SIP URI, or as the URI that it is.

use monitor_common::number::Symbols;
use monitor_common::sip::{self, End, Scheme};
use monitor_common::wire::Text;

/// What the argument dials, and a note on it.
pub(super) struct Input {
    pub(super) dialled: Dialled,
    pub(super) note: Option<&'static str>,
}

/// What a URI dials.
#[derive(Clone, Copy)]
pub(super) enum Dialled {
    /// The symbols of its user part; none where that begins with a letter.
    Symbols {
        symbols: Symbols,
        /// The same without the phone-context that stands before them.
        plain: Option<Symbols>,
    },
    /// An emergency service.
    Sos,
    /// Nothing.
    Nothing,
}

/// Reads the argument with the scanner that reads packets.
pub(super) fn read(argument: &str) -> Input {
    let argument = argument.trim();
    let together: String = argument.split_whitespace().collect();
    let note = (together != argument).then_some(BLANKS);
    let dialled = scan(&together);
    let note = match dialled {
        Dialled::Symbols { symbols, .. } if !symbols.is_empty() => note,
        Dialled::Sos => note,
        _ => note.or(Some(NO_DIGITS)),
    };
    Input { dialled, note }
}

/// The symbols as text; `None` where nothing is dialled.
pub(super) fn symbols(dialled: Dialled) -> Option<String> {
    match dialled {
        Dialled::Symbols { symbols, .. } if !symbols.is_empty() => Some(symbols.to_string()),
        _ => None,
    }
}

fn scan(uri: &str) -> Dialled {
    let is_uri = !matches!(scheme_of(uri), Scheme::Other);
    scan_line(&if is_uri { format!("{uri}{LINE_END}") } else { format!("sip:{uri}@pbx{LINE_END}") })
}

fn scheme_of(uri: &str) -> Scheme {
    let line = format!("{uri}{LINE_END}");
    let octets = line.as_bytes();
    sip::scheme(&Text::new(&octets, octets.len()), 0).0
}

fn scan_line(line: &str) -> Dialled {
    let octets = line.as_bytes();
    let text = Text::new(&octets, octets.len());
    let (scheme, at) = sip::scheme(&text, 0);
    if matches!(scheme, Scheme::Sos) {
        return Dialled::Sos;
    }
    let (mut symbols, mut plain) = (Symbols::default(), Symbols::default());
    match sip::bent(&text, matches!(scheme, Scheme::Tel), at, &mut symbols, &mut plain) {
        End::Symbols => Dialled::Symbols { symbols, plain: (!plain.is_empty()).then_some(plain) },
        End::Nothing | End::Truncated | End::ScanLimit => Dialled::Nothing,
    }
}

/// What follows a Request-URI, and more octets than the scanner looks ahead.
const LINE_END: &str = " SIP/2.0\r\nVia: SIP/2.0/UDP pbx\r\n\r\n";
const BLANKS: &str = "blanks were taken out; in a SIP request a blank ends the number";
const NO_DIGITS: &str =
    "begins with a letter, or is empty: the PBX looks it up as a name and dials no number";
