//! The arguments of every command, and the help that teaches them.

mod alerts;
mod asking;
mod detach;
mod examples;
mod init;
pub(super) mod journal;
mod report;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use monitor_common::abi::Direction;

use alerts::ALERTS_EXAMPLES;
pub use alerts::{Alerts, List, Show, Test};
use asking::{
    BLOCK_EXAMPLES, CALLS_EXAMPLES, LIMITS_EXAMPLES, RELOAD_EXAMPLES, STATUS_EXAMPLES, TOP_EXAMPLES,
    UNBLOCK_EXAMPLES,
};
pub use asking::{Block, Calls, Limits, Reload, State, Status, Unblock};
use detach::DETACH_EXAMPLES;
pub use detach::Detach;
use examples::{CHECK_EXAMPLES, EXAMPLES, EXPLAIN_EXAMPLES, REPLAY_EXAMPLES, RUN_EXAMPLES};
use init::INIT_EXAMPLES;
pub use init::Init;
use journal::JOURNAL_EXAMPLES;
pub use journal::Journal;
use report::REPORT_EXAMPLES;
pub use report::{Report, Wanted as WantedIncident};

use crate::{
    config::Config,
    explain,
    kernel::Wanted,
    replay::{self, EngineKind},
};

/// Guards a telephone system from inside the kernel: reads every SIP and RTP packet before the host does, and drops
/// the calls that the policy forbids.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, about, after_help = EXAMPLES, propagate_version = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Guard interfaces until SIGTERM or SIGINT (needs root)
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Take a guard off that `run --persist` left behind
    #[command(after_help = DETACH_EXAMPLES)]
    Detach(Detach),
    /// Validate a policy: every error at once
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Write a recommended policy for a country, with the reasons for every number in it
    #[command(after_help = INIT_EXAMPLES)]
    Init(Init),
    /// Say what would become of a dialled number, and why
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Run a capture through the classifier: what would become of its calls, and what could not be read
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Have the running agent read its policy again
    #[command(after_help = RELOAD_EXAMPLES)]
    Reload(Reload),
    /// Keep the policy that `reload --confirm` put in force
    Confirm(State),
    /// Say how the running agent stands: interfaces, policy, temporary blocks, what it could not see
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// List calls: those that go on, and those that were
    #[command(after_help = CALLS_EXAMPLES)]
    Calls(Calls),
    /// Say how the limits stand: what is counted, how much is used, what calls have cost
    #[command(after_help = LIMITS_EXAMPLES)]
    Limits(Limits),
    /// Look at incidents: alerts that belong together; take one up
    #[command(subcommand, after_help = ALERTS_EXAMPLES)]
    Alerts(Alerts),
    /// Read the record of what the guard did: verify it, hand it over, look at it
    #[command(subcommand, after_help = JOURNAL_EXAMPLES)]
    Journal(Journal),
    /// Write the file of an incident for the operator, the police and the insurer: a page that prints on A4, or JSON
    #[command(after_help = REPORT_EXAMPLES)]
    Report(Report),
    /// Block a destination, numbers or a source at once, for some time
    #[command(after_help = BLOCK_EXAMPLES)]
    Block(Block),
    /// Take a temporary block away
    #[command(after_help = UNBLOCK_EXAMPLES)]
    Unblock(Unblock),
    /// Watch the running agent in the terminal: calls, media, alerts; keys to block and unblock
    #[command(after_help = TOP_EXAMPLES)]
    Top(State),
}

/// `ringfence run`
#[derive(Debug, Args)]
pub struct Run {
    /// The policy file (TOML); a change of it is taken up at once, a faulty one leaves the old policy in force
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Interfaces to guard, in both directions; several after one another, separated by commas, or each with its own
    /// --interface
    #[arg(long, value_name = "IF", required = true, num_args = 1.., value_delimiter = ',')]
    interface: Vec<String>,
    /// Where XDP is attached: in the driver (native), in the network stack (generic, slower, any driver), or native
    /// where the driver allows it
    #[arg(long, value_enum, default_value = "auto")]
    mode: Mode,
    /// Where /metrics, /healthz and /readyz are served
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9464")]
    listen: SocketAddr,
    /// Directory of the control socket; one agent each
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// Leave the guard behind when the agent ends, even killed: what the policy blocks stays blocked, calls are not
    /// followed. The next agent takes it over without a gap; `ringfence detach` takes it off
    #[arg(long)]
    persist: bool,
    /// Where guards are pinned: a folder on a BPF file system
    #[arg(long, value_name = "DIR", default_value = PINS)]
    pins: PathBuf,
    /// Count what would be dropped, and drop nothing: how to try a policy on a live system
    #[arg(long)]
    dry_run: bool,
    /// Number prefixes that the kernel's tables have room for; 1,000,000 take 42 MB of memory
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=60_000_000))]
    max_prefixes: u32,
    /// RTP streams that are followed at once; 65,536 take 4 MB of memory
    #[arg(long, value_name = "N", default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(64..=16_777_216))]
    media_slots: u32,
}

