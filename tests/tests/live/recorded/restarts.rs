//! An agent that ends in the middle of calls and comes back: each call is recorded once, and as long as it was.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use monitor::calls::CallResult;
use tests::peers::{Dialling, Manner, Mode};

use super::{
    asterisk::shown,
    office::{Peers, dialling},
    rows::{ALL, agree, list, recorded},
};
use crate::office::Office;

#[test]
fn a_restarted_agent_goes_on_with_its_calls() -> Result<()> {
    goes_on(false)
}

#[test]
fn a_killed_agent_goes_on_with_its_calls() -> Result<()> {
    goes_on(true)
}

/// Calls that began before: one that outlives the pause, one that ends in it.
fn goes_on(is_killed: bool) -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let policy = format!("{}\n[calls]\nmedia_silence = \"5s\"\n", shown());
    let guard = office.guard(Mode::Native, &policy)?;
    let long = |caller, number| Dialling { pause: Duration::from_secs(6), ..dialling(caller, number) };
    let outliving = [("101", "00142345678"), ("102", "110"), ("103", "00142345679")]
        .map(|(caller, number)| peers.dial(&long(caller, number)));
    let ending =
        peers.dial(&Dialling { pause: Duration::from_millis(2500), ..dialling("104", "00142345670") })?;
    let ringing = peers.dial(&Dialling { manner: Manner::Cancels, ..long("105", "180") })?;
    std::thread::sleep(Duration::from_secs(2));
    if is_killed {
        guard.kill()?;
    } else {
        guard.stop()?;
    }
    std::thread::sleep(Duration::from_millis(1500));
    let guard = office.guard(Mode::Native, &policy)?;
    let active = list(&office, &["--active"])?.len();
    ensure!(active >= 3, "{active} calls go on after the restart:\n{}", guard.log());
    let late = peers.call("101", "111", Manner::HangsUp)?;
    let mut placed = outliving.into_iter().collect::<Result<Vec<_>>>()?;
    placed.extend([late, ringing]);
    let truth = peers.truth(placed, vec![])?;
    let ending = ending.told()?;

    let rows = recorded(&office)?;
    ensure!(rows.len() == 6, "6 calls were placed, recorded: {rows:#?}");
    let (in_pause, seen): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.caller == "104");
    agree("the phones", &truth.placed, &seen, ALL)?;
    let ([told], [row]) = (&ending[..], &in_pause[..]) else {
        bail!("{ending:#?} is recorded as {in_pause:#?}")
    };
    let talked = Duration::from_secs_f64(row.talk_seconds);
    // It ended unseen: within the pause, by all that can be known afterwards.
    ensure!(talked.abs_diff(told.talk()) < PAUSE, "{told:?} is recorded as {row:#?}");
    ensure!(matches!(row.result, Some(CallResult::Answered | CallResult::Lost)), "{row:#?}");
    Ok(())
}

/// From the agent's end to its start, and the silence after which a call is over.
const PAUSE: Duration = Duration::from_secs(5);
