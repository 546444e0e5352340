//! The French office that every live test guards: hosts, policy and the usual calls.

use std::{
    net::{SocketAddr, UdpSocket},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Result, anyhow};
use tempfile::TempDir;
use tests::{
    hosts::{Hosts, PHONES_PBX, TRUNK_PBX},
    peers::{Calls, Family, Guard, Mode, Scenario, Sink, invite},
};

/// Three hosts and a folder for files. Processes are to be dropped before it.
pub struct Office {
    pub hosts: Hosts,
    pub folder: TempDir,
}

impl Office {
    /// Without root this is an error that says so.
    pub fn open() -> Result<Self> {
        BUILT.get_or_init(build).as_ref().map_err(|error| anyhow!("{error}"))?;
        Ok(Self { hosts: Hosts::start()?, folder: tempfile::tempdir()? })
    }

    /// `ringfence run` on both interfaces of the PBX.
    pub fn guard(&self, mode: Mode, policy: &str) -> Result<Guard<'_>> {
        Guard::start(&self.hosts.pbx, mode, policy, self.folder.path())
    }

    /// Calls from the phones to the PBX.
    pub fn calls<'a>(&self, family: Family, scenario: Scenario, number: &'a str, count: u32) -> Calls<'a> {
        let (from, to) = (family.of(PHONES_PBX.outer()), family.of(PHONES_PBX.pbx()));
        Calls { scenario, from, to, number, count, rate: 10 }
    }

    /// What an application at the PBX receives, away from Kamailio's port.
    pub fn pbx_sink(&self, family: Family) -> Result<Sink> {
        Sink::start(&self.hosts.pbx, SocketAddr::new(family.of(PHONES_PBX.pbx()), 5070))
    }

    /// A socket of a phone.
    pub fn phone(&self, family: Family) -> Result<UdpSocket> {
        let address = family.of(PHONES_PBX.outer());
        Ok(self.hosts.phones.within(|| UdpSocket::bind((address, 0)))??)
    }

    /// What the trunk receives.
    pub fn trunk_sink(&self, family: Family) -> Result<Sink> {
        Sink::start(&self.hosts.trunk, SocketAddr::new(family.of(TRUNK_PBX.outer()), 5060))
    }
}

/// `cargo test` builds the agent's library and not its program: without this an old one would be tested.
fn build() -> Result<(), String> {
    let Some(cargo) = std::env::var_os("CARGO") else { return Ok(()) };
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--workspace"]);
    command.args(["--exclude", "monitor-ebpf", "--bin", "ringfence"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// An INVITE that dials `number`.
pub fn dial(number: &str, call: &str) -> String {
    invite(&format!("sip:{number}@pbx.example"), call, None)
}

static BUILT: OnceLock<Result<(), String>> = OnceLock::new();

/// A French PBX where 0 gives a line, as most do. Cuba is blocked but for one office there.
pub const POLICY: &str = r#"
[dialplan]
country_code = "33"
international_prefixes = ["00"]
national_prefix = "0"
access_prefixes = ["0"]
access_required = true

[dialplan.egress]
access_prefixes = []
access_required = false
bare_e164 = true

[network]
trunks = ["10.2.0.0/24", "fd02::/64"]

[[destination]]
name = "cuba"
prefixes = ["+53"]
action = "block"

[[destination]]
name = "cuba-office"
prefixes = ["+5378301234"]
action = "allow"
"#;

/// A Cuban number as a phone of the house dials it.
pub const CUBA: &str = "0005355512345";
/// A Paris number as a phone of the house dials it.
pub const PARIS: &str = "00142345678";
