//! The arguments of `ringfence report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::asking::State;
use crate::report::Language;

/// `ringfence report`
#[derive(Debug, Args)]
pub struct Report {
    /// Number of the incident, as `ringfence alerts list` shows it, or `last`
    #[arg(value_name = "INCIDENT", value_parser = incident)]
    pub incident: Wanted,
    /// Language of the page; the JSON is the same in every language
    #[arg(long, value_enum, default_value = "en")]
    pub lang: Lang,
    /// Write the page to this file (mode 0600); - is standard output
    #[arg(long, value_name = "FILE", required_unless_present = "json")]
    pub html: Option<PathBuf>,
    /// Write the report as JSON to this file (mode 0600); - is standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
    /// Show whole numbers; the running agent asks for root, and puts it into its journal who asked
    #[arg(long)]
    pub reveal: bool,
    /// The policy's file, where it is no longer where the agent read it
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub agent: State,
}

/// Which incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The newest.
    Last,
    /// That of a number.
    Number(u64),
}

/// Values of `--lang`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Lang {
    Fr,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Fr => Self::French,
            Lang::En => Self::English,
        }
    }
}

fn incident(text: &str) -> Result<Wanted, String> {
    match text.parse() {
        Ok(number) => Ok(Wanted::Number(number)),
        Err(_) if text == "last" => Ok(Wanted::Last),
        Err(_) => Err("write the number of an incident, as `ringfence alerts list` shows it, or last".into()),
    }
}

pub(super) const REPORT_EXAMPLES: &str = "\
Examples:
  sudo ringfence report 17 --lang fr --html incident-17.html      print it from a browser: A4
  sudo ringfence report last --html - > report.html
  sudo ringfence report 17 --html 17.html --json 17.json          the same as data

The file for the operator, the police and the insurer: what happened, what it cost, who was told and when, what can be done
now. Numbers are masked; with --reveal they are whole, and the page says so. docs/REPORT.md describes the page and the JSON; [report] in the policy says who hands it over.
Exit codes: 0; 1 there is no such incident; 2 wrong usage, or a file is there already; 3 the evidence cannot be read, or the file
not be written.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Ok(Arguments::try_parse_from(line.split(' '))?.command)
    }

    #[test]
    fn an_incident_and_a_file_are_asked_for() {
        let Command::Report(report) = parse("ringfence report 17 --lang fr --html -").unwrap() else {
            panic!("no report")
        };
        assert_eq!((report.incident, Language::from(report.lang)), (Wanted::Number(17), Language::French));
        assert!(parse("ringfence report last --json report.json").is_ok());
        for line in
            ["ringfence report 17", "ringfence report --html -", "ringfence report seventeen --html -"]
        {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
