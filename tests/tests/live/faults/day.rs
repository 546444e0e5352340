//! A day of an office in a quarter of a minute; `cargo xtask soak` goes on for long enough to see memory stay flat.

use std::time::Duration;

use anyhow::{Result, ensure};
use tests::soak::{Plan, run};

use super::super::office::Office;

#[test]
fn every_call_of_a_compressed_day_is_counted() -> Result<()> {
    let office = Office::open()?;
    let plan = Plan { time: Duration::from_secs(12), rate: 100, talk: Duration::from_secs(2) };
    let samples = run(&plan, office.folder.path(), |sample| println!("{sample:?}"))?;
    ensure!(samples.last().is_some_and(|sample| sample.begun > 500), "hardly any call: {samples:?}");
    Ok(())
}
