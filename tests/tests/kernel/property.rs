//! Host and kernel agree on hostile packets; `cargo xtask fuzz --for 1h` runs the same for as long as asked.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tests::{
    engine::Shelf,
    hostile::{Hostile, Judge, Sums},
    mutate::Random,
};

#[test]
fn host_and_kernel_agree_on_hostile_packets() -> Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same packets again");
    let started = Instant::now();
    let shelf = Shelf::new()?;
    let (mut judge, mut sums) = (Judge::load(&shelf)?, Sums::default());
    for case in Hostile::new(seed)?.next(PACKETS) {
        judge.judge(&case, &mut sums).with_context(|| format!("seed {seed}, {}", case.shown()))?;
    }
    println!("{sums:?} in {:?}", started.elapsed());
    ensure!(sums.invites > sums.packets / 10 && sums.dropped > 0, "the frames leave too few INVITEs");
    Ok(())
}

const PACKETS: usize = 20_000;
