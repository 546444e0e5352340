//! A file of the state directory: opening it, telling what is wrong with it, and setting it aside.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use rusqlite_migration::{Migrations, SchemaVersion};

/// What tells one kind of file from another.
#[derive(Debug)]
pub struct Tables {
    /// Every step from an empty file to the newest tables.
    pub migrations: Migrations<'static>,
    /// What the writer says to it: a file that takes them has the tables it should have.
    pub statements: &'static [&'static str],
    /// Whether a transaction is on the disk when it is done, at the cost of a flush each.
    pub is_flushed: bool,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is no file of this kind, or a broken one: set it aside under this name.
    Unusable(&'static str, String),
    /// The host does not let the agent use it now.
    Host(String),
}

/// Opens the file, makes it where it is missing, and brings its tables to this version.
pub(crate) fn open(path: &Path, tables: &Tables) -> Result<Connection, Fault> {
    if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
        return Err(Fault::Unusable(DAMAGED, "it is no file".to_owned()));
    }
    make_private(path).map_err(|error| Fault::Host(error.to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    match tables.migrations.current_version(&connection).map_err(migration)? {
        SchemaVersion::Outside(version) => {
            return Err(Fault::Unusable(NEWER, format!("it has version {version}, of a newer Ringfence")));
        }
        // Only a file without tables takes this.
        SchemaVersion::NoneSet => connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?,
        SchemaVersion::Inside(_) => (),
    }
    settle(&connection, tables)?;
    tables.migrations.to_latest(&mut connection).map_err(migration)?;
    for statement in tables.statements {
        connection.prepare_cached(statement).map_err(|error| Fault::Unusable(DAMAGED, error.to_string()))?;
    }
    Ok(connection)
}

/// Opens the file for readers, beside the writer.
pub(crate) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    leave_as_it_is(&connection);
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Opens a file that nobody writes where nothing can be written beside it: a copy on a read-only medium, a full disk.
/// What stands in a write-ahead log beside it is not seen.
pub(crate) fn open_as_it_is(path: &Path) -> rusqlite::Result<Connection> {
    let name = utf8_percent_encode(&path.to_string_lossy(), NOT_IN_A_PATH).to_string();
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Puts a file out of the way, with its write-ahead log, so that somebody may look at it. Returns its new name.
pub(crate) fn set_aside(path: &Path, why: &str, now: SystemTime) -> io::Result<PathBuf> {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let moment = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let moment = moment.to_string().replace([':', '-'], "");
    let name = |turn: u32| {
        let turn = if turn == 0 { String::new() } else { format!(".{turn}") };
        with_suffix(path, &format!(".{why}-{moment}{turn}"))
    };
    let target = (0..).map(name).find(|name| name.symlink_metadata().is_err());
    let target = target.unwrap_or_else(|| name(0));
    fs::rename(path, &target)?;
    let log = with_suffix(path, "-wal");
    if log.exists() {
        fs::rename(&log, with_suffix(&target, "-wal"))?;
    }
    remove(&with_suffix(path, "-shm")).map(|()| target)
}

/// What was set aside and is there still, the newest first.
pub(crate) fn set_aside_files(path: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let begins = [DAMAGED, NEWER].map(|why| format!("{name}.{why}-"));
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<_> = entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            begins.iter().any(|begin| name.starts_with(begin)) && !name.ends_with("-wal")
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.reverse();
    files
}

/// Deletes what was set aside and last written before `cutoff`, and all but the newest [`MOST_SET_ASIDE`].
pub(crate) fn prune(path: &Path, cutoff: SystemTime) {
    for (place, file) in set_aside_files(path).into_iter().enumerate() {
        let Ok(facts) = file.symlink_metadata() else { continue };
        let is_old = facts.modified().is_ok_and(|written| written < cutoff);
        if !facts.is_file() || !(is_old || place >= MOST_SET_ASIDE) {
            continue;
        }
        let name = file.display();
        match fs::remove_file(&file).and_then(|()| remove(&with_suffix(&file, "-wal"))) {
            Ok(()) => tracing::info!(file = %name, "deleted what was set aside: its time is over"),
            Err(error) => tracing::warn!(file = %name, %error, "what was set aside cannot be deleted"),
        }
    }
}

/// Octets of the file and of what lies beside it.
pub(crate) fn octets(path: &Path) -> u64 {
    let of = |suffix: &&str| with_suffix(path, suffix).metadata().map_or(0, |facts| facts.len());
    ["", "-wal", "-shm"].iter().map(of).sum()
}

/// Tells the file from another one that takes its name.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|facts| (facts.dev(), facts.ino()))
}

/// Whether an error says that the file itself is broken.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Lets the end of a connection write nothing: its names may be another file's by then.
pub(crate) fn leave_as_it_is(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::debug!(%error, "a connection keeps its way of closing");
    }
}

