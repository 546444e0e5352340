//! The arguments of the commands that ask the running agent, and their help.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::control::{BlockWanted, CallsWanted, LimitsWanted, MOST_CALLS};

/// `ringfence reload`
#[derive(Debug, Args)]
pub struct Reload {
    /// Go back to the policy from before unless `ringfence confirm` comes within this time, such as 5m or 90s: nobody
    /// locks himself out
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub confirm: Option<Duration>,
    #[command(flatten)]
    pub agent: State,
}

/// Which agent: what every command here has; all that `ringfence confirm` and `ringfence top` have.
#[derive(Debug, Args)]
pub struct State {
    /// State directory of the agent
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    pub state: PathBuf,
}

/// `ringfence status`
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub agent: State,
    /// Where guards are pinned: one that stands without its agent is told
    #[arg(long, value_name = "DIR", default_value = super::PINS)]
    pub pins: PathBuf,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence calls`
#[derive(Debug, Args)]
pub struct Calls {
    /// Only calls that go on
    #[arg(long, conflicts_with = "since")]
    active: bool,
    /// Only calls that began within this time, such as 2h or 3days, or that go on
    #[arg(long, value_name = "TIME", value_parser = duration)]
    since: Option<Duration>,
    /// Only calls to this destination: a name of the policy, or a country's ISO code
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    /// Only calls of this customer
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// At most so many calls, the newest first; without it 100, with --json 10,000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_CALLS as i64))]
    limit: Option<u32>,
    #[command(flatten)]
    pub agent: State,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence limits`
