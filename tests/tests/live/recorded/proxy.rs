//! Kamailio as a proxy that accounts: passwords, forks, a 302, lost messages, calls that nobody ends.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use monitor::calls::{CallResult, Origin, Route};
use tests::{
    hosts::{PHONES_PBX, TRUNK_PBX},
    peers::{Callee, Dialler, Dialling, Family, Kamailio, Manner, Mode, Told, Wire},
};

use super::{
    office::dialling,
    rows::{ALL, agree, metrics_agree, recorded},
};
use crate::office::{Office, POLICY};

/// Each leg of a proxy has the Call-ID of the first: it is one call however often it forks.
#[test]
fn forks_redirections_and_passwords_through_a_proxy() -> Result<()> {
    let office = Office::open()?;
    let proxy = Proxy::start(&office)?;
    let guard = office.guard(Mode::Native, &shown(""))?;
    let placed = proxy.day()?;

    let rows = recorded(&office)?;
    let all: Vec<_> = rows.iter().collect();
    agree("the phones", &placed, &all, ALL)?;
    let known: Vec<_> = rows.iter().filter(|row| row.result != Some(CallResult::Unauthorized)).collect();
    agree("Kamailio", &proxy.kamailio.calls()?, &known, ALL)?;
    ensure!(
        rows.iter().all(|row| row.origin == Origin::Extension),
        "a leg of a proxied call was taken for a call of the PBX: {rows:#?}"
    );
    let outgoing: Vec<_> = rows.iter().filter(|row| row.direction == Route::Outgoing).collect();
    agree("the trunk", &proxy.trunk.told()?, &outgoing, ALL)?;
    metrics_agree(&guard, &rows)
}

/// A fifth of all messages lost on both sides of the caller: no call is counted twice, none goes on for ever.
#[test]
fn a_lossy_line_makes_no_calls_of_its_own() -> Result<()> {
    let office = Office::open()?;
    let proxy = Proxy::start(&office)?;
    let guard = office.guard(Mode::Native, &shown("[calls]\nmedia_silence = \"5s\"\n"))?;
    let dialling = Dialling { count: 12, rate: 6, lost: 15, ..dialling("101", "00142345678") };
    let placed = proxy.call(&dialling)?.told_anyhow()?;

    let rows = recorded(&office)?;
    let left = proxy.trunk.told()?;
    ensure!(
        rows.len() <= placed.len() && rows.len() >= left.len(),
        "{} calls were tried and {} came through, recorded: {rows:#?}",
        placed.len(),
        left.len()
    );
    let answered = |told: &[Told]| told.iter().filter(|call| call.answered.is_some()).count();
    let recorded = rows.iter().filter(|row| row.answered.is_some()).count();
    ensure!(
        recorded >= answered(&placed) && recorded <= answered(&left),
        "{} callers and {} callees were answered, recorded: {recorded}",
        answered(&placed),
        answered(&left)
    );
    metrics_agree(&guard, &rows)
}

/// Both ends are gone without BYE, and a proxy does not care: the silence of the media ends the call.
#[test]
fn a_call_without_bye_ends_with_its_media() -> Result<()> {
    let office = Office::open()?;
    let proxy = Proxy::start(&office)?;
    let guard = office.guard(Mode::Native, &shown("[calls]\nmedia_silence = \"5s\"\n"))?;
    let dialling = Dialling { manner: Manner::Vanishes, ..dialling("101", "00142345678") };
    let placed = proxy.call(&dialling)?.told()?;
    let Proxy { trunk, kamailio: _kamailio, .. } = proxy;
    drop(trunk);

    let rows = recorded(&office)?;
    let [row] = &rows[..] else { anyhow::bail!("one call was placed, recorded: {rows:#?}") };
    let talked = Duration::from_secs_f64(row.talk_seconds);
    ensure!(
        row.result == Some(CallResult::Answered) || row.result == Some(CallResult::Lost),
        "it was answered and nobody saw its end: {row:#?}"
    );
    ensure!(
        talked.abs_diff(dialling.pause) < Duration::from_millis(1500) && placed.len() == 1,
        "the caller talked for {:?}, recorded: {row:#?}",
        dialling.pause
    );
    metrics_agree(&guard, &rows)
}

/// The proxy and everybody whom it calls.
pub struct Proxy<'a> {
    pub kamailio: Kamailio,
    trunk: Callee,
    _phones: [Callee; 2],
    office: &'a Office,
}

impl<'a> Proxy<'a> {
    pub fn start(office: &'a Office) -> Result<Self> {
        let folder = office.folder.path();
        let phone = |port| {
            let address = SocketAddr::new(Family::V4.of(PHONES_PBX.outer()), port);
            Callee::start(&office.hosts.phones, address, Wire::Udp, folder)
        };
        let operator = SocketAddr::new(Family::V4.of(TRUNK_PBX.outer()), 5060);
        Ok(Self {
            kamailio: Kamailio::accounting(&office.hosts, folder)?,
            trunk: Callee::start(&office.hosts.trunk, operator, Wire::Udp, folder)?,
            _phones: [phone(5080)?, phone(5081)?],
            office,
        })
    }

    /// Calls of every kind, all at once, and one with a wrong password.
    pub fn day(&self) -> Result<Vec<Told>> {
        let call = |(caller, number, manner)| self.call(&Dialling { manner, ..dialling(caller, number) });
        let guess = self.call(&Dialling { password: "1234", ..dialling("103", "110") });
        // All are begun before the first is waited for.
        let diallers: Vec<_> = PLACED.into_iter().map(call).chain([guess]).collect();
        let mut placed = Vec::new();
        for dialler in diallers {
            placed.extend(dialler?.told()?);
        }
        Ok(placed)
    }

    fn call(&self, dialling: &Dialling<'_>) -> Result<Dialler> {
        let password = format!("secret{}", dialling.caller);
        let password = if dialling.password.is_empty() { &password } else { dialling.password };
        let dialling = Dialling { password, ..dialling.clone() };
        Dialler::start(&self.office.hosts.phones, &dialling, self.office.folder.path())
    }
}

/// The office's policy with whole numbers in what the agent shows, and some lines more.
fn shown(more: &str) -> String {
    format!("{POLICY}\n[privacy]\nhidden_digits = 0\n{more}")
}

const PLACED: [(&str, &str, Manner); 9] = [
    ("101", "110", Manner::HangsUp),
    ("102", "186", Manner::HangsUp),
    ("103", "180", Manner::Cancels),
    ("104", "600", Manner::HangsUp),
    ("105", "601", Manner::HangsUp),
    ("106", "142", Manner::HangsUp),
    ("107", "00142345678", Manner::Holds),
    ("108", "00142345604", Manner::HangsUp),
    ("109", "00142345645", Manner::Waits),
];
