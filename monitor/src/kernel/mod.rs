//! The half of the agent that talks to the kernel: the only place that imports aya. Each map has a type of its own
//! with the verbs of the domain.

mod clock;
mod counters;
mod event_ring;
mod hooks;
mod interfaces;
mod log;
#[expect(unsafe_code, reason = "maps BPF arrays into memory; every block has its reason")]
mod mapped;
mod media;
mod netlink;
mod object;
mod overlay;
mod pins;
mod policy_maps;
pub(crate) mod ready;
mod refusal;
pub mod test_run;
mod timex;
mod totals;

pub use clock::{Clock, monotonic};
pub use counters::{
    Counters, InviteCounters, InviteTotals, MiscCounters, PacketCounters, UninspectedCounters,
};
pub use event_ring::EventRing;
pub use hooks::{Attached, Mode, Wanted};
pub use interfaces::Interfaces;
pub use log::KernelLog;
pub use media::MediaTable;
pub use netlink::{Facts, LinkChanges, interface, interface_at};
pub use object::{Object, Options, kernel_release};
pub use overlay::{Blocked, Overlay};
pub use pins::{About, Book, Detached, Left, Pins, Place, What, detach, left};
pub use policy_maps::{Generation, Grace, PolicyMaps};
pub use refusal::Refusal;
pub use timex::Discipline;
pub use totals::{Slots, Totals};
