//! sipvicious against a guarded Kamailio: its scans pass, its calls to Cuba do not.

use anyhow::{Result, ensure};
use tests::{
    hosts::{Capture, Datagram, LAN, Side},
    peers::{Kamailio, Mode, Sipvicious},
};

use super::office::{Office, POLICY};

#[test]
fn what_sipvicious_dials_is_dropped_and_what_it_scans_is_seen() -> Result<()> {
    let office = Office::open()?;
    let folder = office.folder.path();
    let _pbx = Kamailio::start(&office.hosts, folder)?;
    for mode in [Mode::Native, Mode::Generic] {
        let guard = office.guard(mode, POLICY)?;
        let sent = Capture::start(&office.hosts.phones, "eth0", Side::Left, folder)?;
        let arrived = Capture::start(&office.hosts.pbx, LAN, Side::Arrived, folder)?;
        let attacker = Sipvicious::new(&office.hosts.phones, folder);
        let found = attacker.war(&["-e", "101-104"], "10.1.0.1")?;
        ensure!(found.contains("103"), "the guard hides the PBX from a scan that no rule forbids:\n{found}");
        attacker.war(
            &["-m", "INVITE", "--force", "--maximumtime=5", "-e", "0-9", "-T", "000535555%#04i"],
            "10.1.0.1",
        )?;

        let (sent, arrived) = (sent.finish()?, arrived.finish()?);
        let tried = count(&sent, to_cuba);
        ensure!(tried > 0, "sipvicious placed no calls to Cuba");
        ensure!(count(&arrived, to_cuba) == 0, "calls of sipvicious to Cuba reached the PBX");
        ensure!(
            count(&sent, |one| !to_cuba(one)) == arrived.len(),
            "something other than a call to Cuba was lost"
        );
        let dropped = guard.metrics()?.invites("ingress", "cuba", "drop") as usize;
        ensure!(dropped == tried, "{tried} calls to Cuba, {dropped} counted");
        guard.stop()?;
    }
    Ok(())
}

fn to_cuba(datagram: &Datagram) -> bool {
    datagram.invited().is_some_and(|uri| uri.starts_with("sip:00053"))
}

fn count(datagrams: &[Datagram], which: impl Fn(&Datagram) -> bool) -> usize {
    datagrams.iter().filter(|datagram| which(datagram)).count()
}
