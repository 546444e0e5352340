//! Writes a scenario as a capture, to try a policy on it: `cargo xtask traffic`.

use std::{fs::File, io::BufWriter, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use tests::traffic::{Call, Purpose, Scenario};

/// Make the traffic of a scenario, the same for the same seed, and write it as a capture
#[derive(Parser)]
struct Arguments {
    /// What to make
    scenario: Scenario,
    /// Another seed makes other numbers and times, with the same sums
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The pcap file to write; three days and weeks take some hundred megabytes
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { scenario, seed, output } = Arguments::parse();
    let plan = scenario.plan(seed);
    let file = File::create(&output).with_context(|| format!("cannot write {}", output.display()))?;
    let written = plan.write(&mut BufWriter::new(file)).with_context(|| output.display().to_string())?;
    let fraud: Vec<_> = plan.calls.iter().filter(|call| call.purpose == Purpose::Fraud).collect();
    let talk = fraud.iter().map(|call| Call::talk(call)).sum::<Duration>().as_secs();
    println!(
        "{}: {} frames, {} MB, {} calls, of them {} fraudulent with {} h {} min {} s of talk",
        output.display(),
        written.frames,
        written.octets / 1_000_000,
        plan.calls.len(),
        fraud.len(),
        talk / 3_600,
        talk / 60 % 60,
        talk % 60,
    );
    println!("try it: ringfence replay {} --policy policy/recommended.toml", output.display());
    Ok(())
}
