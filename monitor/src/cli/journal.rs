//! `ringfence journal`: reads the file of the evidence directly, beside a running agent or without one.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    ops::ControlFlow,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{
    HOST, INPUT, arguments,
    table::{self, Column, Kind, terminal_width},
};
use crate::{
    evidence::Archive,
    journal::{Copy, Export, Row, Verified, Verifier, copies},
};

pub(super) fn journal(command: &arguments::Journal) -> ExitCode {
    let done = match command {
        arguments::Journal::Verify(arguments) => verify(arguments),
        arguments::Journal::Export(arguments) => export(arguments),
        arguments::Journal::Show(arguments) => show(arguments),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("{}", failure.why);
        ExitCode::from(failure.code)
    })
}

/// Why nothing came of it.
struct Failure {
    code: u8,
    why: String,
}

impl Failure {
    fn host(why: impl ToString) -> Self {
        Self { code: HOST, why: why.to_string() }
    }

    fn input(why: impl ToString) -> Self {
        Self { code: INPUT, why: why.to_string() }
    }
}

fn verify(arguments: &arguments::journal::Verify) -> Result<ExitCode, Failure> {
    let mut outside = arguments.head.clone();
    for path in &arguments.message {
        outside.extend(messages(path)?);
    }
    let mut verifier = Verifier::new(outside);
    match &arguments.file {
        Some(file) => of_export(file, &mut verifier)?,
        None => of_host(&arguments.agent.state, &mut verifier)?,
    }
    let verified = verifier.finish();
    print(&told(&verified))?;
    Ok(if verified.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(INPUT) })
}

fn messages(path: &Path) -> Result<Vec<Copy>, Failure> {
    let name = path.display().to_string();
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_MESSAGES).read_to_end(&mut text));
    read.map_err(|error| Failure::input(format!("{name}: {error}")))?;
    copies(&text, &name).map_err(Failure::input)
}

fn of_host(state: &Path, verifier: &mut Verifier) -> Result<(), Failure> {
    let archive = Archive::open(state).map_err(Failure::host)?;
    let last = archive.head().map_err(Failure::host)?.map_or(0, |head| head.seq);
    let bar = bar(last, "{bar:32} entry {pos} of {len}, {eta} left");
    let read = archive.journal(0, |row| {
        verifier.take(&row);
        if row.seq.is_multiple_of(ENTRIES_BETWEEN) {
            bar.set_position(row.seq);
        }
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    read.map_err(Failure::host)
}

fn of_export(path: &Path, verifier: &mut Verifier) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::input(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let size = file.metadata().map_or(0, |facts| facts.len());
    let bar = bar(size, "{bar:32} {bytes} of {total_bytes}, {eta} left");
    let (mut reader, mut line, mut octets) = (BufReader::new(file), Vec::new(), 0);
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(cannot)?;
        if read == 0 {
            break;
        }
        match serde_json::from_slice::<Row>(&line) {
            Ok(row) => verifier.take(&row),
            Err(error) => verifier.unreadable(error.to_string()),
        }
        octets += read as u64;
        bar.set_position(octets);
    }
    bar.finish_and_clear();
    if octets == 0 {
        Err(Failure::input(format!("{}: there is no entry in it", path.display())))
    } else {
        Ok(())
    }
}

/// What is said of a journal that was looked at.
fn told(verified: &Verified) -> String {
    let mut lines = Vec::new();
    let entries = counted(verified.entries, "entry", "entries");
    match (&verified.first, &verified.head, verified.is_whole()) {
        (Some(first), Some(head), true) => {
            let time = verified.time.as_deref().unwrap_or_default();
            lines.push(format!("whole: {entries}, {first} to {}, the newest of {time}", head.seq));
        }
        (_, _, true) => lines.push("there is no entry: nothing to verify".into()),
        (_, _, false) => {
            lines.push(format!("NOT whole: {} in {entries}", counted(verified.faults, "fault", "faults")));
        }
    }
    lines.extend(verified.found.iter().map(|found| format!("  {found}")));
    let untold = verified.faults - verified.found.len() as u64;
    if untold > 0 {
        lines.push(format!("  and {untold} more"));
    }
    if let Some(head) = &verified.head {
        lines.push(format!("head: {}:{}", head.seq, head.hash));
    }
    lines.extend(notes(verified).into_iter().map(|note| format!("note: {note}")));
    lines.join("\n") + "\n"
}

fn notes(verified: &Verified) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(first) = verified.first.filter(|first| *first > 1) {
        notes.push(format!("this is an excerpt: entries before {first} are not in it"));
    }
    if verified.deleted > 0 {
        let contents = counted(verified.deleted, "content was", "contents were");
        notes.push(format!("{contents} deleted because the time was over; retention entries say which"));
    }
    if verified.withheld > 0 {
        let contents = counted(verified.withheld, "content is", "contents are");
        notes.push(format!("{contents} not shown in this export; their entries are there"));
    }
    for seq in &verified.unclean_starts {
        notes.push(format!(
            "entry {seq}: the agent started, and nothing says how it ended before: it was killed, or the host lost its power"
        ));
    }
    if verified.times_back > 0 {
        let times = counted(verified.times_back, "entry is", "entries are");
        notes.push(format!("{times} earlier by the clock than the one before: look at the `clock` entries"));
    }
    notes.push(if verified.copies > 0 {
        let copies = counted(verified.copies, "copy", "copies");
        format!("agrees with {copies} from outside the host")
    } else {
        "no copy from outside the host was compared (--head, --message): without one, a cut end and a journal that was \
         written anew as a whole are not found"
            .into()
    });
    notes
}

