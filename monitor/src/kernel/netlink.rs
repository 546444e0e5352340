//! Questions to the kernel about network interfaces (rtnetlink(7)): what one is, and when something changed.
//! The answers come from the agent's own network namespace, which /sys/class/net need not show.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with,
};
use tokio::io::unix::AsyncFd;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Mode, ready::watch};

/// What the kernel says about an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Name.
    pub name: String,
    /// Interface index.
    pub index: u32,
    /// ARPHRD number: what its frames begin with.
    pub hardware: u16,
    /// Whether any XDP program is attached, whoever attached it.
    pub has_xdp: bool,
    /// Id of the XDP program, where it is the only one.
    pub xdp_program: Option<u32>,
    /// How it is attached, where it is the only one.
    pub xdp_mode: Option<Mode>,
}

/// What the kernel says about the interface `name`, or `None` where there is none.
pub fn interface(name: &str) -> io::Result<Option<Facts>> {
    let mut attribute = name.as_bytes().to_vec();
    attribute.push(0);
    asked_of_link(&[LinkHeader::default().as_bytes(), &encode_attribute(IFLA_IFNAME, &attribute)].concat())
}

/// The same of an interface by its index, whatever its name is by now.
pub fn interface_at(index: u32) -> io::Result<Option<Facts>> {
    asked_of_link(LinkHeader { index, ..LinkHeader::default() }.as_bytes())
}

fn asked_of_link(body: &[u8]) -> io::Result<Option<Facts>> {
    match request(RTM_GETLINK, 0, body) {
        Ok(answer) => Ok(facts(&answer)),
        Err(error) if matches!(error.raw_os_error(), Some(ENODEV | ERANGE | EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes the clsact qdisc of an interface, and with it every filter on it.
pub(super) fn remove_clsact(index: u32) -> io::Result<()> {
    let header =
        QdiscHeader { ifindex: index, handle: CLSACT_HANDLE, parent: TC_H_CLSACT, ..Default::default() };
    let body = [header.as_bytes(), &encode_attribute(TCA_KIND, b"clsact\0")].concat();
    request(RTM_DELQDISC, NLM_F_ACK, &body).map(drop)
}

/// Tells when some interface came, went or changed.
pub struct LinkChanges(AsyncFd<OwnedFd>);

impl LinkChanges {
    /// Subscribes.
    pub fn subscribe() -> io::Result<Self> {
        let socket = open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
        bind(&socket, &netlink::SocketAddrNetlink::new(0, RTMGRP_LINK))?;
        Ok(Self(watch(socket)?))
    }

    /// Waits for a change. What changed is asked of the kernel afterwards, so that a lost message does no harm.
    pub async fn changed(&self) -> io::Result<()> {
        let mut ready = self.0.readable().await?;
        let mut buffer = vec![0; BUFFER];
        while recv(self.0.get_ref().as_fd(), &mut buffer[..], RecvFlags::DONTWAIT).is_ok() {}
        ready.clear_ready();
        Ok(())
    }
}

fn open(flags: SocketFlags) -> io::Result<OwnedFd> {
    Ok(socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?)
}

/// Sends one request and returns the body of the first answer.
fn request(kind: u16, flags: u16, body: &[u8]) -> io::Result<Vec<u8>> {
    let socket = open(SocketFlags::CLOEXEC)?;
    bind(&socket, &netlink::SocketAddrNetlink::new(0, 0))?;
    let len = size_of::<MessageHeader>() + body.len();
    let header = MessageHeader { len: len as u32, kind, flags: flags | NLM_F_REQUEST, sequence: 1, port: 0 };
    let message = [header.as_bytes(), body].concat();
    rustix::net::sendto(&socket, &message, SendFlags::empty(), &netlink::SocketAddrNetlink::new(0, 0))?;
    let mut buffer = vec![0; BUFFER];
    let (len, _) = recv(&socket, &mut buffer[..], RecvFlags::empty())?;
    answer(&buffer[..len])
}

fn answer(message: &[u8]) -> io::Result<Vec<u8>> {
    let broken =
        || io::Error::new(io::ErrorKind::InvalidData, "rtnetlink sent a message that ends too early");
    let (header, body) = MessageHeader::read_from_prefix(message).map_err(|_| broken())?;
    if header.kind != NLMSG_ERROR {
        return Ok(body.to_vec());
    }
    match i32::read_from_prefix(body).map_err(|_| broken())?.0 {
        0 => Ok(Vec::new()),
        code => Err(io::Error::from_raw_os_error(-code)),
    }
}

fn facts(body: &[u8]) -> Option<Facts> {
    let (header, attributes) = LinkHeader::read_from_prefix(body).ok()?;
    let name = attribute(attributes, IFLA_IFNAME).unwrap_or_default();
    let name = name.strip_suffix(b"\0").unwrap_or(name);
    let xdp = attribute(attributes, IFLA_XDP).unwrap_or_default();
    let has_xdp = attribute(xdp, IFLA_XDP_ATTACHED).is_some_and(|mode| mode != [XDP_ATTACHED_NONE]);
    let xdp_program =
        attribute(xdp, IFLA_XDP_PROG_ID).and_then(|id| u32::read_from_bytes(id).ok()).filter(|id| *id != 0);
    Some(Facts {
        name: String::from_utf8_lossy(name).into_owned(),
        index: header.index,
        hardware: header.hardware,
        has_xdp,
        xdp_program,
        xdp_mode: match attribute(xdp, IFLA_XDP_ATTACHED) {
            Some([XDP_ATTACHED_DRV]) => Some(Mode::Native),
            Some([XDP_ATTACHED_SKB]) => Some(Mode::Generic),
            _ => None,
        },
    })
}

/// The value of the first attribute of a kind.
fn attribute(mut octets: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (header, _) = AttributeHeader::read_from_prefix(octets).ok()?;
        let len = usize::from(header.len);
        let value = octets.get(size_of::<AttributeHeader>()..len)?;
        if header.kind & NLA_TYPE_MASK == wanted {
            return Some(value);
        }
        octets = octets.get(len.next_multiple_of(4)..)?;
    }
}

fn encode_attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = size_of::<AttributeHeader>() + value.len();
    let header = AttributeHeader { len: len as u16, kind };
    let mut octets = [header.as_bytes(), value].concat();
    octets.resize(len.next_multiple_of(4), 0);
    octets
}

/// `struct nlmsghdr`.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct MessageHeader {
    len: u32,
    kind: u16,
    flags: u16,
    sequence: u32,
    port: u32,
}

/// `struct ifinfomsg`.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct LinkHeader {
    family: u8,
    padding: u8,
    hardware: u16,
    index: u32,
    flags: u32,
    change: u32,
}

