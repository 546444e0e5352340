//! What was measured of live frames, as tables and as JSON.

use anyhow::Result;
use comfy_table::Table;
use monitor::kernel::kernel_release;
use serde_json::{Value, json};

use super::{
    Extent,
    contender::{Contender, thousands},
    goodput::Goodput,
    memory::Memory,
    rounds::Line,
    target::{FILTER, PROMISED, Target},
};
use crate::{
    figures::Spread,
    report::{align_right, plain, processor},
    rounds::Setting,
};

/// Everything that a run found.
pub struct Report {
    /// How much was measured.
    pub extent: Extent,
    /// What else the machine did.
    pub setting: Setting,
    /// The CPU that sent and received.
    pub cpu: usize,
    /// Who was measured.
    pub lines: Vec<Line>,
    /// Who could not be, and why.
    pub absent: Vec<(Contender, String)>,
    /// In memory.
    pub memory: Result<Memory>,
    /// Keep-alives during a flood.
    pub goodput: Vec<Goodput>,
}

impl Report {
    /// For people.
    pub fn text(&self) -> String {
        let trial =
            if self.extent.trial { "A trial: the counts are proved, the times mean nothing.\n" } else { "" };
        format!(
            "{trial}Linux {}, {} × {}; load at the start {}; CPU {} sends and receives\n\n{}\n{}\n{}\n\n{}\n\n{}",
            kernel_release(),
            self.setting.processors,
            processor(),
            self.setting.load.map_or("unknown".into(), |load| load.to_string()),
            self.cpu,
            self.costs(),
            self.notes(),
            self.memory_line(),
            self.goodput_table(),
            self.target_table(),
        )
    }

    /// For programs; times are nanoseconds of CPU.
    pub fn json(&self) -> Value {
        json!({
            "trial": self.extent.trial,
            "kernel": kernel_release(),
            "processor": processor(),
            "processors": self.setting.processors,
            "load": self.setting.load,
            "rounds": self.extent.rounds,
            "contenders": self.lines.iter().map(|line| self.line_json(line)).collect::<Vec<_>>(),
            "absent": self.absent.iter().map(|(who, why)| json!({ "name": self.name(*who), "why": why }))
                .collect::<Vec<_>>(),
            "memory": self.memory.as_ref().ok().map(|memory| json!({
                "xdp_filter_over_empty_ns": spread_json(memory.filter),
                "ringfence_over_empty_ns": spread_json(memory.ringfence),
                "ratio": spread_json(memory.ratio),
            })),
            "keep_alives": self.goodput.iter().map(goodput_json).collect::<Vec<_>>(),
            "targets": self.targets().iter().map(target_json).collect::<Vec<_>>(),
        })
    }

    fn name(&self, contender: Contender) -> String {
        contender.name(self.extent.many())
    }

    fn line(&self, contender: Contender) -> Option<&Line> {
        self.lines.iter().find(|line| line.contender == contender)
    }

    fn costs(&self) -> Table {
        let header = [
            "receiver",
            "ns a packet",
            "",
            "of it user space",
            "million/s a core",
            "× reference",
            "",
            "frames proved",
        ];
        let mut table = plain(header);
        for line in &self.lines {
            let (whole, ratio) = (line.whole(), self.ratio(line));
            table.add_row([
                self.name(line.contender),
                short(whole.median),
                range(whole, short),
                short(line.user().median),
                format!("{:.3}", 1e3 / whole.median),
                ratio.map_or(String::new(), |ratio| factor(ratio.median)),
                ratio.map_or(String::new(), |ratio| range(ratio, factor)),
                thousands(line.proved as usize),
            ]);
        }
        align_right(&mut table, &[1, 3, 4, 5, 7]);
        table
    }

    fn notes(&self) -> String {
        let mut notes = format!(
            "{} rounds; medians, and (least to greatest) of the rounds; ratios are paired within a round. The reference is\n\
             \"{}\", for RTP \"{}\".\n",
            self.extent.rounds,
            self.name(Contender::Ringfence),
            self.name(Contender::Media),
        );
        for (who, why) in &self.absent {
            notes += &format!("NOT MEASURED: {}: {why}\n", self.name(*who));
        }
        notes
    }

