//! How many instructions the verifier looks at. At 1,000,000 it refuses a program; other kernels count otherwise,
//! and so there must be room.

use anyhow::{Context, Result, ensure};
use monitor::kernel::{Object, Options};

#[test]
fn the_programs_keep_within_their_budgets() -> Result<()> {
    let options = Options {
        rule_lines: 1024,
        media_slots: 1024,
        dry_run: false,
        send_events: true,
        keep_judgements: false,
    };
    let mut object = Object::load(options).context("loading the programs needs root")?;
    let ingress = object.ingress()?.info()?.verified_instruction_count();
    let egress = object.egress()?.info()?.verified_instruction_count();
    let is_guest = std::env::var_os("RINGFENCE_GUEST").is_some();
    for (name, count, budget) in [("ingress", ingress, INGRESS), ("egress", egress, EGRESS)] {
        let budget = if is_guest { VERIFIER } else { budget };
        let Some(count) = count else {
            // Loaded, so within what the verifier allows.
            ensure!(is_guest, "the kernel does not say the count: Linux 5.16 and later do");
            println!("{name}: untold verified instructions of {VERIFIER}");
            continue;
        };
        println!("{name}: {count} verified instructions of {budget}");
        assert!(
            count > 0 && count <= budget,
            "{name}: {count} verified instructions are over the budget of {budget}"
        );
    }
    Ok(())
}

const INGRESS: u32 = 300_000;
const EGRESS: u32 = 400_000;
/// What any verifier allows. In a guest of `cargo xtask vm`, whose kernel counts in its own way, that is the budget.
const VERIFIER: u32 = 1_000_000;
