//! Which way a packet goes. A capture has no host: a packet arrives unless its source is one of the host's own
//! addresses, which the policy names in `[network] local`.

use monitor_common::{abi::Direction, wire};

use super::policy::Networks;
use crate::capture::Content;

/// The direction of a frame; one without readable addresses counts as arriving.
pub(super) fn of(content: Content<'_>, local: &Networks) -> Direction {
    let flow = wire::walk(&content.octets, content.link).ok();
    let source = flow.and_then(|flow| flow.addresses.source(&content.octets));
    if source.is_some_and(|source| local.contains(&source)) { Direction::Egress } else { Direction::Ingress }
}
