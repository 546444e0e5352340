//! What is kept goes on time, and nothing goes before.

use super::*;

fn kept_for(hours: u64) -> Privacy {
    Privacy { retention: Duration::from_secs(hours * 3600), ..Privacy::default() }
}

fn ids(calls: &[Stored]) -> Vec<u64> {
    calls.iter().map(|call| call.0.id.0).collect()
}

#[test]
fn a_call_goes_one_microsecond_after_its_time() {
    let fixture = Fixture::new();
    let ended = NOW + 60 * SECOND;
    fixture.store().call(&over(&call(1), ended), None);
    fixture.store().call(&over(&call(2), ended + 1), None);
    fixture.store().call(&call(3), None);
    fixture.expect(3);
    fixture.store().privacy(kept_for(1));
    fixture.set(ended + HOUR);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(ids(&fixture.expect(3)), [3, 2, 1], "at its time it is there still");
    fixture.set(ended + HOUR + 1);
    assert_eq!(ids(&fixture.expect(2)), [3, 2], "it is not shown any more, deleted or not");
    fixture.store().privacy(kept_for(1));
    assert!(until(|| fixture.store().status().calls == 2));
    assert!(fixture.metrics().contains("ringfence_store_records_total{result=\"deleted\"} 1"));
    fixture.set(ended + 1000 * HOUR);
    assert_eq!(ids(&fixture.expect(1)), [3], "a call that goes on is kept");
}

#[test]
fn the_policy_of_the_start_deletes_at_the_start() {
    let mut fixture = Fixture::new();
    fixture.store().call(&over(&call(1), NOW + SECOND), None);
    fixture.store().call(&over(&call(2), NOW + DAY), None);
    fixture.close();
    fixture.set(NOW + SECOND + 90 * DAY + 1);
    fixture.open();
    assert!(until(|| fixture.store().status().calls == 1));
    assert_eq!(ids(&fixture.expect(1)), [2]);
}

#[test]
fn a_call_without_an_end_goes_when_it_can_have_no_end_any_more() {
    let fixture = Fixture::new();
    fixture.store().call(&call(1), Some("{\"legs\":[]}".into()));
    fixture.expect(1);
    fixture.set(NOW + 1 + HOUR + 7 * DAY);
    fixture.store().privacy(kept_for(1));
    thread::sleep(Duration::from_millis(200));
    assert_eq!(fixture.store().status().calls, 1);
    fixture.set(NOW + 2 + HOUR + 7 * DAY);
    fixture.store().privacy(kept_for(1));
    assert!(until(|| fixture.store().status().calls == 0));
    assert!(until(|| !is_written_anywhere(fixture.folder.path(), b"\"legs\"")));
}

#[test]
fn nothing_of_what_was_deleted_is_left_on_the_disk() {
    let fixture = Fixture::new();
    for id in 1..=2000 {
        let call = Call { customer: Some("forget-me".into()), ..call(id) };
        fixture.store().call(&call, Some("forget-me-too".into()));
        fixture.store().call(&over(&call, NOW + SECOND), None);
    }
    fixture.store().call(&over(&call(9999), NOW + HOUR), None);
    fixture.expect(2001);
    let full = fixture.store().status().bytes;
    assert!(is_written_anywhere(fixture.folder.path(), b"forget-me"));
    fixture.set(NOW + SECOND + HOUR + 1);
    fixture.store().privacy(kept_for(1));
    assert!(until(|| fixture.store().status().calls == 1));
    assert!(until(|| !is_written_anywhere(fixture.folder.path(), b"forget-me")));
    assert!(until(|| fixture.store().status().bytes < full / 2), "{full} {:?}", fixture.store().status());
}

#[test]
fn what_was_set_aside_goes_when_its_calls_would_have() {
    let mut fixture = Fixture::new();
    fixture.close();
    std::fs::write(fixture.path(), "this is no database, and longer than a header of 100 octets. ".repeat(9))
        .unwrap();
    fixture.open();
    let aside = fixture.store().status().set_aside;
    assert_eq!(aside.len(), 1);
    let written = micros_of(&aside[0]);
    fixture.set(written + HOUR);
    fixture.store().privacy(kept_for(1));
    thread::sleep(Duration::from_millis(300));
    assert!(aside[0].exists());
    fixture.set(written + HOUR + 1);
    fixture.store().privacy(kept_for(1));
    assert!(until(|| !aside[0].exists()));
    assert_eq!(fixture.store().status().set_aside, [] as [PathBuf; 0]);
}

