//! The hook of what arrives: XDP, attached anew or taken over from an earlier agent.

use std::time::Duration;

use aya::programs::{ProgramError, XdpMode, loaded_programs, xdp::XdpLink};
use monitor_common::abi::{self, Link};
use rustix::io::Errno;

use super::{
    super::{
        Facts, Object, Refusal, interface,
        pins::{Hook, Hooks},
        refusal::chain,
    },
    Mode, Wanted, has_code, refused,
};

impl Object {
    /// Puts this object's program behind a link that is attached already.
    pub(super) fn take_over_xdp(
        &mut self,
        facts: &Facts,
        wanted: Wanted,
        link: XdpLink,
        hooks: &Hooks,
    ) -> Result<(XdpLink, Mode), Refusal> {
        let mode = facts.xdp_mode.unwrap_or(Mode::Native);
        if !wanted.allows(mode) {
            let (interface, from) = (facts.name.as_str(), mode.label());
            tracing::warn!(
                interface,
                from,
                "another XDP mode is wanted: nothing guards what arrives for a moment"
            );
            hooks.forget(Hook::Xdp, facts.index)?;
            drop(link);
            wait_until_free(&facts.name);
            return self.attach_xdp(facts, wanted);
        }
        let program = self.ingress()?;
        match program.attach_to_link(link).and_then(|id| program.take_link(id)) {
            Ok(link) => Ok((link, mode)),
            Err(error) if has_code(&error, &[Errno::NOLINK]) => self.attach_xdp(facts, wanted),
            Err(error) => Err(refused_xdp(facts, &error)),
        }
    }

    pub(super) fn attach_xdp(&mut self, facts: &Facts, wanted: Wanted) -> Result<(XdpLink, Mode), Refusal> {
        // A driver may take a program natively and yet never run it on frames without an Ethernet header (tun).
        let native = match wanted {
            Wanted::Auto => Self::link_of(facts)? == Link::Ethernet,
            Wanted::Native => true,
            Wanted::Generic => false,
        };
        if native {
            match self.link_xdp(facts, XdpMode::Driver) {
                Ok(link) => return Ok((link, Mode::Native)),
                Err(error) if is_occupied(&error) || is_final(&error) => {
                    return Err(refused_xdp(facts, &error));
                }
                Err(error) if wanted == Wanted::Native => {
                    let cause = chain(&error);
                    return Err(Refusal::NotNative { interface: facts.name.clone(), cause });
                }
                Err(error) => {
                    let cause = chain(&error);
                    tracing::info!(
                        interface = facts.name,
                        cause,
                        "the driver refuses native mode, so: generic mode"
                    );
                }
            }
        }
        let link = self.link_xdp(facts, XdpMode::Skb).map_err(|error| refused_xdp(facts, &error))?;
        Ok((link, Mode::Generic))
    }

    fn link_xdp(&mut self, facts: &Facts, mode: XdpMode) -> Result<XdpLink, ProgramError> {
        let program = self.ingress().map_err(|_| ProgramError::NotLoaded)?;
        let id = program.attach_to_if_index(facts.index, mode)?;
        program.take_link(id)
    }
}

pub(super) fn refused_xdp(facts: &Facts, error: &ProgramError) -> Refusal {
    if is_occupied(error) {
        return Refusal::Busy { interface: facts.name.clone(), holder: holder(&facts.name) };
    }
    refused("attaching XDP to", facts, error)
}

/// Waits until the kernel has taken XDP off, which it does some moments after the last pin is gone; 2 s at most.
fn wait_until_free(name: &str) {
    for _ in 0..100 {
        if !interface(name).ok().flatten().is_some_and(|facts| facts.has_xdp) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Name and id of the XDP program on an interface.
fn holder(name: &str) -> String {
    let Some(id) = interface(name).ok().flatten().and_then(|facts| facts.xdp_program) else {
        return "a program that the kernel does not name".into();
    };
    let program = loaded_programs().filter_map(Result::ok).find(|program| program.id() == id);
    let name = program
        .as_ref()
        .and_then(|program| program.name_as_str())
        .filter(|name| !name.is_empty())
        .unwrap_or("?");
    let whose = if abi::program::INGRESS.starts_with(name) { "another Ringfence agent's" } else { "the" };
    format!("{whose} program `{name}`, id {id}")
}

/// Another program holds the hook, in this mode (EBUSY) or in the other (EEXIST).
fn is_occupied(error: &ProgramError) -> bool {
    has_code(error, &[Errno::BUSY, Errno::EXIST])
}

/// Another mode would meet the same error.
fn is_final(error: &ProgramError) -> bool {
    has_code(error, &[Errno::PERM, Errno::ACCESS, Errno::NODEV]) || matches!(error, ProgramError::NotLoaded)
}
