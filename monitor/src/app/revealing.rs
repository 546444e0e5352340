//! Shows the whole numbers of an incident to root, and puts it on record first.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::json;

use crate::{
    control::{Peer, Revealed},
    evidence::{Archive, Ledger, Sealed},
    incidents::{Incident, IncidentId},
    journal::{Entry, EntryKind},
    policy::Privacy,
    privacy::Seals,
};

/// Opens what was sealed.
pub(super) struct Revealing {
    pub(super) ledger: Arc<Ledger>,
    pub(super) seals: Arc<Seals>,
    /// The state directory.
    pub(super) state: PathBuf,
    /// How long the disk may take.
    pub(super) patience: Duration,
}

impl Revealing {
    /// The whole numbers of an incident by their tokens. Who asked for them is on the disk before this returns them.
    pub(super) fn reveal(&self, incident: IncidentId, by: &Peer) -> Result<Revealed, String> {
        let archive = Archive::open(&self.state).map_err(|error| error.to_string())?;
        let sealed = archive.sealed(incident, SystemTime::now()).map_err(|error| error.to_string())?;
        let open = |sealed: Sealed| {
            let number = self.seals.pseudonyms().unseal(&sealed.token, &sealed.sealed);
            let number = number.inspect_err(
                |error| tracing::error!(token = sealed.token, %error, "a sealed number does not open"),
            );
            Some((sealed.token, number.ok()?))
        };
        let numbers = Revealed(sealed.into_iter().filter_map(open).collect());
        if numbers.0.is_empty() {
            return Err(format!(
                "no whole number of incident {} is kept: there is no such incident, their time is over, or the policy keeps \
                 none ([privacy] sealed_numbers, sealed_retention)",
                incident.0
            ));
        }
        let content = json!({ "incident": incident, "numbers": numbers.0.len(), "by": by.to_string() });
        self.ledger.record(Entry::now(EntryKind::Reveal, content));
        if !self.ledger.is_written_within(self.patience) {
            return Err("the journal cannot be written, and without a record nobody sees whole numbers: `ringfence status` \
                        says what is wrong with it"
                .into());
        }
        Ok(numbers)
    }
}

/// Seals the numbers that an incident shows now and did not show before, where the policy keeps any.
pub(super) fn seal(ledger: &Ledger, seals: &Seals, incident: &Incident, privacy: Privacy) {
    let Some(kept) = privacy.sealed_numbers else { return };
    let expires = SystemTime::now() + kept;
    for (token, sealed) in seals.seal(incident) {
        ledger.seal(Sealed { token, incident: incident.id, sealed, expires });
    }
}

/// How long the disk may take before a request is refused.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use prometheus_client::registry::Registry;
    use rusqlite::Connection;

    use super::*;
    use crate::{
        evidence::{FILE, Setting},
        journal::Row,
        privacy::Pseudonyms,
    };

    const NUMBER: &str = "+13459490000";

    fn revealing(state: &std::path::Path, secret: &[u8]) -> Revealing {
        let ledger = Arc::new(Ledger::open(state, Setting::of_this_host(), &mut Registry::default()));
        let seals = Arc::new(Seals::new(Pseudonyms::new(secret)));
        Revealing { ledger, seals, state: state.to_owned(), patience: Duration::from_secs(20) }
    }

    /// As [`seal`] does for an incident that shows one number.
    fn sealed(of: &Revealing) -> String {
        let token = of.seals.see(NUMBER);
        let sealed = of.seals.pseudonyms().seal(&token, NUMBER).unwrap();
        let expires = SystemTime::now() + Duration::from_secs(3600);
        of.ledger.seal(Sealed { token: token.clone(), incident: IncidentId(7), sealed, expires });
        assert!(of.ledger.is_written_within(of.patience));
        token
    }

    fn entries(state: &std::path::Path) -> Vec<Row> {
        let mut rows = Vec::new();
        let take = |row| {
            rows.push(row);
            ControlFlow::Continue(())
        };
        Archive::open(state).unwrap().journal(0, take).unwrap();
        rows
    }

    #[test]
    fn who_sees_whole_numbers_is_on_record_and_the_numbers_are_not() {
        let state = tempfile::tempdir().unwrap();
        let revealing = revealing(state.path(), b"secret");
        let token = sealed(&revealing);
        let root = Peer { uid: 0, pid: Some(4711), user: Some("root".into()) };
        let shown = revealing.reveal(IncidentId(7), &root).unwrap();
        assert_eq!(shown.0.get(&token).map(String::as_str), Some(NUMBER));
        let rows = entries(state.path());
        let content = rows.last().unwrap().content.clone().unwrap();
        assert_eq!(content, r#"{"by":"root (uid 0, pid 4711)","incident":7,"numbers":1}"#);
        let none = revealing.reveal(IncidentId(8), &root).unwrap_err();
        assert!(none.contains("no whole number of incident 8"), "{none}");
        assert_eq!(entries(state.path()).len(), rows.len(), "nothing was shown");
        drop(revealing);
        for file in std::fs::read_dir(state.path()).unwrap() {
            let octets = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!octets.windows(NUMBER.len()).any(|part| part == NUMBER.as_bytes()));
        }
        let stolen = self::revealing(state.path(), b"another secret");
        assert!(stolen.reveal(IncidentId(7), &root).is_err(), "without the secret nothing opens");
    }

    #[test]
    fn without_a_record_nobody_sees_anything() {
        let state = tempfile::tempdir().unwrap();
        let mut revealing = revealing(state.path(), b"secret");
        let token = sealed(&revealing);
        let other = Connection::open(state.path().join(FILE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        revealing.patience = Duration::from_millis(50);
        let root = Peer { uid: 0, pid: None, user: None };
        let refused = revealing.reveal(IncidentId(7), &root).unwrap_err();
        assert!(refused.contains("the journal cannot be written"), "{refused}");
        other.execute_batch("ROLLBACK").unwrap();
        revealing.patience = Duration::from_secs(20);
        assert!(revealing.reveal(IncidentId(7), &root).unwrap().0.contains_key(&token));
    }
}
