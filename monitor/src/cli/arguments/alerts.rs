//! The arguments of `ringfence alerts`, and their help.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::State;
use crate::{control::Acknowledging, incidents::IncidentId};

/// `ringfence alerts`
#[derive(Debug, Subcommand)]
pub enum Alerts {
    /// List incidents: those that go on
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// Show one: its account, what was done, who was told and what they answered
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
    /// Take an incident up: nobody is told again that nobody did, and who it was is on record
    #[command(after_help = ACK_EXAMPLES)]
    Ack(Ack),
    /// Send a test through every sink, and say what came back
    #[command(after_help = TEST_EXAMPLES)]
    Test(Test),
}

/// `ringfence alerts test`
#[derive(Debug, Args)]
pub struct Test {
    /// Only through this sink; may be given several times, and is needed for one that tells customers
    #[arg(long = "sink", value_name = "NAME")]
    pub sinks: Vec<String>,
    /// Try the sinks of this policy from here, before it is put in force; no agent is asked
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub policy: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub agent: State,
}

/// `ringfence alerts list`
#[derive(Debug, Args)]
pub struct List {
    /// Those that are over, too
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub agent: State,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence alerts show`
#[derive(Debug, Args)]
pub struct Show {
    /// Number of the incident
    #[arg(value_name = "INCIDENT")]
    pub incident: u64,
    #[command(flatten)]
    pub agent: State,
    /// Whole numbers in the place of masked ones: the running agent shows them to root, and writes into the journal who asked
    #[arg(long)]
    pub reveal: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence alerts ack`
#[derive(Debug, Args)]
pub struct Ack {
    /// Number of the incident
    #[arg(value_name = "INCIDENT")]
    incident: u64,
    /// What you do about it, for those who read the record later
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    pub agent: State,
}

impl Ack {
    /// What to ask the agent.
    pub fn wanted(&self) -> Acknowledging {
        Acknowledging { incident: IncidentId(self.incident), comment: self.comment.clone() }
    }
}

pub(super) const ALERTS_EXAMPLES: &str = "\
Examples:
  sudo ringfence alerts list                  what goes on
  sudo ringfence alerts show 17               what it came to, who was told, what they answered
  sudo ringfence alerts ack 17 --comment 'PIN of 214 changed, operator called'
  sudo ringfence alerts test                               does everybody hear it?

docs/ALERTS.md says what an incident is. Exit codes: 0; 1 there is no such incident; 3 no agent answers.";

const TEST_EXAMPLES: &str = "\
Examples:
  sudo ringfence alerts test                                 through every sink of the policy in force
  sudo ringfence alerts test --sink noc --sink mail
  sudo ringfence alerts test --policy new-policy.toml --json

Sinks with contacts = true tell customers: they are tried only where --sink names them. A test is on record as a delivery
with test = true, unless --policy is given. Exit codes: 0 every receiver took it; 1 one did not, or there is no such sink;
3 no agent answers.";

const LIST_EXAMPLES: &str = "\
Examples:
  sudo ringfence alerts list
  sudo ringfence alerts list --all --json | jq '.incidents[] | {id, severity, spend: .account.spend}'

Read from the state directory, whether an agent runs or not. A wider terminal shows more columns. Times are UTC.
docs/ALERTS.md describes the JSON. Exit codes: 0, also where there is none; 3 it cannot be read.";

const SHOW_EXAMPLES: &str = "\
Examples:
  sudo ringfence alerts show 17
  sudo ringfence alerts show 17 --json | jq '.told[].to[] | {sink, result, ended}'

  sudo ringfence alerts show 17 --reveal

Read from the state directory, whether an agent runs or not. Numbers are masked but for --reveal. docs/ALERTS.md describes the JSON.
Exit codes: 0; 1 there is no such incident; 3 it cannot be read.";

const ACK_EXAMPLES: &str = "\
Examples:
  sudo ringfence alerts ack 17
  sudo ringfence alerts ack 17 --comment 'PIN of 214 changed, operator called'

The user who asks is on record with the time. Exit codes: 0; 1 there is no such incident; 3 no agent answers.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    #[test]
    fn an_incident_is_taken_up_with_a_comment_or_without() {
        let wanted = |words: &[&str]| match Arguments::try_parse_from(words).map(|it| it.command) {
            Ok(Command::Alerts(Alerts::Ack(ack))) => Ok(ack.wanted()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.exit_code()),
        };
        let plain = Acknowledging { incident: IncidentId(17), comment: None };
        assert_eq!(wanted(&["ringfence", "alerts", "ack", "17"]), Ok(plain.clone()));
        let words = ["ringfence", "alerts", "ack", "17", "--comment", "PIN changed"];
        assert_eq!(wanted(&words), Ok(Acknowledging { comment: Some("PIN changed".into()), ..plain }));
        assert_eq!(wanted(&["ringfence", "alerts", "ack"]), Err(2));
        assert_eq!(wanted(&["ringfence", "alerts", "ack", "all"]), Err(2));
    }
}