/// Whether the store knows a block's target as it is shown, and whole numbers nowhere.
fn is_masked(fixture: &Fixture, masked: &str) -> bool {
    is_written_anywhere(fixture.folder.path(), masked.as_bytes())
        && !is_written_anywhere(fixture.folder.path(), b"+22790123456")
}

#[test]
fn a_number_that_was_blocked_is_masked_once_the_block_is_taken_away() {
    let mut fixture = Fixture::new();
    fixture.store().block(block("+22790123456", None));
    fixture.store().block(block("+2279012", None));
    fixture.reopen();
    assert_eq!(fixture.store().blocks().len(), 2, "what is in force is whole");
    assert!(is_written_anywhere(fixture.folder.path(), b"+22790123456"));
    fixture.store().unblock("+22790123456", wall(Timestamp(NOW + SECOND)));
    fixture.store().unblock("+2279012", wall(Timestamp(NOW + SECOND)));
    fixture.close();
    assert_eq!(kept_targets(&fixture), ["+2279012", "+2279012xxxx"], "a range is no number");
    assert!(is_masked(&fixture, "+2279012xxxx"));
}

#[test]
fn a_number_that_was_blocked_is_masked_once_its_time_is_over() {
    let mut fixture = Fixture::new();
    fixture.store().block(block("+22790123456", Some(NOW + HOUR)));
    fixture.store().block(block("cuba", Some(NOW + HOUR)));
    fixture.reopen();
    fixture.set(NOW + HOUR - 1);
    fixture.store().privacy(Privacy::default());
    thread::sleep(Duration::from_millis(200));
    assert_eq!(fixture.store().blocks()[0].target, "+22790123456");
    fixture.set(NOW + HOUR);
    fixture.store().privacy(Privacy::default());
    assert!(until(|| is_masked(&fixture, "+2279012xxxx")));
    // A clock that goes back brings nothing back that has no number any more.
    fixture.set(NOW);
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), [block("cuba", Some(NOW + HOUR))]);
}

fn kept_targets(fixture: &Fixture) -> Vec<String> {
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    let mut select = file.prepare("SELECT target FROM blocks ORDER BY target").unwrap();
    let targets = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
    targets.collect()
}

/// The file system has nanoseconds: the microsecond that it was written in.
fn micros_of(file: &Path) -> u64 {
    let written = file.metadata().unwrap().modified().unwrap();
    written.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as u64
}

/// Records that come while a large part of the store is deleted are written within half a second all the same.
#[test]
fn the_writer_answers_while_it_deletes_two_hundred_thousand_calls() {
    const CALLS: u64 = 200_000;
    let mut fixture = Fixture::new();
    fixture.expect(0);
    fixture.close();
    let mut file = rusqlite::Connection::open(fixture.path()).unwrap();
    speed::fill(&mut file, CALLS, NOW + SECOND);
    drop(file);
    fixture.open();
    assert_eq!(fixture.store().status().calls, CALLS);
    fixture.set(NOW + SECOND + HOUR + 1);
    let began = Instant::now();
    fixture.store().privacy(kept_for(1));
    let query = Query { active: true, ..Query::default() };
    let (mut slowest, mut turns) = (Duration::ZERO, 0);
    while fixture.store().status().calls >= 100 + turns {
        turns += 1;
        let sent = Instant::now();
        fixture.store().call(&call(CALLS + turns), None);
        let newest = || fixture.store().calls(&query).unwrap().len() as u64;
        assert!(until(|| newest() == turns));
        slowest = slowest.max(sent.elapsed());
        assert!(began.elapsed() < Duration::from_secs(120), "{:?}", fixture.store().status());
    }
    println!("deleted {CALLS} calls in {:?}; a record took {slowest:?} at most", began.elapsed());
    assert!(turns > 1, "no record came while it deleted");
    assert!(slowest < Duration::from_secs(2), "a record waited {slowest:?}");
    assert_eq!(fixture.store().status().lost, 0);
}
