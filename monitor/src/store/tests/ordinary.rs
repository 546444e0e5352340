//! What the store is for: what goes in comes out again, masked, also after a restart.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_call_comes_out_as_it_went_in_but_for_its_numbers() {
    let mut fixture = Fixture::new();
    let going = call(1);
    let done = over(&going, NOW + 90 * SECOND);
    fixture.store().call(&going, Some("{\"legs\":[]}".into()));
    assert_eq!(fixture.expect(1), [Stored(masked(&going, 4))]);
    fixture.store().call(&done, None);
    assert!(until(|| fixture.expect(1)[0].0.ended.is_some()));
    fixture.reopen();
    let kept = fixture.expect(1);
    assert_eq!(kept, [Stored(masked(&done, 4))]);
    assert_eq!((&*kept[0].0.dialled, kept[0].0.number.as_deref()), ("90053555xxxx", Some("+53555xxxx")));
    assert_eq!(kept[0].0.talk(Timestamp(0)), Duration::from_micros(87 * SECOND - 1));
    assert_eq!(fixture.store().unfinished(), []);
    assert_eq!(fixture.store().last_id(), Some(CallId(1)));
}

#[test]
fn what_limits_keep_is_there_after_a_restart() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.store().kept(), []);
    let other = Kept { name: "other".into(), ..kept("a", Some("7")) };
    fixture.store().keep(vec![kept("a", Some("1")), kept("b", Some("1")), other.clone()]);
    fixture.store().keep(vec![kept("a", Some("2")), kept("b", None), kept("c", None)]);
    fixture.reopen();
    assert_eq!(fixture.store().kept(), [kept("a", Some("2")), other.clone()]);
    assert_eq!(fixture.store().kept(), [], "it is handed over once");
    fixture.store().keep(vec![kept("a", None)]);
    fixture.reopen();
    assert_eq!(fixture.store().kept(), [other]);
}

#[test]
fn every_word_of_every_column_is_kept() {
    let mut fixture = Fixture::new();
    let mut id = 0;
    let mut calls = Vec::new();
    let mut add = |change: &dyn Fn(&mut Call)| {
        id += 1;
        let mut call = over(&call(id), NOW + HOUR);
        change(&mut call);
        calls.push(call);
    };
    Route::ALL.iter().for_each(|route| add(&|call| call.route = *route));
    Origin::ALL.iter().for_each(|origin| add(&|call| call.origin = *origin));
    CallResult::ALL.iter().for_each(|result| add(&|call| call.result = Some(*result)));
    Verdict::ALL.iter().for_each(|verdict| add(&|call| call.verdict = *verdict));
    Reason::ALL.iter().for_each(|reason| add(&|call| call.reason = *reason));
    add(&|call| (call.trunk, call.customer, call.number, call.status) = (None, None, None, None));
    add(&|call| (call.attempts, call.legs_out, call.is_whole) = (u32::MAX, u32::MAX, false));
    add(&|call| call.caller = "a\0'\"; DROP TABLE calls; é".into());
    add(&|call| call.source = "2001:db8::7".parse().unwrap());
    calls.iter().for_each(|call| fixture.store().call(call, None));
    fixture.reopen();
    let mut kept = fixture.expect(calls.len());
    kept.sort_by_key(|stored| stored.0.id);
    let written: Vec<_> = calls.iter().map(|call| Stored(masked(call, 4))).collect();
    assert_eq!(kept, written);
}

#[test]
fn no_whole_number_is_ever_on_the_disk() {
    let mut fixture = Fixture::new();
    let mut call = call(1);
    call.caller = "+33142345678".into();
    fixture.store().call(&call, None);
    fixture.store().call(&over(&call, NOW + 5 * SECOND), None);
    fixture.expect(1);
    fixture.store().privacy(Privacy { hidden_digits: 9, ..Privacy::default() });
    call.id = CallId(2);
    fixture.store().call(&call, None);
    fixture.expect(2);
    let written = |octets: &str| is_written_anywhere(fixture.folder.path(), octets.as_bytes());
    assert!(written("+3314234xxxx") && written("90053555xxxx"));
    assert!(written("+33xxxxxxxxx") && written("900xxxxxxxxx"));
    assert!(!written("535551234") && !written("142345678"));
    fixture.close();
    assert!(!is_written_anywhere(fixture.folder.path(), b"142345678"));
}

