//! An office with Asterisk as its PBX: who calls whom, and what each peer's own log says of it.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use tests::{
    hosts::{Hosts, PHONES_PBX, TRUNK_PBX},
    peers::{Asterisk, Callee, Dialler, Dialling, Family, Manner, Told, Wire},
};

use super::super::office::Office;

/// The peers of a scene. They end with it.
pub struct Peers<'a> {
    pub asterisk: Asterisk<'a>,
    office: &'a Office,
    phones: Callee,
    trunk: Callee,
}

/// What the peers' logs say once all is over.
#[derive(Debug, Default)]
pub struct Truth {
    /// Calls that phones placed, by their own logs.
    pub placed: Vec<Told>,
    /// Calls that the trunk placed, by its own log.
    pub arrived: Vec<Told>,
    /// Calls that the trunk received.
    pub left: Vec<Told>,
    /// Calls that phones received: one for each leg.
    pub rung: Vec<Told>,
    /// Asterisk's records.
    pub records: Vec<Told>,
}

impl<'a> Peers<'a> {
    pub fn start(office: &'a Office) -> Result<Self> {
        let folder = office.folder.path();
        let Hosts { phones, trunk, .. } = &office.hosts;
        Ok(Self {
            asterisk: Asterisk::start(&office.hosts, folder)?,
            office,
            phones: Callee::start(phones, phone(5080), Wire::Udp, folder)?,
            trunk: Callee::start(trunk, operator(5060), Wire::Udp, folder)?,
        })
    }

    /// A phone calls.
    pub fn call(&self, caller: &str, number: &str, manner: Manner) -> Result<Dialler> {
        self.dial(&Dialling { manner, ..dialling(caller, number) })
    }

    /// A phone calls, in every detail.
    pub fn dial(&self, dialling: &Dialling<'_>) -> Result<Dialler> {
        let password = format!("secret{}", dialling.caller);
        let password = if dialling.password.is_empty() { &password } else { dialling.password };
        Dialler::start(
            &self.office.hosts.phones,
            &Dialling { password, ..dialling.clone() },
            self.office.folder.path(),
        )
    }

    /// The outside calls the house.
    pub fn ring(&self, caller: &str, number: &str, manner: Manner) -> Result<Dialler> {
        let dialling = Dialling {
            from: Family::V4.of(TRUNK_PBX.outer()),
            to: SocketAddr::new(Family::V4.of(TRUNK_PBX.pbx()), 5060),
            manner,
            ..dialling(caller, number)
        };
        Dialler::start(&self.office.hosts.trunk, &dialling, self.office.folder.path())
    }

    /// Waits until everything is over, then reads every log.
    pub fn truth(&self, placed: Vec<Dialler>, arrived: Vec<Dialler>) -> Result<Truth> {
        let told = |diallers: Vec<Dialler>| -> Result<Vec<Told>> {
            let mut told = Vec::new();
            for dialler in diallers {
                told.extend(dialler.told()?);
            }
            told.sort_by_key(|call: &Told| call.started);
            Ok(told)
        };
        let (placed, arrived) = (told(placed)?, told(arrived)?);
        tests::hosts::wait_until(IDLE, || Ok(self.asterisk.active()? == 0))?;
        Ok(Truth {
            placed,
            arrived,
            left: self.trunk.told()?,
            rung: self.phones.told()?,
            records: self.asterisk.calls()?,
        })
    }
}

/// A call from a phone as most are: over UDP, talking for a second and a half.
pub fn dialling<'a>(caller: &'a str, number: &'a str) -> Dialling<'a> {
    Dialling {
        from: Family::V4.of(PHONES_PBX.outer()),
        to: SocketAddr::new(Family::V4.of(PHONES_PBX.pbx()), 5060),
        caller,
        number,
        manner: Manner::HangsUp,
        pause: Duration::from_millis(1500),
        count: 1,
        rate: 5,
        wire: Wire::Udp,
        password: "",
        lost: 0,
    }
}

fn phone(port: u16) -> SocketAddr {
    SocketAddr::new(Family::V4.of(PHONES_PBX.outer()), port)
}

fn operator(port: u16) -> SocketAddr {
    SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), port)
}

const IDLE: Duration = Duration::from_secs(30);
