//! The figures of a run: what the benchmark writes as JSON, and what tables, chart and targets are made from.

use serde::{Deserialize, Serialize};

/// Everything that a run found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Where and how it ran.
    pub machine: Machine,
    /// The guarding programs.
    pub programs: Vec<Program>,
    /// What each packet costs.
    pub packets: Vec<Packet>,
    /// What a policy takes on its way into the kernel.
    pub policies: Vec<Policy>,
    /// What the kernel's tables take.
    pub memory: Vec<Memory>,
    /// What a scrape takes.
    pub scrapes: Vec<Scrape>,
}

/// Where and how it ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Release of the kernel.
    pub kernel: String,
    /// What the kernel calls the processor.
    pub processor: String,
    /// CPUs that the process could run on.
    pub processors: usize,
    /// Processes that wanted to run when it began, over one minute; `None` where the kernel does not say.
    pub load: Option<f64>,
    /// Whether no ordinary process took the CPU from it.
    pub real_time: bool,
    /// The commit that was built; `None` outside a repository.
    pub commit: Option<String>,
    /// Rounds.
    pub rounds: u32,
    /// Runs a packet and round.
    pub repeat: u32,
}

/// A guarding program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Instructions that the verifier went through; `None` before Linux 5.16.
    pub verified_instructions: Option<u32>,
    /// Octets of machine code.
    pub machine_code_octets: u32,
}

/// What a packet costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Packet {
    /// What other parts call it.
    pub id: String,
    /// `XDP` or `tc`.
    pub hook: String,
    /// What the packet is.
    pub packet: String,
    /// What is in force.
    pub policy: String,
    /// Octets of the frame.
    pub octets: usize,
    /// The empty program in the rounds, ns.
    pub empty_ns: Spread,
    /// CPU time over an empty program in the same round, ns; without what it takes to make another packet of it.
    pub over_empty_ns: Spread,
    /// That and the empty program's time, by the empty program's time in the same round.
    pub ratio: Spread,
    /// `over_empty_ns` of each round, in their order: what one round says of two packets is paired.
    pub rounds_ns: Vec<f64>,
}

/// What a policy takes on its way into the kernel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// Prefixes that it names.
    pub prefixes: usize,
    /// Octets of the file.
    pub file_octets: usize,
    /// Reading the file and its TOML, ms of CPU.
    pub parse_ms: Spread,
    /// From the file to rules, parsing included, all errors looked for, ms of CPU.
    pub compile_ms: Spread,
    /// From rules to the image, ms of CPU.
    pub lay_out_ms: Spread,
    /// From the image into the kernel, ms of CPU.
    pub publish_ms: Spread,
    /// The same, ms that passed: it waits until no packet is judged by what it overwrites.
    pub publish_wall_ms: Spread,
    /// Octets of one generation's image.
    pub image_octets: usize,
}

/// What a table of the kernel takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// One of what.
    pub of: String,
    /// Octets.
    pub octets: f64,
    /// What else there is to say.
    pub note: String,
}

/// What a scrape takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scrape {
    /// RTP streams in the table.
    pub streams: u64,
    /// Slots of the table, all CPUs together.
    pub slots: u64,
    /// Destinations that have INVITEs.
    pub destinations: u64,
    /// Octets of the answer.
    pub octets: usize,
    /// CPU of the agent and of the kernel for it, ms: HTTP included, the client not.
    pub cpu_ms: Spread,
    /// From the request to the last octet, ms.
    pub wall_ms: Spread,
    /// What the agent's look at the table takes, once a second, to tie streams to calls; ms of CPU.
    pub look_ms: Spread,
}

/// The median, and the ends of the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Half of the values lie below.
    pub median: f64,
    /// The least of all.
    pub min: f64,
    /// The greatest of all.
    pub max: f64,
}

impl Spread {
    /// Of some values; of none, zero.
    pub fn of(values: &[f64]) -> Self {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Self { median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), min: at(0), max: at(last) }
    }
}

impl Figures {
    /// A packet by its name for other parts.
    pub fn packet(&self, id: &str) -> Option<&Packet> {
        self.packets.iter().find(|packet| packet.id == id)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// What a run may find, in round numbers.
    pub fn figures() -> Figures {
        let spread = |median| Spread { median, min: median / 2.0, max: median * 2.0 };
        let packet = |id: &str, rounds_ns: [f64; 2]| Packet {
            id: id.into(),
            hook: "XDP".into(),
            packet: "INVITE".into(),
            policy: "1 prefix".into(),
            octets: if id == "udp" { 60 } else { 796 },
            empty_ns: spread(30.0),
            over_empty_ns: Spread::of(&rounds_ns),
            ratio: spread(2.0),
            rounds_ns: rounds_ns.into(),
        };
        Figures {
            machine: Machine {
                kernel: "6.18".into(),
                processor: "a processor".into(),
                processors: 2,
                load: Some(1.5),
                real_time: true,
                commit: Some("0123abc".into()),
                rounds: 2,
                repeat: 1000,
            },
            programs: vec![Program {
                name: "ringfence_ingress".into(),
                verified_instructions: None,
                machine_code_octets: 32_000,
            }],
            packets: vec![
                packet("udp", [11.0, 13.0]),
                packet("invite-1024@1", [50.0, 60.0]),
                packet("invite-1024@100000", [60.0, 90.0]),
            ],
            policies: vec![Policy {
                prefixes: 1_000_000,
                file_octets: 14_000_000,
                parse_ms: spread(400.0),
                compile_ms: spread(600.0),
                lay_out_ms: spread(50.0),
                publish_ms: spread(5.0),
                publish_wall_ms: spread(10.0),
                image_octets: 12_500_000,
            }],
            memory: vec![Memory { of: "stream".into(), octets: 64.0, note: "on each CPU".into() }],
            scrapes: vec![Scrape {
                streams: 100_000,
                slots: 262_144,
                destinations: 300,
                octets: 90_000,
                cpu_ms: spread(4.0),
                wall_ms: spread(5.0),
                look_ms: spread(20.0),
            }],
        }
    }

    #[test]
    fn json_reads_back_as_what_was_written() {
        let written = serde_json::to_value(figures()).unwrap();
        let read: Figures = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), written);
        assert_eq!(written["packets"][0]["over_empty_ns"]["median"], 12.0);
    }

    #[test]
    fn the_median_lies_between_the_middle_values() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, min: 1.0, max: 4.0 });
        assert_eq!(Spread::of(&[]), Spread::default());
    }
}
