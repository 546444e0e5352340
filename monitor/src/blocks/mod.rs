//! Temporary blocks: what an operator or a limit takes out of service until an end, whatever the policy
//! says. The kernel honours each end by itself, so that an agent that dies locks nobody out.
//!
//! 1. [`read`] turns what the operator wrote into a [`Target`], with notes, or says what to write instead.
//! 2. [`Blocks`] is the set of them. Pure: the clock is an argument.
//! 3. [`limit_target`] says what a limit blocks for a call.
//! 4. [`Blocker`] changes the set, the kernel and the store together; `holding` knows which targets share what in the
//!    kernel.

mod blocker;
mod destination;
mod holding;
mod host;
mod limit;
mod prefix;
mod read;
mod region;
mod set;
mod source;
mod target;

pub use blocker::{Blocker, Done, Enforce, Keep, Wanted};
pub use host::own_addresses;
pub use limit::{ForLimit, WhyNot, check_source, limit_target};
pub use read::{Ground, Known, Read, read};
pub use set::{Block, Blocks, ByLimit, Cause, MOST_BLOCKS};
pub use target::Target;

pub use crate::kernel::Blocked;
