//! The agent's rows, held against what the peers say.

use std::{
    fmt::Write,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use monitor::{calls::CallResult, control::view::CallRow};
use tests::{
    hosts::wait_until,
    peers::{Guard, Told, ringfence},
};

use super::super::office::Office;

/// Every call that the agent recorded, the first first; once no call goes on any more.
pub fn recorded(office: &Office) -> Result<Vec<CallRow>> {
    wait_until(SETTLED, || Ok(list(office, &["--active"])?.is_empty())).with_context(|| {
        format!("calls that are over go on for the agent: {:#?}", list(office, &["--active"]))
    })?;
    let mut rows = Vec::new();
    // The store writes half a second after the fact.
    wait_until(SETTLED, || {
        rows = list(office, &["--since", "1h"])?;
        Ok(rows.iter().all(|row| row.ended.is_some()))
    })
    .with_context(|| "a call is recorded as going on that is not active")?;
    rows.sort_by(|one, other| one.started.cmp(&other.started));
    Ok(rows)
}

/// What `ringfence calls` says.
pub fn list(office: &Office, options: &[&str]) -> Result<Vec<CallRow>> {
    let mut command = office.hosts.pbx.command(&ringfence()?);
    command.arg("calls").args(options).arg("--json").arg("--state").arg(office.folder.path().join("state"));
    let output = command.output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`ringfence calls` ends with {}: {words}", output.status);
    let calls: monitor::control::Calls = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("no calls: {}", String::from_utf8_lossy(&output.stdout)))?;
    ensure!(!calls.truncated, "there are more calls than `ringfence calls` shows");
    Ok(calls.calls)
}

/// The metrics count the same calls, and none that goes on.
pub fn metrics_agree(guard: &Guard<'_>, rows: &[CallRow]) -> Result<()> {
    let scrape = guard.metrics()?;
    for result in CallResult::ALL {
        let counted = scrape.sum("ringfence_calls_total", &[("result", result.label())]);
        let listed = rows.iter().filter(|row| row.result == Some(*result)).count() as u64;
        ensure!(counted == listed, "{} calls: {listed} recorded, {counted} counted", result.label());
    }
    let active = scrape.sum("ringfence_calls_active", &[]);
    ensure!(active == 0, "{active} calls are active when all are over");
    let talked: f64 = rows.iter().map(|row| row.talk_seconds).sum();
    let counted = scrape.sum("ringfence_call_seconds_total", &[]) as f64;
    ensure!((talked - counted).abs() <= 2.0, "{talked} s talked are recorded, {counted} s counted");
    Ok(())
}

/// Each leg is an attempt: those of the callers' logs and those of the callees'.
pub fn attempts_agree(logs: &[&[Told]], rows: &[&CallRow]) -> Result<()> {
    let told: u32 = logs.iter().copied().flatten().map(|call| call.attempts).sum();
    let recorded: u32 = rows.iter().map(|row| row.attempts).sum();
    ensure!(told == recorded, "{told} attempts by the peers, recorded: {recorded} of {rows:#?}");
    Ok(())
}

/// Which parts of a log say the same as a row.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    /// The number, but for the digits that the PBX takes off or puts before it.
    pub dialled: bool,
    /// Status and result as that side saw them.
    pub result: bool,
}

/// All of it.
pub const ALL: Compared = Compared { dialled: true, result: true };

/// An error that shows both lists unless each call of a log has its row, and each row its call.
pub fn agree(who: &str, told: &[Told], rows: &[&CallRow], compared: Compared) -> Result<()> {
    let mut left: Vec<&CallRow> = rows.to_vec();
    let mut wrong = String::new();
    for call in told {
        let is_it = |row: &&CallRow| {
            (!compared.dialled || is_same_number(&row.dialled, &call.dialled))
                && call.caller.as_ref().is_none_or(|caller| *caller == row.caller)
                && apart(&row.started, call.started) < NEAR
        };
        let nearest = (0..left.len())
            .filter(|&at| is_it(&left[at]))
            .min_by_key(|&at| apart(&left[at].started, call.started));
        match nearest {
            None => writeln!(wrong, "not recorded: {call:?}")?,
            Some(at) => {
                if let Err(error) = same(call, left.remove(at), compared) {
                    writeln!(wrong, "{error:#}: {call:?}")?;
                }
            }
        }
    }
    for row in left {
        writeln!(wrong, "{who} does not know it: {row:?}")?;
    }
    ensure!(wrong.is_empty(), "{who} tells {} calls, {} are recorded:\n{wrong}", told.len(), rows.len());
    Ok(())
}

fn same(call: &Told, row: &CallRow, compared: Compared) -> Result<()> {
    let talked = Duration::from_secs_f64(row.talk_seconds);
    ensure!(
        row.answered.is_some() == call.answered.is_some(),
        "answered at {:?}, recorded {:?} in {row:?}",
        call.answered,
        row.answered
    );
    ensure!(talked.abs_diff(call.talk()) < NEAR, "talked {:?}, recorded {talked:?} in {row:?}", call.talk());
    let ended = row.ended.as_deref().context("no end")?;
    ensure!(apart(ended, call.ended) < NEAR, "another end: {row:?}");
    if let Some(heard) = call.heard {
        let media = Duration::from_secs_f64(row.media_ingress_seconds);
        ensure!(media.abs_diff(heard) < MEDIA_NEAR, "{heard:?} of voice, recorded {media:?} in {row:?}");
    }
    if compared.result {
        let result = result(call);
        ensure!(row.result == Some(result), "{}, recorded {:?}", result.label(), row.result);
    }
    Ok(())
}

/// What a final status means, by the documentation of the results.
fn result(call: &Told) -> CallResult {
    match call.status {
        _ if call.answered.is_some() => CallResult::Answered,
        None | Some(408 | 480) => CallResult::NoAnswer,
        Some(486 | 600) => CallResult::Busy,
        Some(487) => CallResult::Cancelled,
        Some(403 | 603 | 607 | 608) => CallResult::Refused,
        Some(401 | 407) => CallResult::Unauthorized,
        Some(404 | 410 | 484 | 604) => CallResult::NotFound,
        Some(300..=399) => CallResult::Redirected,
        Some(_) => CallResult::Failed,
    }
}

/// Whether two sides of the PBX dial the same: an access digit or the country code may differ.
fn is_same_number(one: &str, other: &str) -> bool {
    let tail = |number: &str| number.len().checked_sub(NATIONAL).map(|start| number[start..].to_owned());
    one == other || (tail(one).is_some() && tail(one) == tail(other))
}

/// Between a row's time and a log's.
fn apart(time: &str, told: Duration) -> Duration {
    let time = humantime::parse_rfc3339(time).unwrap_or(SystemTime::UNIX_EPOCH);
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().abs_diff(told)
}

/// Digits of a French number behind its country code.
const NATIONAL: usize = 9;
/// What clocks and hops may put between two logs.
const NEAR: Duration = Duration::from_secs(1);
/// The kernel's table is read once a second.
const MEDIA_NEAR: Duration = Duration::from_millis(1500);
/// A BYE that nobody answers is waited for as long as it is repeated: 32 s (RFC 3261, timer F).
const SETTLED: Duration = Duration::from_secs(45);
