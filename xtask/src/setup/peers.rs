//! The programs that tests and the demo call: SIP clients, a PBX, an attacker, judges of captures and metrics.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use super::{Wanted, apt, asterisk, install};
use crate::{process, workspace};

/// Whether anything had to be brought. Without root nothing is installed, and what is missing is named.
pub fn bring(wanted: &Wanted) -> Result<bool> {
    let missing: Vec<_> = PEERS.iter().filter(|peer| peer.is_wanted(wanted) && !peer.is_there()).collect();
    let (optional, missing): (Vec<&Peer>, Vec<_>) =
        missing.into_iter().partition(|peer| peer.package == OPTIONAL);
    let mut packages: Vec<_> = missing.iter().map(|peer| peer.package).collect();
    packages.dedup();
    if !packages.is_empty() && !apt::is_root() {
        println!("not there, and only root can install them: {}", packages.join(", "));
        return Ok(false);
    }
    if !packages.is_empty() {
        install::packages("programs that tests and the demo call", &packages)?;
    }
    if !optional.is_empty() && apt::is_root() {
        let brought = install::packages("what the benchmark of live frames compares with", &[OPTIONAL]);
        brought.unwrap_or_else(|error| {
            println!("  {OPTIONAL} cannot be had, the benchmark goes without: {error:#}");
        });
    }
    let mut brought = !packages.is_empty();
    for program in FROM_PYPI {
        brought |= program.bring(wanted)?;
    }
    Ok(asterisk::bring(wanted)? || brought)
}

/// Where SIPVicious's programs lie.
pub fn sipvicious_folder() -> PathBuf {
    workspace::tools().join("sipvicious/bin")
}

struct Peer {
    program: &'static str,
    package: &'static str,
    demo: bool,
}

impl Peer {
    fn is_wanted(&self, wanted: &Wanted) -> bool {
        wanted.tests || (wanted.demo && self.demo) || (wanted.live && LIVE.contains(&self.program))
    }

    /// Debian keeps apart from Python what `python3 -m venv` needs, and from rsyslog what TLS needs.
    fn is_there(&self) -> bool {
        bpf_toolchain::in_path(self.program).is_some()
            && match self.program {
                "python3" => process::succeeds(python().args(["-c", "import ensurepip"])),
                "rsyslogd" => process::succeeds(Command::new("dpkg").args(["--status", self.package])),
                _ => true,
            }
    }
}

/// From PyPI into a virtual environment below the tools, as Debian has no package of it.
struct FromPypi {
    /// Its version is part of what is asked for.
    package: &'static str,
    /// The virtual environment, below the tools.
    folder: &'static str,
    /// What is there once it is, below the virtual environment; written where the package leaves no program.
    proof: &'static str,
    cost: &'static str,
}

impl FromPypi {
    fn bring(&self, wanted: &Wanted) -> Result<bool> {
        let folder = workspace::tools().join(self.folder);
        if !wanted.tests || folder.join(self.proof).is_file() {
            return Ok(false);
        }
        let log = workspace::tools().join(format!("log/{}.log", self.folder));
        println!("{} from PyPI into {} ({})", self.package, folder.display(), self.cost);
        process::run_logged(python().args(["-m", "venv", "--clear"]).arg(&folder), &log)
            .context("Python makes no virtual environment: is the package python3-venv there?")?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--no-cache-dir", "--disable-pip-version-check", self.package]);
        process::run_logged(&mut pip, &log).with_context(|| format!("{} was not installed", self.package))?;
        if !folder.join(self.proof).is_file() {
            std::fs::write(folder.join(self.proof), self.package)?;
        }
        Ok(true)
    }
}

fn python() -> Command {
    Command::new("python3")
}

const FROM_PYPI: [FromPypi; 3] = [
    FromPypi {
        package: "sipvicious==0.3.8",
        folder: "sipvicious",
        proof: "bin/sipvicious_svwar",
        cost: "1 MB to fetch, 26 MB on the disk",
    },
    FromPypi {
        package: "pjsua2-python==2.15.1",
        folder: "pjsua2",
        proof: "pjsua2.installed",
        cost: "5 MB to fetch, 42 MB on the disk",
    },
    FromPypi {
        package: "aiosmtpd==1.4.6",
        folder: "aiosmtpd",
        proof: "bin/aiosmtpd",
        cost: "1 MB to fetch, 28 MB on the disk",
    },
];
const PEERS: [Peer; 25] = [
    Peer { program: "sipp", package: "sip-tester", demo: true },
    Peer { program: "kamailio", package: "kamailio", demo: true },
    Peer { program: "tcpdump", package: "tcpdump", demo: true },
    Peer { program: "ip", package: "iproute2", demo: true },
    Peer { program: "tc", package: "iproute2", demo: true },
    Peer { program: "ethtool", package: "ethtool", demo: true },
    Peer { program: "tshark", package: "tshark", demo: false },
    Peer { program: "promtool", package: "prometheus", demo: false },
    Peer { program: "prometheus-alertmanager", package: "prometheus-alertmanager", demo: false },
    Peer { program: "amtool", package: "prometheus-alertmanager", demo: false },
    Peer { program: "tmux", package: "tmux", demo: false },
    Peer { program: "jq", package: "jq", demo: false },
    Peer { program: "faketime", package: "faketime", demo: false },
    Peer { program: "mmdebstrap", package: "mmdebstrap", demo: false },
    Peer { program: "python3", package: "python3-venv", demo: false },
    Peer { program: "systemd-analyze", package: "systemd", demo: false },
    Peer { program: "openssl", package: "openssl", demo: false },
    Peer { program: "rsyslogd", package: "rsyslog-gnutls", demo: false },
    Peer { program: "unshare", package: "util-linux", demo: false },
    Peer { program: "nft", package: "nftables", demo: false },
    Peer { program: "iptables", package: "iptables", demo: false },
    Peer { program: "chromium", package: "chromium", demo: false },
    Peer { program: "pdftotext", package: "poppler-utils", demo: false },
    Peer { program: "tidy", package: "tidy", demo: false },
    Peer { program: "xdp-filter", package: "xdp-tools", demo: false },
];
/// Not in every release of every distribution.
const OPTIONAL: &str = "xdp-tools";
/// What the benchmark of live frames calls.
const LIVE: [&str; 6] = ["kamailio", "ip", "ethtool", "nft", "iptables", "xdp-filter"];