    fn memory_line(&self) -> String {
        match &self.memory {
            Ok(Memory { filter, ringfence, ratio }) => format!(
                "In memory, over an empty program: one rule of xdp-filter {:.1} ns {}, Ringfence's verdict on the INVITE \
                 {:.1} ns {}, ratio {} {}",
                filter.median,
                range(*filter, |value| format!("{value:.1}")),
                ringfence.median,
                range(*ringfence, |value| format!("{value:.1}")),
                factor(ratio.median),
                range(*ratio, factor),
            ),
            Err(error) => format!("NOT MEASURED: xdp-filter in memory: {error:#}"),
        }
    }

    fn goodput_table(&self) -> Table {
        let header = ["INVITEs a second", "", "keep-alives", "answered", "%", "median, ms"];
        let mut table = plain(header);
        for goodput in &self.goodput {
            table.add_row([
                thousands(goodput.rate as usize),
                (if goodput.guarded { "Ringfence" } else { "Kamailio alone" }).into(),
                goodput.asked.to_string(),
                goodput.answered.to_string(),
                format!("{:.1}", 100.0 * goodput.answered as f64 / goodput.asked.max(1) as f64),
                format!("{:.2}", goodput.median.as_secs_f64() * 1e3),
            ]);
        }
        align_right(&mut table, &[0, 2, 3, 4, 5]);
        table
    }

    fn target_table(&self) -> Table {
        let mut table = plain(["target", "promised", "measured", "", ""]);
        for target in self.targets() {
            let measured = target.measured.map_or(String::new(), |spread| factor(spread.median));
            let spread = target.measured.map_or(String::new(), |spread| range(spread, factor));
            let promised = format!("≥ {}", target.promised);
            table.add_row([target.what.clone(), promised, measured, spread, target.verdict().into()]);
        }
        align_right(&mut table, &[1, 2]);
        table
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<_> = PROMISED
            .iter()
            .map(|(contender, promised)| Target {
                what: format!("{}, by ours", self.name(*contender)),
                promised: *promised,
                measured: self.line(*contender).and_then(|line| self.ratio(line)),
            })
            .collect();
        targets.push(Target {
            what: "one rule of xdp-filter by our verdict, both over an empty program".into(),
            promised: FILTER,
            measured: self.memory.as_ref().ok().map(|memory| memory.ratio),
        });
        targets
    }

    fn ratio(&self, line: &Line) -> Option<Spread> {
        Some(line.over(self.line(line.contender.reference())?))
    }

    fn line_json(&self, line: &Line) -> Value {
        json!({
            "name": self.name(line.contender),
            "kernel_ns": spread_json(line.kernel()),
            "user_ns": spread_json(line.user()),
            "ns": spread_json(line.whole()),
            "reference": self.name(line.contender.reference()),
            "ratio": self.ratio(line).map(spread_json),
            "frames_a_round": self.extent.frames(line.contender),
            "frames_proved": line.proved,
        })
    }
}

fn goodput_json(goodput: &Goodput) -> Value {
    json!({
        "invites_a_second": goodput.rate,
        "invites": goodput.invites,
        "ringfence": goodput.guarded,
        "asked": goodput.asked,
        "answered": goodput.answered,
        "median_ms": goodput.median.as_secs_f64() * 1e3,
    })
}

fn target_json(target: &Target) -> Value {
    json!({
        "what": target.what,
        "promised": target.promised,
        "measured": target.measured.map(spread_json),
        "verdict": target.verdict(),
    })
}

fn spread_json(spread: Spread) -> Value {
    json!({ "median": spread.median, "min": spread.min, "max": spread.max })
}

fn range(spread: Spread, shown: impl Fn(f64) -> String) -> String {
    format!("({} to {})", shown(spread.min), shown(spread.max))
}

/// Nanoseconds, whole ones.
fn short(value: f64) -> String {
    thousands(value.round() as usize)
}

/// A ratio, with as many decimals as mean something.
fn factor(value: f64) -> String {
    if value < 20.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
