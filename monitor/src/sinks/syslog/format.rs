//! One message as RFC 5424 writes it; the escapes of its structured data are `syslog_fmt`'s.

use std::sync::LazyLock;

use syslog_fmt::{
    Facility, Severity,
    v5424::{Config, Timestamp},
};

use super::super::{fields, letter::one_line};
use crate::incidents::Message;

/// The octets of a message, without what a transport adds.
pub(super) fn format(message: &Message, line: &str, facility: Facility) -> Vec<u8> {
    let host = name(&message.host, LONGEST_HOST);
    let formatter =
        Config { facility, hostname: Some(&host), app_name: Some(APP_NAME), proc_id: Some(&PROCESS) }
            .into_formatter();
    let fields = fields::fields(message);
    let data = [
        (ELEMENT, fields.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>()),
        ("origin", vec![("software", APP_NAME), ("swVersion", env!("CARGO_PKG_VERSION"))]),
    ];
    let time = humantime::format_rfc3339_millis(message.time).to_string();
    let line: String = one_line(line).chars().take(LONGEST_LINE).collect();
    let mut octets = Vec::with_capacity(2048);
    let written = formatter.write_with_data(
        &mut octets,
        severity(fields::severity(message)),
        Timestamp::PreformattedString(time),
        line.as_str(),
        Some(message.news.label()),
        data,
    );
    debug_assert!(written.is_ok(), "a Vec takes everything");
    octets
}

fn severity(number: u8) -> Severity {
    Severity::try_from(number).unwrap_or(Severity::Notice)
}

/// What HOSTNAME may hold (RFC 5424 section 6): printable US-ASCII without space; `-` where nothing is left.
fn name(text: &str, longest: usize) -> String {
    let fit: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if fit.is_empty() { "-".to_owned() } else { fit }
}

static PROCESS: LazyLock<String> = LazyLock::new(|| std::process::id().to_string());

const APP_NAME: &str = "ringfence";
/// RFC 5424 section 7: a name of one's own needs a private enterprise number; 32473 is the one for documents and for
/// whoever has none (RFC 5612).
const ELEMENT: &str = "ringfence@32473";
/// RFC 5424 section 6.
const LONGEST_HOST: usize = 255;
/// Characters.
const LONGEST_LINE: usize = 300;
