//! Broken files, full disks, directories that cannot be written: alerts are told all the same, and what is missing is known.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use rusqlite::Connection;

use super::*;
use crate::small_disk;

/// What a file that took another one's place has: the going incident, the outbox, and an entry that says so.
fn began_anew(fixture: &Fixture, double: &Double) {
    assert!(until(|| double.told("hook").last() == Some(&9)), "{:?}", double.told("hook"));
    let lost = journal_of(fixture, "lost");
    assert!(lost[0]["before"]["why"].is_string(), "{lost:?}");
    let archive = fixture.archive();
    assert_eq!(archive.incident(IncidentId(1)).unwrap(), Some(incident(1)));
    assert_eq!(archive.told(IncidentId(9)).unwrap().len(), 1);
    assert_eq!(fixture.ledger().last_incident(), Some(IncidentId(9)));
}

fn overwrite(path: &Path, at: u64, octets: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(octets).unwrap();
}

#[test]
fn a_broken_file_is_set_aside_and_what_can_be_read_of_it_goes_on() {
    let mut fixture = Fixture::new();
    fixture.ledger().tell(opened(1));
    fixture.close();
    // The pages of the journal's rows, and nothing else.
    let octets = fs::read(fixture.path()).unwrap();
    let at = octets.windows(7).rposition(|text| text == b"\"limit\"").unwrap() as u64;
    drop(octets);
    overwrite(&fixture.path(), at / 4096 * 4096, &[0xA5; 64]);
    fixture.open();
    let double = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    fixture.ledger().tell(opened(9));
    assert!(until(|| double.told("hook") == [9]));
    assert!(until(|| fixture.ledger().status().set_aside.len() == 1), "{:?}", fixture.ledger().status());
    assert_eq!(fixture.ledger().status().problem, None);
}

#[test]
fn text_in_its_place_is_set_aside() {
    let mut fixture = Fixture::new();
    fixture.close();
    fs::write(fixture.path(), "[dialplan]\ncountry_code = \"33\"\n".repeat(300)).unwrap();
    fixture.open();
    let status = fixture.ledger().status();
    assert!(status.set_aside[0].to_string_lossy().contains("evidence.sqlite.damaged-2026"), "{status:?}");
    assert_eq!((status.problem, status.head.map(|head| head.seq)), (None, Some(1)));
    assert_eq!(journal_of(&fixture, "lost").len(), 1);
}

