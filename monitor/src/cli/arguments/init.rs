//! The arguments of `ringfence init`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::init::{self, House};

/// `ringfence init`
#[derive(Debug, Args)]
pub struct Init {
    /// The country of the PBX: its ISO 3166 code, such as FR
    #[arg(long, value_name = "ISO")]
    country: String,
    /// What kind of house it is: each has other habits, and so other limits
    #[arg(long = "for", value_enum, default_value = "office")]
    house: Kind,
    /// Addresses or networks of the operator's SBCs; several after one another or separated by commas
    #[arg(long, value_name = "NET", num_args = 1.., value_delimiter = ',', value_parser = network)]
    trunk: Vec<IpNet>,
    /// Addresses of this PBX, so that `replay` knows which way a packet goes
    #[arg(long, value_name = "NET", num_args = 1.., value_delimiter = ',', value_parser = network)]
    local: Vec<IpNet>,
    /// The file to write; without it, standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

/// Values of `--for`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Office,
    CallCentre,
    Hotel,
}

impl From<Init> for init::Arguments {
    fn from(init: Init) -> Self {
        Self {
            country: init.country,
            house: match init.house {
                Kind::Office => House::Office,
                Kind::CallCentre => House::CallCentre,
                Kind::Hotel => House::Hotel,
            },
            trunks: init.trunk,
            local: init.local,
            output: init.output,
            force: init.force,
        }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let net = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    net.map(|net| net.trunc()).ok_or_else(|| "write an address or a network: 203.0.113.0/28".to_owned())
}

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  ringfence init --country FR --trunk 203.0.113.0/28 --output /etc/ringfence/policy.toml
  ringfence init --country MA --for hotel --local 192.0.2.10 --output policy.toml
  ringfence init --country US | less

The policy says in comments why each limit is what it is: docs/RECOMMENDED.md. Exit codes: 0, 1 no such country, 2 usage or
the file is there, 3 it cannot be written.";
