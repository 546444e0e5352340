//! What is not UDP on an Ethernet: a link without Ethernet headers, and SIP over TCP.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tests::{
    hosts::wait_until,
    peers::{Guard, Mode, Sink, Tunnel, invite},
};

use super::office::{CUBA, Office, PARIS, POLICY, dial};

/// A trunk behind a VPN: the frames begin with the IP header.
#[test]
fn a_link_without_ethernet_headers_is_guarded() -> Result<()> {
    let office = Office::open()?;
    let (host, folder) = (&office.hosts.pbx, office.folder.path());
    let tunnel = Tunnel::start(host, "tun0", "10.9.0.1/24", folder)?;
    let policy = POLICY.replace("trunks = [", "trunks = [\"10.9.0.9/32\", ");
    let guard = Guard::start_with(host, &policy, folder, &["--interface", "tun0"])?;
    let told = guard.metrics()?.sum("ringfence_up_mode", &[("interface", "tun0"), ("mode", "generic")]);
    ensure!(told == 1, "not in generic mode:\n{}", guard.log());

    let sink = Sink::start(host, "10.9.0.1:5070".parse()?)?;
    let calls = [(CUBA, "cuba"), (PARIS, "paris"), ("112", "emergency")];
    tunnel.send(&calls.map(|(number, call)| ("10.9.0.2", "10.9.0.1", dial(number, call))))?;
    std::thread::sleep(SETTLE);
    let arrived = sink.finish();
    let arrived: Vec<_> = arrived.iter().filter_map(|datagram| datagram.header("Call-ID")).collect();
    ensure!(arrived == ["paris", "emergency"], "arrived: {arrived:?}\n{}", guard.metrics()?.text);

    let socket = host.within(|| UdpSocket::bind("10.9.0.1:0"))??;
    for number in ["+5355512345", "+33142345678"] {
        socket.send_to(invite(&format!("sip:{number}@trunk"), number, None).as_bytes(), "10.9.0.9:5060")?;
    }
    wait_until(PATIENCE, || Ok(!tunnel.received().is_empty()))?;
    let left = tunnel.received();
    ensure!(left.len() == 1 && left[0].contains("+33142345678"), "left: {left:?}");
    let scrape = guard.metrics()?;
    let drops = ["ingress", "egress"].map(|direction| scrape.invites(direction, "cuba", "drop"));
    ensure!(drops == [1, 1], "dropped: {drops:?}");
    Ok(())
}

/// Read and counted, and never dropped: a dropped segment would stall every call on the connection.
#[test]
fn sip_over_tcp_is_counted_and_passes() -> Result<()> {
    let office = Office::open()?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        let listener = office.hosts.pbx.within(|| TcpListener::bind("10.1.0.1:5060"))??;
        let mut phone = office.hosts.phones.within(|| TcpStream::connect("10.1.0.1:5060"))??;
        let (mut pbx, _) = listener.accept()?;
        let message = dial(CUBA, "tcp");
        phone.write_all(message.as_bytes())?;
        let mut received = vec![0; message.len()];
        pbx.set_read_timeout(Some(PATIENCE))?;
        pbx.read_exact(&mut received).context("the INVITE over TCP does not arrive")?;
        ensure!(received == message.as_bytes(), "the INVITE over TCP arrives changed");
        let passed = guard.metrics()?.invites("ingress", "cuba", "pass");
        ensure!(passed == 1, "the INVITE over TCP is counted {passed} times:\n{}", guard.metrics()?.text);
        guard.stop()?;
    }
    Ok(())
}

const SETTLE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(10);
