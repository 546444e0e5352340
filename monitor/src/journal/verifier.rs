//! Looks for what is wrong with a journal: pure, one row after the other, in the memory of one.

use std::collections::BTreeMap;

use super::{Copy, EntryKind, Fault, Found, Pruned, Row, chain, coverage::Gone};
use crate::incidents::Head;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries that were looked at.
    pub entries: u64,
    /// The first entry's number; none where there is none.
    pub first: Option<u64>,
    /// The newest entry.
    pub head: Option<Head>,
    /// Its time.
    pub time: Option<String>,
    /// How many faults there are.
    pub faults: u64,
    /// The first of them, at most [`Self::MOST_FOUND`].
    pub found: Vec<Found>,
    /// Starts of which nothing says how the run before them ended: the agent was killed, or the host lost its power.
    pub unclean_starts: Vec<u64>,
    /// Entries whose time is earlier than that of the entry before them: the clock was set back.
    pub times_back: u64,
    /// Contents that retention deleted.
    pub deleted: u64,
    /// Contents that the export does not show.
    pub withheld: u64,
    /// Copies from outside the host that agree.
    pub copies: u64,
}

impl Verified {
    /// Faults that are told one by one.
    pub const MOST_FOUND: usize = 100;

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.faults == 0
    }

    fn fault(&mut self, seq: u64, fault: Fault) {
        self.faults += 1;
        if self.found.len() < Self::MOST_FOUND {
            self.found.push(Found { seq, fault });
        }
    }
}

/// Takes rows in the order of the file.
#[derive(Debug, Default)]
pub struct Verifier {
    verified: Verified,
    /// Copies that are still to be met, by their entry.
    copies: BTreeMap<u64, Vec<Copy>>,
    gone: Gone,
    /// Kind of the entry that a start has to follow.
    ending: Option<String>,
}

impl Verifier {
    /// Compares with copies from outside the host as well.
    #[must_use]
    pub fn new(copies: impl IntoIterator<Item = Copy>) -> Self {
        let mut verifier = Self::default();
        for copy in copies {
            verifier.copies.entry(copy.head.seq).or_default().push(copy);
        }
        verifier
    }

    /// The next row.
    pub fn take(&mut self, row: &Row) {
        self.verified.entries += 1;
        let place = self.place(row);
        let is_formed = self.form(row);
        match (self.previous(row, place), is_formed) {
            (Some(previous), true) if row.expected_hash(&previous) != row.hash => {
                self.verified.fault(row.seq, Fault::Hash);
            }
            _ => (),
        }
        self.content(row);
        self.compare(row);
        self.note(row);
        if place != Place::Before {
            self.verified.head = Some(Head { seq: row.seq, hash: row.hash.clone() });
            self.verified.time = Some(row.time.clone());
        }
    }

    /// A line that is no row.
    pub fn unreadable(&mut self, why: String) {
        let seq = self.last();
        self.verified.fault(seq, Fault::Unreadable(why));
    }

    /// The end of the file.
    #[must_use]
    pub fn finish(mut self) -> Verified {
        for (seq, copies) in self.copies {
            for copy in copies {
                let is_early = self.verified.first.is_some_and(|first| seq < first);
                let fault = if is_early { Fault::NotHere(copy.from) } else { Fault::CutOff(copy.from) };
                self.verified.fault(seq, fault);
            }
        }
        for (from, to) in self.gone.unaccounted() {
            self.verified.fault(from, Fault::Gone(to));
        }
        self.verified.found.sort_by_key(|found| found.seq);
        self.verified
    }

    fn last(&self) -> u64 {
        self.verified.head.as_ref().map_or(0, |head| head.seq)
    }

    /// Where a row stands, by its number alone.
    fn place(&mut self, row: &Row) -> Place {
        let Some(last) = self.verified.head.as_ref().map(|head| head.seq) else {
            self.verified.first = Some(row.seq);
            if row.seq != 1 && row.previous.is_none() {
                self.verified.fault(row.seq, Fault::BeginsLate);
            }
            return Place::First;
        };
        if row.seq <= last {
            self.verified.fault(row.seq, Fault::Again);
            return Place::Before;
        }
        if row.seq > last + 1 {
            self.verified.fault(row.seq, Fault::Missing(last + 1));
            return Place::AfterGap;
        }
        Place::Next
    }

