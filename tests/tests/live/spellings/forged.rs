//! The spelling that the kernel does not judge, coming or going: a forged tag and a strict router's Route.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use monitor::calls::Route;
use tests::{
    hosts::{TRUNK_PBX, wait_until},
    peers::{AnsweringAgent, Family, Kamailio, Mode},
};

use crate::{
    office::{Office, POLICY},
    recorded::rows::list,
};

/// The agent sees what leaves, and follows it as an outgoing call whose beginning it missed. It does not know the destination.
#[test]
fn a_call_behind_a_forged_tag_is_followed() -> Result<()> {
    let office = Office::open()?;
    let _kamailio = Kamailio::telling(&office.hosts, office.folder.path())?;
    let trunk = SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5060);
    let _trunk = AnsweringAgent::start(&office.hosts.trunk, trunk)?;
    let guard = office.guard(Mode::Native, &format!("{POLICY}\n[privacy]\nhidden_digits = 0\n"))?;
    let phone = office.phone(Family::V4)?;
    phone.send_to(FORGED.replace('\n', "\r\n").as_bytes(), "10.1.0.1:5070")?;
    wait_until(PATIENCE, || {
        let active = list(&office, &["--active"])?;
        Ok(active.iter().any(|call| call.dialled == "+5355512345" && call.direction == Route::Outgoing))
    })
    .map_err(|error| error.context(format!("{:#?}\n{}", list(&office, &["--since", "1h"]), guard.log())))
}

const FORGED: &str = "INVITE sip:10.1.0.1:5070 SIP/2.0
Via: SIP/2.0/UDP 10.1.0.2:5062;rport;branch=z9hG4bKforged
From: <sip:101@pbx.example>;tag=from
To: <sip:somebody@pbx.example>;tag=forged
Route: <sip:+5355512345@10.2.0.2>
Call-ID: forged
CSeq: 1 INVITE
Contact: <sip:101@10.1.0.2:5062>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: 100

v=0
o=a 1 1 IN IP4 10.1.0.2
s=-
c=IN IP4 10.1.0.2
t=0 0
m=audio 40000 RTP/AVP 0
a=x:abcdefgh
";
const PATIENCE: Duration = Duration::from_secs(15);
