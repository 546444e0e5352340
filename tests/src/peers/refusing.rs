//! Whoever is called and takes no call: answers every INVITE with a refusal, or with a 302, and keeps what it received.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Result;

use crate::hosts::{Datagram, Host};

/// A running agent; it ends when dropped.
#[derive(Debug)]
pub struct RefusingAgent {
    stop: Arc<AtomicBool>,
    received: Arc<Mutex<Vec<Datagram>>>,
    thread: Option<JoinHandle<()>>,
}

impl RefusingAgent {
    /// Receives on `address`; answers 404, or 302 where `moved` knows a Contact for the Request-URI.
    pub fn start(
        host: &Host,
        address: SocketAddr,
        moved: impl Fn(&str) -> Option<String> + Send + 'static,
    ) -> Result<Self> {
        let socket = host.within(|| UdpSocket::bind(address))??;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let (stop, received) = (Arc::default(), Arc::default());
        let thread = std::thread::spawn({
            let (stop, received) = (Arc::clone(&stop), Arc::clone(&received));
            move || serve(&socket, address, &moved, &stop, &received)
        });
        Ok(Self { stop, received, thread: Some(thread) })
    }

    /// What it received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Datagram> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RefusingAgent {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

fn serve(
    socket: &UdpSocket,
    destination: SocketAddr,
    moved: &impl Fn(&str) -> Option<String>,
    stop: &AtomicBool,
    received: &Mutex<Vec<Datagram>>,
) {
    let mut buffer = [0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, source)) = socket.recv_from(&mut buffer) else { continue };
        let datagram = Datagram { source, destination, payload: buffer[..length].to_vec() };
        if let Some(answer) = refusal(&datagram, moved) {
            // A lost answer is asked for again.
            let _ = socket.send_to(answer.as_bytes(), source);
        }
        received.lock().unwrap_or_else(PoisonError::into_inner).push(datagram);
    }
}

fn refusal(datagram: &Datagram, moved: impl Fn(&str) -> Option<String>) -> Option<String> {
    let text = String::from_utf8_lossy(&datagram.payload);
    let mut lines = text.trim_start_matches(|letter: char| letter <= ' ').lines();
    let mut words = lines.next()?.split_whitespace();
    let is_invite = words.next()?.eq_ignore_ascii_case("invite");
    let uri = words.next().filter(|_| is_invite)?;
    let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let is_kept = |line: &&&str| KEPT.iter().any(|name| line.starts_with(name));
    let kept: String = headers.iter().filter(is_kept).map(|line| format!("{line}\r\n")).collect();
    let to = headers.iter().find(|line| line.starts_with("To:"))?;
    let tag = if to.contains("tag=") { "" } else { ";tag=refused" };
    let (status, contact) = match moved(uri) {
        Some(contact) => ("302 Moved Temporarily", format!("Contact: {contact}\r\n")),
        None => ("404 Not Found", String::new()),
    };
    Some(format!("SIP/2.0 {status}\r\n{kept}{to}{tag}\r\n{contact}Content-Length: 0\r\n\r\n"))
}

const KEPT: [&str; 5] = ["Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"];

#[cfg(test)]
mod tests {
    use super::{Datagram, refusal};

    #[test]
    fn an_invite_is_refused_or_sent_elsewhere_and_an_ack_is_not_answered() {
        let address = "10.1.0.1:5060".parse().expect("an address");
        let datagram =
            |text: String| Datagram { source: address, destination: address, payload: text.into_bytes() };
        let invite = crate::peers::invite("sip:1@pbx", "c", None);
        let said = refusal(&datagram(invite.clone()), |_| None).unwrap_or_default();
        assert!(said.starts_with("SIP/2.0 404 ") && said.contains("Call-ID: c\r\n"), "{said}");
        let said = refusal(&datagram(invite.clone()), |_| Some("<sip:2@a>".into())).unwrap_or_default();
        assert!(said.starts_with("SIP/2.0 302 ") && said.contains("Contact: <sip:2@a>\r\n"), "{said}");
        assert_eq!(refusal(&datagram(invite.replace("INVITE sip", "ACK sip")), |_| None), None);
    }
}
