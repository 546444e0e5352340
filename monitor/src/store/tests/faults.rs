//! Broken files, full disks, directories that cannot be written: reported, set aside, and the agent goes on.

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
};

use rusqlite::Connection;

use super::*;
use crate::small_disk;

/// A store that was closed with so many calls in it, and one block.
fn filled(calls: u64) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.store().block(block("+53", None));
    fixture.store().keep(vec![kept("a", Some("7"))]);
    fixture.close();
    speed::fill(&mut Connection::open(fixture.path()).unwrap(), calls, NOW + HOUR);
    fixture
}

/// The store works although its file was broken, and the file lies beside it.
fn began_anew(fixture: &Fixture) -> PathBuf {
    assert!(until(|| !fixture.store().status().set_aside.is_empty()), "{:?}", fixture.store().status());
    fixture.store().call(&call(77_777), None);
    assert_eq!(fixture.expect(1)[0].0.id, CallId(77_777));
    let status = fixture.store().status();
    assert_eq!((status.problem, status.lost, status.calls), (None, 0, 1));
    let [aside] = &status.set_aside[..] else { panic!("{:?}", status.set_aside) };
    assert!(aside.to_string_lossy().contains("calls.sqlite.damaged-2026"), "{aside:?}");
    assert!(!fixture.metrics().contains("ringfence_store_errors_total 0"));
    aside.clone()
}

/// What is done to a file, and how.
type Breakage = (&'static str, fn(&Path));

fn overwrite(path: &Path, at: u64, octets: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(octets).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_from_its_first_page_on_is_set_aside_at_the_start() {
    let breakages: [Breakage; 5] = [
        ("header", |path| overwrite(path, 0, &[0xA5; 100])),
        ("truncated", |path| {
            let half = fs::metadata(path).unwrap().len() / 2;
            OpenOptions::new().write(true).open(path).unwrap().set_len(half).unwrap();
        }),
        ("text", |path| fs::write(path, "[dialplan]\ncountry_code = \"33\"\n".repeat(100)).unwrap()),
        ("first page", |path| overwrite(path, 100, &[0xFF; 3996])),
        ("foreign", |path| {
            fs::remove_file(path).unwrap();
            Connection::open(path).unwrap().execute_batch("CREATE TABLE calls (name TEXT)").unwrap();
        }),
    ];
    for (name, breakage) in breakages {
        println!("{name}");
        let mut fixture = filled(5000);
        breakage(&fixture.path());
        let broken = fs::read(fixture.path()).unwrap();
        fixture.open();
        let aside = began_anew(&fixture);
        assert_eq!(
            fs::read(aside).unwrap().len(),
            broken.len(),
            "{name}: it is kept for whoever wants to look"
        );
        assert_eq!((fixture.store().blocks(), fixture.store().kept()), (vec![], vec![]));
    }
}

#[test]
fn a_directory_in_its_place_is_set_aside() {
    let mut fixture = filled(1);
    fs::remove_file(fixture.path()).unwrap();
    fs::create_dir(fixture.path()).unwrap();
    fs::write(fixture.path().join("within"), "kept").unwrap();
    fixture.open();
    let aside = began_anew(&fixture);
    assert_eq!(fs::read(aside.join("within")).unwrap(), b"kept");
}

/// Also where the start itself meets it: what lies before it is saved.
#[test]
fn blocks_and_calls_that_go_on_outlive_damage_in_the_middle() {
    let mut fixture = filled(20_000);
    fixture.open();
    fixture.store().call(&call(30_000), Some("{}".into()));
    fixture.close();
    let middle = fs::metadata(fixture.path()).unwrap().len() / 2;
    overwrite(&fixture.path(), middle / PAGE * PAGE, &[0xA5; 64 * PAGE as usize]);
    fixture.open();
    assert_eq!(fixture.store().blocks(), [block("+53", None)]);
    assert_eq!(fixture.store().unfinished()[0].call.0.id, CallId(30_000));
    assert_eq!(fixture.store().kept(), [kept("a", Some("7"))]);
    began_anew(&fixture);
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), [block("+53", None)]);
    assert_eq!(fixture.store().kept(), [kept("a", Some("7"))]);
}

