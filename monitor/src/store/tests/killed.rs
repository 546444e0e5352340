//! kill -9: what was handed over a second before is there, and the file is whole.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::mpsc,
};

use rusqlite::Connection;

use super::*;

/// Names the state directory for the process that is killed: this test again, in the other role.
const CHILD: &str = "RINGFENCE_STORE_TO_KILL";

#[test]
fn a_killed_agent_loses_a_second_at_most() {
    if let Some(state) = env::var_os(CHILD) {
        write_until_killed(Path::new(&state));
    }
    for milliseconds in [500, 1500, 2600, 3500] {
        let folder = tempfile::tempdir().unwrap();
        let (sent, killed) = kill_after(folder.path(), Duration::from_millis(milliseconds));
        let file = Connection::open(folder.path().join(FILE)).unwrap();
        let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
        let rows = count("SELECT count(*) FROM calls");
        let last = sent.last().map_or(0, |(id, _)| *id);
        let due = sent.iter().filter(|(_, at)| at + SECOND <= killed).map(|(id, _)| *id).max().unwrap_or(0);
        println!("{last} calls sent, {due} of them a second before the end, {rows} there");
        assert!(last > 10, "the child sent too little to tell: {last}");
        assert!(rows >= due && rows <= last, "{rows} of {due} to {last}");
        assert_eq!(count("SELECT coalesce(max(id), 0) FROM calls"), rows, "there are gaps");
        assert_eq!(count("SELECT count(*) FROM unfinished"), rows, "each can be followed further");
        let state = count("SELECT coalesce(max(CAST(state AS INTEGER)), 0) FROM kept");
        assert!(state == rows || state + 1 == rows, "{state} of {rows}: not of the same transaction");
        drop(file);
        let mut fixture = Fixture::at(folder);
        assert_eq!(fixture.store().unfinished().len() as u64, rows);
        fixture.close();
    }
}

/// What the child handed over and when, microseconds since 1970, and when it was killed: so long after its first record.
fn kill_after(state: &Path, time: Duration) -> (Vec<(u64, u64)>, u64) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::tests::killed::a_killed_agent_loses_a_second_at_most", "--nocapture"])
        .env(CHILD, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (begun, begins) = mpsc::channel();
    let reader = thread::spawn(move || {
        let read = |line: String| {
            let (id, at) = line.strip_prefix("sent ")?.split_once(' ')?;
            let _ = begun.send(());
            Some((id.parse().ok()?, at.parse().ok()?))
        };
        lines.map_while(Result::ok).filter_map(read).collect::<Vec<_>>()
    });
    begins.recv_timeout(Duration::from_secs(60)).unwrap();
    thread::sleep(time);
    let killed = real_micros();
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    (reader.join().unwrap(), killed)
}

fn write_until_killed(state: &Path) -> ! {
    let clock = Clock { wall: Arc::new(wall), now: Arc::new(SystemTime::now) };
    let store = Store::open(state, Privacy::default(), clock, &mut Registry::default());
    let mut output = std::io::stdout().lock();
    for id in 1.. {
        store.call(&Call { started: Timestamp(real_micros()), ..call(id) }, Some("{\"legs\":[]}".into()));
        store.keep(vec![kept("a", Some(&id.to_string()))]);
        writeln!(output, "sent {id} {}", real_micros()).unwrap();
        thread::sleep(Duration::from_micros(500));
    }
    unreachable!("it is killed first")
}

fn real_micros() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64
}
