//! Many calls at once: they are written in batches, and nobody waits for that.

use std::sync::mpsc;

use rusqlite::Connection;

use super::{
    super::{batch::Batch, record::Message, record::Record, shared::Shared, transaction},
    *,
};

/// Writes so many calls that are over, past the channel.
pub(super) fn fill(connection: &mut Connection, calls: u64, ended: u64) {
    let mut registry = Registry::default();
    let now = Arc::new(AtomicU64::new(NOW));
    let shared = Shared::new(PathBuf::new(), Privacy::default(), clock(&now), &mut registry);
    for first in (1..=calls).step_by(8192) {
        let mut batch = Batch::default();
        for id in first..=calls.min(first + 8191) {
            let record = Record { call: over(&call(id), ended), resume: None };
            assert_eq!(batch.take(Message::Call(Box::new(record)), Instant::now()), 0);
        }
        transaction::write(connection, &batch, &shared).unwrap();
    }
}

/// Beginnings with what it takes to follow a call, answers, and ends, in batches as the writer has them. What that costs
/// is measured by `cargo xtask bench --calls`.
#[test]
fn records_are_written_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = crate::sqlite::file::open(&folder.path().join(FILE), &schema::TABLES).unwrap();
    let mut registry = Registry::default();
    let now = Arc::new(AtomicU64::new(NOW));
    let shared = Shared::new(folder.path().join(FILE), Privacy::default(), clock(&now), &mut registry);
    let resume = "x".repeat(1500);
    let (calls, batch_of) = (20_000u64, 5_000u64);
    for first in (1..=calls).step_by(batch_of as usize) {
        for step in 0..3 {
            let mut batch = Batch::default();
            for id in first..first + batch_of {
                let call = call(id);
                let (call, resume) = match step {
                    0 => (call, Some(resume.clone())),
                    1 => (Call { answered: Some(Timestamp(NOW + SECOND)), ..call }, Some(resume.clone())),
                    _ => (over(&call, NOW + 2 * SECOND), None),
                };
                batch.take(Message::Call(Box::new(Record { call, resume })), Instant::now());
            }
            let written = transaction::write(&mut connection, &batch, &shared).unwrap();
            assert_eq!(written.inserted + written.updated, batch_of);
        }
    }
    let kept: i64 = connection
        .query_row("SELECT count(*) FROM calls WHERE ended IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept.unsigned_abs(), calls);
}

/// Many sends must not hold the tracker up, whatever becomes of them; and all are accounted for.
#[test]
fn a_sender_never_waits() {
    let fixture = Fixture::new();
    let (sent, received) = mpsc::channel();
    let calls = 50_000u64;
    thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            (1..=calls).for_each(|id| fixture.store().call(&call(id), None));
            sent.send(began.elapsed()).unwrap();
        });
        let took = received.recv_timeout(Duration::from_secs(20)).unwrap();
        println!("a send takes {:?}", took / calls as u32);
    });
    fixture.store().finish();
    let status = || fixture.store().status();
    assert!(until(|| status().calls + status().lost == calls), "{:?}", status());
}
