//! The arguments of `ringfence journal`, and their help.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::{Args, Subcommand};

use super::State;
use crate::journal::{Copy, Excerpt};

/// `ringfence journal`
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Look for any change, cut or gap, and compare with copies from outside the host
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Write entries as JSON lines that a third party can verify with public tools
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(Export),
    /// List the newest entries
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
}

/// `ringfence journal verify`
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub agent: State,
    /// An export instead of the journal of this host
    #[arg(long, value_name = "EXPORT", conflicts_with = "state")]
    pub file: Option<PathBuf>,
    /// A copy of a head from outside the host: the number of an entry, a colon and its hash
    #[arg(long, value_name = "SEQ:HASH", value_parser = Copy::parse)]
    pub head: Vec<Copy>,
    /// Messages as a sink delivered them (JSON, one or several in a file): their heads are copies from outside the host
    #[arg(long, value_name = "FILE")]
    pub message: Vec<PathBuf>,
}

/// `ringfence journal export`
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub agent: State,
    /// From the first entry of this time on: RFC 3339 (2026-11-22T18:00:00Z), or so long ago (36h)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<SystemTime>,
    /// To the last entry of this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<SystemTime>,
    /// Only contents of this incident and of the guard itself; the entries between them without their contents, so that
    /// the chain can be verified
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<u64>,
    /// A new file, for its owner alone, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `ringfence journal show`
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub agent: State,
    /// So many entries
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub limit: u64,
}

impl Export {
    /// What to export.
    pub const fn excerpt(&self) -> Excerpt {
        Excerpt { since: self.since, until: self.until, incident: self.incident }
    }
}

fn moment(text: &str) -> Result<SystemTime, String> {
    let ago = |ago: Duration| SystemTime::now().checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::parse_rfc3339_weak(text)
        .or_else(|_| humantime::parse_duration(text).map(ago))
        .map_err(|_| "write a time such as 2026-11-22T18:00:00Z, or how long ago, such as 36h".into())
}

pub(super) const JOURNAL_EXAMPLES: &str = "\
Examples:
  sudo ringfence journal verify
  sudo ringfence journal export --incident 17 --output incident-17.jsonl
  sudo ringfence journal show --limit 50

docs/JOURNAL.md says what is in it, and how anybody verifies an export without Ringfence.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  sudo ringfence journal verify
  ringfence journal verify --file incident-17.jsonl --message mail-attachment.json
  sudo ringfence journal verify --head 4711:9f2c…  (64 hexadecimal digits)

Without a copy from outside the host, nobody can tell a journal whose end was cut off, or that was written anew as a whole,
from a true one: each message carries such a copy.
Exit codes: 0 whole; 1 something is wrong, or a file cannot be read; 3 the host refuses.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  sudo ringfence journal export --output journal.jsonl
  sudo ringfence journal export --since 2026-11-20T00:00:00Z --until 2026-11-23T00:00:00Z > week-end.jsonl
  sudo ringfence journal export --incident 17 --output incident-17.jsonl

Exit codes: 0; 1 there is no such entry, or the file exists; 3 the host refuses.";

const SHOW_EXAMPLES: &str = "\
Examples:
  sudo ringfence journal show
  sudo ringfence journal show --limit 200

Exit codes: 0; 3 the host refuses.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    fn journal(words: &[&str]) -> Result<Journal, i32> {
        let words = ["ringfence", "journal"].iter().chain(words);
        match Arguments::try_parse_from(words).map(|it| it.command) {
            Ok(Command::Journal(journal)) => Ok(journal),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.exit_code()),
        }
    }

    #[test]
    fn copies_are_read_from_the_command_line() {
        let head = format!("7:{}", "a".repeat(64));
        let Ok(Journal::Verify(verify)) =
            journal(&["verify", "--head", &head, "--message", "a", "--message", "b"])
        else {
            panic!("no verify")
        };
        assert_eq!((verify.head[0].head.seq, verify.message.len()), (7, 2));
        assert_eq!(journal(&["verify", "--head", "7:aa"]).err(), Some(2));
        assert_eq!(journal(&["verify", "--file", "a", "--state", "b"]).err(), Some(2));
    }

    #[test]
    fn times_are_moments_or_ages() {
        let Ok(Journal::Export(export)) =
            journal(&["export", "--since", "2026-11-20T00:00:00Z", "--until", "1h", "--incident", "3"])
        else {
            panic!("no export")
        };
        let Excerpt { since, until, incident } = export.excerpt();
        assert!(since < until && until < Some(SystemTime::now()) && incident == Some(3));
        assert_eq!(journal(&["export", "--since", "yesterday"]).err(), Some(2));
    }
}
