//! What a packet is. The fine class is the counter slot; [`Class::group`] is the label of
//! `packets_total{class}` and of `replay --json`.

use super::slots::slots;

slots! {
    /// Class of a packet; the label tells it within its group (a SIP method, a status class, a protocol).
    Class {
        Invite = 0, "INVITE", "SIP request INVITE (RFC 3261)";
        Ack = 1, "ACK", "SIP request ACK (RFC 3261)";
        Bye = 2, "BYE", "SIP request BYE (RFC 3261)";
        Cancel = 3, "CANCEL", "SIP request CANCEL (RFC 3261)";
        Options = 4, "OPTIONS", "SIP request OPTIONS (RFC 3261)";
        Register = 5, "REGISTER", "SIP request REGISTER (RFC 3261)";
        Prack = 6, "PRACK", "SIP request PRACK (RFC 3262)";
        Subscribe = 7, "SUBSCRIBE", "SIP request SUBSCRIBE (RFC 6665)";
        Notify = 8, "NOTIFY", "SIP request NOTIFY (RFC 6665)";
        Publish = 9, "PUBLISH", "SIP request PUBLISH (RFC 3903)";
        Info = 10, "INFO", "SIP request INFO (RFC 6086)";
        Refer = 11, "REFER", "SIP request REFER (RFC 3515)";
        Message = 12, "MESSAGE", "SIP request MESSAGE (RFC 3428)";
        Update = 13, "UPDATE", "SIP request UPDATE (RFC 3311)";
        OtherMethod = 14, "other", "SIP request with another method";
        Status1xx = 15, "1xx", "SIP response, provisional";
        Status2xx = 16, "2xx", "SIP response, success";
        Status3xx = 17, "3xx", "SIP response, redirection";
        Status4xx = 18, "4xx", "SIP response, client error";
        Status5xx = 19, "5xx", "SIP response, server error";
        Status6xx = 20, "6xx", "SIP response, global failure";
        Rtp = 21, "rtp", "RTP of a stream that its sequence numbers confirmed (RFC 3550)";
        Rtcp = 22, "rtcp", "RTCP (RFC 3550, RFC 5761)";
        Stun = 23, "stun", "STUN or TURN message (RFC 8489)";
        Dtls = 24, "dtls", "DTLS record (RFC 7983, RFC 9147)";
        OtherUdp = 25, "udp", "Other UDP, also the first packet of an RTP stream";
        OtherTcp = 26, "tcp", "Other TCP, also segments of SIP that begin within a message";
        OtherIp = 27, "ip", "Other IP protocol, or a header that could not be read";
        FragmentTail = 28, "fragment_tail", "IP fragment other than the first";
        NonIp = 29, "non_ip", "Neither IPv4 nor IPv6";
    }
}

impl Class {
    /// The class as users see it: the label of `packets_total{class}` and the key in `replay --json`.
    #[must_use]
    pub const fn group(self) -> &'static str {
        match self as u8 {
            0..=14 => "sip_request",
            15..=20 => "sip_response",
            25..=27 => "other",
            _ => self.label(),
        }
    }

    /// Whether the message makes, changes or ends a call, and so goes to the agent: every response, and the requests
    /// that do so. Nobody follows a call by OPTIONS, REGISTER, SUBSCRIBE, PUBLISH or MESSAGE.
    #[inline(always)]
    #[must_use]
    pub const fn is_signal(self) -> bool {
        SIGNALS >> (self as u32 & 31) & 1 == 1
    }

    /// Every group, in the order of the classes.
    pub const GROUPS: &'static [&'static str] =
        &["sip_request", "sip_response", "rtp", "rtcp", "stun", "dtls", "other", "fragment_tail", "non_ip"];
}

/// One bit a class that is a signal.
const SIGNALS: u32 = {
    use Class::{
        Ack, Bye, Cancel, Info, Invite, Notify, Prack, Refer, Status1xx, Status2xx, Status3xx, Status4xx,
        Status5xx, Status6xx, Update,
    };
    let signals = [
        Invite, Ack, Bye, Cancel, Prack, Update, Refer, Info, Notify, Status1xx, Status2xx, Status3xx,
        Status4xx, Status5xx, Status6xx,
    ];
    let (mut mask, mut place) = (0, 0);
    while place < signals.len() {
        mask |= 1 << signals[place] as u32;
        place += 1;
    }
    mask
};

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn what_makes_no_call_is_no_signal() {
        let others: std::vec::Vec<_> = Class::ALL.iter().filter(|class| !class.is_signal()).collect();
        let sip = others.iter().filter(|class| (class.group()).starts_with("sip")).map(|class| class.label());
        let sip: std::vec::Vec<_> = sip.collect();
        assert_eq!(sip, ["OPTIONS", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "other"]);
        assert_eq!(others.len(), sip.len() + 9, "media and what is no SIP");
    }
}
