//! `--calls`: what it costs to follow calls, from the octets of their messages to what is told of them, and to hold them.

mod memory;
mod speed;
mod store;
mod years;

use std::time::Duration;

use anyhow::Result;
use comfy_table::Table;
use monitor::{calls::Timestamp, kernel::kernel_release};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::{
    report::{align_right, plain, processor},
    rounds::Setting,
};

/// What was found.
pub struct Found {
    setting: Setting,
    speed: Vec<speed::Speed>,
    memory: memory::Memory,
    written: store::Written,
    years: years::Years,
}

/// Measures all of it.
pub fn run(rounds: u32) -> Result<Found> {
    let setting = Setting::ordinary();
    eprintln!("holding {} calls …", memory::CALLS);
    let memory = memory::run()?;
    eprintln!("following calls, alone and beside {} others, {rounds} rounds …", memory::CALLS);
    let speed =
        [0, memory::CALLS].into_iter().map(|others| speed::run(others, rounds)).collect::<Result<_>>()?;
    eprintln!("writing records of calls, {rounds} rounds …");
    let written = store::run(rounds)?;
    eprintln!("two years of calls: {} …", years::CALLS);
    let years = years::run()?;
    Ok(Found { setting, speed, memory, written, years })
}

impl Found {
    /// For people.
    pub fn text(&self) -> String {
        let setting = &self.setting;
        let load = setting.load.map_or("unknown".into(), |load| load.to_string());
        format!(
            "Linux {}, {} × {}; ordinary priority, CPU time; load at the start {load}\n\n{}\n\n{}\n\n{}\n\n{}",
            kernel_release(),
            setting.processors,
            processor(),
            self.table(),
            self.memory.line(),
            self.written.line(),
            self.years.text(),
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "kernel": kernel_release(),
            "processor": processor(),
            "processors": self.setting.processors,
            "load": self.setting.load,
            "messages_a_call": speed::MESSAGES,
            "speed": self.speed.iter().map(speed::Speed::json).collect::<Vec<_>>(),
            "memory": self.memory.json(),
            "store": self.written.json(),
            "years": self.years.json(),
        })
    }

    fn table(&self) -> Table {
        let header =
            ["active calls beside", "calls a second on one core", "", "µs a call", "of it to read SIP, µs"];
        let mut table = plain(header);
        for speed in &self.speed {
            table.add_row(speed.row());
        }
        align_right(&mut table, &[0, 1, 2, 3, 4]);
        table
    }
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// When the simulated calls begin.
const BEGIN: Timestamp = Timestamp(1_790_000_000_000_000);
