//! Asterisk as the PBX: two legs are one call, and what leaves by itself is the PBX's own.

use std::time::Duration;

use anyhow::{Result, ensure};
use monitor::{
    calls::{CallResult, Origin, Route},
    control::view::CallRow,
};
use tests::peers::{Dialling, Family, Guard, Manner, Mode, Scenario, Sipp, Wire};

use super::{
    office::{Peers, Truth, dialling},
    rows::{ALL, Compared, agree, attempts_agree, metrics_agree, recorded},
};
use crate::office::{CUBA, Office, POLICY};

/// Answered, busy, refused, not found, no line, given up, held, hung up by either side, a wrong password,
/// emergency, forks at once and one after the other, a 302, calls from outside, over UDP and TCP, and one that Ringfence drops.
#[test]
fn a_day_at_the_office() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let guard = office.guard(Mode::Native, &shown())?;
    let cuba = office.calls(Family::V4, Scenario::Blocked, CUBA, 2);
    Sipp::call(&office.hosts.phones, &cuba, office.folder.path())?.outcome()?.all(2)?;
    let truth = day(&peers)?;

    let rows = recorded(&office).map_err(|error| error.context(guard.log()))?;
    let (blocked, rows): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.result == Some(CallResult::Blocked));
    compare(&truth, &rows, &guard).map_err(|error| error.context(guard.log()))?;
    ensure!(blocked.len() == 2, "2 calls to Cuba were dropped, recorded: {blocked:#?}");
    for row in &blocked {
        is(row, Route::Outgoing, Origin::Extension, "cuba")?;
    }
    metrics_agree(&guard, &[rows, blocked].concat().into_iter().cloned().collect::<Vec<_>>())
}

/// A cracked mailbox, DISA, a voicemail that calls by itself, click-to-call: calls that no phone dialled.
#[test]
fn what_the_pbx_itself_begins() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let guard = office.guard(Mode::Native, &shown())?;
    let arrived = [
        ("+33142000198", Manner::HangsUp),
        ("+33142000900", Manner::HangsUp),
        ("+33142000901", Manner::HangsUp),
    ]
    .map(|(number, manner)| peers.ring("+33612345678", number, manner))
    .into_iter()
    .collect::<Result<Vec<_>>>()?;
    let mailbox = peers.ring("+33612345678", "+33142000199", Manner::HangsUp)?;
    peers.asterisk.command("channel originate PJSIP/442079460007@trunk application Milliwatt")?;
    std::thread::sleep(Duration::from_secs(3));
    peers.asterisk.command("channel request hangup all")?;
    let truth = peers.truth(vec![], [arrived, vec![mailbox]].into_iter().flatten().collect())?;

    let rows = recorded(&office)?;
    let (began, came): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.origin == Origin::Pbx);
    agree("the trunk that called", &truth.arrived, &came, ALL)?;
    let (blocked, began): (Vec<_>, Vec<_>) =
        began.into_iter().partition(|row| row.result == Some(CallResult::Blocked));
    agree("the trunk that was called", &truth.left, &began, ALL)?;
    ensure!(truth.left.len() == 4, "four calls leave for Britain: {:#?}", truth.left);
    for row in &began {
        is(row, Route::Outgoing, Origin::Pbx, "GB")?;
    }
    ensure!(blocked.len() == 1, "one forward to Cuba was dropped, recorded: {blocked:#?}");
    is(blocked[0], Route::Outgoing, Origin::Pbx, "cuba")?;
    metrics_agree(&guard, &rows)
}

/// The calls of a day, most of them at once.
pub fn day(peers: &Peers<'_>) -> Result<Truth> {
    let mut placed = Vec::new();
    for (caller, number, manner) in PLACED {
        placed.push(peers.call(caller, number, manner)?);
    }
    placed.push(peers.dial(&Dialling { password: "1234", ..dialling("103", "110") })?);
    placed.push(peers.dial(&Dialling { wire: Wire::Tcp, ..dialling("104", "00142345677") })?);
    placed.push(peers.dial(&Dialling { count: 5, ..dialling("105", "00142345679") })?);
    let arrived = ["+33142000110", "+33142000186", "+33142000111"];
    let arrived = arrived.map(|number| peers.ring("+33612345678", number, Manner::HangsUp));
    peers.truth(placed, arrived.into_iter().collect::<Result<_>>()?)
}

/// Every side of the PBX, and the PBX itself.
fn compare(truth: &Truth, rows: &[&CallRow], guard: &Guard<'_>) -> Result<()> {
    let of = |origin| rows.iter().copied().filter(|row| row.origin == origin).collect::<Vec<_>>();
    agree("the phones", &truth.placed, &of(Origin::Extension), ALL)?;
    agree("the trunk that called", &truth.arrived, &of(Origin::Trunk), ALL)?;
    let left: Vec<_> = rows.iter().copied().filter(|row| row.direction == Route::Outgoing).collect();
    agree("the trunk that was called", &truth.left, &left, ALL)?;
    attempts_agree(&[&truth.placed, &truth.arrived, &truth.left, &truth.rung], rows)?;
    let known: Vec<_> =
        rows.iter().copied().filter(|row| row.result != Some(CallResult::Unauthorized)).collect();
    agree("Asterisk", &truth.records, &known, Compared { result: false, ..ALL })?;
    ensure!(
        of(Origin::Pbx).is_empty(),
        "nothing was begun by the PBX: {:#?}\n{}",
        of(Origin::Pbx),
        guard.log()
    );
    Ok(())
}

pub fn is(row: &CallRow, direction: Route, origin: Origin, destination: &str) -> Result<()> {
    ensure!(
        (row.direction, row.origin, row.destination.as_str()) == (direction, origin, destination),
        "not {direction:?} from {origin:?} to {destination}: {row:#?}"
    );
    Ok(())
}

/// The office's policy, with whole numbers in what the agent shows: the logs have whole numbers too.
pub fn shown() -> String {
    format!("{POLICY}\n[privacy]\nhidden_digits = 0\n")
}

const PLACED: [(&str, &str, Manner); 15] = [
    ("101", "00142345678", Manner::HangsUp),
    ("102", "110", Manner::HangsUp),
    ("103", "186", Manner::HangsUp),
    ("104", "180", Manner::Cancels),
    ("105", "00142345604", Manner::HangsUp),
    ("101", "00142345603", Manner::HangsUp),
    ("102", "00142345651", Manner::HangsUp),
    ("103", "00142345686", Manner::HangsUp),
    ("104", "00142345680", Manner::Cancels),
    ("105", "111", Manner::Holds),
    ("101", "00142345645", Manner::Waits),
    ("106", "600", Manner::HangsUp),
    ("107", "601", Manner::HangsUp),
    ("108", "142", Manner::HangsUp),
    ("103", "112", Manner::HangsUp),
];