fn export(arguments: &arguments::journal::Export) -> Result<ExitCode, Failure> {
    let archive = Archive::open(&arguments.agent.state).map_err(Failure::host)?;
    let export = Export::of(archive.connection(), &arguments.excerpt());
    let export = export.map_err(|error| Failure::host(archive.unreadable(&error)))?;
    let Some(export) = export else { return Err(Failure::input("the journal has no such entry")) };
    let mut output: Box<dyn Write> = match &arguments.output {
        None => Box::new(BufWriter::new(io::stdout().lock())),
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            Box::new(BufWriter::new(
                file.map_err(|error| Failure::input(format!("{}: {error}", path.display())))?,
            ))
        }
    };
    let bar = bar(export.to - export.from + 1, "{bar:32} entry {pos} of {len}, {eta} left");
    let (mut written, mut last) = (Ok(()), None);
    let read = archive.journal(export.from, |row| {
        if row.seq > export.to {
            return ControlFlow::Break(());
        }
        if row.seq.is_multiple_of(ENTRIES_BETWEEN) {
            bar.set_position(row.seq - export.from);
        }
        last = Some((row.seq, row.hash.clone()));
        written = output.write_all(export.line(row).as_bytes());
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    bar.finish_and_clear();
    read.map_err(Failure::host)?;
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
        Err(error) => return Err(Failure::host(format!("the export cannot be written: {error}"))),
        Ok(()) => (),
    }
    if let Some((seq, hash)) = last {
        eprintln!("exported: entries {} to {seq}; head: {seq}:{hash}", export.from);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(arguments: &arguments::journal::Show) -> Result<ExitCode, Failure> {
    let archive = Archive::open(&arguments.agent.state).map_err(Failure::host)?;
    let last = archive.head().map_err(Failure::host)?.map_or(0, |head| head.seq);
    let mut rows = Vec::new();
    let read = archive.journal(last.saturating_sub(arguments.limit - 1), |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    read.map_err(Failure::host)?;
    print(&(table::render(&COLUMNS, COLUMNS.len(), &rows, terminal_width()) + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn content(row: &Row) -> String {
    row.content.clone().unwrap_or_else(|| "(deleted: its time is over)".into())
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::host(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Drawn only where standard error is a terminal.
fn bar(length: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

const COLUMNS: [Column<Row>; 4] = [
    Column { name: "entry", cell: |row| row.seq.to_string(), kind: Kind::Amount },
    Column { name: "time", cell: |row| row.time.clone(), kind: Kind::Whole },
    Column { name: "kind", cell: |row| row.kind.clone(), kind: Kind::Whole },
    Column { name: "content", cell: content, kind: Kind::Elastic },
];
/// Entries after which the bar moves.
const ENTRIES_BETWEEN: u64 = 1024;
/// Octets of a line of an export; the longest content is an incident with its account.
const LONGEST_LINE: u64 = 16 << 20;
/// Octets of a file of messages.
const LARGEST_MESSAGES: u64 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_first_and_what_was_not_compared_is_said_too() {
        let mut verifier = Verifier::default();
        verifier.unreadable("no JSON".into());
        let text = told(&verifier.finish());
        assert!(
            text.starts_with(
                "NOT whole: 1 fault in 0 entries\n  after entry 0: a line that is no entry: no JSON\n"
            ),
            "{text}"
        );
        let empty = told(&Verifier::default().finish());
        assert!(
            empty.starts_with("there is no entry: nothing to verify\nnote: no copy from outside"),
            "{empty}"
        );
        let many = Verified { faults: 150, ..Verified::default() };
        assert!(told(&many).contains("and 150 more"));
    }
}
