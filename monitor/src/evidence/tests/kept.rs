//! What is kept for how long, what a restart takes up, and what the archive reads.

use super::*;

#[test]
fn what_is_over_goes_with_all_that_was_told_of_it() {
    let fixture = Fixture::new();
    let double = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW);
    for id in 1..=150 {
        let over = Incident { ended: Some(at), ..incident(id) };
        fixture.ledger().tell(Change { incident: Arc::new(over), news: Some(News::Ended), alert: None });
    }
    fixture.ledger().tell(opened(151));
    let sealed = |days: u32| Sealed {
        token: format!("{days:032}"),
        incident: IncidentId(151),
        sealed: vec![7; 40],
        expires: at + days * DAY,
    };
    (1..=2).for_each(|days| fixture.ledger().seal(sealed(days)));
    assert!(until(|| double.told("hook").len() == 151));
    assert!(until(|| journal_of(&fixture, "delivery").len() == 151));
    assert_eq!(fixture.archive().sealed(IncidentId(151), at).unwrap(), [sealed(1), sealed(2)]);
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        file.query_row(&sql, [], |row| row.get::<_, u64>(0)).unwrap()
    };
    assert_eq!(
        ["incidents", "messages", "deliveries", "tries", "sealed"].map(count),
        [151, 151, 151, 151, 2]
    );
    let days = |days: u32| Retention { incidents: DAY, journal: days * DAY };
    // The clock has to stand for a day before anything is deleted by it.
    fixture.ledger().keep(days(500));
    assert!(until(|| count("deletion_clock") == 1));
    assert_eq!(count("incidents"), 151);
    fixture.set(NOW + 36 * 3_600_000);
    fixture.ledger().keep(days(400));
    assert!(until(|| count("incidents") == 1), "{}", count("incidents"));
    assert!(until(|| count("sealed") == 1));
    assert_eq!(["messages", "deliveries", "tries"].map(count), [1, 1, 1]);
    assert_eq!(fixture.archive().sealed(IncidentId(151), at).unwrap(), [sealed(2)]);
}

#[test]
fn a_restart_takes_up_what_goes_on_and_no_name_is_given_twice() {
    let mut fixture = Fixture::new();
    fixture.ledger().tell(opened(1));
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW);
    let over = Incident { ended: Some(at), ..incident(2) };
    fixture.ledger().tell(Change { incident: Arc::new(over), news: None, alert: None });
    fixture.reopen();
    let going_on: Vec<_> = fixture.ledger().incidents_going_on().iter().map(|one| (**one).clone()).collect();
    assert_eq!((going_on, fixture.ledger().last_incident()), (vec![incident(1)], Some(IncidentId(2))));
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    file.execute("DELETE FROM incidents", []).unwrap();
    drop(file);
    fixture.reopen();
    assert_eq!(fixture.ledger().last_incident(), Some(IncidentId(2)));
}

#[test]
fn the_archive_reads_beside_the_agent_after_it_and_says_what_it_cannot() {
    let mut fixture = Fixture::new();
    let error = Archive::open(&fixture.folder.path().join("elsewhere")).unwrap_err().to_string();
    assert!(error.starts_with("no incident was recorded") && error.contains("--state"), "{error}");
    (1..=3).for_each(|id| fixture.ledger().tell(opened(id)));
    let ids = |filter: &Filter| -> Vec<u64> {
        fixture.archive().incidents(filter).unwrap().iter().map(|one| one.id.0).collect()
    };
    assert_eq!(ids(&Filter::default()), [3, 2, 1]);
    assert_eq!(ids(&Filter { limit: Some(2), going_on: Some(true), ..Filter::default() }), [3, 2]);
    assert_eq!(ids(&Filter { going_on: Some(false), ..Filter::default() }), [] as [u64; 0]);
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW);
    assert_eq!(ids(&Filter { since: Some(at + DAY), ..Filter::default() }), [] as [u64; 0]);
    assert_eq!(ids(&Filter { until: Some(at + DAY), ..Filter::default() }), [3, 2, 1]);
    assert_eq!(fixture.archive().incident(IncidentId(7)).unwrap(), None);
    fixture.close();
    let archive = Archive::open(fixture.folder.path()).unwrap();
    assert_eq!(archive.head().unwrap().map(|head| head.seq), Some(6));
    assert_eq!(archive.incidents(&Filter::default()).unwrap().len(), 3);
}

/// A copy where nothing can be written beside it, as one on a disc.
#[test]
fn a_copy_that_cannot_be_written_beside_is_read() {
    let mut fixture = Fixture::new();
    fixture.ledger().tell(opened(1));
    fixture.close();
    let connection = crate::sqlite::file::open_as_it_is(&fixture.path()).unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM incidents", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
    assert!(!fixture.path().with_extension("sqlite-wal").exists());
}

const DAY: Duration = Duration::from_secs(86_400);
