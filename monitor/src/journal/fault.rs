//! What can be wrong with a journal, in words that say what was found.

use std::fmt;

/// Something is wrong, and from which entry on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry that it was found at.
    pub seq: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The journal does not begin with entry 1, and is no excerpt.
    BeginsLate,
    /// Entries are missing before this one; the first of them.
    Missing(u64),
    /// An entry has the number of one before it.
    Again,
    /// A field has not the form that the journal writes.
    Form(&'static str),
    /// The content, or its salt, is not what the entry was written with.
    Content,
    /// Number, time, kind or commitment of the entry, or the entry before it, is not what it was written with.
    Hash,
    /// The content is gone, up to this entry, and no retention says so.
    Gone(u64),
    /// A retention entry deletes what it cannot: later entries than itself, or none.
    Retention,
    /// A copy from outside the host has another hash.
    Rewritten(String),
    /// A copy from outside the host is of an entry that is not there.
    CutOff(String),
    /// A copy from outside the host is of an entry before the excerpt: it says nothing of it.
    NotHere(String),
    /// A line cannot be read.
    Unreadable(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        match &self.fault {
            Fault::BeginsLate => write!(
                f,
                "entry {seq}: the journal begins here, and not with entry 1: its beginning is cut off"
            ),
            Fault::Missing(first) if *first + 1 == seq => write!(f, "entry {first}: missing"),
            Fault::Missing(first) => write!(f, "entries {first} to {}: missing", seq.saturating_sub(1)),
            Fault::Again => write!(
                f,
                "entry {seq}: this number was there before: an entry is doubled or out of its place"
            ),
            Fault::Form(field) => write!(f, "entry {seq}: `{field}` has not the form that Ringfence writes"),
            Fault::Content => write!(
                f,
                "entry {seq}: content or salt were changed: they are not what the commitment was made of"
            ),
            Fault::Hash => write!(
                f,
                "entry {seq}: number, time, kind or commitment were changed, or the entry before it: they are not what \
                 the hash was made of"
            ),
            Fault::Gone(last) if *last == seq => {
                write!(f, "entry {seq}: its content is gone, and no retention entry says so")
            }
            Fault::Gone(last) => {
                write!(f, "entries {seq} to {last}: contents are gone, and no retention entry says so")
            }
            Fault::Retention => {
                write!(f, "entry {seq}: a retention entry that names no range of entries before it")
            }
            Fault::Rewritten(copy) => write!(
                f,
                "entry {seq}: {copy} has another hash: the journal was written anew from this entry or an earlier one on"
            ),
            Fault::CutOff(copy) => write!(
                f,
                "entry {seq}: {copy} names it, and it is not there: the end was cut off, or it was taken out"
            ),
            Fault::NotHere(copy) => write!(
                f,
                "entry {seq}: {copy} names it, and the excerpt begins later: compare with an export that holds it"
            ),
            Fault::Unreadable(why) => write!(f, "after entry {seq}: a line that is no entry: {why}"),
        }
    }
}
