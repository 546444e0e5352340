//! `cargo xtask vm`: every test that needs a kernel, on Debian's kernels, each booted in QEMU without KVM.

mod boot;
mod guest;
mod initramfs;
mod kernels;
mod modules;
mod plan;
mod qemu;
mod result;

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace;
use initramfs::Initramfs;
use kernels::{Kernel, Series};
use plan::{Plan, Target};
use qemu::Qemu;
use result::Results;

/// Boot real kernels in QEMU and run there every test that needs one
#[derive(Args, Default)]
pub struct Options {
    /// Which kernels, as `--list` names them; all where none is named
    #[arg(long, value_delimiter = ',', value_name = "KERNEL")]
    kernel: Vec<String>,
    /// Say which kernels and tests there are, and what was fetched
    #[arg(long)]
    list: bool,
    /// Fetch each kernel anew: Debian may have a newer one
    #[arg(long)]
    fetch: bool,
    /// Only tests whose name has one of these in it (`kernel::rows`, `guest::`)
    #[arg(last = true, value_name = "FILTER")]
    filters: Vec<String>,
}

impl Options {
    /// What runs with every change: on the oldest kernel and the newest, what fits into some three minutes.
    pub fn of_every_change() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self { kernel: words(&IN_CI), filters: words(&CI_TESTS), ..Self::default() }
    }
}

/// Brings QEMU and the kernels that are booted with every change; whether anything had to be brought.
pub fn set_up() -> Result<bool> {
    let chosen = Series::chosen(&Options::of_every_change().kernel)?;
    let is_there = Qemu::on_disk().is_some() && chosen.iter().all(|series| series.on_disk().is_some());
    if !is_there {
        bring(&chosen, false)?;
    }
    Ok(!is_there)
}

pub fn run(options: &Options) -> Result<()> {
    let chosen = Series::chosen(&options.kernel)?;
    if options.list {
        return list(&chosen, &options.filters);
    }
    let (qemu, kernels) = bring(&chosen, options.fetch)?;
    let (targets, agent) = (plan::targets()?, plan::agent()?);
    let folder = workspace::tools().join("vm/run");
    fs::create_dir_all(&folder)?;
    let files = guest::common(&targets, &agent, &qemu, &folder)?;
    let mut all = Vec::new();
    for kernel in &kernels {
        let plan = Plan::of(&targets, kernel.series, &options.filters);
        if plan.count() == 0 {
            println!("\nLinux {}: no test is to run there", kernel.release);
            continue;
        }
        all.push(boot(kernel, &plan, &files, &qemu, &folder)?);
    }
    finish(&all)
}

fn bring(chosen: &[Series], anew: bool) -> Result<(Qemu, Vec<Kernel>)> {
    if bpf_toolchain::in_path("apt-get").is_none() {
        bail!("the kernels and QEMU are fetched by apt, and this is no Debian");
    }
    let qemu = Qemu::bring()?;
    let there = |series: &Series| series.on_disk().filter(|_| !anew);
    let kernels = chosen.iter().map(|series| there(series).map_or_else(|| series.bring(), Ok));
    Ok((qemu, kernels.collect::<Result<_>>()?))
}

fn boot(kernel: &Kernel, plan: &Plan, common: &Initramfs, qemu: &Qemu, folder: &Path) -> Result<Results> {
    let name = kernel.series.name;
    let place = |kind: &str| folder.join(format!("{name}.{kind}"));
    println!("\n== Linux {} ({name}): {} tests", kernel.release, plan.count());
    let initramfs = place("initramfs");
    guest::of_kernel(common.clone(), &kernel.modules, qemu, plan, name)?.write(&initramfs)?;
    let mut results = Results::of(name, &kernel.release, plan);
    boot::run(qemu.guest(&kernel.image, &initramfs, &place("console")), &place("log"), &mut results)?;
    fs::remove_file(&initramfs)?;
    if !results.is_good() {
        let log = fs::read_to_string(place("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        println!("{}", lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n"));
        println!("all of it: {}; the kernel's words: {}", place("log").display(), place("console").display());
    }
    Ok(results)
}

/// The table, what did not run with its reason, and the verdict.
fn finish(all: &[Results]) -> Result<()> {
    println!("\n{}", result::table(all));
    let mut reasons: Vec<_> = all.iter().flat_map(|results| &results.left_out).collect();
    reasons.sort();
    reasons.dedup();
    for (test, reason) in reasons {
        println!("left out: {test}: {reason}");
    }
    let bad: Vec<_> = all.iter().filter(|results| !results.is_good()).collect();
    for results in &bad {
        for complaint in results.complaints() {
            println!("Linux {}: {complaint}", results.release);
        }
    }
    if !bad.is_empty() || all.is_empty() {
        bail!("{} of {} kernels did not pass", bad.len(), all.len());
    }
    Ok(())
}

fn list(chosen: &[Series], filters: &[String]) -> Result<()> {
    let targets: Vec<Target> = plan::targets()?;
    for series in chosen {
        let there = series.on_disk().map_or_else(|| "not fetched yet".to_owned(), |kernel| kernel.release);
        let plan = Plan::of(&targets, *series, filters);
        println!("{:<8} {there}: {} tests, {} left out", series.name, plan.count(), plan.left_out.len());
    }
    let series = chosen.last().context("no kernel was chosen")?;
    let plan = Plan::of(&targets, *series, filters);
    for (target, tests) in plan.runs {
        tests.iter().for_each(|test| println!("  {target}::{test}"));
    }
    plan.left_out.iter().for_each(|(test, reason)| println!("  left out: {test}: {reason}"));
    Ok(())
}

const LINES_SHOWN: usize = 60;
const IN_CI: [&str; 2] = ["5.10", "newest"];
const CI_TESTS: [&str; 4] = ["kernel::budget", "guest::tags::a_vlan", "guest::hooks", "guest::links"];
