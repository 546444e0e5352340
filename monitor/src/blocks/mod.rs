//! Temporary blocks: what an operator (or, later, a limit) takes out of service until an end, whatever the policy
//! says. The kernel honours each end by itself, so that an agent that dies locks nobody out.
//!
//! 1. [`read`] turns what the operator wrote into a [`Target`], with notes, or says what to write instead.
//! 2. [`Blocks`] is the set of them. Pure: the clock is an argument.
//! 3. [`Blocker`] changes the set, the kernel and the store together.

mod blocker;
mod destination;
mod host;
mod prefix;
mod read;
mod set;
mod source;
mod target;

pub use blocker::{Blocker, Done, Enforce, Keep, Wanted};
pub use host::own_addresses;
pub use read::{Known, Read, read};
pub use set::{Block, Blocks, Cause, MOST_BLOCKS};
pub use target::Target;

pub use crate::kernel::Blocked;
