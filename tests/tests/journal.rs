//! The journal's recipe in the hands of a third party: the two programs of docs/journal say of an export what Ringfence
//! says of it, of a whole one and of every one that somebody changed.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use monitor::{
    evidence::{Archive, FILE, Ledger, Setting},
    incidents::Head,
    journal::{self, Copy, Entry, EntryKind, Excerpt, Export, Row, verify},
};
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use serde_json::json;

#[test]
fn third_parties_find_what_ringfence_finds() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (rows, excerpt) = exports(folder.path())?;
    let head = head_of(&rows)?;
    judged(folder.path(), "whole", &rows, &head, true)?;
    judged(folder.path(), "excerpt", &excerpt, &head_of(&excerpt)?, true)?;
    for (name, change) in CHANGES {
        let mut changed = rows.clone();
        change(&mut changed);
        ensure!(changed != rows, "{name}: nothing changed");
        judged(folder.path(), name, &changed, &head, false)?;
    }
    Ok(())
}

#[test]
fn a_deleted_number_cannot_be_found_by_trying() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (rows, _) = exports(folder.path())?;
    let (deleted, kept) = (&rows[2], &rows[10]);
    // Whoever has salt and commitment finds a number by trying all of its range; without the salt nothing agrees.
    let guess = |row: &Row, salt: &str| {
        (0..10_000).find(|last| {
            let content = content(row.seq, &format!("+1345949{last:04}")).to_string();
            commitment(salt, &content) == row.commitment
        })
    };
    let salt = kept.salt.as_deref().context("it is kept")?;
    ensure!(guess(kept, salt) == Some(kept.seq), "with its salt a number can be found: that is why it goes");
    ensure!(deleted.salt.is_none() && deleted.content.is_none(), "{deleted:?}");
    for salt in ["", &"0".repeat(64), salt, &deleted.hash] {
        ensure!(guess(deleted, salt).is_none(), "found with {salt}");
    }
    let file = fs::read(folder.path().join(FILE))?;
    let is_in_file = |text: &str| file.windows(text.len()).any(|octets| octets == text.as_bytes());
    ensure!(is_in_file(salt), "what is kept is in the file");
    ensure!(!is_in_file("+13459490003"), "what was deleted is in the file still");
    Ok(())
}

type Change = fn(&mut Vec<Row>);

/// What somebody may do to an export, or to the file before it.
const CHANGES: [(&str, Change); 14] = [
    ("another time", |rows| rows[20].time.replace_range(0..4, "2025")),
    ("another kind", |rows| rows[20].kind = "clock".into()),
    ("another content", |rows| rows[20].content = Some(content(21, "+13459499999").to_string())),
    ("another salt", |rows| rows[20].salt = rows[21].salt.clone()),
    ("another commitment", |rows| rows[20].commitment = rows[21].commitment.clone()),
    ("another hash", |rows| rows[20].hash = rows[21].hash.clone()),
    ("content and commitment of another", |rows| {
        let Row { salt, content, commitment, .. } = rows[21].clone();
        rows[20] = Row { salt, content, commitment, ..rows[20].clone() };
    }),
    ("a cut beginning", |rows| drop(rows.drain(..3))),
    ("a cut end", |rows| rows.truncate(25)),
    ("an entry taken out", |rows| drop(rows.remove(20))),
    ("two swapped", |rows| rows.swap(20, 21)),
    ("one twice", |rows| rows.insert(21, rows[20].clone())),
    ("a content without a retention", |rows| (rows[20].salt, rows[20].content) = (None, None)),
    ("a forged retention", |rows| {
        (rows[20].salt, rows[20].content) = (None, None);
        let retention = rows.iter_mut().find(|row| row.kind == "retention").expect("there is one");
        retention.content = Some(
            json!({ "from": 1, "to": 22, "deleted": 22, "before": "2026-06-30T00:00:00.000Z" }).to_string(),
        );
    }),
];

/// The whole journal of a state directory, of which the first contents were deleted, and an excerpt of it.
fn exports(state: &Path) -> Result<(Vec<Row>, Vec<Row>)> {
    let setting = Setting { host: "pbx".into(), ..Setting::of_this_host() };
    let ledger = Ledger::open(state, setting, &mut Registry::default());
    for seq in 1..28 {
        let content = content(seq, &format!("+1345949{seq:04}"));
        ledger.record(Entry { kind: EntryKind::Alert, time: june() + DAY * u32::try_from(seq)?, content });
    }
    ledger.finish();
    let mut connection = Connection::open(state.join(FILE))?;
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction()?;
    let pruned = journal::prune(&transaction, june() + DAY * 8, june() + DAY * 60)?;
    transaction.commit()?;
    ensure!(pruned.is_some_and(|(pruned, _)| (pruned.from, pruned.to) == (1, 7)), "other entries were due");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(connection);
    let archive = Archive::open(state)?;
    let excerpt = Excerpt { incident: Some(2), since: Some(june() + DAY * 15), ..Excerpt::default() };
    Ok((export(&archive, &Excerpt::default())?, export(&archive, &excerpt)?))
}

fn export(archive: &Archive, excerpt: &Excerpt) -> Result<Vec<Row>> {
    let export = Export::of(archive.connection(), excerpt)?.context("there are entries")?;
    let mut lines = Vec::new();
    archive.journal(export.from, |row| {
        if row.seq > export.to {
            return ControlFlow::Break(());
        }
        lines.push(export.line(row));
        ControlFlow::Continue(())
    })?;
    lines.iter().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Every kind of letter that a shell or a reader of JSON may stumble over.
fn content(seq: u64, number: &str) -> serde_json::Value {
    json!({ "incident": seq % 3, "number": number, "text": "a\\n\n\t\"$(id)'`%s é\u{2028}\u{0} -\u{1f4de}" })
}

fn head_of(rows: &[Row]) -> Result<Head> {
    let last = rows.last().context("there are entries")?;
    Ok(Head { seq: last.seq, hash: last.hash.clone() })
}

/// All three must say the same.
fn judged(folder: &Path, name: &str, rows: &[Row], head: &Head, is_whole: bool) -> Result<()> {
    let copy = Copy { head: head.clone(), from: "a message".into() };
    let verified = verify(rows.to_vec(), [copy]);
    ensure!(verified.is_whole() == is_whole, "{name}: Ringfence says {:?}", verified.found);
    let path = folder.join("export.jsonl");
    let lines: Result<Vec<_>, _> = rows.iter().map(serde_json::to_string).collect();
    fs::write(&path, lines?.join("\n") + "\n")?;
    for program in [["python3", "verify.py"], ["sh", "verify.sh"]] {
        let copy = format!("{}:{}", head.seq, head.hash);
        let output = Command::new(program[0]).arg(public().join(program[1])).arg(&path).arg(&copy).output();
        let output = output.with_context(|| format!("no {}", program[0]))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let expected = format!("whole: {} entries, head {copy}\n", rows.len());
        let agrees =
            if is_whole { said == expected } else { said.contains("entry") || said.contains("message") };
        let code = output.status.code();
        let fault = String::from_utf8_lossy(&output.stderr);
        ensure!(
            agrees && code == Some(i32::from(!is_whole)),
            "{name}: {} says {said}{fault} ({code:?})",
            program[1]
        );
    }
    Ok(())
}

fn commitment(salt: &str, content: &str) -> String {
    use sha2::{Digest, Sha256};
    format!("{:x}", Sha256::digest(format!("{salt}\n{content}")))
}

fn public() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/journal")
}

/// 2026-06-01.
fn june() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_272_000)
}

const DAY: Duration = Duration::from_secs(86_400);