#[test]
fn a_question_is_answered_with_what_was_handed_over_before_it() {
    let fixture = Fixture::new();
    for id in 1..=50 {
        fixture.store().call(&call(id), None);
        let calls = fixture.store().calls(&Query::default()).unwrap();
        assert_eq!(calls.len() as u64, id);
    }
}

#[test]
fn calls_that_went_on_are_there_after_a_restart() {
    let mut fixture = Fixture::new();
    for id in 1..=3 {
        fixture.store().call(&call(id), Some(format!("{{\"call\":{id}}}")));
    }
    fixture.store().call(&Call { attempts: 2, ..call(2) }, None);
    fixture.store().call(&over(&call(3), NOW + SECOND), None);
    fixture.store().call(&call(4), None);
    fixture.reopen();
    let unfinished = fixture.store().unfinished();
    let resumes: Vec<_> = unfinished.iter().map(|call| (call.call.0.id.0, call.resume.as_deref())).collect();
    assert_eq!(resumes, [(1, Some("{\"call\":1}")), (2, Some("{\"call\":2}")), (4, None)]);
    assert_eq!(unfinished[1].call, Stored(masked(&Call { attempts: 2, ..call(2) }, 4)));
    assert_eq!(fixture.store().unfinished(), [], "they are handed out once");
    assert_eq!(fixture.store().last_id(), Some(CallId(4)));
    // What was saved of a call holds masked numbers: written again, it is as it was.
    fixture.store().call(&over(&unfinished[0].call.0, NOW + HOUR), None);
    fixture.reopen();
    assert_eq!(fixture.store().unfinished().len(), 2);
    let first = fixture.expect(4).into_iter().find(|stored| stored.0.id == CallId(1)).unwrap();
    assert_eq!((&*first.0.dialled, first.0.ended), ("90053555xxxx", Some(Timestamp(NOW + HOUR))));
    assert!(
        !is_written_anywhere(fixture.folder.path(), b"\"call\":1"),
        "what is over is not kept to be followed"
    );
}

