//! An entry as it is kept and as it is exported: one row of the table, one line of JSON.

use serde::{Deserialize, Serialize};

use super::chain;

/// An entry in its place. Texts are what is hashed, octet by octet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its number: 1, 2, 3 …
    pub seq: u64,
    /// RFC 3339 with milliseconds, UTC.
    pub time: String,
    /// A word of [`super::EntryKind`].
    pub kind: String,
    /// 64 hexadecimal digits; none once the content was deleted, or where it is withheld.
    pub salt: Option<String>,
    /// JSON on one line; none once it was deleted, or where it is withheld.
    pub content: Option<String>,
    /// SHA-256 of salt and content.
    pub commitment: String,
    /// SHA-256 of the entry and the one before it.
    pub hash: String,
    /// The hash of the entry before it, on the first line of an excerpt that begins later than the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Whether the content is not shown to who has this export, although it is kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub withheld: bool,
}

impl Row {
    /// What its hash is, after an entry with this hash.
    #[must_use]
    pub(super) fn expected_hash(&self, previous: &str) -> String {
        chain::hash(self.seq, &self.time, &self.kind, &self.commitment, previous)
    }

    /// What salt and content commit to; none where they are not there.
    #[must_use]
    pub(super) fn expected_commitment(&self) -> Option<String> {
        Some(chain::commitment(self.salt.as_deref()?, self.content.as_deref()?))
    }

    /// The same without its content.
    #[must_use]
    pub(super) fn without_content(self) -> Self {
        Self { salt: None, content: None, withheld: self.content.is_some(), ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
