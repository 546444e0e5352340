//! Files of every version so far, and of one that is not made yet.

use rusqlite::Connection;

use super::*;

/// A store as version 1 left it, with a call that is over and one that goes on.
const VERSION_1: &str = include_str!("version-1.sql");

#[test]
fn a_file_of_version_1_keeps_its_calls() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join(FILE)).unwrap().execute_batch(VERSION_1).unwrap();
    let mut fixture = Fixture::at(folder);
    assert_eq!(fixture.store().status().set_aside, [] as [PathBuf; 0]);
    let done = over(&call(1), NOW + 90 * SECOND);
    let kept = fixture.expect(2);
    assert_eq!(kept, [Stored(masked(&call(2), 4)), Stored(masked(&done, 4))]);
    let unfinished = fixture.store().unfinished();
    assert_eq!((unfinished.len(), unfinished[0].resume.as_deref()), (1, Some("{\"legs\":[]}")));
    fixture.store().block(block("+53", None));
    fixture.store().call(&over(&call(2), NOW + HOUR), None);
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), [block("+53", None)]);
    assert_eq!(fixture.store().unfinished(), []);
}

/// A store as version 2 left it: blocks of operators, one of them taken away.
const VERSION_2: &str = include_str!("version-2.sql");

#[test]
fn a_file_of_version_2_keeps_its_blocks_as_those_of_operators() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join(FILE)).unwrap().execute_batch(VERSION_2).unwrap();
    let mut fixture = Fixture::at(folder);
    assert_eq!(fixture.store().status().set_aside, [] as [PathBuf; 0]);
    let cuba = Block {
        target: "cuba".into(),
        kind: "destination".into(),
        reason: String::new(),
        by: "alice (uid 1000, pid 7)".into(),
        ..block("cuba", Some(NOW + DAY))
    };
    let old = [block("+53", None), cuba];
    assert_eq!(fixture.store().blocks(), old);
    assert_eq!(fixture.expect(1)[0].0.id, CallId(1));
    assert_eq!(fixture.store().kept(), []);
    let limit = ByLimit { name: "night".into(), token: "77".parse().ok() };
    let new = Block { cause: "limit".into(), limit: Some(limit), ..block("+227", None) };
    fixture.store().block(new.clone());
    fixture.store().keep(vec![kept("a", Some("{}"))]);
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), [old.as_slice(), &[new]].concat());
    assert_eq!(fixture.store().kept(), [kept("a", Some("{}"))]);
}

#[test]
fn the_newest_tables_are_what_an_empty_file_gets() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join(FILE)).unwrap().execute_batch(VERSION_1).unwrap();
    let (mut migrated, mut new) = (Fixture::at(folder), Fixture::new());
    let tables = |fixture: &mut Fixture| {
        fixture.close();
        let file = Connection::open(fixture.path()).unwrap();
        let mut tables = file.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let rows = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let words = |sql: String| sql.split_whitespace().collect::<Vec<_>>().join(" ");
        rows.map(Result::unwrap).map(|(name, sql)| (name, words(sql))).collect::<Vec<(String, String)>>()
    };
    assert_eq!(tables(&mut migrated), tables(&mut new));
}

#[test]
fn a_file_of_a_newer_version_is_set_aside_untouched() {
    let mut fixture = Fixture::new();
    fixture.store().call(&call(1), None);
    fixture.close();
    let newer = Connection::open(fixture.path()).unwrap();
    newer.pragma_update(None, "user_version", 77).unwrap();
    drop(newer);
    let before = std::fs::read(fixture.path()).unwrap();
    fixture.open();
    let status = fixture.store().status();
    let [aside] = &status.set_aside[..] else { panic!("{status:?}") };
    assert!(aside.to_string_lossy().contains("calls.sqlite.newer-2026"), "{aside:?}");
    assert!(std::fs::read(aside).unwrap() == before, "it was written to");
    fixture.store().call(&call(2), None);
    assert_eq!(fixture.expect(1)[0].0.id, CallId(2));
    assert_eq!(fixture.store().status().problem, None);
}
