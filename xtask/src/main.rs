//! `cargo xtask`: one module for each thing a contributor does with the repository.

mod bench;
mod build;
mod demo;
mod fuzz;
mod house_rules;
mod lint;
mod process;
mod setup;
mod soak;
mod steps;
mod test;
mod traffic;
mod vm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    let outcome = match Xtask::parse().task {
        Task::Setup(wanted) => setup::run(&wanted),
        Task::Build(options) => build::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Demo => demo::run(),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Lint => lint::run(),
        Task::Soak(options) => soak::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Traffic(options) => traffic::run(&options),
        Task::Vm(options) => vm::run(&options),
    };
    outcome.map_or_else(
        |error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Set up, build, lint and test Ringfence.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Setup(setup::Wanted),
    Build(build::Options),
    Bench(bench::Options),
    /// Guard a PBX in three network namespaces while SIPp calls through it (as root), or replay such calls
    Demo,
    Fuzz(fuzz::Options),
    /// Check the format, clippy on the host and on the BPF target, and the rules of the house
    Lint,
    Soak(soak::Options),
    Test(test::Options),
    Traffic(traffic::Options),
    Vm(vm::Options),
}
