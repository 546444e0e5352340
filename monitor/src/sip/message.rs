//! The facts of one SIP message. Owned values, so that nothing refers to the octets that they came from.

use std::{net::IpAddr, sync::Arc};

/// What the call tracker asks of a SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Request or response.
    pub start: Start,
    /// Call-ID (RFC 3261, 20.8).
    pub call_id: Arc<str>,
    /// From: who began the dialog.
    pub from: Party,
    /// To; its tag is missing before there is a dialog.
    pub to: Party,
    /// Branch of the topmost Via: the transaction (RFC 3261, 17.1.3).
    pub branch: Option<Arc<str>>,
    /// `CSeq`.
    pub cseq: CSeq,
    /// Whether it carries `Authorization` or `Proxy-Authorization`.
    pub has_credentials: bool,
    /// Seconds of `Session-Expires` (RFC 4028).
    pub session_expires: Option<u32>,
    /// User part of `P-Asserted-Identity` (RFC 3325), the first with one.
    pub asserted: Option<Arc<str>>,
    /// User part of the URI in `Refer-To` (RFC 3515), or of the first `Contact` of a 3xx response.
    pub refer_to: Option<Arc<str>>,
    /// The dialog that this INVITE replaces (RFC 3891): its Call-ID.
    pub replaces: Option<Arc<str>>,
    /// Media that the session description asks to be sent to its sender (RFC 8866); no stream with port 0.
    pub media: Vec<Media>,
}

/// The start line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A request, with the user part of its Request-URI, decoded.
    Request {
        /// Its method.
        method: Method,
        /// User part; empty where there is none.
        user: Arc<str>,
    },
    /// A response, with its status code from 100 to 699.
    Response {
        /// The status code.
        code: u16,
    },
}

/// Methods that make, change or end calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 3515.
    Refer,
    /// RFC 6086.
    Info,
    /// RFC 6665.
    Notify,
    /// Any other: no call.
    Other,
}

/// `From` or `To`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// User part of the URI, decoded; empty where there is none.
    pub user: Arc<str>,
    /// The tag.
    pub tag: Option<Arc<str>>,
}

/// `CSeq` (RFC 3261, 20.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method.
    pub method: Method,
}

/// One stream of a session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    /// Where its sender wants it; `None` where the description names a host.
    pub address: Option<IpAddr>,
    /// UDP port.
    pub port: u16,
    /// Whether it is audio: only its time is talk.
    pub is_audio: bool,
}
