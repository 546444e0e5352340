//! A simulated signal as it lies on the wire, with the headers that telephones send along.

use std::fmt::Write;

use monitor::{
    calls::Signal,
    sip::{Method, Party, Start},
};

/// The SIP message of a signal.
#[must_use]
pub fn octets(signal: &Signal) -> Vec<u8> {
    let message = &signal.message;
    let (host, via) = (signal.remote.0, message.branch.as_deref().unwrap_or_default());
    let start = match &message.start {
        Start::Request { method, user } => format!("{} sip:{user}@192.0.2.10 SIP/2.0", word(*method)),
        Start::Response { code } => format!("SIP/2.0 {code} As it is"),
    };
    let mut text = format!(
        "{start}\r\nVia: SIP/2.0/UDP {host}:5060;branch={via};rport\r\nMax-Forwards: 70\r\n\
         From: \"Reception\" {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n\
         Contact: <sip:101@{host}:5060>\r\nAllow: INVITE, ACK, CANCEL, BYE, REFER, OPTIONS, UPDATE\r\n\
         Supported: replaces, timer\r\nUser-Agent: Softphone 5.6\r\n",
        party(&message.from),
        party(&message.to),
        message.call_id,
        message.cseq.number,
        word(message.cseq.method),
    );
    let mut body = String::new();
    for media in &message.media {
        let address = media.address.unwrap_or(host);
        _ = write!(
            body,
            "v=0\r\no=- 1762003441 1762003441 IN IP4 {address}\r\ns=call\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
            media.port
        );
    }
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

fn party(party: &Party) -> String {
    let tag = party.tag.as_ref().map(|tag| format!(";tag={tag}")).unwrap_or_default();
    format!("<sip:{}@192.0.2.10>{tag}", party.user)
}

const fn word(method: Method) -> &'static str {
    match method {
        Method::Invite => "INVITE",
        Method::Ack => "ACK",
        Method::Bye => "BYE",
        Method::Cancel => "CANCEL",
        Method::Prack => "PRACK",
        Method::Update => "UPDATE",
        Method::Refer => "REFER",
        Method::Info => "INFO",
        Method::Notify => "NOTIFY",
        Method::Other => "OPTIONS",
    }
}