    /// The hash of the entry before; none where nobody can tell.
    fn previous(&self, row: &Row, place: Place) -> Option<String> {
        match place {
            Place::First if row.seq == 1 => Some(chain::NOTHING_BEFORE.to_owned()),
            Place::First => row.previous.clone(),
            Place::Next => self.verified.head.as_ref().map(|head| head.hash.clone()),
            Place::AfterGap | Place::Before => None,
        }
    }

    fn form(&mut self, row: &Row) -> bool {
        let is_one_line = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let salt_and_content = match (&row.salt, &row.content) {
            (Some(salt), Some(content)) => chain::is_hex(salt) && is_one_line(content) && !row.withheld,
            (None, None) => true,
            _ => false,
        };
        let fields = [
            ("time", is_one_line(&row.time)),
            ("kind", is_one_line(&row.kind)),
            ("salt` or `content", salt_and_content),
            ("commitment", chain::is_hex(&row.commitment)),
            ("hash", chain::is_hex(&row.hash)),
            ("previous", row.previous.as_deref().is_none_or(chain::is_hex)),
        ];
        let bad = fields.iter().find(|(_, is_good)| !is_good);
        if let Some((field, _)) = bad {
            self.verified.fault(row.seq, Fault::Form(field));
        }
        bad.is_none()
    }

    fn content(&mut self, row: &Row) {
        let is_retention = row.kind == EntryKind::Retention.label();
        match (row.expected_commitment(), &row.content) {
            (Some(commitment), Some(content)) => {
                if commitment != row.commitment {
                    self.verified.fault(row.seq, Fault::Content);
                } else if is_retention {
                    self.retention(row.seq, content);
                }
            }
            // What a retention entry says stays for ever.
            _ if is_retention => self.verified.fault(row.seq, Fault::Gone(row.seq)),
            _ if row.withheld => self.verified.withheld += 1,
            _ if row.salt.is_none() && row.content.is_none() => {
                self.verified.deleted += 1;
                self.gone.add(row.seq);
            }
            _ => (),
        }
    }

    fn retention(&mut self, seq: u64, content: &str) {
        match serde_json::from_str::<Pruned>(content) {
            Ok(pruned) if pruned.from > 0 && pruned.from <= pruned.to && pruned.to < seq => {
                self.gone.account(pruned.from, pruned.to);
            }
            _ => self.verified.fault(seq, Fault::Retention),
        }
    }

    fn compare(&mut self, row: &Row) {
        for copy in self.copies.remove(&row.seq).unwrap_or_default() {
            if copy.head.hash == row.hash {
                self.verified.copies += 1;
            } else {
                self.verified.fault(row.seq, Fault::Rewritten(copy.from));
            }
        }
    }

    /// What is no fault and worth knowing.
    fn note(&mut self, row: &Row) {
        if self.verified.time.as_ref().is_some_and(|before| row.time < *before) {
            self.verified.times_back += 1;
        }
        let is_first_of_all = row.seq == 1;
        match EntryKind::from_label(&row.kind) {
            Some(EntryKind::Start) => {
                let is_clean = is_first_of_all || self.ending.take().is_some();
                if !is_clean
                    && self.verified.entries > 1
                    && self.verified.unclean_starts.len() < Verified::MOST_FOUND
                {
                    self.verified.unclean_starts.push(row.seq);
                }
            }
            Some(EntryKind::Stop | EntryKind::Gap) => self.ending = Some(row.kind.clone()),
            _ => (),
        }
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    Next,
    AfterGap,
    Before,
}

/// Verifies rows one after the other.
pub fn verify(rows: impl IntoIterator<Item = Row>, copies: impl IntoIterator<Item = Copy>) -> Verified {
    let mut verifier = Verifier::new(copies);
    rows.into_iter().for_each(|row| verifier.take(&row));
    verifier.finish()
}
