//! Which mailboxes took a message in an earlier try, while others asked to be tried again: they do not get it twice. Kept
//! in memory: after a restart a mailbox may have a message twice, which its Message-ID tells.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::answer::Outcome;

/// By message, the newest last.
#[derive(Debug, Default)]
pub(super) struct Taken {
    messages: Mutex<VecDeque<(Name, BTreeMap<String, String>)>>,
}

/// Of a message, and of the first mailbox that it goes to: contacts of one sink are told one by one.
type Name = (String, String);

impl Taken {
    /// Who took it, and what was said to that.
    pub(super) fn by(&self, (message, first): &(&str, String)) -> BTreeMap<String, String> {
        let messages = self.lock();
        messages
            .iter()
            .find(|((id, to), _)| id == message && to == first)
            .map(|(_, by)| by.clone())
            .unwrap_or_default()
    }

    /// Remembers it for as long as others wait.
    pub(super) fn keep(&self, (message, first): &(&str, String), outcome: &Outcome) {
        let mut messages = self.lock();
        messages.retain(|((id, to), _)| id != message || to != first);
        if outcome.others_wait && !outcome.taken.is_empty() {
            messages.push_back((((*message).to_owned(), first.clone()), outcome.taken.clone()));
        }
        if messages.len() > MOST {
            messages.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Name, BTreeMap<String, String>)>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address waits for its oldest message, so that few are under way at once: one for the sink, one for each contact.
const MOST: usize = 256;
