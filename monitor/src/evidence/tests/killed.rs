//! kill -9 in the middle: what was told is on record, each message arrives at least once and in order.

use std::{
    env,
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use rusqlite::Connection;

use super::*;

/// Names the state directory for the process that is killed: this test again, in the other role.
const CHILD: &str = "RINGFENCE_EVIDENCE_TO_KILL";

#[test]
fn a_killed_agent_delivers_each_message_once_at_least_and_in_order() {
    if let Some(state) = env::var_os(CHILD) {
        tell_until_killed(Path::new(&state));
    }
    let folder = tempfile::tempdir().unwrap();
    for milliseconds in [150, 400, 900] {
        kill_after(folder.path(), Duration::from_millis(milliseconds));
    }
    let file = Connection::open(folder.path().join(FILE)).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let (waiting, messages) = (
        count("SELECT count(*) FROM deliveries WHERE ended IS NULL"),
        count("SELECT count(*) FROM messages"),
    );
    println!("{messages} messages, {waiting} of them to be delivered by the next agent");
    assert!(messages > 10, "the child told too little: {messages}");
    assert_eq!(count("SELECT count(*) FROM journal WHERE kind = 'incident'"), messages);
    drop(file);
    let mut fixture = Fixture::at(folder);
    let rest = Arc::new(Double::to(&["hook"]));
    fixture.ledger().deliver_by(Arc::clone(&rest) as _);
    assert!(until(|| rest.told("hook").len() as u64 == waiting), "{} of {waiting}", rest.told("hook").len());
    let mut arrived = arrived(fixture.folder.path());
    arrived.extend(rest.told("hook"));
    arrived.dedup();
    assert_eq!(
        arrived,
        (1..=messages).collect::<Vec<_>>(),
        "a message may come again, and no other comes between"
    );
    fixture.close();
    let archive = Archive::open(fixture.folder.path()).unwrap();
    let mut rows = Vec::new();
    archive
        .journal(1, |row| {
            rows.push(row);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let verified = journal::verify(rows, []);
    assert_eq!((verified.faults, verified.head), (0, archive.head().unwrap()), "{:?}", verified.found);
}

/// What the receiver of all children took, in its order.
fn arrived(state: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(state.join("arrived")).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn kill_after(state: &Path, time: Duration) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "evidence::tests::killed::a_killed_agent_delivers_each_message_once_at_least_and_in_order",
        ])
        .arg("--nocapture")
        .env(CHILD, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == BEGUN));
    thread::sleep(time);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
}

const BEGUN: &str = "begun";

/// A receiver that writes down what it takes, as a host outside would.
struct Outside(Mutex<std::fs::File>);

impl Deliver for Outside {
    fn addresses(&self, _: &Incident, _: News) -> Vec<Address> {
        vec![address("hook")]
    }

    fn deliver<'a>(
        &'a self,
        _: &'a Address,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>> {
        writeln!(self.0.lock().unwrap(), "{}", message.incident.id.0).unwrap();
        Box::pin(async { Ok(Receipt { answer: "HTTP 200".into(), to: "outside".into() }) })
    }
}

fn tell_until_killed(state: &Path) -> ! {
    let ledger = Ledger::open(state, Setting::of_this_host(), &mut Registry::default());
    let file = OpenOptions::new().create(true).append(true).open(state.join("arrived")).unwrap();
    ledger.deliver_by(Arc::new(Outside(Mutex::new(file))));
    println!("{BEGUN}");
    let first = ledger.last_incident().map_or(1, |last| last.0 + 1);
    for id in first.. {
        ledger.tell(opened(id));
        thread::sleep(Duration::from_millis(2));
    }
    unreachable!("it is killed first")
}
