//! What was measured, as a table and as JSON.

use std::fs;

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use monitor::kernel::kernel_release;
use monitor_common::abi::Direction;
use serde_json::{Value, json};

use crate::{
    bed::Size,
    policies::Setup,
    rounds::{Setting, Spread, Timed},
};

/// Everything that a run found.
pub struct Report {
    /// How undisturbed it was.
    pub setting: Setting,
    /// The guarding programs.
    pub programs: Vec<Size>,
    /// The cases, each hook's empty program before its own.
    pub timed: Vec<Timed>,
    /// Rounds.
    pub rounds: u32,
    /// Runs a case and round.
    pub repeat: u32,
}

impl Report {
    /// For people.
    pub fn text(&self) -> String {
        format!(
            "{}\n\n{}\n\n{}\n\n{} rounds, {} runs a case and round; medians, and (least to greatest) of the rounds.\n{}\n\
             Differences and ratios are paired within a round. The empty program's time is mostly the test run's loop.",
            self.machine_line(),
            self.cases(),
            self.sizes(),
            self.rounds,
            self.repeat,
            self.setting_line(),
        )
    }

    /// For programs; times are nanoseconds of CPU.
    pub fn json(&self) -> Value {
        let cases: Vec<_> = self.timed.iter().map(case_json).collect();
        let programs: Vec<_> = self.programs.iter().map(size_json).collect();
        json!({
            "kernel": kernel_release(),
            "processor": processor(),
            "processors": self.setting.processors,
            "load": self.setting.load,
            "real_time": self.setting.is_real_time,
            "rounds": self.rounds,
            "repeat": self.repeat,
            "programs": programs,
            "cases": cases,
        })
    }

    fn machine_line(&self) -> String {
        format!("Linux {}, {} × {}", kernel_release(), self.setting.processors, processor())
    }

    fn setting_line(&self) -> String {
        let cpu = self.setting.cpu.map_or("any CPU".into(), |cpu| format!("CPU {cpu} alone"));
        let order = if self.setting.is_real_time { "real-time (FIFO)" } else { "ordinary" };
        let load = self.setting.load.map_or("unknown".into(), |load| load.to_string());
        format!("Ran on {cpu}, priority {order}; the machine's load at the start was {load}.")
    }

    fn cases(&self) -> Table {
        let mut table = plain(["hook", "packet", "octets", "policy", "over empty, ns", "", "× empty", ""]);
        for timed in &self.timed {
            table.add_row(case_row(timed));
        }
        align_right(&mut table, &[2, 4, 6]);
        table
    }

    fn sizes(&self) -> Table {
        let mut table = plain(["program", "verified instructions", "octets of machine code"]);
        for size in &self.programs {
            let verified = size.verified.map_or("not told".into(), |count| count.to_string());
            table.add_row([size.name.into(), verified, size.machine_code.to_string()]);
        }
        align_right(&mut table, &[1, 2]);
        table
    }
}

fn case_row(timed: &Timed) -> [String; 8] {
    let hook = match timed.direction {
        Direction::Ingress => "XDP",
        Direction::Egress => "tc",
    };
    let Timed { time, over_empty, ratio, .. } = timed;
    let octets = timed.octets.to_string();
    match timed.setup {
        None => [
            hook.into(),
            timed.name.into(),
            String::new(),
            String::new(),
            format!("takes {:.1}", time.median),
            format!("({:.1} to {:.1})", time.min, time.max),
            String::new(),
            String::new(),
        ],
        Some(setup) => [
            hook.into(),
            timed.name.into(),
            octets,
            setup.label().into(),
            format!("{:.1}", over_empty.median),
            format!("({:.1} to {:.1})", over_empty.min, over_empty.max),
            format!("{:.2}", ratio.median),
            format!("({:.2} to {:.2})", ratio.min, ratio.max),
        ],
    }
}

fn case_json(timed: &Timed) -> Value {
    json!({
        "packet": timed.name,
        "direction": timed.direction.label(),
        "policy": timed.setup.map(Setup::label),
        "octets": timed.octets,
        "ns": spread_json(timed.time),
        "over_empty_ns": spread_json(timed.over_empty),
        "ratio": spread_json(timed.ratio),
    })
}

fn size_json(size: &Size) -> Value {
    json!({
        "name": size.name,
        "verified_instructions": size.verified,
        "machine_code_octets": size.machine_code,
    })
}

fn spread_json(spread: Spread) -> Value {
    json!({ "median": spread.median, "min": spread.min, "max": spread.max })
}

/// A table without lines.
pub fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header(header);
    table
}

/// Sets columns of numbers to the right.
pub fn align_right(table: &mut Table, columns: &[usize]) {
    for index in columns {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// What the kernel calls the processor.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("processor without a name".into(), |(_, name)| name.to_owned())
}
