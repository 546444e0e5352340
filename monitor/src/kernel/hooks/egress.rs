//! The hook of what leaves: TCX, or a tc filter before Linux 6.6, attached anew or taken over from an earlier agent.

use std::io;

use aya::programs::{
    LinkOrder, ProgramError, TcAttachType,
    tc::{self, NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle},
};
use monitor_common::abi;
use rustix::io::Errno;

use super::{
    super::{Facts, Object, Refusal, refusal::tc_code},
    Clsact, has_code, refused,
};

impl Object {
    /// As [`Self::take_over_xdp`], for what leaves; `None` where there is no link that leads to the interface.
    pub(super) fn take_over_tcx(
        &mut self,
        facts: &Facts,
        link: Option<SchedClassifierLink>,
    ) -> Option<Result<SchedClassifierLink, ProgramError>> {
        let program = self.egress().ok()?;
        let taken = program.attach_to_link(link?).and_then(|id| program.take_link(id));
        if taken.as_ref().is_err_and(|error| has_code(error, &[Errno::NOLINK])) {
            tracing::debug!(interface = facts.name, "the pinned link leads to an interface that is gone");
            return None;
        }
        Some(taken)
    }

    /// Linux 6.6 and later: several programs share the hook, and the link goes with the agent.
    pub(super) fn attach_tcx(&mut self, facts: &Facts) -> Result<SchedClassifierLink, ProgramError> {
        let options = TcAttachOptions::TcxOrder(LinkOrder::default());
        let program = self.egress().map_err(|_| ProgramError::NotLoaded)?;
        let id = program.attach_with_options(&facts.name, TcAttachType::Egress, options)?;
        program.take_link(id)
    }

    /// Before Linux 6.6: a filter on the clsact qdisc, which stays when its agent is gone. One that an agent left to
    /// the next is replaced between two packets; one that a killed agent left behind is taken off first.
    pub(super) fn attach_filter(
        &mut self,
        facts: &Facts,
        is_held: bool,
    ) -> Result<SchedClassifierLink, Refusal> {
        let refused = |error| refused_tc(facts, &error);
        if is_held {
            let program = self.egress()?;
            let held =
                filter(&facts.name).map_err(|error| Refusal::from_io("naming the tc filter", &error))?;
            match program.attach_to_link(held) {
                Ok(id) => return program.take_link(id).map_err(refused),
                Err(error) if has_code(&error, &[Errno::NOENT]) => (),
                Err(error) => return Err(refused(error)),
            }
        }
        if tc::qdisc_detach_program(&facts.name, TcAttachType::Egress, abi::program::EGRESS).is_ok() {
            tracing::warn!(
                interface = facts.name,
                "took off the tc filter that an earlier agent left behind"
            );
        }
        let place = NlOptions { priority: FILTER_PRIORITY, handle: FILTER_HANDLE, classid: None };
        let program = self.egress()?;
        let id =
            program.attach_with_options(&facts.name, TcAttachType::Egress, TcAttachOptions::Netlink(place));
        id.and_then(|id| program.take_link(id)).map_err(refused)
    }
}

/// The place of our filter among those of an interface; dropped, it is taken off.
pub(in super::super) fn filter(interface: &str) -> io::Result<SchedClassifierLink> {
    SchedClassifierLink::attached(interface, TcAttachType::Egress, FILTER_PRIORITY, FILTER_HANDLE, None)
}

pub(super) fn add_clsact(facts: &Facts) -> Result<Clsact, Refusal> {
    match tc::qdisc_add_clsact(&facts.name) {
        Ok(()) => Ok(Clsact::Made),
        Err(error) if tc_code(&error) == Some(Errno::EXIST.raw_os_error()) => Ok(Clsact::Found),
        Err(error) => {
            let doing = format!("adding the clsact qdisc to `{}`", facts.name);
            Err(Refusal::from_code(&doing, tc_code(&error), &error))
        }
    }
}

pub(super) fn refused_tc(facts: &Facts, error: &ProgramError) -> Refusal {
    refused("attaching tc egress to", facts, error)
}

/// The kernel does not know TCX.
pub(super) fn is_unsupported(error: &ProgramError) -> bool {
    has_code(error, &[Errno::INVAL, Errno::OPNOTSUPP])
}

/// The place of our filter: before those whose place the kernel chooses, and told from all others by its handle.
const FILTER_PRIORITY: u16 = 5060;
const FILTER_HANDLE: TcHandle = TcHandle::new(0x5246, 0x4e43);