/// The receiver fails all the while: what it was to be told is in the new file.
#[test]
fn a_file_that_is_taken_away_is_made_again_with_its_outbox() {
    let fixture = Fixture::new();
    let stuck = Arc::new(Double::to(&["hook"]).acts("hook", vec![Act::Later(Duration::from_secs(3600))]));
    fixture.ledger().deliver_by(stuck as _);
    fixture.ledger().tell(opened(1));
    assert!(until(|| fixture.metrics().contains(r#"result="retried"} 1"#)));
    assert!(fixture.ledger().is_written_within(LONG));
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(format!("{}{suffix}", fixture.path().display())).unwrap();
    }
    let double = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    fixture.ledger().tell(opened(9));
    began_anew(&fixture, &double);
    assert_eq!(double.told("hook"), [1, 9]);
}

/// Also as root: nobody makes files in /proc.
#[test]
fn where_nothing_can_be_written_alerts_are_told_and_memory_is_bounded() {
    let now = Arc::new(AtomicU64::new(NOW));
    let mut registry = Registry::with_prefix("ringfence");
    let ledger = Ledger::open_at_pace(Path::new("/proc"), setting(&now), quick(), &mut registry);
    let problem = ledger.status().problem.unwrap();
    assert!(problem.contains("let the agent's user read and write /proc/evidence.sqlite"), "{problem}");
    let double = Arc::new(Double::to(&["hook"]).acts("hook", [Act::Refuse]));
    ledger.deliver_by(Arc::clone(&double) as _);
    (1..=3).for_each(|id| ledger.tell(opened(id)));
    assert!(until(|| double.told("hook") == [1, 2, 3]));
    let taken = double.taken.lock().unwrap();
    let told: Vec<_> = taken.iter().map(|(_, message)| (message.id.clone(), message.journal.seq)).collect();
    assert_eq!(told[0], (format!("pbx-unrecorded-{NOW}-1"), 0));
    drop(taken);
    for _ in 0..40_000 {
        ledger.record(journal::Entry::now(journal::EntryKind::Clock, serde_json::json!({})));
    }
    assert!(until(|| ledger.status().lost > 0 && ledger.status().waiting < 17_000), "{:?}", ledger.status());
    assert!(matches!(Archive::open(Path::new("/proc")), Err(Unreadable::None(_))));
    let began = Instant::now();
    ledger.finish();
    assert!(began.elapsed() < LONG);
    assert_eq!(ledger.status().lost, 40_006, "what waited is lost too, and counted");
}

#[test]
fn what_found_no_room_in_memory_is_named_in_an_entry_when_something_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("later");
    let now = Arc::new(AtomicU64::new(NOW));
    let ledger = Ledger::open_at_pace(&state, setting(&now), quick(), &mut Registry::default());
    let sent = 40_000;
    for _ in 0..sent {
        ledger.record(journal::Entry::now(journal::EntryKind::Clock, serde_json::json!({})));
    }
    assert!(until(|| ledger.status().waiting > 0 && ledger.status().lost > 0), "{:?}", ledger.status());
    assert!(ledger.status().problem.is_some());
    fs::create_dir(&state).unwrap();
    assert!(
        until(|| ledger.status().problem.is_none() && ledger.status().waiting == 0),
        "{:?}",
        ledger.status()
    );
    ledger.finish();
    let lost = ledger.status().lost;
    let (mut clock, mut missing) = (0, 0);
    let take = |row: journal::Row| {
        match row.kind.as_str() {
            "clock" => clock += 1,
            "lost" => {
                let content: serde_json::Value = serde_json::from_str(&row.content.unwrap()).unwrap();
                missing += content["entries"].as_u64().unwrap();
            }
            kind => panic!("{kind}"),
        }
        std::ops::ControlFlow::Continue(())
    };
    Archive::open(&state).unwrap().journal(1, take).unwrap();
    assert_eq!((clock + missing, missing), (sent, lost), "what is there and what is missing are all");
}

#[test]
fn another_program_that_holds_the_file_delays_the_record_and_not_the_alert() {
    let fixture = Fixture::new();
    let double = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&double) as _);
    let mut other = Connection::open(fixture.path()).unwrap();
    let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    fixture.ledger().tell(opened(1));
    assert!(until(|| double.told("hook") == [1]));
    let problem = fixture.ledger().status().problem.unwrap_or_default();
    assert!(problem.contains("end the other program"), "{problem}");
    drop(held);
    assert!(until(|| fixture.ledger().status().problem.is_none()));
    fixture.ledger().tell(opened(2));
    assert!(until(|| double.told("hook").len() == 2));
    assert_eq!(double.told("hook"), [1, 2], "neither twice");
    assert!(until(|| journal_of(&fixture, "delivery").len() == 2));
    let incidents = journal_of(&fixture, "incident");
    assert_eq!(incidents[0]["message"], format!("pbx-unrecorded-{NOW}-1"), "the entry names what was told");
    assert_eq!(
        fixture.archive().told(IncidentId(1)).unwrap()[0].message.id,
        format!("pbx-unrecorded-{NOW}-1")
    );
}

/// Says that this process is the one in the file system of its own.
/// A file system of 8 MiB, mounted where nobody else sees it.
#[test]
fn a_full_disk_holds_no_alert_back_and_loses_nothing_that_fits_into_memory() {
    let Some(disk) = small_disk::of(
        "evidence::tests::faults::a_full_disk_holds_no_alert_back_and_loses_nothing_that_fits_into_memory",
        "8m",
    ) else {
        return;
    };
    let disk = disk.as_path();
    let (now, mut registry) = (Arc::new(AtomicU64::new(NOW)), Registry::default());
    let ledger = Ledger::open_at_pace(disk, setting(&now), quick(), &mut registry);
    let double = Arc::new(Double::to(&["hook"]));
    ledger.deliver_by(Arc::clone(&double) as _);
    assert_eq!(ledger.status().problem, None);
    fs::write(disk.join("junk"), vec![0; 7 << 20]).unwrap();
    let mut sent = 0;
    let filled = until(|| {
        (0..20).for_each(|_| {
            sent += 1;
            ledger.tell(opened(sent));
        });
        ledger.status().problem.is_some()
    });
    let status = ledger.status();
    assert!(filled && status.problem.as_deref().unwrap().contains("free some space"), "{status:?}");
    assert!(until(|| double.told("hook").len() as u64 == sent), "told all the same");
    fs::remove_file(disk.join("junk")).unwrap();
    assert!(until(|| ledger.status().problem.is_none()), "{:?}", ledger.status());
    ledger.finish();
    assert_eq!(ledger.status().lost, 0);
    assert_eq!(double.told("hook"), (1..=sent).collect::<Vec<_>>(), "in order, each once");
    let file = Connection::open(disk.join(FILE)).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM journal WHERE kind = 'delivery'"), sent);
    assert_eq!(count("SELECT count(*) FROM messages"), sent);
    assert_eq!(count("SELECT count(*) FROM deliveries WHERE ended IS NULL"), 0);
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    small_disk::was_full();
}
