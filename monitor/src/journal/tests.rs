//! The journal end to end: what is written verifies, and whatever is changed afterwards is found.

use std::{
    ops::ControlFlow,
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use super::*;
use crate::incidents::Head;

const DAY: Duration = Duration::from_secs(86_400);

/// 2026-06-01.
fn june() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_272_000)
}

fn empty() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection
}

fn put(connection: &mut Connection, kind: EntryKind, time: SystemTime, content: serde_json::Value) -> Head {
    let transaction = connection.transaction().unwrap();
    let head = append(&transaction, &Entry { kind, time, content }).unwrap();
    transaction.commit().unwrap();
    head
}

/// One entry a day from the first of June on.
fn filled(days: u32) -> Connection {
    let mut connection = empty();
    put(&mut connection, EntryKind::Start, june(), json!({"version": "0.1.0"}));
    for day in 1..days {
        let content = json!({"number": format!("+3314234{day:04}"), "incident": day % 3});
        put(&mut connection, EntryKind::Alert, june() + DAY * day, content);
    }
    connection
}

fn all(connection: &Connection) -> Vec<Row> {
    let mut found = Vec::new();
    rows(connection, 0, |row| {
        found.push(row);
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

fn cut_at(connection: &mut Connection, cutoff: SystemTime, now: SystemTime) -> Option<Pruned> {
    let transaction = connection.transaction().unwrap();
    let pruned = prune(&transaction, cutoff, now).unwrap();
    transaction.commit().unwrap();
    pruned.map(|(pruned, _)| pruned)
}

fn first_fault(rows: Vec<Row>) -> String {
    let verified = verify(rows, []);
    verified.found.first().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn what_is_written_verifies_and_content_is_one_sorted_line() {
    let mut connection = empty();
    let content = json!({"zeta": "a\nb\u{2028}", "alpha": {"y": 1, "x": [true, null]}});
    let first = put(&mut connection, EntryKind::Start, june(), content);
    let second = put(&mut connection, EntryKind::Stop, june(), json!({}));
    let kept = all(&connection);
    assert_eq!(
        kept[0].content.as_deref(),
        Some("{\"alpha\":{\"x\":[true,null],\"y\":1},\"zeta\":\"a\\nb\u{2028}\"}")
    );
    assert_eq!(kept[0].time, "2026-06-01T00:00:00.000Z");
    assert_ne!(kept[0].salt, kept[1].salt);
    let verified = verify(kept, []);
    assert!(verified.is_whole(), "{:?}", verified.found);
    assert_eq!(
        (first.seq, verified.head.as_ref(), head(&connection).unwrap()),
        (1, Some(&second), Some(second.clone()))
    );
    assert_eq!((verified.entries, verified.first, verified.deleted), (2, Some(1), 0));
    assert_eq!(verify([], []).entries, 0);
}

#[test]
fn an_entry_that_is_not_committed_is_not_there() {
    let mut connection = filled(3);
    let before = head(&connection).unwrap();
    let transaction = connection.transaction().unwrap();
    append(&transaction, &Entry::now(EntryKind::Clock, json!({}))).unwrap();
    drop(transaction);
    assert_eq!(head(&connection).unwrap(), before);
    put(&mut connection, EntryKind::Stop, june(), json!({}));
    assert!(verify(all(&connection), []).is_whole());
}

#[test]
fn times_that_cannot_be_written_are_the_nearest_that_can() {
    let mut connection = empty();
    for time in [SystemTime::UNIX_EPOCH - DAY, SystemTime::UNIX_EPOCH + DAY * 4_000_000] {
        put(&mut connection, EntryKind::Clock, time, json!({}));
    }
    let times: Vec<_> = all(&connection).into_iter().map(|row| row.time).collect();
    assert_eq!(times, ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z"]);
}

#[test]
fn each_fault_is_told_with_its_entry() {
    type Change = fn(&mut Vec<Row>);
    let changes: [(Change, &str); 12] = [
        (|rows| rows[3].time = "2026-06-04T00:00:00.001Z".into(), "entry 4: number, time"),
        (|rows| rows[3].kind = "incident".into(), "entry 4: number, time"),
        (|rows| rows[3].content = Some("{}".into()), "entry 4: content or salt"),
        (|rows| rows[3].salt = rows[2].salt.clone(), "entry 4: content or salt"),
        (|rows| rows[3].commitment = rows[2].commitment.clone(), "entry 4: number, time"),
        (|rows| rows[3].hash = rows[2].hash.clone(), "entry 4: number, time"),
        (|rows| drop(rows.drain(3..5)), "entries 4 to 5: missing"),
        (|rows| drop(rows.remove(0)), "entry 2: the journal begins here"),
        (|rows| rows.insert(4, rows[3].clone()), "entry 4: this number was there before"),
        (|rows| rows.swap(3, 4), "entry 4: this number was there before"),
        (|rows| (rows[3].salt, rows[3].content) = (None, None), "entry 4: its content is gone"),
        (|rows| rows[3].salt = None, "entry 4: `salt` or `content`"),
    ];
    for (change, told) in changes {
        let mut rows = all(&filled(8));
        change(&mut rows);
        let found = first_fault(rows);
        assert!(found.starts_with(told), "{told}: {found}");
    }
}

#[test]
fn one_change_is_one_or_two_faults_and_what_follows_is_looked_at_all_the_same() {
    let mut rows = all(&filled(50));
    rows[9].content = Some("{}".into());
    rows[29].content = Some("{}".into());
    rows[39].hash = rows[38].hash.clone();
    let verified = verify(rows, []);
    assert_eq!(verified.found.iter().map(|found| found.seq).collect::<Vec<_>>(), [10, 30, 40, 41]);
    assert_eq!((verified.faults, verified.entries), (4, 50));
}

#[test]
fn contents_go_on_time_and_the_chain_stays() {
    let mut connection = filled(30);
    assert_eq!(cut_at(&mut connection, june(), june() + DAY * 30), None, "nothing is as old");
    let pruned = cut_at(&mut connection, june() + DAY * 10, june() + DAY * 30).unwrap();
    assert_eq!((pruned.from, pruned.to, pruned.deleted), (1, 10, 10));
    let pruned = cut_at(&mut connection, june() + DAY * 20, june() + DAY * 30).unwrap();
    assert_eq!((pruned.from, pruned.to, pruned.deleted), (11, 20, 10));
    assert_eq!(cut_at(&mut connection, june() + DAY * 20, june() + DAY * 30), None, "once is enough");
    let rows = all(&connection);
    assert!(rows[..20].iter().all(|row| row.salt.is_none() && row.content.is_none()));
    assert!(rows[20..].iter().all(|row| row.salt.is_some() && row.content.is_some()));
    let verified = verify(rows.clone(), []);
    assert!(verified.is_whole(), "{:?}", verified.found);
    assert_eq!((verified.deleted, verified.entries), (20, 32));
    let mut forged = rows.clone();
    (forged[24].salt, forged[24].content) = (None, None);
    assert!(first_fault(forged).starts_with("entry 25: its content is gone"));
    let mut forged = rows.clone();
    let retention = forged.iter_mut().find(|row| row.kind == "retention").unwrap();
    retention.content = retention.content.as_ref().map(|content| content.replace("10", "25"));
    assert!(!verify(forged, []).is_whole());
    let mut forged = rows;
    let retention = forged.iter_mut().find(|row| row.kind == "retention").unwrap();
    (retention.salt, retention.content) = (None, None);
    assert!(!verify(forged, []).is_whole(), "what a retention says stays");
}

#[test]
fn a_wrong_clock_deletes_nothing_that_is_young() {
    let mut connection = empty();
    let year = DAY * 365;
    for (seq, time) in [
        SystemTime::UNIX_EPOCH, // a host without a battery starts
        june(),                 // its clock is set
        june() + DAY,
        SystemTime::UNIX_EPOCH, // again
        june() + DAY * 2,
        june() + year * 50, // set wrongly by somebody, for a moment
        june() + DAY * 3,
        june() + DAY * 20,
    ]
    .into_iter()
    .enumerate()
    {
        put(&mut connection, EntryKind::Clock, time, json!({ "seq": seq + 1 }));
    }
    let now = june() + DAY * 20;
    assert_eq!(cut_at(&mut connection, june(), now), None, "1970 says nothing");
    let range = |pruned: Pruned| (pruned.from, pruned.to);
    assert_eq!(cut_at(&mut connection, june() + DAY, now).map(range), Some((1, 2)));
    assert_eq!(cut_at(&mut connection, june() + DAY * 2, now).map(range), Some((3, 3)));
    assert_eq!(
        cut_at(&mut connection, june() + DAY * 4, now).map(range),
        Some((4, 7)),
        "with its neighbours"
    );
    assert!(verify(all(&connection), []).is_whole());
}

#[test]
fn a_copy_from_outside_finds_a_cut_end_and_a_chain_written_anew() {
    let connection = filled(9);
    let rows = all(&connection);
    let copy =
        |row: &Row| Copy { head: Head { seq: row.seq, hash: row.hash.clone() }, from: "message m".into() };
    let copies = || [copy(&rows[4]), copy(&rows[8])];
    let verified = verify(rows.clone(), copies());
    assert!(verified.is_whole() && verified.copies == 2);
    let cut = verify(rows[..8].to_vec(), copies());
    assert_eq!(
        (cut.faults, cut.found[0].to_string()),
        (
            1,
            "entry 9: message m names it, and it is not there: the end was cut off, or it was taken out"
                .into()
        )
    );
    let anew = verify(all(&filled(9)), copies());
    assert_eq!(anew.faults, 2);
    assert!(anew.found[0].to_string().starts_with("entry 5: message m has another hash"));
    assert_eq!(verify([], copies()).faults, 2);
}

#[test]
fn a_start_after_a_kill_is_a_note() {
    use EntryKind::{Clock, Gap, Start, Stop};
    let mut connection = empty();
    for kind in [Start, Clock, Stop, Start, Clock, Start, Gap, Start, Start] {
        put(&mut connection, kind, june(), json!({}));
    }
    put(&mut connection, Clock, june() - DAY, json!({}));
    let verified = verify(all(&connection), []);
    assert!(verified.is_whole());
    assert_eq!((verified.unclean_starts, verified.times_back), (vec![6, 9], 1));
}

#[test]
fn an_excerpt_verifies_and_shows_only_what_is_asked_for() {
    let mut connection = filled(12);
    put(&mut connection, EntryKind::PolicyLoaded, june() + DAY * 12, json!({"sha256": "ab"}));
    put(&mut connection, EntryKind::Alert, june() + DAY * 13, json!({"incident": 1}));
    put(&mut connection, EntryKind::Delivery, june() + DAY * 14, json!({"incident": {"id": 77}}));
    put(&mut connection, EntryKind::Alert, june() + DAY * 15, json!({"incident": 1}));
    put(&mut connection, EntryKind::Acknowledgement, june() + DAY * 16, json!({"incident": 77}));
    put(&mut connection, EntryKind::Stop, june() + DAY * 17, json!({}));
    let export = |excerpt: &Excerpt| {
        let export = Export::of(&connection, excerpt).unwrap()?;
        let lines = all(&connection).into_iter().filter(|row| (export.from..=export.to).contains(&row.seq));
        Some(lines.map(|row| serde_json::from_str::<Row>(&export.line(row)).unwrap()).collect::<Vec<_>>())
    };
    let whole = export(&Excerpt::default()).unwrap();
    assert_eq!(whole, all(&connection), "a whole export is what is kept");
    let since =
        Excerpt { since: Some(june() + DAY * 5), until: Some(june() + DAY * 9), ..Excerpt::default() };
    let lines = export(&since).unwrap();
    assert_eq!((lines[0].seq, lines.len()), (6, 5));
    assert!(lines[0].previous.is_some() && lines[1].previous.is_none());
    let verified = verify(lines.clone(), []);
    assert!(verified.is_whole() && verified.first == Some(6) && verified.withheld == 0);
    let early = Copy { head: Head { seq: 2, hash: whole[1].hash.clone() }, from: "message m".into() };
    assert!(verify(lines.clone(), [early]).found[0].to_string().contains("the excerpt begins later"));
    let mut unsaid = lines;
    unsaid[0].previous = None;
    assert!(first_fault(unsaid).contains("its beginning is cut off"));
    let incident = export(&Excerpt { incident: Some(77), ..Excerpt::default() }).unwrap();
    let shown: Vec<_> = incident.iter().map(|row| (row.seq, row.content.is_some())).collect();
    assert_eq!(shown, [(13, true), (14, false), (15, true), (16, false), (17, true)]);
    let verified = verify(incident, []);
    assert!(verified.is_whole() && verified.withheld == 2, "{:?}", verified.found);
    assert_eq!(export(&Excerpt { incident: Some(5000), ..Excerpt::default() }), None);
    assert_eq!(export(&Excerpt { since: Some(june() + DAY * 99), ..Excerpt::default() }), None);
}

/// One digit of a text that is another afterwards.
fn other_digit(text: &str, place: usize) -> String {
    let place = place % text.len().max(1);
    let swap = |letter: char| if letter == '0' { '1' } else { '0' };
    text.char_indices().map(|(at, letter)| if at == place { swap(letter) } else { letter }).collect()
}

fn mutate(rows: &mut Vec<Row>, what: usize, at: usize, other: usize, place: usize) -> bool {
    let before = rows.clone();
    let (at, other) = (at % rows.len(), other % rows.len());
    match what {
        0 => rows[at].time = other_digit(&rows[at].time, place),
        1 => rows[at].kind = rows[other].kind.clone(),
        2 => rows[at].content = rows[at].content.as_ref().map(|content| other_digit(content, place)),
        3 => rows[at].salt = rows[at].salt.as_ref().map(|salt| other_digit(salt, place)),
        4 => rows[at].commitment = other_digit(&rows[at].commitment, place),
        5 => rows[at].hash = other_digit(&rows[at].hash, place),
        6 => rows[at].seq = rows[at].seq.wrapping_add(place as u64),
        7 => rows.swap(at, other),
        8 => drop(rows.remove(at)),
        9 => rows.insert(other, rows[at].clone()),
        10 => (rows[at].salt, rows[at].content) = (None, None),
        11 => {
            let (seq, hash) = (rows[at].seq, rows[at].hash.clone());
            rows[at] = Row { seq, hash, ..rows[other].clone() };
        }
        _ => rows.truncate(at),
    }
    *rows != before
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn whatever_is_changed_is_found(
        changes in prop::collection::vec((0_usize..13, any::<usize>(), any::<usize>(), 0_usize..200), 1..4),
        days in 4_u32..12,
        cut in 0_u32..4,
    ) {
        let mut connection = filled(days);
        cut_at(&mut connection, june() + DAY * cut, june() + DAY * 100);
        let whole = all(&connection);
        let head = head(&connection).unwrap().unwrap();
        let copy = || Copy { head: head.clone(), from: "a message".into() };
        prop_assert!(verify(whole.clone(), [copy()]).is_whole());
        let mut rows = whole.clone();
        for (what, at, other, place) in changes {
            if !rows.is_empty() {
                mutate(&mut rows, what, at, other, place);
            }
        }
        let verified = verify(rows.clone(), [copy()]);
        prop_assert_eq!(verified.is_whole(), rows == whole, "{:?}", rows);
    }

    #[test]
    fn nothing_that_is_read_panics(lines in prop::collection::vec(any::<(u64, String, String, Option<String>)>(), 0..9)) {
        let mut verifier = Verifier::default();
        for (seq, text, hash, content) in lines {
            verifier.take(&Row {
                seq, time: text.clone(), kind: text.clone(), salt: content.clone(), content,
                commitment: hash.clone(), hash, previous: Some(text), withheld: seq % 2 == 0,
            });
        }
        let verified = verifier.finish();
        prop_assert!(verified.entries == 0 || !verified.is_whole());
        verified.found.iter().for_each(|found| drop(found.to_string()));
    }
}