/// What went wrong, and what to do about it.
pub(crate) fn advice(error: &rusqlite::Error, path: &Path) -> String {
    let folder = path.parent().unwrap_or(path).display();
    let todo = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => format!("free some space in {folder}"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("end the other program that holds {}", path.display())
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            format!("let the agent's user write in {folder}")
        }
        _ => format!("look at the disk of {folder}"),
    };
    format!("{error}; {todo}")
}

/// Removes a file that may be missing.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(MODE).open(path)?;
    if file.metadata()?.mode() & 0o777 != MODE {
        file.set_permissions(Permissions::from_mode(MODE))?;
    }
    Ok(())
}

/// Takes the write-ahead log over into the file and empties it: what was deleted is still in there.
pub(crate) fn close_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Gives some empty pages back; whether there are more.
pub(crate) fn shrink(connection: &Connection) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(SHRINK)?;
    let mut rows = statement.query([])?;
    // It gives back one page a step.
    while rows.next()?.is_some() {}
    drop(rows);
    let left: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    Ok(left > 0)
}

fn settle(connection: &Connection, tables: &Tables) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "the file system takes no write-ahead log: writing is slower");
    }
    connection.pragma_update(None, "synchronous", if tables.is_flushed { "FULL" } else { "NORMAL" })?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES_OF_THE_LOG)?;
    connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) {
            Self::Unusable(DAMAGED, error.to_string())
        } else {
            Self::Host(error.to_string())
        }
    }
}

fn migration(error: rusqlite_migration::Error) -> Fault {
    match error {
        rusqlite_migration::Error::RusqliteError { err, .. } if !is_schema_error(&err) => err.into(),
        other => Fault::Unusable(DAMAGED, other.to_string()),
    }
}

/// A statement that fails on its own: the file has tables that no version of ours made.
fn is_schema_error(error: &rusqlite::Error) -> bool {
    !matches!(error.sqlite_error_code(), Some(code) if code != ErrorCode::Unknown)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// What means something in a URI.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');
/// The word in the name of a broken file.
pub(crate) const DAMAGED: &str = "damaged";
/// The word in the name of a file that a newer version wrote.
pub(crate) const NEWER: &str = "newer";
/// Only the agent's own user reads records of calls and evidence.
const MODE: u32 = 0o600;
/// How long a statement waits for another connection.
const PATIENCE: Duration = Duration::from_secs(1);
/// Statements that stay prepared.
const STATEMENTS: usize = 32;
/// Pages of 4 KiB in the write-ahead log from which on it is taken over into the file: each time costs two flushes of
/// the disk.
const PAGES_OF_THE_LOG: i64 = 4096;
/// Octets of the write-ahead log that stay on the disk after it was taken over.
const LARGEST_LOG: i64 = 16 << 20;
/// Files that were set aside and stay.
const MOST_SET_ASIDE: usize = 8;
const SHRINK: &str = "PRAGMA incremental_vacuum(256)";
