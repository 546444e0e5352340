//! `name-addr` and `addr-spec` (RFC 3261, 20.10): who, and with which tag.

use std::sync::Arc;

use sip_header::{
    HeaderParse, ListParse, SipHeaderAddr, SipHeaderAddrList,
    sip_uri::{Uri, UriParse},
};

use super::{Party, text};

/// `From` or `To`. Where the crate refuses the whole, as it does where a quote has no end, what stands from
/// the last angle bracket on is read: chan_sip makes calls of that.
pub fn party(value: &str) -> Option<Party> {
    let read = |value| SipHeaderAddr::parse(value).ok().map(|address| (address, value));
    let (address, value) = read(value).or_else(|| read(&value[value.rfind('<')?..]))?;
    let user = user(&address).or_else(|| blank_user(&address, value));
    Some(Party { user: user.unwrap_or_default(), tag: address.tag().map(text::kept) })
}

/// The user part of the first address of a list that has one.
pub fn first_user(value: &str) -> Option<Arc<str>> {
    SipHeaderAddrList::from_rows([value]).ok()?.entries().iter().find_map(user)
}

fn user(address: &SipHeaderAddr) -> Option<Arc<str>> {
    address.uri().user().map(text::decoded)
}

/// The user part of a URI with blanks around it, as in `< sip:user@host >`.
fn blank_user(address: &SipHeaderAddr, value: &str) -> Option<Arc<str>> {
    address.uri().as_other()?;
    let uri = address.uri_span()?.get(value).ok()?;
    Uri::parse(uri.trim()).ok()?.user().map(text::decoded)
}
