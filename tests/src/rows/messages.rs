//! SIP messages as real stacks write them.

/// An INVITE to a Request-URI; To is another extension, without a tag.
pub fn invite(uri: &str) -> String {
    invite_to(uri, "To: <sip:200@192.0.2.10>")
}

/// An INVITE to a Request-URI, with this To header.
pub fn invite_to(uri: &str, to: &str) -> String {
    with_start_line(&format!("INVITE {uri} SIP/2.0\r\n"), to)
}

/// A message with this start line, and To without a tag.
pub fn message(start_line: &str) -> String {
    with_start_line(&format!("{start_line}\r\n"), "To: <sip:200@192.0.2.10>")
}

/// A message that begins with these octets, with this To header; an empty one is left out.
pub fn with_start_line(start: &str, to: &str) -> String {
    let to = if to.is_empty() { String::new() } else { format!("{to}\r\n") };
    format!(
        "{start}Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK-77\r\n\
         Max-Forwards: 70\r\nFrom: \"Alice\" <sip:100@198.51.100.7>;tag=a73kszlfl\r\n{to}\
         Call-ID: 1j9FpLxk3uxtm8tn@198.51.100.7\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:100@198.51.100.7:5060>\r\nContent-Length: 0\r\n\r\n"
    )
}
