//! `name-addr` and `addr-spec` (RFC 3261, 20.10): who, and with which tag.

use std::sync::Arc;

use sip_header::{HeaderParse, ListParse, SipHeaderAddr, SipHeaderAddrList};

use super::{Party, text};

/// `From` or `To`.
pub fn party(value: &str) -> Option<Party> {
    let address = SipHeaderAddr::parse(value).ok()?;
    Some(Party { user: user(&address).unwrap_or_default(), tag: address.tag().map(text::kept) })
}

/// The user part of the first address of a list that has one.
pub fn first_user(value: &str) -> Option<Arc<str>> {
    SipHeaderAddrList::from_rows([value]).ok()?.entries().iter().find_map(user)
}

fn user(address: &SipHeaderAddr) -> Option<Arc<str>> {
    address.uri().user().map(text::decoded)
}
