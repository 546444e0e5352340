//! Copies of the journal's head that lie outside the host: with them a cut end and a chain that was written anew are found.

use serde_json::{Deserializer, Value};

use super::chain;
use crate::incidents::Head;

/// A copy of a head, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The entry and its hash.
    pub head: Head,
    /// Where it comes from, for messages.
    pub from: String,
}

impl Copy {
    /// Reads `SEQ:HASH`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || {
            format!(
                "`{text}` is no copy of a head: write the number of an entry, a colon and its 64 hexadecimal digits"
            )
        };
        let (seq, hash) = text.split_once(':').ok_or_else(wanted)?;
        let head = Head { seq: seq.parse().map_err(|_| wanted())?, hash: hash.to_ascii_lowercase() };
        of(head, "the copy that you gave".into()).ok_or_else(wanted)
    }
}

/// The heads in delivered messages: one JSON document, or several one after the other as a `file` sink writes them.
pub fn copies(messages: &[u8], name: &str) -> Result<Vec<Copy>, String> {
    let mut copies = Vec::new();
    for document in Deserializer::from_slice(messages).into_iter::<Value>() {
        let document = document.map_err(|error| format!("{name} is no message of Ringfence: {error}"))?;
        let seq = document.pointer("/journal/seq").and_then(Value::as_u64);
        let hash = document.pointer("/journal/hash").and_then(Value::as_str);
        let id = document.get("id").and_then(Value::as_str).unwrap_or("without a name");
        let copy = seq.zip(hash).and_then(|(seq, hash)| {
            of(Head { seq, hash: hash.to_owned() }, format!("message {id} in {name}"))
        });
        copies.push(copy.ok_or_else(|| {
            format!("{name} holds a document without `journal.seq` and `journal.hash`: give a message as a sink delivered it")
        })?);
    }
    if copies.is_empty() {
        Err(format!("{name} is empty: give a message as a sink delivered it"))
    } else {
        Ok(copies)
    }
}

fn of(head: Head, from: String) -> Option<Copy> {
    (head.seq > 0 && chain::is_hex(&head.hash)).then_some(Copy { head, from })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "e01358881d76148293bfbd44ace945920db013a094c04e796a15cc58ff7a785f";

    #[test]
    fn a_copy_is_a_number_and_a_hash() {
        let head = Head { seq: 7, hash: HASH.into() };
        assert_eq!(Copy::parse(&format!("7:{HASH}")).unwrap().head, head);
        assert_eq!(Copy::parse(&format!("7:{}", HASH.to_uppercase())).unwrap().head, head);
        for text in
            ["", "7", ":", "7:", &format!("0:{HASH}"), &format!("-1:{HASH}"), &format!("7:{}", &HASH[1..])]
        {
            assert!(Copy::parse(text).unwrap_err().contains("a colon"), "{text}");
        }
    }

    #[test]
    fn messages_are_read_one_after_the_other() {
        let message = |seq: u64| {
            format!(r#"{{"id":"pbx-{seq}-e01358881d76","journal":{{"seq":{seq},"hash":"{HASH}"}}}}"#)
        };
        let read = copies(format!("{}\n{}\n", message(3), message(9)).as_bytes(), "alerts.json").unwrap();
        assert_eq!(read.iter().map(|copy| copy.head.seq).collect::<Vec<_>>(), [3, 9]);
        assert!(read[0].from.contains("pbx-3-e01358881d76") && read[0].from.contains("alerts.json"));
        for bad in [
            "",
            "{}",
            "[]",
            "7",
            "{\"journal\":{\"seq\":1}}",
            "{\"journal\":{\"seq\":1,\"hash\":\"x\"}}",
            "{",
        ] {
            assert!(copies(bad.as_bytes(), "alerts.json").unwrap_err().contains("alerts.json"), "{bad}");
        }
    }
}
