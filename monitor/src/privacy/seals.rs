//! Which numbers are sealed: those that an incident shows, when it shows them first.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use super::Pseudonyms;
use crate::incidents::{Incident, IncidentId};

/// Knows the whole numbers of the latest calls, in memory only, and seals those that an incident shows.
pub struct Seals {
    pseudonyms: Pseudonyms,
    memory: Mutex<Memory>,
}

struct Memory {
    /// Whole numbers by their tokens.
    numbers: LruCache<String, String>,
    /// What is sealed already.
    sealed: LruCache<(IncidentId, String), ()>,
}

impl Seals {
    /// With nothing in memory.
    #[must_use]
    pub fn new(pseudonyms: Pseudonyms) -> Self {
        let memory = Memory { numbers: LruCache::new(NUMBERS), sealed: LruCache::new(SEALED) };
        Self { pseudonyms, memory: Mutex::new(memory) }
    }

    /// The token of a whole number, which is in memory from now on.
    #[must_use]
    pub fn see(&self, number: &str) -> String {
        let token = self.pseudonyms.token(number);
        self.memory().numbers.put(token.clone(), number.to_owned());
        token
    }

    /// The numbers that an incident shows and that were not sealed for it yet: token and seal.
    #[must_use]
    pub fn seal(&self, incident: &Incident) -> Vec<(String, Vec<u8>)> {
        let mut memory = self.memory();
        let shown = incident.account.numbers.iter().map(|number| &number.token);
        let mut seals = Vec::new();
        for token in shown {
            let name = (incident.id, token.clone());
            if memory.sealed.get(&name).is_some() {
                continue;
            }
            let Some(number) = memory.numbers.peek(token) else { continue };
            if let Some(seal) = self.pseudonyms.seal(token, number) {
                seals.push((token.clone(), seal));
                memory.sealed.put(name, ());
            }
        }
        seals
    }

    /// What opens the seals.
    #[must_use]
    pub const fn pseudonyms(&self) -> &Pseudonyms {
        &self.pseudonyms
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Seals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seals")
    }
}

/// Numbers that stay in memory: more than calls are followed at once on most hosts, some hundred octets each.
const NUMBERS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// Numbers of incidents that are known to be sealed; what is forgotten is sealed once more.
const SEALED: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        incidents::{Account, Kind, PerNumber, Subject},
        limits::Severity,
    };

    fn incident(id: u64, tokens: &[&str]) -> Incident {
        let number =
            |token: &&str| PerNumber { number: "+1345949xxxx".into(), token: (*token).into(), calls: 1 };
        let now = std::time::SystemTime::UNIX_EPOCH;
        Incident {
            id: IncidentId(id),
            kind: Kind::Limit,
            severity: Severity::Critical,
            subject: Subject::default(),
            rule: None,
            began: now,
            latest: now,
            ended: None,
            alerts: 1,
            account: Account { numbers: tokens.iter().map(number).collect(), ..Account::default() },
            measures: Vec::new(),
            acknowledged: None,
            escalations: 0,
            policy: None,
            packets: None,
        }
    }

    #[test]
    fn a_number_is_sealed_once_for_each_incident_that_shows_it() {
        let seals = Seals::new(Pseudonyms::new(b"secret"));
        let (first, second) = (seals.see("+13459490000"), seals.see("+13459490001"));
        assert!(seals.seal(&incident(1, &[])).is_empty());
        let sealed = seals.seal(&incident(1, &[&first, "of nobody"]));
        let [(token, seal)] = sealed.as_slice() else { panic!("{sealed:?}") };
        assert_eq!(seals.pseudonyms().unseal(token, seal).as_deref(), Ok("+13459490000"));
        let sealed = seals.seal(&incident(1, &[&first, &second]));
        assert_eq!(sealed.iter().map(|(token, _)| token).collect::<Vec<_>>(), [&second]);
        assert_eq!(seals.seal(&incident(2, &[&first, &second])).len(), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let seals = Seals::new(Pseudonyms::new(b"secret"));
        let first = seals.see("+13459490000");
        for number in 0..NUMBERS.get() {
            let _ = seals.see(&format!("+33{number:09}"));
        }
        assert!(seals.seal(&incident(1, &[&first])).is_empty());
        assert_eq!(seals.memory().numbers.len(), NUMBERS.get());
    }
}