#[derive(Debug, Args)]
pub struct Limits {
    /// Only this limit, with the keys that have the highest counts
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Take the counts of this limit back, as if nothing had happened: those of every key, or of the one whose token
    /// follows
    #[arg(long, value_name = "TOKEN", num_args = 0..=1, requires = "name")]
    reset: Option<Option<String>>,
    #[command(flatten)]
    pub agent: State,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence block`
#[derive(Debug, Args)]
pub struct Block {
    /// A destination of the policy or a country's ISO code (cuba, NE), the first E.164 digits of numbers (+53), an
    /// address or network that calls come from (192.0.2.66, 198.51.100.0/24), a whole country (country:NE),
    /// all:international or all:everything
    #[arg(value_name = "TARGET")]
    target: String,
    /// How long, such as 90s, 1h or 2days; without it, until `ringfence unblock`
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    lasts: Option<Duration>,
    /// Until a schedule of the policy begins next, such as open
    #[arg(long, value_name = "SCHEDULE", conflicts_with = "lasts")]
    until: Option<String>,
    /// Why, for whoever looks at `ringfence status` later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    pub agent: State,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// `ringfence unblock`
#[derive(Debug, Args)]
pub struct Unblock {
    /// What is blocked, as `ringfence status` shows it
    #[arg(value_name = "TARGET")]
    pub target: String,
    #[command(flatten)]
    pub agent: State,
}

impl Calls {
    /// What to ask the agent.
    pub fn wanted(&self) -> CallsWanted {
        let rows = if self.json { MOST_CALLS } else { ROWS };
        CallsWanted {
            active: self.active,
            since_seconds: self.since.map(|time| time.as_secs()),
            destination: self.destination.clone(),
            customer: self.customer.clone(),
            limit: Some(self.limit.map_or(rows, |limit| limit as usize)),
        }
    }
}

impl Limits {
    /// What to ask the agent.
    pub fn wanted(&self) -> LimitsWanted {
        LimitsWanted { limit: self.name.clone(), reset: self.reset(), key: self.reset.clone().flatten() }
    }

    /// Whether counts are to be taken back.
    pub const fn reset(&self) -> bool {
        self.reset.is_some()
    }
}

impl Block {
    /// What to ask the agent.
    pub fn wanted(&self) -> BlockWanted {
        BlockWanted {
            target: self.target.clone(),
            seconds: self.lasts.map(|time| time.as_secs()),
            until: self.until.clone(),
            reason: self.reason.clone(),
        }
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.as_secs() >= 1 => Ok(duration),
        Ok(_) => Err("at least one second".into()),
        Err(error) => Err(format!("{error}; write 90s, 5m or 1h")),
    }
}

/// Calls that a table shows where nobody says how many.
const ROWS: usize = 100;

pub(super) const RELOAD_EXAMPLES: &str = "\
Examples:
  sudo ringfence reload                  read the policy file again
  sudo ringfence reload --confirm 5m     and go back in five minutes ...
  sudo ringfence confirm                 ... unless this comes first";

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  sudo ringfence status
  sudo ringfence status --json | jq '.blocks[] | {target, until, reason}'

docs/CALLS.md describes the JSON. Exit codes: 0; 3 no agent answers.";

pub(super) const CALLS_EXAMPLES: &str = "\
Examples:
  sudo ringfence calls                                 the newest
  sudo ringfence calls --active                        those that go on
  sudo ringfence calls --since 2h --destination cuba   what was tried, and what became of it
  sudo ringfence calls --since 30days --customer 'Dupont SARL' --json > calls.json

Times are UTC. A wider terminal shows more columns, and a pipe all of them. docs/CALLS.md describes the JSON.
Exit codes: 0, also where no call matches; 1 the agent refuses; 3 no agent answers.";

pub(super) const LIMITS_EXAMPLES: &str = "\
Examples:
  sudo ringfence limits                        how much of each limit is used
  sudo ringfence limits night-abroad           and for whom: the ten highest counts
  sudo ringfence limits night-abroad --reset   begin to count anew; what is blocked stays blocked
  sudo ringfence limits --json | jq '.limits[] | {name, used_ratio}'

`ringfence unblock` of what a limit blocked takes its count back as well. docs/LIMITS.md describes limits and the JSON.
Exit codes: 0; 1 there is no such limit; 3 no agent answers.";

pub(super) const BLOCK_EXAMPLES: &str = "\
Examples:
  sudo ringfence block cuba --for 1h --reason 'voicemail of 214 was cracked'
  sudo ringfence block NE                      every number of Niger that the policy names no other way
  sudo ringfence block +2278 --for 2days       numbers by their first digits, whatever the policy calls them
  sudo ringfence block 192.0.2.66              a phone, or a stranger: whatever it dials
  sudo ringfence block country:NE              every number of Niger, whatever the policy calls it
  sudo ringfence block international           all that is abroad; everything: all but emergency calls

It holds at once, over restarts of the agent, and ends by itself; to block again changes reason and end. Calls that go
on are not ended. Emergency calls always pass, incoming calls are not judged by their source, and under +PREFIX a longer
prefix that the policy allows stays open. What should hold for good belongs into the policy.
Exit codes: 0; 1 there is no such target, or it must not be blocked; 3 no agent answers.";

pub(super) const TOP_EXAMPLES: &str = "\
Example:
  sudo ringfence top                     ? shows the keys, q quits

Without a terminal, use `ringfence calls --json`. NO_COLOR turns colours off.
Exit codes: 0; 2 no terminal; 3 no agent.";

pub(super) const UNBLOCK_EXAMPLES: &str = "\
Examples:
  sudo ringfence unblock cuba
  sudo ringfence unblock 192.0.2.66

Exit codes: 0; 1 it is not blocked (says what is); 3 no agent answers.";

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::{Arguments, Command};

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Ok(Arguments::try_parse_from(line.split(' '))?.command)
    }

    fn calls(line: &str) -> CallsWanted {
        match parse(line).unwrap() {
            Command::Calls(calls) => calls.wanted(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_trial_has_a_length() {
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(duration("0s").is_err());
        assert!(duration("soon").unwrap_err().contains("5m"));
    }

    #[test]
    fn calls_are_asked_for_as_the_arguments_say() {
        let any = CallsWanted { limit: Some(100), ..CallsWanted::default() };
        assert_eq!(calls("ringfence calls"), any);
        assert_eq!(calls("ringfence calls --json").limit, Some(MOST_CALLS));
        assert_eq!(calls("ringfence calls --json --limit 7").limit, Some(7));
        assert_eq!(calls("ringfence calls --active"), CallsWanted { active: true, ..any.clone() });
        assert_eq!(calls("ringfence calls --since 2h").since_seconds, Some(7200));
        let named = calls("ringfence calls --destination cuba --customer Dupont");
        assert_eq!((named.destination.as_deref(), named.customer.as_deref()), (Some("cuba"), Some("Dupont")));
    }

    #[test]
    fn limits_are_asked_for_as_the_arguments_say() {
        let limits = |line| match parse(line).unwrap() {
            Command::Limits(limits) => limits.wanted(),
            other => panic!("{other:?}"),
        };
        let night = LimitsWanted { limit: Some("night".into()), ..LimitsWanted::default() };
        assert_eq!(limits("ringfence limits"), LimitsWanted::default());
        assert_eq!(limits("ringfence limits night"), night);
        assert_eq!(limits("ringfence limits night --reset"), LimitsWanted { reset: true, ..night.clone() });
        let one = LimitsWanted { reset: true, key: Some("00ff".into()), ..night };
        assert_eq!(limits("ringfence limits night --reset 00ff"), one);
        assert_eq!(parse("ringfence limits --reset").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_block_is_asked_for_as_the_arguments_say() {
        let Command::Block(block) = parse("ringfence block +53 --for 1h --reason night").unwrap() else {
            panic!("no block")
        };
        let wanted = BlockWanted {
            target: "+53".into(),
            seconds: Some(3600),
            reason: Some("night".into()),
            until: None,
        };
        assert_eq!(block.wanted(), wanted);
        let Command::Block(block) = parse("ringfence block NE --until open").unwrap() else {
            panic!("no block")
        };
        assert_eq!((block.wanted().seconds, block.wanted().until), (None, Some("open".to_owned())));
        assert_eq!(block.agent.state, PathBuf::from("/var/lib/ringfence"));
    }

    #[test]
    fn wrong_usage_is_told() {
        for line in [
            "ringfence block",
            "ringfence block cuba --for soon",
            "ringfence block cuba --for 0s",
            "ringfence block cuba --for 1h --until open",
            "ringfence block cuba NE",
            "ringfence unblock",
            "ringfence calls --active --since 2h",
            "ringfence calls --limit 0",
            "ringfence calls --limit 10001",
            "ringfence calls cuba",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
