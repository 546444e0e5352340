//! The peers among themselves, without a guard: where this fails, the machine is at fault and not Ringfence.

use anyhow::{Result, ensure};
use tests::{
    hosts::{Capture, LAN, PHONES_PBX, Side, TRUNK_PBX, WAN},
    peers::{Calls, Family, Kamailio, Scenario, Sipp, Sipvicious},
};

use super::office::Office;

#[test]
fn phones_call_out_and_are_called() -> Result<()> {
    let Office { hosts, folder } = Office::open()?;
    let _pbx = Kamailio::start(&hosts, folder.path())?;
    for family in Family::BOTH {
        let (phone, trunk) = (family.of(PHONES_PBX.outer()), family.of(TRUNK_PBX.outer()));
        let _answerer = Sipp::answer(&hosts.trunk, trunk, 5060, folder.path())?;
        let _phone = Sipp::answer(&hosts.phones, phone, 5080, folder.path())?;
        let left = Capture::start(&hosts.pbx, WAN, Side::Left, folder.path())?;
        let out = |scenario, number| Calls {
            scenario,
            from: phone,
            to: family.of(PHONES_PBX.pbx()),
            number,
            count: 5,
            rate: 10,
        };
        let calls = ["00142345678", "0112", "15", "199"].map(|number| out(Scenario::Caller, number));
        let calls = calls.map(|calls| Sipp::call(&hosts.phones, &calls, folder.path()));
        let back = Calls {
            from: trunk,
            to: family.of(TRUNK_PBX.pbx()),
            number: "+33142000000",
            ..out(Scenario::Reinviter, "")
        };
        let back = Sipp::call(&hosts.trunk, &back, folder.path())?;
        for calls in calls {
            calls?.outcome()?.all(5)?;
        }
        back.outcome()?.all(5)?;
        let left = left.finish()?;
        let cuba = left.iter().filter_map(|datagram| datagram.invited()).filter(|uri| uri.contains("+53555"));
        ensure!(cuba.count() == 5, "the forward of 199 does not leave towards Cuba");
        let media = left.iter().filter(|datagram| datagram.payload.first() == Some(&0x80)).count();
        ensure!(media > 5 * 4 * 20, "only {media} RTP packets left towards the trunk");
    }
    Ok(())
}

#[test]
fn an_attacker_finds_extensions_and_passwords() -> Result<()> {
    let Office { hosts, folder } = Office::open()?;
    let _pbx = Kamailio::start(&hosts, folder.path())?;
    let arrived = Capture::start(&hosts.pbx, LAN, Side::Arrived, folder.path())?;
    let attacker = Sipvicious::new(&hosts.phones, folder.path());
    let found = attacker.map("10.1.0.1")?;
    ensure!(found.contains("kamailio"), "svmap does not find the PBX:\n{found}");
    let found = attacker.war(&["-e", "101-104"], "10.1.0.1")?;
    ensure!(found.contains("103"), "svwar does not find extension 103:\n{found}");
    let found = attacker.crack("101", &["1234", "secret101"], "10.1.0.1")?;
    ensure!(found.contains("secret101"), "svcrack does not find the password:\n{found}");
    attacker.war(&["-m", "INVITE", "--force", "-e", "0-4", "-T", "000535555%#04i"], "10.1.0.1")?;
    let tried = arrived.finish()?;
    let tried: Vec<_> = tried.iter().filter_map(|datagram| datagram.invited()).collect();
    ensure!(tried.iter().any(|uri| uri.starts_with("sip:000535555")), "svwar places no calls: {tried:?}");
    Ok(())
}