#[test]
fn an_ended_call_is_never_written_over() {
    let fixture = Fixture::new();
    fixture.store().call(&over(&call(1), NOW + SECOND), None);
    fixture.expect(1);
    fixture.store().call(&Call { destination: "niger".into(), ..call(1) }, Some("{}".into()));
    fixture.store().call(&call(2), None);
    let kept = fixture.expect(2);
    assert_eq!(&*kept[1].0.destination, "cuba");
    let metrics = fixture.metrics();
    for line in [
        "ringfence_store_records_total{result=\"written\"} 2",
        "ringfence_store_records_total{result=\"refused\"} 1",
        "ringfence_store_records_total{result=\"deleted\"} 0",
        "ringfence_store_lost_total 0",
        "ringfence_store_errors_total 0",
        "ringfence_store_calls 2",
        "ringfence_store_bytes ",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[test]
fn blocks_are_there_until_they_are_over() {
    let mut fixture = Fixture::new();
    fixture.store().block(block("+53", Some(NOW + HOUR)));
    fixture.store().block(block("niger", None));
    fixture.store().block(block("192.0.2.7", Some(NOW + HOUR)));
    fixture.store().unblock("192.0.2.7", wall(Timestamp(NOW + SECOND)));
    fixture.store().block(Block { reason: "again".into(), ..block("niger", Some(NOW + DAY)) });
    fixture.reopen();
    let again = Block { reason: "again".into(), ..block("niger", Some(NOW + DAY)) };
    assert_eq!(fixture.store().blocks(), [block("+53", Some(NOW + HOUR)), again.clone()]);
    fixture.set(NOW + HOUR);
    assert_eq!(fixture.store().blocks(), [again]);
    fixture.set(NOW + DAY);
    fixture.reopen();
    assert_eq!(fixture.store().blocks(), []);
}

#[test]
fn a_query_finds_what_it_asks_for_the_newest_first() {
    let fixture = Fixture::new();
    for id in 1..=10 {
        let mut call = call(id);
        call.started = Timestamp(NOW - HOUR * (10 - id));
        call.destination = if id % 2 == 0 { "cuba".into() } else { "niger".into() };
        call.customer = (id % 3 == 0).then(|| "bakery".into());
        call.caller = if id > 5 { "+33142345678".into() } else { "101".into() };
        let call = if id == 1 || id == 10 { call } else { over(&call, NOW) };
        fixture.store().call(&call, None);
    }
    fixture.expect(10);
    let at = |time: u64| Some(wall(Timestamp(time)));
    let all = Query::default;
    for (query, ids) in [
        (all(), &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1][..]),
        (Query { limit: 2, ..all() }, &[10, 9]),
        (Query { active: true, ..all() }, &[10, 1]),
        (Query { since: at(NOW - 2 * HOUR), ..all() }, &[10, 9, 8, 1]),
        (Query { since: at(NOW - 2 * HOUR), limit: 3, ..all() }, &[10, 9, 8]),
        (Query { until: at(NOW - 7 * HOUR), ..all() }, &[2, 1]),
        (Query { since: at(NOW - 8 * HOUR), until: at(NOW - 7 * HOUR), ..all() }, &[2, 1]),
        (Query { destination: Some("cuba".into()), ..all() }, &[10, 8, 6, 4, 2]),
        (Query { customer: Some("bakery".into()), ..all() }, &[9, 6, 3]),
        (Query { caller: Some("101".into()), ..all() }, &[5, 4, 3, 2, 1]),
        (Query { caller: Some("+33142345678".into()), limit: 1, ..all() }, &[10]),
        (Query { destination: Some("' OR 1=1 --".into()), ..all() }, &[]),
        (Query { limit: 0, ..all() }, &[]),
    ] {
        let found: Vec<_> = fixture.store().calls(&query).unwrap().iter().map(|call| call.0.id.0).collect();
        assert_eq!(found, ids, "{query:?}");
    }
}

#[test]
fn only_the_own_user_reads_the_files() {
    let fixture = Fixture::new();
    fixture.store().call(&call(1), None);
    fixture.expect(1);
    let names = ["calls.sqlite", "calls.sqlite-wal", "calls.sqlite-shm"];
    for name in names {
        let mode = fixture.folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let octets: u64 =
        names.map(|name| fixture.folder.path().join(name).metadata().unwrap().len()).iter().sum();
    let status = fixture.store().status();
    assert_eq!((status.calls, status.bytes, status.oldest), (1, octets, Some(wall(call(1).started))));
    assert_eq!((status.problem, status.set_aside, status.file), (None, vec![], fixture.path()));
}

#[test]
fn readers_see_whole_batches_while_the_writer_writes() {
    let fixture = Fixture::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for id in 1..=5000u64 {
                fixture.store().call(&call(id), None);
                if id % 500 == 0 {
                    thread::sleep(Duration::from_millis(100));
                }
            }
        });
        let mut seen = 0;
        let query = Query { limit: usize::MAX, ..Query::default() };
        let mut looks = 0;
        assert!(until(|| {
            let found = fixture.store().calls(&query).unwrap().len();
            assert!(found >= seen, "{found} after {seen}");
            looks += usize::from(found > seen);
            seen = found;
            found == 5000
        }));
        assert!(looks > 1, "the reader only saw the end");
    });
    assert_eq!(fixture.store().status().lost, 0);
}