/// `struct tcmsg`.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct QdiscHeader {
    family: u32,
    ifindex: u32,
    handle: u32,
    parent: u32,
    info: u32,
}

/// `struct nlattr`.
#[derive(Clone, Copy, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct AttributeHeader {
    len: u16,
    kind: u16,
}

// linux/rtnetlink.h, linux/netlink.h, linux/if_link.h, linux/pkt_sched.h
const RTM_GETLINK: u16 = 18;
const RTM_DELQDISC: u16 = 37;
const RTMGRP_LINK: u32 = 1;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLMSG_ERROR: u16 = 2;
const NLA_TYPE_MASK: u16 = 0x3fff;
const IFLA_IFNAME: u16 = 3;
const IFLA_XDP: u16 = 43;
const IFLA_XDP_ATTACHED: u16 = 2;
const IFLA_XDP_PROG_ID: u16 = 4;
const XDP_ATTACHED_NONE: u8 = 0;
const XDP_ATTACHED_DRV: u8 = 1;
const XDP_ATTACHED_SKB: u8 = 2;
const TCA_KIND: u16 = 1;
const TC_H_CLSACT: u32 = 0xffff_fff1;
const CLSACT_HANDLE: u32 = 0xffff_0000;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
/// A name longer than any interface may have.
const ERANGE: i32 = 34;
/// Octets that one answer may have; a link with many virtual functions fills some tens of thousands.
const BUFFER: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_found() {
        let facts = interface("lo").unwrap().unwrap();
        assert_eq!((facts.index, facts.hardware), (1, 772));
    }

    #[test]
    fn an_interface_that_is_not_there_is_none() {
        for name in ["ringfence-none", "", "a-name-that-is-too-long-for-any-interface", "a/b"] {
            assert_eq!(interface(name).unwrap(), None, "{name:?}");
        }
    }

    #[test]
    fn cut_answers_are_no_facts() {
        let whole =
            [LinkHeader { index: 7, hardware: 1, ..Default::default() }.as_bytes(), &[8, 0, 3, 0, 0, 0]]
                .concat();
        assert!(facts(&whole[..15]).is_none());
        assert_eq!(facts(&whole).unwrap().index, 7);
        assert_eq!(attribute(&[0, 0, 0, 0, 0, 0], 1), None);
        assert!(answer(&[0; 3]).is_err());
    }
}
