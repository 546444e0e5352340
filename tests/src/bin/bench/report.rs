//! What was measured, as tables: on the terminal, and as Markdown in the documentation.

use std::{fmt::Display, fs};

use comfy_table::{CellAlignment, Table, presets};

use crate::{
    figures::{Figures, Machine, Packet, Spread},
    shares, targets,
};

/// How tables are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Columns, for the terminal.
    Plain,
    /// For GitHub.
    Markdown,
}

/// Everything, for people.
pub fn text(figures: &Figures) -> String {
    let parts: Vec<_> =
        PARTS.iter().map(|(_, part)| part(figures, Style::Plain)).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// The parts by the names that the documentation has for them.
pub const PARTS: [(&str, Part); 8] = [
    ("machine", |figures, _| machine(&figures.machine)),
    ("packets", packets),
    ("programs", programs),
    ("steps", shares::steps),
    ("budget", shares::budget),
    ("control", control),
    ("scrapes", scrapes),
    ("targets", aims),
];

/// Writes one part.
pub type Part = fn(&Figures, Style) -> String;

fn machine(machine: &Machine) -> String {
    let Machine { kernel, processor, processors, rounds, repeat, .. } = machine;
    let commit = machine.commit.as_ref().map_or("unknown".into(), |commit| format!("`{commit}`"));
    let load = machine.load.map_or("unknown".into(), |load| load.to_string());
    let priority = if machine.real_time { "FIFO" } else { "ordinary" };
    format!(
        "Linux {kernel}, {processors} × {processor}; commit {commit}; load at the start {load}; priority {priority}; \
         {rounds} rounds of {} runs. Medians, and (least to greatest) of the rounds.",
        thousands(u64::from(*repeat))
    )
}

fn packets(figures: &Figures, style: Style) -> String {
    let header = ["hook", "packet", "octets", "policy", "over empty, ns", "", "× empty", ""];
    let mut table = table(style, header, &[2, 4, 6]);
    for packet in &figures.packets {
        table.add_row(row(packet));
    }
    table.to_string()
}

fn row(packet: &Packet) -> [String; 8] {
    let Packet { over_empty_ns: over, ratio, .. } = packet;
    [
        packet.hook.clone(),
        packet.packet.clone(),
        packet.octets.to_string(),
        packet.policy.clone(),
        format!("{:.1}", over.median),
        range(*over, 1),
        format!("{:.2}", ratio.median),
        range(*ratio, 2),
    ]
}

fn programs(figures: &Figures, style: Style) -> String {
    let mut table = table(style, ["program", "verified instructions", "octets of machine code"], &[1, 2]);
    for program in &figures.programs {
        let verified = program.verified_instructions;
        let verified = verified.map_or("not told".into(), |count| thousands(u64::from(count)));
        table.add_row([program.name.clone(), verified, thousands(u64::from(program.machine_code_octets))]);
    }
    table.to_string()
}

fn control(figures: &Figures, style: Style) -> String {
    let header = [
        "prefixes",
        "file, octets",
        "parse, ms",
        "compile, ms",
        "lay out, ms",
        "publish, ms",
        "publish, wall ms",
        "image, octets",
        "a prefix",
    ];
    let mut policies = table(style, header, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for policy in &figures.policies {
        let checked = policy.compile_ms.median - policy.parse_ms.median;
        policies.add_row([
            thousands(policy.prefixes as u64),
            thousands(policy.file_octets as u64),
            format!("{:.1}", policy.parse_ms.median),
            format!("{checked:.1}"),
            format!("{:.1}", policy.lay_out_ms.median),
            format!("{:.2}", policy.publish_ms.median),
            format!("{:.2}", policy.publish_wall_ms.median),
            thousands(policy.image_octets as u64),
            format!("{:.1}", policy.image_octets as f64 / policy.prefixes as f64),
        ]);
    }
    let mut memory = table(style, ["one", "octets", ""], &[1]);
    for one in &figures.memory {
        memory.add_row([one.of.clone(), format!("{:.1}", one.octets), one.note.clone()]);
    }
    format!("{policies}\n\n{memory}")
}

fn scrapes(figures: &Figures, style: Style) -> String {
    let header =
        ["streams", "slots", "destinations", "octets", "CPU, ms", "", "wall, ms", "", "look, ms", ""];
    let mut table = table(style, header, &[0, 1, 2, 3, 4, 6, 8]);
    for scrape in &figures.scrapes {
        table.add_row([
            thousands(scrape.streams),
            thousands(scrape.slots),
            thousands(scrape.destinations),
            thousands(scrape.octets as u64),
            format!("{:.2}", scrape.cpu_ms.median),
            range(scrape.cpu_ms, 2),
            format!("{:.2}", scrape.wall_ms.median),
            range(scrape.wall_ms, 2),
            format!("{:.2}", scrape.look_ms.median),
            range(scrape.look_ms, 2),
        ]);
    }
    table.to_string()
}

fn aims(figures: &Figures, style: Style) -> String {
    let mut table = table(style, ["target", "wanted", "measured", ""], &[1, 2]);
    for target in targets::all(figures) {
        table.add_row(target.row());
    }
    table.to_string()
}

fn range(spread: Spread, places: usize) -> String {
    format!("({:.places$} to {:.places$})", spread.min, spread.max)
}

/// 1,000,000.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A table in a style, with columns of numbers at the right.
pub fn table<const N: usize>(style: Style, header: [impl Display; N], right: &[usize]) -> Table {
    let mut table = plain(header);
    if style == Style::Markdown {
        table.load_preset(presets::ASCII_MARKDOWN);
    }
    align_right(&mut table, right);
    table
}

/// A table without lines.
pub fn plain<const N: usize>(header: [impl Display; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header.map(|name| name.to_string()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::figures;

    #[test]
    fn the_text_has_every_part() {
        let text = text(&figures());
        for part in
            ["commit `0123abc`", "INVITE", "ringfence_ingress", "1,000,000", "262,144", "not measured"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