/// A page of old calls, which neither the start nor the writer reads: the check does.
#[test]
fn damage_that_nobody_meets_is_looked_for() {
    let mut fixture = filled(20_000);
    let octets = fs::read(fixture.path()).unwrap();
    let pages = octets.chunks(PAGE as usize);
    let leaf = pages.enumerate().filter(|(_, page)| page[0] == TABLE_LEAF).nth(200).unwrap().0;
    overwrite(&fixture.path(), leaf as u64 * PAGE, &[0xA5; PAGE as usize]);
    fixture.open();
    fixture.store().block(block("niger", None));
    fixture.store().keep(vec![kept("b", Some("8"))]);
    began_anew(&fixture);
    fixture.reopen();
    assert_eq!(fixture.store().kept(), [kept("a", Some("7")), kept("b", Some("8"))]);
    assert_eq!(fixture.store().blocks(), [block("+53", None), block("niger", None)]);
}

/// Octets of a page, and the first octet of one that holds rows (SQLite file format, section 1.6).
const PAGE: u64 = 4096;
const TABLE_LEAF: u8 = 0x0D;

/// The same, done to the file of a store that works: what stands in the agent's memory outlives it.
#[test]
fn a_file_that_breaks_under_a_running_store_is_set_aside() {
    let breakages: [Breakage; 4] = [
        ("header", |path| overwrite(path, 0, &[0xA5; 100])),
        ("zeros in the middle", |path| {
            let middle = fs::metadata(path).unwrap().len() / 2;
            overwrite(path, middle / PAGE * PAGE, &[0; 64 * PAGE as usize]);
        }),
        ("truncated", |path| OpenOptions::new().write(true).open(path).unwrap().set_len(PAGE).unwrap()),
        ("a directory", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (name, breakage) in breakages {
        println!("{name}");
        let mut fixture = filled(20_000);
        fixture.open();
        fixture.store().block(block("niger", None));
        fixture.store().calls(&everything()).unwrap();
        breakage(&fixture.path());
        // What is asked for reads it, and what is told writes it: whoever meets the damage first.
        let is_set_aside = || {
            let _ = fixture.store().calls(&everything());
            fixture.store().call(&call(66_666), None);
            !fixture.store().status().set_aside.is_empty()
        };
        assert!(until(is_set_aside), "{name}: {:?}", fixture.store().status());
        fixture.store().call(&call(77_777), None);
        assert!(
            until(|| fixture.store().calls(&everything()).is_ok_and(|calls| !calls.is_empty())),
            "{name}"
        );
        fixture.reopen();
        let blocks = fixture.store().blocks();
        assert_eq!(blocks, [block("+53", None), block("niger", None)], "{name}");
        assert_eq!(fixture.store().kept(), [kept("a", Some("7"))], "{name}");
    }
}

/// What a host leaves that lost its power: whole transactions are read, the torn one is not.
#[test]
fn a_torn_write_ahead_log_is_read_as_far_as_it_is_whole() {
    let fixture = Fixture::new();
    fixture.store().block(block("+53", None));
    for id in 1..=20 {
        fixture.store().call(&call(id), None);
        fixture.expect(id as usize);
    }
    let log = format!("{}-wal", fixture.path().display());
    let (whole, text) = (fs::read(fixture.path()).unwrap(), fs::read(&log).unwrap());
    let torn: [(&str, Vec<u8>); 3] = [
        ("cut", text[..text.len() * 3 / 5].to_vec()),
        ("zeros", [&text[..text.len() / 2], &vec![0; text.len() / 2]].concat()),
        ("garbage", [&text[..text.len() / 2], &vec![0xA5; text.len() / 2]].concat()),
    ];
    for (name, log) in torn {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), &whole).unwrap();
        fs::write(folder.path().join(format!("{FILE}-wal")), log).unwrap();
        let mut after = Fixture::at(folder);
        let calls = after.store().calls(&everything()).unwrap().len();
        assert!((1..20).contains(&calls), "{name}: {calls} calls");
        let status = after.store().status();
        assert_eq!((status.problem, status.set_aside.len()), (None, 0), "{name}");
        assert_eq!(after.store().blocks(), [block("+53", None)], "{name}");
        after.store().call(&call(77_777), None);
        after.expect(calls + 1);
        after.reopen();
        after.expect(calls + 1);
    }
}

fn everything() -> Query {
    Query { limit: usize::MAX, ..Query::default() }
}

