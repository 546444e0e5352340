//! pjsua2 phones that hold and transfer: what goes on after a transfer is not over, and what REFER dials is seen.

use std::time::Duration;

use anyhow::{Result, ensure};
use monitor::{
    calls::{CallResult, Origin, Route},
    control::view::CallRow,
};
use serde_json::json;
use tests::peers::{Mode, Phones, Told};

use super::{
    asterisk::{is, shown},
    office::Peers,
    rows::{ALL, agree, metrics_agree, recorded},
};
use crate::office::Office;

#[test]
fn held_and_transferred_calls_last_as_long_as_they_do() -> Result<()> {
    let office = Office::open()?;
    let peers = Peers::start(&office)?;
    let guard = office.guard(Mode::Native, &shown())?;
    let steps = json!([
        ["phone", "101", 5101],
        ["phone", "102", 5102],
        ["phone", "103", 5103],
        // On hold and back.
        ["call", "held", "101", "102"],
        ["wait", 1.2],
        ["hold", "held"],
        ["wait", 1],
        ["resume", "held"],
        ["wait", 1],
        ["hang up", "held"],
        ["wait", 0.3],
        // 101 sends 102 to London by REFER, and is gone.
        ["call", "blind", "101", "102"],
        ["wait", 1],
        ["transfer", "blind", "000442079460000"],
        ["wait", 2.5],
        ["hang up", "to 102"],
        ["wait", 0.3],
        // 101 calls Paris, then 103, and joins the two.
        ["call", "first", "101", "00142345678"],
        ["wait", 1],
        ["call", "second", "101", "103"],
        ["wait", 1],
        ["join", "first", "second"],
        ["wait", 3],
        ["hang up", "to 103"],
    ]);
    let phones = Phones::start(&office.hosts.phones, "10.1.0.2", "10.1.0.1", &steps, office.folder.path())?;
    let placed = phones.told()?;
    let truth = peers.truth(vec![], vec![])?;

    let rows = recorded(&office)?;
    let left: Vec<_> = rows.iter().filter(|row| row.direction == Route::Outgoing).collect();
    agree("the trunk", &truth.left, &left, ALL)?;
    let (forwarded, dialled): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.origin == Origin::Pbx);
    ensure!(forwarded.len() == 1, "one call was dialled by REFER, recorded: {forwarded:#?}");
    is(forwarded[0], Route::Outgoing, Origin::Pbx, "GB")?;
    goes_on(&placed, &dialled)?;
    metrics_agree(&guard, &rows)
}

/// A call whose first leg is over goes on for as long as somebody talks.
fn goes_on(placed: &[Told], rows: &[&CallRow]) -> Result<()> {
    ensure!(rows.len() == placed.len(), "{} calls placed, recorded: {rows:#?}", placed.len());
    // After the blind transfer 102 talks for 2.5 s more; after the attended one Paris and 103 do for 3 s.
    let longer = [("held", 0.0), ("blind", 2.5), ("first", 3.0), ("second", 3.0)];
    for ((call, row), (name, seconds)) in placed.iter().zip(rows).zip(longer) {
        ensure!(call.call == name && row.result == Some(CallResult::Answered), "{name}: {row:#?}");
        let answered = call.answered.unwrap_or_default();
        let own_end = call.ended.saturating_sub(answered).as_secs_f64();
        let talked = Duration::from_secs_f64(row.talk_seconds);
        let wanted = Duration::from_secs_f64(own_end + seconds);
        ensure!(talked.abs_diff(wanted) < NEAR, "{name}: {wanted:?} talked, recorded {talked:?}: {row:#?}");
    }
    Ok(())
}

const NEAR: Duration = Duration::from_secs(1);
