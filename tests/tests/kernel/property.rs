//! Host and kernel agree on hostile packets; `cargo xtask fuzz --for 1h` runs the same for as long as asked.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tests::{
    engine::{Given, Host, Kernel, Shelf},
    hostile::{Hostile, Judge, Sums},
    mutate::Random,
    ordinary::{Twins, twins},
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

/// The host judges the twin that needs the stages.
#[test]
fn the_kernel_judges_ordinary_spellings_as_the_host_its_stages() -> Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same INVITEs again");
    let shelf = Shelf::new()?;
    let (mut host, mut kernel) = (Host::new(&shelf, false), Kernel::load(&shelf, false)?);
    for Twins { swift, staged } in twins(10_000, &mut Random::new(seed)) {
        let (here, there) = (host.judge(Given::of(&staged)), kernel.judge(Given::of(&swift))?);
        ensure!(
            here == there,
            "{} under {:?}\n     host {here:?}\n   kernel {there:?}",
            swift.name,
            swift.policy
        );
    }
    Ok(())
}

const PACKETS: usize = 20_000;