#[test]
fn a_file_that_is_taken_away_is_made_again() {
    let fixture = Fixture::new();
    fixture.store().call(&call(1), None);
    fixture.store().block(block("+53", None));
    fixture.store().keep(vec![kept("a", Some("7")), kept("b", Some("7"))]);
    fixture.store().keep(vec![kept("b", None)]);
    fixture.expect(1);
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(format!("{}{suffix}", fixture.path().display())).unwrap();
    }
    fixture.store().call(&call(2), None);
    assert!(until(|| fixture.path().exists()));
    assert!(until(|| fixture.store().status().calls == 1 && fixture.expect(1)[0].0.id == CallId(2)));
    let mut fixture = fixture;
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), [block("+53", None)]);
    assert_eq!(fixture.store().kept(), [kept("a", Some("7"))]);
}

/// Also as root: nobody makes files in /proc.
#[test]
fn where_nothing_can_be_written_the_store_is_off_and_memory_bounded() {
    let now = Arc::new(AtomicU64::new(NOW));
    let mut registry = Registry::default();
    let store = Store::open(Path::new("/proc"), Privacy::default(), clock(&now), &mut registry);
    let problem = store.status().problem.unwrap();
    assert!(problem.contains("let the agent's user read and write /proc/calls.sqlite"), "{problem}");
    assert_eq!((store.unfinished(), store.blocks(), store.last_id()), (vec![], vec![], None));
    assert!(store.calls(&Query::default()).is_err());
    let calls = 100_000;
    for id in 1..=calls {
        store.call(&call(id), None);
        if id % 5000 == 0 {
            thread::sleep(Duration::from_millis(20));
        }
    }
    assert!(until(|| store.status().waiting == 16_384), "{:?}", store.status());
    assert!(until(|| store.status().lost == calls - 16_384), "{:?}", store.status());
    store.finish();
    assert_eq!(store.status().lost, calls, "what waited is lost too, and counted");
}

#[test]
fn a_directory_that_can_be_written_later_is_used_then() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("later");
    let (now, mut registry) = (Arc::new(AtomicU64::new(NOW)), Registry::default());
    let store = Store::open(&state, Privacy::default(), clock(&now), &mut registry);
    store.call(&call(1), None);
    assert!(store.status().problem.is_some());
    fs::create_dir(&state).unwrap();
    assert!(until(|| store.status().calls == 1), "{:?}", store.status());
    assert_eq!((store.status().problem, store.status().lost), (None, 0));
}

#[test]
fn another_program_that_holds_the_file_is_waited_for() {
    let fixture = Fixture::new();
    let mut other = Connection::open(fixture.path()).unwrap();
    let held = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    fixture.store().call(&call(1), None);
    let problem = || fixture.store().status().problem.unwrap_or_default();
    assert!(until(|| problem().contains("end the other program")), "{}", problem());
    drop(held);
    fixture.expect(1);
    assert!(until(|| fixture.store().status().problem.is_none()));
}

/// Says that this process is the one in the file system of its own.
/// A file system of 16 MiB, mounted where nobody else sees it.
#[test]
fn a_full_disk_is_reported_and_waited_for() {
    let Some(disk) = small_disk::of("store::tests::faults::a_full_disk_is_reported_and_waited_for", "16m")
    else {
        return;
    };
    let disk = disk.as_path();
    let (now, mut registry) = (Arc::new(AtomicU64::new(NOW)), Registry::default());
    let store = Store::open(disk, Privacy::default(), clock(&now), &mut registry);
    assert_eq!(store.status().problem, None);
    fs::write(disk.join("junk"), vec![0; 15 << 20]).unwrap();
    let mut sent = 0;
    let filled = until(|| {
        (0..50).for_each(|_| {
            sent += 1;
            store.call(&over(&call(sent), NOW + SECOND), None);
        });
        store.status().problem.is_some()
    });
    let status = store.status();
    assert!(filled && status.problem.as_deref().unwrap().contains("free some space"), "{status:?}");
    assert!(status.waiting > 0 && status.set_aside.is_empty(), "{status:?}");
    fs::remove_file(disk.join("junk")).unwrap();
    assert!(until(|| store.status().problem.is_none()), "{:?}", store.status());
    store.finish();
    let status = store.status();
    assert_eq!((status.calls, status.lost), (sent, 0), "{status:?}");
    drop(store);
    let file = Connection::open(disk.join(FILE)).unwrap();
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    small_disk::was_full();
}
