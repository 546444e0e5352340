//! A small answering agent, for machines without Kamailio: it takes every call itself and calls nobody.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Result;

use crate::hosts::{Datagram, Host};

/// A running answering agent; it ends when dropped.
#[derive(Debug)]
pub struct AnsweringAgent {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl AnsweringAgent {
    /// Answers on `address` of `host` and takes media on the next port.
    pub fn start(host: &Host, address: SocketAddr) -> Result<Self> {
        let media = SocketAddr::new(address.ip(), address.port() + 1);
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (address, answers) in [(address, true), (media, false)] {
            let socket = host.within(|| UdpSocket::bind(address))??;
            socket.set_read_timeout(Some(Duration::from_millis(100)))?;
            let stop = Arc::clone(&stop);
            threads.push(std::thread::spawn(move || serve(&socket, address, answers, &stop)));
        }
        Ok(Self { stop, threads })
    }
}

impl Drop for AnsweringAgent {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A panic of that thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, destination: SocketAddr, answers: bool, stop: &AtomicBool) {
    let mut buffer = [0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, source)) = socket.recv_from(&mut buffer) else { continue };
        let request = Datagram { source, destination, payload: buffer[..length].to_vec() };
        if answers && let Some(answer) = answer(&request) {
            // A lost answer is asked for again.
            let _ = socket.send_to(answer.as_bytes(), source);
        }
    }
}

/// `200 OK` for everything but ACK; with a session description for an INVITE.
fn answer(request: &Datagram) -> Option<String> {
    let method = request.payload.split(|&octet| octet == b' ').next()?;
    if method == b"ACK" || !method.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let line = |name: &str| Some(format!("{name}: {}\r\n", request.header(name)?));
    let to = request.header("To")?;
    let tag = if to.contains(";tag=") { "" } else { ";tag=answer" };
    let head =
        [line("Via")?, line("From")?, format!("To: {to}{tag}\r\n"), line("Call-ID")?, line("CSeq")?].concat();
    let body = if method == b"INVITE" { session(request.destination) } else { String::new() };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let contact = format!("Contact: <sip:answer@{}>\r\n", request.destination);
    Some(format!("SIP/2.0 200 OK\r\n{head}{contact}{kind}Content-Length: {}\r\n\r\n{body}", body.len()))
}

fn session(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port() + 1);
    let version = if ip.is_ipv6() { 6 } else { 4 };
    format!(
        "v=0\r\no=a 1 1 IN IP{version} {ip}\r\ns=-\r\nc=IN IP{version} {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{Datagram, answer};

    fn answered(message: &str) -> Option<String> {
        let address = "10.1.0.1:5060".parse().ok()?;
        answer(&Datagram { source: address, destination: address, payload: message.as_bytes().to_vec() })
    }

    #[test]
    fn an_invite_gets_a_session_and_an_ack_nothing() {
        let invite = crate::peers::invite("sip:1@pbx", "c", None);
        let said = answered(&invite).unwrap_or_default();
        assert!(said.starts_with("SIP/2.0 200 OK\r\n") && said.contains("m=audio 5061"), "{said}");
        assert_eq!(answered(&invite.replace("INVITE sip", "ACK sip")), None);
        assert_eq!(answered("\0\0"), None);
    }
}
