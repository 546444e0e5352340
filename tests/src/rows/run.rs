//! Rows on an engine.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::{
    case::{Case, Outcome},
    engine::{Given, Shelf},
};

/// Runs every row on an engine and shows all that differ, not only the first.
/// # Errors
/// Where a row differs, or the engine does not start.
pub fn run<F>(engine: &str, shelf: &Shelf, mut start: impl FnMut(bool) -> Result<F>) -> Result<()>
where
    F: FnMut(Given<'_>) -> Result<Outcome>,
{
    let started = Instant::now();
    let rows = super::all();
    let mut faults = Vec::new();
    for dry_run in [false, true] {
        let mut judge = start(dry_run)?;
        for case in rows.iter().filter(|case| case.dry_run == dry_run) {
            faults.extend(fault(case, shelf, &mut judge));
        }
    }
    println!("{engine}: {} rows in {:?}", rows.len(), started.elapsed());
    ensure!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
    Ok(())
}

fn fault(case: &Case, shelf: &Shelf, judge: &mut impl FnMut(Given<'_>) -> Result<Outcome>) -> Option<String> {
    let mut last = None;
    for given in Given::all_of(case) {
        match judge(given) {
            Ok(outcome) => last = Some(outcome),
            Err(error) => return Some(format!("{}: {error:#}", case.name)),
        }
    }
    case.differs(&last?, |slot| shelf.destination(slot))
}
