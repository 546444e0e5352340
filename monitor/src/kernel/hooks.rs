//! The hooks of one interface: XDP for what arrives, tc for what leaves.

pub(super) mod egress;
mod ingress;

use aya::programs::{
    ProgramError,
    links::{FdLink, LinkError},
    tc::SchedClassifierLink,
    xdp::XdpLink,
};
use monitor_common::abi::Link;
use rustix::io::Errno;

use super::{
    Facts, Object, Pins, Refusal,
    netlink::remove_clsact,
    pins::{Held, Hook},
    refusal::{chain, program_code},
};
use egress::{add_clsact, is_unsupported, refused_tc};
use ingress::refused_xdp;

/// How the owner wants XDP attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Native where the driver allows it, else generic.
    #[default]
    Auto,
    /// In the driver, or not at all.
    Native,
    /// In the network stack.
    Generic,
}

impl Wanted {
    /// Whether XDP may stay attached in this mode.
    const fn allows(self, mode: Mode) -> bool {
        matches!(
            (self, mode),
            (Self::Auto, _) | (Self::Native, Mode::Native) | (Self::Generic, Mode::Generic)
        )
    }
}

/// How XDP is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the driver, before the kernel makes a socket buffer of the packet.
    Native,
    /// In the network stack.
    Generic,
}

impl Mode {
    /// The label in metrics and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
        }
    }
}

/// The hooks of one interface. Dropping it detaches both and leaves the interface as it was found, unless they are
/// pinned.
#[derive(Debug)]
pub struct Attached {
    /// How XDP is attached.
    pub mode: Mode,
    /// Interface index.
    pub ifindex: u32,
    program: u32,
    xdp: Option<XdpLink>,
    tc: Option<SchedClassifierLink>,
    clsact: Clsact,
    /// Whether the hooks stay when the agent ends.
    is_pinned: bool,
}

/// Who made the clsact qdisc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clsact {
    NotNeeded,
    Found,
    Made,
}

impl Object {
    /// How the frames of an interface begin, or a refusal where they are neither Ethernet nor IP.
    pub fn link_of(facts: &Facts) -> Result<Link, Refusal> {
        match facts.hardware {
            ARPHRD_ETHER | ARPHRD_LOOPBACK => Ok(Link::Ethernet),
            hardware if ARPHRD_IP.contains(&hardware) => Ok(Link::Ip),
            hardware => Err(Refusal::LinkType { interface: facts.name.clone(), hardware }),
        }
    }

    /// Attaches both hooks, or takes over those that an earlier agent left pinned: then one program gives way to the
    /// other between two packets. The interface must be registered in [`super::Interfaces`] before.
    pub fn attach(
        &mut self,
        facts: &Facts,
        wanted: Wanted,
        pins: Option<&mut Pins>,
    ) -> Result<Attached, Refusal> {
        let hooks = pins.map(|pins| {
            pins.use_own();
            pins.hooks().clone()
        });
        let Held { xdp, tcx, filter } =
            hooks.as_ref().map(|hooks| hooks.held(facts)).transpose()?.unwrap_or_default();
        let (xdp, mode) = match (xdp, hooks) {
            (Some(link), Some(hooks)) => self.take_over_xdp(facts, wanted, link, &hooks)?,
            _ => self.attach_xdp(facts, wanted)?,
        };
        let program = self.ingress()?.info().map_err(|error| refused_xdp(facts, &error))?.id();
        let (xdp, clsact) = (Some(xdp), Clsact::NotNeeded);
        let is_pinned = filter.is_some();
        let mut attached = Attached { mode, ifindex: facts.index, program, xdp, tc: None, clsact, is_pinned };
        match self.take_over_tcx(facts, tcx).unwrap_or_else(|| self.attach_tcx(facts)) {
            Ok(link) => attached.tc = Some(link),
            Err(error) if is_unsupported(&error) => {
                attached.clsact = if filter == Some(true) { Clsact::Made } else { add_clsact(facts)? };
                attached.tc = Some(self.attach_filter(facts, filter.is_some())?);
            }
            Err(error) => return Err(refused_tc(facts, &error)),
        }
        Ok(attached)
    }
}

impl Attached {
    /// Whether the hooks still stand on the interface that the facts are about: it may be another one of the same
    /// name, or somebody may have taken the program off.
    #[must_use]
    pub fn stands(&self, facts: &Facts) -> bool {
        let ours = facts.xdp_program.is_none_or(|program| program == self.program);
        facts.index == self.ifindex && facts.has_xdp && ours
    }

