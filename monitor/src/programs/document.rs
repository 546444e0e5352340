//! What a program reads on its standard input: one JSON document. Its fields are stable; docs/HANGUP.md lists them.

use std::{net::IpAddr, sync::Arc};

use serde::Serialize;

use crate::calls::CallId;

/// A call that goes on, as a program is told of it. Its numbers are masked already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunningCall {
    /// Its name in records, alerts and `ringfence calls`.
    pub id: CallId,
    /// The Call-IDs of its legs (RFC 3261, 20.8): what a PBX finds it by.
    pub sip_call_ids: Vec<Arc<str>>,
    /// Who calls.
    pub caller: String,
    /// E.164 digits with `+`, where there is a number.
    pub number: Option<String>,
    /// The host that its first leg came from.
    pub source: IpAddr,
    /// First INVITE (RFC 3339).
    pub started: String,
    /// First 2xx (RFC 3339).
    pub answered: Option<String>,
}

/// The document: the alert, which is JSON already, and the calls in question.
#[must_use]
pub fn document(alert: &str, calls: &[RunningCall]) -> String {
    let calls = serde_json::to_string(calls).unwrap_or_else(|_| "[]".into());
    format!("{{\"alert\":{alert},\"calls\":{calls}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_one_line_of_json() {
        let call = RunningCall {
            id: CallId(7),
            sip_call_ids: vec!["a\"b@h".into(), "c".into()],
            caller: "101".into(),
            number: Some("+5355xxxx".into()),
            source: [192, 0, 2, 1].into(),
            started: "2026-01-01T00:00:00Z".into(),
            answered: None,
        };
        assert_eq!(
            document(r#"{"alert":"limit"}"#, &[call]),
            concat!(
                r#"{"alert":{"alert":"limit"},"calls":[{"id":7,"sip_call_ids":["a\"b@h","c"],"caller":"101","#,
                r#""number":"+5355xxxx","source":"192.0.2.1","started":"2026-01-01T00:00:00Z","answered":null}]}"#,
                "\n"
            )
        );
    }
}