/// `ringfence check`
#[derive(Debug, Args)]
pub struct Check {
    /// The policy file (TOML)
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    /// A capture, best of a whole week (pcap or pcapng): say what the policy would have done in it, limits and all
    #[arg(long, value_name = "CAPTURE")]
    pub capture: Option<PathBuf>,
}

/// `ringfence explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Numbers as they are dialled, or sip: and tel: URIs
    #[arg(value_name = "NUMBER", required = true)]
    numbers: Vec<String>,
    /// The policy file (TOML)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// Only calls that arrive at the PBX, or only those that leave it; without it both
    #[arg(long, value_enum)]
    direction: Option<Way>,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// `ringfence replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// The capture (pcap or pcapng)
    #[arg(value_name = "CAPTURE")]
    capture: PathBuf,
    /// The policy file (TOML)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// What judges: the programs loaded into the kernel (no interface needed, but root or CAP_BPF), or the same
    /// classifier on the host; without it, the kernel where that is allowed, else the host
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// Report `would_drop` instead of `drop`
    #[arg(long)]
    dry_run: bool,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Values of `--mode`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    Auto,
    Native,
    Generic,
}

/// Values of `--direction`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    Ingress,
    Egress,
}

impl From<Explain> for explain::Arguments {
    fn from(arguments: Explain) -> Self {
        Self {
            numbers: arguments.numbers,
            policy: arguments.policy,
            json: arguments.json,
            direction: arguments.direction.map(|way| match way {
                Way::Ingress => Direction::Ingress,
                Way::Egress => Direction::Egress,
            }),
        }
    }
}

/// Values of `--engine`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Engine {
    Kernel,
    Host,
}

impl From<Replay> for replay::Args {
    fn from(replay: Replay) -> Self {
        Self {
            capture: replay.capture,
            policy: replay.policy,
            engine: replay.engine.map(|engine| match engine {
                Engine::Kernel => EngineKind::Kernel,
                Engine::Host => EngineKind::Host,
            }),
            json: replay.json,
            dry_run: replay.dry_run,
        }
    }
}

impl From<Run> for Config {
    fn from(run: Run) -> Self {
        Self {
            policy: run.policy,
            interfaces: run.interface,
            mode: match run.mode {
                Mode::Auto => Wanted::Auto,
                Mode::Native => Wanted::Native,
                Mode::Generic => Wanted::Generic,
            },
            listen: run.listen,
            state: run.state,
            persist: run.persist,
            pins: run.pins,
            dry_run: run.dry_run,
            max_prefixes: run.max_prefixes,
            media_slots: run.media_slots,
        }
    }
}

/// Where guards are pinned: systemd mounts a BPF file system there.
const PINS: &str = "/sys/fs/bpf/ringfence";

/// Where the agent keeps its lock and its socket.
const STATE: &str = "/var/lib/ringfence";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn config(line: &str) -> Result<Config, clap::Error> {
        match Arguments::try_parse_from(line.split(' '))?.command {
            Command::Run(run) => Ok(run.into()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn interfaces_are_given_in_three_ways() {
        for line in [
            "ringfence run --policy p --interface a b",
            "ringfence run --policy p --interface a,b",
            "ringfence run --interface a --policy p --interface b",
        ] {
            assert_eq!(config(line).unwrap().interfaces, ["a", "b"], "{line}");
        }
        assert!(config("ringfence run --policy p").is_err());
    }

    #[test]
    fn defaults_are_as_documented() {
        let config = config("ringfence run --policy p --interface a").unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:9464");
        assert_eq!((config.mode, config.dry_run, config.max_prefixes), (Wanted::Auto, false, 1_000_000));
    }
}
