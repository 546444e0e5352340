//! SIP messages made by hand, and a sink that keeps what a host's application receives.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::hosts::{Datagram, Host, patience, wait_until};

/// An INVITE for `request_uri` whose Call-ID is `call`; `to_tag` makes it a re-INVITE.
#[must_use]
pub fn invite(request_uri: &str, call: &str, to_tag: Option<&str>) -> String {
    let tag = to_tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
    format!(
        "INVITE {request_uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.2:5062;branch=z9hG4bK{call}\r\n\
         From: <sip:101@pbx.example>;tag=f{call}\r\nTo: <{request_uri}>{tag}\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:101@10.1.0.2:5062>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// An application that receives on a UDP port and answers nothing: the last word on what came through.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Datagram>>,
}

impl Sink {
    /// Receives on `address` of `host` from now on.
    pub fn start(host: &Host, address: SocketAddr) -> Result<Self> {
        let mut bound = None;
        // A program that another test is just starting holds what was closed until it has begun.
        wait_until(RELEASE, || {
            bound = Some(host.within(|| UdpSocket::bind(address))?);
            Ok(!bound.as_ref().is_some_and(|bound| is_in_use(bound.as_ref().err())))
        })?;
        let socket = bound.context("nothing was bound")??;
        socket.set_read_timeout(Some(patience(QUIET)))?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || receive(&socket, address, &stop)
        });
        Ok(Self { address, stop, thread })
    }

    /// Where it receives.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that it received, once nothing has come for a while.
    #[must_use]
    pub fn finish(self) -> Vec<Datagram> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

fn is_in_use(error: Option<&std::io::Error>) -> bool {
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

fn receive(socket: &UdpSocket, destination: SocketAddr, stop: &AtomicBool) -> Vec<Datagram> {
    let mut received = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((length, source)) => {
                received.push(Datagram { source, destination, payload: buffer[..length].to_vec() });
            }
            Err(_) if stop.load(Ordering::Relaxed) => return received,
            Err(_) => {}
        }
    }
}

const QUIET: Duration = Duration::from_millis(200);
const RELEASE: Duration = Duration::from_secs(2);