    /// Pins the hooks, if the guard is to outlive the agent: from here on they stay when it ends. Else they go with it,
    /// also those that an earlier agent had pinned.
    pub fn pin(&mut self, pins: &Pins) -> Result<(), Refusal> {
        if !pins.keeps() {
            self.is_pinned = false;
            return Ok(());
        }
        let (hooks, index) = (pins.hooks(), self.ifindex);
        if let Some(link) = self.xdp.take() {
            let link =
                hooks.keep(Hook::Xdp, index, FdLink::try_from(link).map_err(|error| unpinnable(&error))?)?;
            self.xdp = Some(XdpLink::try_from(link).map_err(|error| unpinnable(&error))?);
        }
        if self.clsact != Clsact::NotNeeded {
            hooks.note_filter(index, self.clsact == Clsact::Made)?;
        } else if let Some(link) = self.tc.take() {
            let link =
                hooks.keep(Hook::Tcx, index, FdLink::try_from(link).map_err(|error| unpinnable(&error))?)?;
            self.tc = Some(SchedClassifierLink::try_from(link).map_err(|error| unpinnable(&error))?);
        }
        self.is_pinned = true;
        Ok(())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        drop(self.xdp.take());
        if self.is_pinned {
            // A filter would go with the value that stands for it; a link holds a descriptor, and its pin stays.
            if let Some(filter) = self.tc.take().filter(|_| self.clsact != Clsact::NotNeeded) {
                std::mem::forget(filter);
            }
            return;
        }
        drop(self.tc.take());
        if self.clsact == Clsact::Made
            && let Err(error) = remove_clsact(self.ifindex)
        {
            tracing::debug!(ifindex = self.ifindex, %error, "the clsact qdisc is gone already");
        }
    }
}

fn unpinnable(error: &LinkError) -> Refusal {
    Refusal::Other { doing: "pinning the hooks".into(), cause: chain(error) }
}

fn refused(doing: &str, facts: &Facts, error: &ProgramError) -> Refusal {
    if program_code(error) == Some(Errno::NODEV.raw_os_error()) {
        return Refusal::NoSuchInterface(facts.name.clone());
    }
    Refusal::from_code(&format!("{doing} `{}`", facts.name), program_code(error), error)
}

fn has_code(error: &ProgramError, codes: &[Errno]) -> bool {
    program_code(error).is_some_and(|code| codes.iter().any(|errno| errno.raw_os_error() == code))
}

// linux/if_arp.h
const ARPHRD_ETHER: u16 = 1;
/// The loopback interface has an Ethernet header.
const ARPHRD_LOOPBACK: u16 = 772;
/// PPP, raw IP, IP in IP, IPv6 in IPv6, SIT, GRE over IPv4 and IPv6, and none (tun, WireGuard).
const ARPHRD_IP: [u16; 8] = [512, 519, 768, 769, 776, 778, 823, 65534];

#[cfg(test)]
mod tests {
    use super::*;

    fn of_type(hardware: u16) -> Facts {
        Facts { name: "x0".into(), index: 9, hardware, has_xdp: false, xdp_program: None, xdp_mode: None }
    }

    #[test]
    fn link_types_are_told_by_their_number() {
        assert_eq!(Object::link_of(&of_type(1)).unwrap(), Link::Ethernet);
        assert_eq!(Object::link_of(&of_type(772)).unwrap(), Link::Ethernet);
        assert_eq!(Object::link_of(&of_type(65534)).unwrap(), Link::Ip);
        assert_eq!(Object::link_of(&of_type(512)).unwrap(), Link::Ip);
    }

    #[test]
    fn hooks_stand_until_the_interface_or_its_program_is_another() {
        let attached = |program| Attached {
            mode: Mode::Native,
            ifindex: 9,
            program,
            xdp: None,
            tc: None,
            clsact: Clsact::NotNeeded,
            is_pinned: false,
        };
        let facts = Facts { has_xdp: true, xdp_program: Some(7), ..of_type(1) };
        assert!(attached(7).stands(&facts));
        assert!(!attached(8).stands(&facts));
        assert!(!attached(7).stands(&Facts { index: 10, ..facts.clone() }));
        assert!(!attached(7).stands(&Facts { has_xdp: false, xdp_program: None, ..facts.clone() }));
        // Several programs, one of them offloaded to the card: the kernel names none.
        assert!(attached(7).stands(&Facts { xdp_program: None, ..facts }));
    }

    #[test]
    fn an_unknown_link_type_is_refused() {
        let refusal = Object::link_of(&of_type(32)).unwrap_err().to_string();
        assert!(refusal.contains("link type 32"), "{refusal}");
    }
}
