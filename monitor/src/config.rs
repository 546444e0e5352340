//! What `ringfence run` was asked to do, checked as far as that goes without the kernel.

use std::{net::SocketAddr, path::PathBuf};

use monitor_common::abi::MAX_INTERFACES;

use crate::kernel::Wanted;

/// What to guard and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The policy file.
    pub policy: PathBuf,
    /// Names of the interfaces; their order gives the slots of the counters.
    pub interfaces: Vec<String>,
    /// How XDP is to be attached.
    pub mode: Wanted,
    /// Where `/metrics` is served.
    pub listen: SocketAddr,
    /// Directory of the control socket and the lock.
    pub state: PathBuf,
    /// Leave the guard behind when the agent ends.
    pub persist: bool,
    /// Folder on the BPF file system where guards are pinned.
    pub pins: PathBuf,
    /// Count what would be dropped and drop nothing.
    pub dry_run: bool,
    /// Prefixes that the rule maps have room for.
    pub max_prefixes: u32,
    /// Media streams that can be followed at once.
    pub media_slots: u32,
}

impl Config {
    /// What is wrong with the usage, if anything.
    pub fn check(&self) -> Result<(), String> {
        if self.interfaces.len() > MAX_INTERFACES {
            let given = self.interfaces.len();
            return Err(format!(
                "{given} interfaces, but one agent guards at most {MAX_INTERFACES}: start a second one"
            ));
        }
        for (at, name) in self.interfaces.iter().enumerate() {
            if name.is_empty() || name.len() > LONGEST_NAME {
                return Err(format!("`{name}` is no interface name: one has 1 to {LONGEST_NAME} octets"));
            }
            if self.interfaces[..at].contains(name) {
                return Err(format!("interface `{name}` is named twice: name it once"));
            }
        }
        Ok(())
    }
}

/// Octets of an interface name (IFNAMSIZ less the final zero).
const LONGEST_NAME: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn with(interfaces: &[&str]) -> Config {
        Config {
            policy: "p.toml".into(),
            interfaces: interfaces.iter().map(ToString::to_string).collect(),
            mode: Wanted::Auto,
            listen: ([127, 0, 0, 1], 9464).into(),
            state: "/tmp/x".into(),
            persist: false,
            pins: "/tmp/y".into(),
            dry_run: false,
            max_prefixes: 1,
            media_slots: 1,
        }
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(with(&["eth0", "eth1"]).check(), Ok(()));
        assert!(with(&["eth0", "eth0"]).check().unwrap_err().contains("twice"));
        assert!(with(&["an-interface-too-long"]).check().unwrap_err().contains("no interface name"));
        assert!(with(&[""]).check().is_err());
    }

    #[test]
    fn more_interfaces_than_slots_are_refused() {
        let names: Vec<_> = (0..17).map(|n| format!("eth{n}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(with(&names).check().unwrap_err().contains("at most 16"));
        assert_eq!(with(&names[..16]).check(), Ok(()));
    }
}
