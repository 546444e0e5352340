//! The arguments of `ringfence detach`.

use std::path::PathBuf;

use clap::Args;

use super::{PINS, STATE};
use crate::kernel::{Place, What};

/// `ringfence detach`
#[derive(Debug, Args)]
pub struct Detach {
    /// Interfaces to let go, whichever agent guarded them; without it all those of the agent in --state
    #[arg(long, value_name = "IF", num_args = 1.., value_delimiter = ',', conflicts_with = "all")]
    interface: Vec<String>,
    /// Every guard that any agent left
    #[arg(long)]
    all: bool,
    /// The agent's state directory
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// Where guards are pinned
    #[arg(long, value_name = "DIR", default_value = PINS)]
    pins: PathBuf,
}

impl From<Detach> for What {
    fn from(detach: Detach) -> Self {
        if detach.all {
            Self::All(detach.pins)
        } else if detach.interface.is_empty() {
            Self::Instance(Place::of(&detach.pins, &detach.state))
        } else {
            Self::Interfaces(detach.pins, detach.interface)
        }
    }
}

pub(super) const DETACH_EXAMPLES: &str = "\
Examples:
  sudo ringfence detach                                        the guard of the agent in /var/lib/ringfence
  sudo ringfence detach --interface eth0                       nothing of Ringfence is left on eth0
  sudo ringfence detach --all                                  before the package goes

Where nothing is pinned there is nothing to do. While an agent runs that holds the pins it refuses: stop the agent first,
it would attach its hooks again. Exit codes: 0, 2 usage, 3 host.";
