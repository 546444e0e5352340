//! The hooks of one interface: XDP for what arrives, tc for what leaves.

use aya::programs::{
    LinkOrder, ProgramError, TcAttachType, XdpMode, loaded_programs,
    tc::{self, NlOptions, SchedClassifierLink, TcAttachOptions},
    xdp::XdpLink,
};
use monitor_common::abi::{self, Link};
use rustix::io::Errno;

use super::{
    Facts, Object, Refusal, interface,
    netlink::remove_clsact,
    refusal::{chain, program_code, tc_code},
};

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

/// The hooks of one interface. Dropping it detaches both and leaves the interface as it was found.
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
}

/// Who made the clsact qdisc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clsact {
    NotNeeded,
    Found,
    Made,
}

impl Attached {
    /// Whether the hooks still stand on the interface that the facts are about: it may be another one of the same
    /// name, or somebody may have taken the program off.
    #[must_use]
    pub fn stands(&self, facts: &Facts) -> bool {
        let ours = facts.xdp_program.is_none_or(|program| program == self.program);
        facts.index == self.ifindex && facts.has_xdp && ours
    }
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

    /// Attaches both hooks. The interface must be registered in [`super::Interfaces`] before.
    pub fn attach(&mut self, facts: &Facts, wanted: Wanted) -> Result<Attached, Refusal> {
        let (xdp, mode) = self.attach_xdp(facts, wanted)?;
        let program = self.ingress()?.info().map_err(|error| refused_xdp(facts, &error))?.id();
        let (xdp, clsact) = (Some(xdp), Clsact::NotNeeded);
        let mut attached = Attached { mode, ifindex: facts.index, program, xdp, tc: None, clsact };
        match self.attach_tcx(facts) {
            Ok(link) => attached.tc = Some(link),
            Err(error) if is_unsupported(&error) => {
                attached.clsact = add_clsact(facts)?;
                attached.tc = Some(self.attach_filter(facts)?);
            }
            Err(error) => return Err(refused_tc(facts, &error)),
        }
        Ok(attached)
    }

    fn attach_xdp(&mut self, facts: &Facts, wanted: Wanted) -> Result<(XdpLink, Mode), Refusal> {
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

    /// Linux 6.6 and later: several programs share the hook, and the link goes with the agent.
    fn attach_tcx(&mut self, facts: &Facts) -> Result<SchedClassifierLink, ProgramError> {
        let options = TcAttachOptions::TcxOrder(LinkOrder::default());
        let program = self.egress().map_err(|_| ProgramError::NotLoaded)?;
        let id = program.attach_with_options(&facts.name, TcAttachType::Egress, options)?;
        program.take_link(id)
    }

    /// Before Linux 6.6: a filter on the clsact qdisc. One that a killed agent left behind is taken off first.
    fn attach_filter(&mut self, facts: &Facts) -> Result<SchedClassifierLink, Refusal> {
        if tc::qdisc_detach_program(&facts.name, TcAttachType::Egress, abi::program::EGRESS).is_ok() {
            tracing::warn!(
                interface = facts.name,
                "took off the tc filter that an earlier agent left behind"
            );
        }
        let options = TcAttachOptions::Netlink(NlOptions::default());
        let program = self.egress()?;
        let id = program.attach_with_options(&facts.name, TcAttachType::Egress, options);
        id.and_then(|id| program.take_link(id)).map_err(|error| refused_tc(facts, &error))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        drop(self.xdp.take());
        drop(self.tc.take());
        if self.clsact == Clsact::Made
            && let Err(error) = remove_clsact(self.ifindex)
        {
            tracing::debug!(ifindex = self.ifindex, %error, "the clsact qdisc is gone already");
        }
    }
}

fn add_clsact(facts: &Facts) -> Result<Clsact, Refusal> {
    match tc::qdisc_add_clsact(&facts.name) {
        Ok(()) => Ok(Clsact::Made),
        Err(error) if tc_code(&error) == Some(Errno::EXIST.raw_os_error()) => Ok(Clsact::Found),
        Err(error) => {
            let doing = format!("adding the clsact qdisc to `{}`", facts.name);
            Err(Refusal::from_code(&doing, tc_code(&error), &error))
        }
    }
}

fn refused_xdp(facts: &Facts, error: &ProgramError) -> Refusal {
    if is_occupied(error) {
        return Refusal::Busy { interface: facts.name.clone(), holder: holder(&facts.name) };
    }
    refused("attaching XDP to", facts, error)
}

fn refused_tc(facts: &Facts, error: &ProgramError) -> Refusal {
    refused("attaching tc egress to", facts, error)
}

fn refused(doing: &str, facts: &Facts, error: &ProgramError) -> Refusal {
    if program_code(error) == Some(Errno::NODEV.raw_os_error()) {
        return Refusal::NoSuchInterface(facts.name.clone());
    }
    Refusal::from_code(&format!("{doing} `{}`", facts.name), program_code(error), error)
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

/// The kernel does not know TCX.
fn is_unsupported(error: &ProgramError) -> bool {
    has_code(error, &[Errno::INVAL, Errno::OPNOTSUPP])
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
        Facts { name: "x0".into(), index: 9, hardware, has_xdp: false, xdp_program: None }
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
