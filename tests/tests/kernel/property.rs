//! Host and kernel agree on mutated packets.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tests::{
    case::Case,
    engine::{Given, Host, Kernel, Shelf},
    mutate::{Random, mutated},
    rows::{self, PolicyName},
};

#[test]
fn host_and_kernel_agree_on_mutated_packets() -> Result<()> {
    let seed = Random::seed()?;
    println!("seed {seed}: set RINGFENCE_SEED={seed} to see the same packets again");
    let started = Instant::now();
    let shelf = Shelf::new()?;
    let (mut host, mut kernel) = (Host::new(&shelf, false), Kernel::load(&shelf, false)?);
    let (mut invites, mut dropped) = (0, 0);
    for case in cases(seed) {
        let given = Given::of(&case);
        let (here, there) = (host.judge(given), kernel.judge(given).with_context(|| shown(seed, &case))?);
        ensure!(here == there, "{}\n     host {here:?}\n   kernel {there:?}", shown(seed, &case));
        invites += u32::from(here.judgement.is_some());
        dropped += u32::from(here.is_dropped);
    }
    println!("{PACKETS} packets, {invites} INVITEs, {dropped} dropped, in {:?}", started.elapsed());
    ensure!(invites > PACKETS as u32 / 10 && dropped > 0, "the mutations leave too few INVITEs");
    Ok(())
}

/// Rows with mutated frames, by policy: putting one in force takes its time.
fn cases(seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let rows: Vec<_> = rows::all().into_iter().filter(|case| case.policy != PolicyName::Nothing).collect();
    let frames: Vec<&[u8]> = rows.iter().map(|case| case.frame.as_slice()).collect();
    let mut cases: Vec<_> = (0..PACKETS)
        .map(|_| {
            let case = &rows[random.below(rows.len())];
            let frame = mutated(&case.frame, &frames, &mut random);
            Case { frame, before: Vec::new(), ..case.clone() }
        })
        .collect();
    cases.sort_by_key(|case| case.policy);
    cases
}

fn shown(seed: u64, case: &Case) -> String {
    let octets: String = case.frame.iter().map(|octet| format!("{octet:02x}")).collect();
    format!(
        "seed {seed}, a mutation of {:?} ({:?}, {:?}, {:?}, segments of {}): {octets}",
        case.name, case.policy, case.direction, case.link, case.segment
    )
}

const PACKETS: usize = 10_000;
