//! Two years of calls with all kinds of ends, a few signals of them lost: what is left in memory.

use anyhow::{Result, ensure};
use monitor::calls::{Happened, Settings, Tracker};
use serde_json::{Value, json};
use tests::simulation::play;

use super::{BEGIN, memory::resident};

/// What was seen at each quarter of the time.
pub struct Years {
    quarters: Vec<Quarter>,
    told: [usize; 2],
    days: u64,
}

struct Quarter {
    calls: usize,
    active: usize,
    entries: usize,
    resident: u64,
}

/// Lets [`CALLS`] calls go by.
pub fn run() -> Result<Years> {
    let mut tracker = Tracker::new(Settings::default());
    let mut quarters = Vec::new();
    let mut told = [0; 2];
    let end = play(11, CALLS, BEGIN, &mut tracker, |calls, tracker, facts| {
        for fact in facts {
            match fact.happened {
                Happened::Started => told[0] += 1,
                Happened::Ended => told[1] += 1,
                _ => {}
            }
        }
        if calls > 0 && calls % (CALLS / 4) == 0 && quarters.len() < calls / (CALLS / 4) {
            let resident = resident().unwrap_or_default();
            let active = tracker.active().count();
            quarters.push(Quarter { calls, active, entries: tracker.entries(), resident });
        }
    });
    ensure!(told[0] == told[1], "{} calls began, {} ended", told[0], told[1]);
    ensure!(tracker.entries() == 0, "{} entries are left", tracker.entries());
    Ok(Years { quarters, told, days: end.since(BEGIN).as_secs() / 86_400 })
}

impl Years {
    pub fn text(&self) -> String {
        let mut text =
            format!("{} calls in {} days began and ended; nothing is left of them.", self.told[0], self.days);
        for quarter in &self.quarters {
            text.push_str(&format!(
                "\nafter {} calls: {} active, {} entries, {} KiB resident",
                quarter.calls,
                quarter.active,
                quarter.entries,
                quarter.resident >> 10
            ));
        }
        text
    }

    pub fn json(&self) -> Value {
        let quarters = self.quarters.iter().map(|quarter| {
            json!({
                "calls": quarter.calls,
                "active": quarter.active,
                "entries": quarter.entries,
                "resident_octets": quarter.resident,
            })
        });
        json!({ "calls": self.told[0], "days": self.days, "quarters": quarters.collect::<Vec<_>>() })
    }
}

/// Calls in two years.
pub const CALLS: usize = 3_000_000;
