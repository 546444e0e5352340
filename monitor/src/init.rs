//! `ringfence init`: writes a recommended policy for a country, with the reasons for every number in it.

mod country;
mod neighbours;
mod template;

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::policy::numbering::Country;

pub(crate) use country::zone_of_this_host;

/// What to write, and where.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// ISO 3166 code, as given.
    pub country: String,
    /// What kind of house it is for.
    pub house: House,
    /// The operator's SBCs.
    pub trunks: Vec<IpNet>,
    /// This host's addresses.
    pub local: Vec<IpNet>,
    /// The file; standard output without one.
    pub output: Option<PathBuf>,
    /// Whether a file that is there may be replaced.
    pub force: bool,
}

/// What kind of house a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum House {
    /// People who telephone by day.
    Office,
    /// A dialler that calls lists.
    CallCentre,
    /// Guests who call home at all hours.
    Hotel,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// No such country.
    #[error("there is no country \"{written}\": {help}")]
    Country {
        /// As given.
        written: String,
        /// What to write.
        help: String,
    },
    /// The file is there already.
    #[error("{} is there already: name another file, or say --force to replace it", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}: {error}; check that its folder is there and that this user may write to it", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl House {
    /// The policy of the repository that it is made from.
    const fn template(self) -> &'static str {
        match self {
            Self::Office => include_str!("../../policy/recommended.toml"),
            Self::CallCentre => include_str!("../../policy/call-centre.toml"),
            Self::Hotel => include_str!("../../policy/hotel.toml"),
        }
    }
}

/// Writes the policy, and says what to do next.
///
/// # Errors
/// Where the country is unknown, or the file is there or cannot be written.
pub fn run(arguments: &Arguments) -> Result<(), InitError> {
    let country = country::named(&arguments.country)
        .map_err(|help| InitError::Country { written: arguments.country.clone(), help })?;
    let text = policy(country, arguments, zone_of_this_host().as_deref());
    let Some(path) = &arguments.output else {
        // A reader that closed its end of the pipe wants no more.
        let _ = io::stdout().write_all(text.as_bytes());
        return Ok(());
    };
    let written = open(path, arguments.force).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            let _ = write!(io::stdout(), "{}", next_steps(path, arguments, country));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(InitError::Exists(path.clone())),
        Err(error) => Err(InitError::Io { path: path.clone(), error }),
    }
}

/// The policy of a country, for a host whose clock has this zone.
#[must_use]
pub fn policy(country: &Country, arguments: &Arguments, host_zone: Option<&str>) -> String {
    template::fill(arguments.house.template(), country, arguments, host_zone)
}

fn open(path: &Path, force: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    if force {
        options.write(true).create(true).truncate(true)
    } else {
        options.write(true).create_new(true)
    };
    options.open(path)
}

fn next_steps(path: &Path, arguments: &Arguments, country: &Country) -> String {
    let path = path.display();
    let trunks = match arguments.trunks.as_slice() {
        [] => "  name your operator's SBCs: trunks = […] under [network]\n",
        _ => "",
    };
    let local = match arguments.local.as_slice() {
        [] => {
            "  name this PBX: local = […]; without it replay counts both legs of a call, and knows none that the PBX began\n"
        }
        _ => "",
    };
    let others: Vec<_> = neighbours::of(country).iter().map(|other| other.iso.as_str()).collect();
    let shared = match others.as_slice() {
        [] => String::new(),
        _ => format!(
            "  look at the limits -under-the-code: they count {}, which share +{} and are not international\n",
            others.join(", "),
            country.code
        ),
    };
    format!(
        "{path} is written. Next:\n{trunks}{local}  name in trusted what many phones come through: a proxy, a NAT, a gateway\n  \
         write when the house is open into hours, and your operator's prices into [[tariff]]\n{shared}  \
         ringfence check {path}\n  \
         ringfence replay a-week.pcap --policy {path}      what it would have done with a week of your calls\n  \
         sudo ringfence run --policy {path} --interface eth0 --dry-run\n"
    )
}

#[cfg(test)]
mod tests;
